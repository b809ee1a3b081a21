// SPDX-License-Identifier: GPL-2.0-only
/**
 * The model of genksyms held to the program: over the kernel sources of the fixtures, over any others, and over random ones.
 *
 * @module
 */

import { basename, join } from "@std/path";
import fc from "fast-check";
import { readBundle, readRecorded, RECORDED, type Recorded, recordedText, sha256 } from "../kbuild/genksyms/fixtures.ts";
import { encodeName } from "../../src/elf/writer.ts";
import type { Figure } from "./modpost_part.ts";
import { preprocessed } from "./preprocess.ts";
import { damagedSource, wholeSource } from "./random_declarations.ts";
import { type Flags, modelOutcome, type Outcome, realOutcome } from "./real_genksyms.ts";
import type { Tool } from "./tools.ts";

/** What is compared beside the fixtures. */
export interface GenksymsPlan {
  /** A folder of further preprocessed sources, `.i`. */
  readonly folder: string | undefined;
  /** What further sources are preprocessed with. */
  readonly made: { compiler: string; source: string; headers: string; count: number } | undefined;
  /** Module.symvers of the kernel that the sources are of. */
  readonly symvers: string;
  /** How many random sources of each kind. */
  readonly runs: number;
  readonly seed: number;
}

/** So many of the sources on which neither ends are tried: each takes its time. */
const MOST_ENDLESS = 3;

interface NamedSource {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The parts in which two outcomes differ. */
function differences(model: Outcome | undefined, real: Outcome | undefined): string[] {
  return (["exit", "symvers", "messages", "types"] as const).filter((part) => model?.[part] !== real?.[part]);
}

function* fixtureSources(): Generator<NamedSource> {
  const all = readRecorded();
  for (const bundle of new Set(all.map((each) => each.bundle))) {
    for (const { recorded, bytes } of readBundle(bundle, all)) yield { name: recorded.source, bytes };
  }
}

function* folderSources(folder: string): Generator<NamedSource> {
  for (const name of [...Deno.readDirSync(folder)].map((entry) => entry.name).sort()) {
    if (name.endsWith(".i")) yield { name, bytes: Deno.readFileSync(join(folder, name)) };
  }
}

/** The `#SYMVER` lines of a run, as names and CRCs. */
function versions(outcome: Outcome | undefined): string[][] {
  return outcome?.symvers.split("\n").slice(0, -1).map((line) => line.split(" ").slice(1)) ?? [];
}

/** Sources against the program, whole; their symbols' CRCs against the program, and against those of the kernel's build. */
async function sourceFigures(
  what: string,
  { path }: Tool,
  sources: Iterable<NamedSource> | AsyncIterable<NamedSource>,
  symvers: string,
): Promise<Figure[]> {
  const built = new Map(symvers.split("\n").map((line) => line.split("\t")).map(([crc, name]) => [name, crc]));
  const differing: string[] = [];
  const [ofProgram, ofBuild] = [[0, []], [0, []]] as [number, string[]][];
  let count = 0;
  for await (const { name, bytes } of sources) {
    count++;
    const model = modelOutcome(bytes);
    const real = await realOutcome(path, bytes);
    const parts = differences(model, real);
    if (parts.length > 0) differing.push(`${name}: ${parts.join(", ")}`);
    const ours = new Map(versions(model).map(([symbol, crc]) => [symbol, crc]));
    for (const [symbol, crc] of versions(real)) {
      ofProgram[0]++;
      if (ours.get(symbol) !== crc) ofProgram[1].push(`${name}: ${symbol}`);
      if (!built.has(symbol)) continue;
      ofBuild[0]++;
      if (ours.get(symbol) !== built.get(symbol)) ofBuild[1].push(`${name}: ${symbol}`);
    }
  }
  return [
    { what: `${what}: sources, with messages and types`, compared: count, different: differing },
    { what: `${what}: exported symbols`, compared: ofProgram[0], different: ofProgram[1] },
    { what: `${what}: CRCs of the kernel's own build`, compared: ofBuild[0], different: ofBuild[1] },
  ];
}

/** Random sources; every third is compared with the types of the one before as its reference too. */
async function randomFigure(
  what: string,
  arbitrary: fc.Arbitrary<string>,
  { path }: Tool,
  { runs, seed }: GenksymsPlan,
): Promise<Figure> {
  const different: string[] = [];
  let compared = 0;
  let endless = 0;
  let reference = "";
  for (const [index, text] of fc.sample(arbitrary, { numRuns: runs, seed }).entries()) {
    const source = encodeName(text);
    const flags: readonly Flags[] = [{ dump: true, debug: true }, { reference }, { reference, preserve: true }];
    for (const each of index % 3 === 0 ? flags : flags.slice(0, 1)) {
      const model = modelOutcome(source, each);
      if (model === undefined && ++endless > MOST_ENDLESS) break;
      const parts = differences(model, await realOutcome(path, source, each));
      compared++;
      if (parts.length > 0) different.push(`seed ${seed}, source ${index}, ${JSON.stringify(each)}: ${parts.join(", ")}`);
      if (each.dump && model !== undefined && index % 3 !== 0) reference = withOverrides(model.types);
    }
  }
  return { what: `${what}, seed ${seed}`, compared, different };
}

/** A reference in which some symbols are to keep their versions. */
function withOverrides(types: string): string {
  return types.replace(/^(?=E#|s#|\w+ (int|unsigned|char))/gm, "override ");
}

/** What agrees with the program. */
export async function genksymsFigures(tool: Tool, plan: GenksymsPlan): Promise<Figure[]> {
  const { folder, made, symvers } = plan;
  return [
    ...await sourceFigures("fixtures", tool, fixtureSources(), symvers),
    ...made === undefined ? [] : await sourceFigures("preprocessed now", tool, preprocessed(made), symvers),
    ...folder === undefined ? [] : await sourceFigures("--preprocessed", tool, folderSources(folder), symvers),
    await randomFigure("random declarations", wholeSource, tool, plan),
    await randomFigure("damaged declarations", damagedSource, tool, plan),
  ];
}

/** Records what the program says of the fixtures' sources. */
export async function recordGenksyms({ path, origin }: Tool): Promise<void> {
  const all: Recorded[] = [];
  const before = readRecorded();
  for (const bundle of new Set(before.map((each) => each.bundle))) {
    for (const { recorded, bytes } of readBundle(bundle, before)) {
      const real = await realOutcome(path, bytes);
      if (real === undefined) throw new Error(`Cannot record ${recorded.source}: ${path} failed`);
      const { types, messages, symvers } = real;
      all.push({ ...recorded, symvers, types: sha256(encodeName(types)), messages: sha256(encodeName(messages)) });
    }
  }
  await Deno.writeTextFile(`${RECORDED}.tmp`, recordedText(basename(origin), all));
  await Deno.rename(`${RECORDED}.tmp`, RECORDED);
  console.log(`recorded what genksyms says of ${all.length} sources`);
}
