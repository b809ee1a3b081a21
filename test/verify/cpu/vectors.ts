// SPDX-License-Identifier: GPL-2.0-only
/**
 * Recorded vectors: programs, and what the reference CPU made of them. A line has, between tabs, the instruction set, the row, the words,
 * R0 to R14 (none where it is the plain number), the CPSR, the event, and where the program ran through: the registers that changed with
 * R15, the CPSR, the words of data that changed. Numbers are hexadecimal. Lines with `#` say where the vectors come from.
 *
 * @module
 */

import { fillData, type Outcome } from "./compare.ts";
import { DATA_SIZE, type InstructionSet, plainRegister, type Program } from "./programs.ts";

/** A program, and what became of it. */
export interface Vector {
  readonly program: Program;
  readonly outcome: Outcome;
  /** Words of data that changed: index and value. */
  readonly data: readonly (readonly [index: number, value: number])[];
}

export const VECTORS = new URL("../../fixtures/cpu/vectors.tsv.gz", import.meta.url);

const hex = (value: number) => (value >>> 0).toString(16);
const pairs = (values: readonly (readonly [number, number])[]) =>
  values.map(([i, value]) => `${hex(i)}:${hex(value)}`).join(" ");

/** The words of data that are not what a program starts from. */
export function changedData(words: Int32Array): [number, number][] {
  const fresh = new Int32Array(DATA_SIZE / 4);
  fillData(fresh);
  return [...words.entries()].filter(([i, word]) => word !== fresh[i]);
}

export function formatVector({ program, outcome, data }: Vector): string {
  const { set, row, words, registers, cpsr } = program;
  const start = registers.map((value, i) => value === plainRegister(i) ? "" : hex(value)).join(",");
  const line = [set, row, words.map(hex).join(" "), start, hex(cpsr), outcome.kind];
  if (outcome.kind !== "limit") return line.join("\t");
  const changed = [...outcome.registers.entries()].filter(([i, value]) => i === 15 || value !== registers[i] >>> 0);
  return [...line, pairs(changed), hex(outcome.cpsr), pairs(data)].join("\t");
}

function parsePairs(text: string): [number, number][] {
  return text.split(" ").filter((each) => each !== "").map((each) => {
    const [index, value] = each.split(":").map((number) => parseInt(number, 16));
    return [index, value];
  });
}

export function parseVector(line: string): Vector {
  const [set, row, words, start, cpsr, kind, changed = "", after = "0", data = ""] = line.split("\t");
  const registers = start.split(",").map((value, i) => value === "" ? plainRegister(i) : parseInt(value, 16) | 0);
  const program: Program = {
    set: set as InstructionSet,
    row,
    words: words.split(" ").map((word) => parseInt(word, 16)),
    registers,
    cpsr: parseInt(cpsr, 16),
  };
  const end = [...registers, 0].map((value) => value >>> 0);
  for (const [index, value] of parsePairs(changed)) end[index] = value;
  return {
    program,
    outcome: { kind: kind as Outcome["kind"], registers: end, cpsr: parseInt(after, 16) },
    data: parsePairs(data).map(([index, value]) => [index, value | 0]),
  };
}

/** All recorded vectors, and the lines that say where they come from. */
export async function readVectors(): Promise<{ readonly origin: string; readonly vectors: readonly Vector[] }> {
  const packed = new Blob([await Deno.readFile(VECTORS)]);
  const lines = (await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text()).trimEnd().split("\n");
  const origin = lines.filter((line) => line.startsWith("#")).join("\n");
  return { origin, vectors: lines.filter((line) => !line.startsWith("#")).map(parseVector) };
}

/** Writes the vectors whole, or not at all. */
export async function writeVectors(origin: string, vectors: readonly Vector[]): Promise<number> {
  const text = [`# ${origin}`, ...vectors.map(formatVector), ""].join("\n");
  const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  const temporary = new URL("vectors.tsv.gz.new", VECTORS);
  await Deno.mkdir(new URL(".", VECTORS), { recursive: true });
  await Deno.writeFile(temporary, packed);
  await Deno.rename(temporary, VECTORS);
  return packed.length;
}
