// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: holds the model's CPU to QEMU's, as the library Unicorn 2 offers it.
 *
 *     deno task verify:cpu [--seed S] [--count N] [--all] [--record]
 *
 * N random programs (default 20,000) of A32 and as many of T32, made from the rows of the instruction tables in turn, so that every row is
 * run; registers, flags and memory are compared. `--all` shows every difference, not only the first ones. `--record` writes a few programs of each row, with what the reference made of them, as
 * vectors of the tests. Exit code: 0; 1 where something differs; 2 for bad usage; 3 where libunicorn is not installed.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { notModelled } from "../../../src/cpu/outcome.ts";
import type { Row } from "../../../src/cpu/picture.ts";
import { type InstructionSet, type Program, Programs, TABLES, withPlainRegisters } from "./programs.ts";
import { KNOWN } from "./known.ts";
import { Pair } from "./pair.ts";
import { openUnicorn } from "./unicorn.ts";
import { type Vector, writeVectors } from "./vectors.ts";

/** How often a row is tried for each program that is compared, before it is left: what is not modelled is never compared. */
const PATIENCE = 40;
const VECTORS_PER_ROW = 5;

interface Figures {
  compared: number;
  leftOut: number;
  readonly rows: Set<Row>;
  readonly differences: string[];
}

function usage(message: string): never {
  console.error(`verify:cpu: ${message}`);
  Deno.exit(2);
}

function numberOption(name: string, value: string | undefined, otherwise: number): number {
  const number = Number(value ?? otherwise);
  if (!Number.isSafeInteger(number) || number < 0) usage(`--${name} ${value}: not a whole number`);
  return number;
}

function describe({ set, row, words, registers, cpsr }: Program, how: string): string {
  const numbers = words.map((word) => word.toString(16)).join(" ");
  const state = registers.map((value, i) => `r${i}=${(value >>> 0).toString(16)}`).join(" ");
  return `${set} ${row} [${numbers}]: ${how}\n      ${state} cpsr=${cpsr.toString(16)}`;
}

/** The rows that the model runs. */
function rowsOf(set: InstructionSet): readonly Row[] {
  return TABLES[set].flatMap((table) => table.rows).filter(({ build }) => build !== notModelled);
}

function compareSet(pair: Pair, programs: Programs, set: InstructionSet, count: number): Figures {
  const rows = rowsOf(set);
  const figures: Figures = { compared: 0, leftOut: 0, rows: new Set(), differences: [] };
  const tries = new Map<Row, number>();
  for (let i = 0; figures.compared < count; i++) {
    const row = rows[i % rows.length];
    const tried = tries.get(row) ?? 0;
    if (tried > PATIENCE && !figures.rows.has(row)) continue;
    tries.set(row, tried + 1);
    const program = programs.of(row, set);
    const how = pair.compare(program);
    if (how === undefined) {
      figures.leftOut++;
      continue;
    }
    figures.compared++;
    figures.rows.add(row);
    if (how !== "") figures.differences.push(describe(program, how));
  }
  return figures;
}

/** A few vectors of each row. */
function recordSet(pair: Pair, programs: Programs, set: InstructionSet): Vector[] {
  return rowsOf(set).flatMap((row) => {
    const vectors: Vector[] = [];
    for (let i = 0; i < PATIENCE && vectors.length < VECTORS_PER_ROW; i++) {
      const vector = pair.record(withPlainRegisters(programs.of(row, set), row));
      if (vector !== undefined) vectors.push(vector);
    }
    return vectors;
  });
}

const options = parseArgs(Deno.args, {
  string: ["seed", "count"],
  boolean: ["all", "record"],
  unknown: (name: string) => usage(`unknown option ${name}`),
});
const seed = numberOption("seed", options.seed as string | undefined, 1);
const count = numberOption("count", options.count as string | undefined, 20000);
const unicorn = openUnicorn();
if (unicorn === undefined) {
  console.error("verify:cpu: libunicorn.so.2 is not installed (Debian: apt-get install libunicorn2); nothing was compared");
  Deno.exit(3);
}

const programs = new Programs(xoroshiro128plus(seed));
const pair = new Pair(unicorn);
let equal = true;
for (const set of ["A32", "T32"] as const) {
  const { compared, leftOut, rows, differences } = compareSet(pair, programs, set, count);
  const all = rowsOf(set).length;
  console.log(
    `${set}: ${compared - differences.length} of ${compared} programs equal; ${rows.size} of ${all} rows; seed ${seed}`,
  );
  const never = rowsOf(set).filter((row) => !rows.has(row)).map(({ name }) => name);
  if (never.length > 0) console.log(`  rows that were not compared: ${never.join(", ")}`);
  console.log(`  left out, since the model does not run them, or knowingly otherwise: ${leftOut}`);
  for (const each of differences.slice(0, options.all ? undefined : 20)) console.log(`  differs: ${each}`);
  equal &&= differences.length === 0;
}
for (const { sets, row, reason } of KNOWN) console.log(`known: ${sets.join(" and ")} ${row.source}: ${reason}`);
if (!equal) Deno.exit(1);
if (options.record) {
  const vectors = (["A32", "T32"] as const).flatMap((set) => recordSet(new Pair(unicorn), programs, set));
  const origin =
    `recorded: QEMU's Cortex-A7 in Unicorn ${unicorn.version}; deno task verify:cpu --seed ${seed} --count ${count} --record`;
  const size = await writeVectors(origin, vectors);
  console.log(`recorded: ${vectors.length} vectors, ${size} bytes`);
}
