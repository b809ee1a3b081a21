// SPDX-License-Identifier: GPL-2.0-only
/**
 * Loading within a warm process: how time grows with the module, and what a large one costs.
 *
 * @module
 */

import { noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { finitModule } from "../../src/module/syscalls.ts";
import { median, megabytes, milliseconds, report, times } from "./figures.ts";
import { type Measures, syntheticModule } from "./synthetic.ts";

const WARM_UP = 5;
const ROUNDS = 15;
const UNIT: Measures = { relocations: 20_000, symbols: 4_000, imports: 100, data: 0 };
const FACTOR = 8;
const LARGE: Measures = { relocations: 40_000, symbols: 5_000, imports: 100, data: 4_200_000 };

/** Loads a module into a kernel that was just booted. */
function load(profile: KernelProfile, bytes: Uint8Array): void {
  const kernel = new Kernel(profile, noSignatures);
  const file = { bytes, kind: "regular", access: "read-only" } as const;
  const rc = finitModule(kernel, file, "", 0, { privileged: true, runInit: () => 0 });
  if (rc !== 0) throw new Error(`The module does not load: ${rc}, ${kernel.log.take().at(-1)?.text}`);
}

/** Milliseconds of one load. */
function timeOf(profile: KernelProfile, bytes: Uint8Array): number {
  const start = performance.now();
  load(profile, bytes);
  return performance.now() - start;
}

/** Bytes that one load allocates, on the heap and in buffers. Where a collection came in between, that load does not count. */
function allocationsOf(profile: KernelProfile, bytes: Uint8Array): number {
  const used = () => {
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  let most = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = used();
    load(profile, bytes);
    most = Math.max(most, used() - before);
  }
  return most;
}

function sizes({ relocations, symbols }: Measures): string {
  return `${relocations} relocations, ${symbols} symbols`;
}

export function benchLoading(profile: KernelProfile): void {
  const { relocations, symbols, imports, data } = UNIT;
  const large = {
    relocations: FACTOR * relocations,
    symbols: FACTOR * symbols,
    imports: FACTOR * imports,
    data: FACTOR * data,
  };
  const modules = [UNIT, large].map((measures) => syntheticModule(profile, measures));
  const runs = modules.map((): number[] => []);
  for (let round = 0; round < WARM_UP; round++) for (const bytes of modules) load(profile, bytes);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, bytes] of modules.entries()) runs[i].push(timeOf(profile, bytes));
  }
  const [one, eight] = runs.map(median);
  console.log(`\nLoading is linear (medians of ${ROUNDS} interleaved loads, warm)`);
  report(sizes(UNIT), milliseconds(one));
  report(sizes(large), milliseconds(eight));
  report(`${FACTOR} times the module / the module`, times(eight / one), `<= ${FACTOR + 1}`);

  const bytes = syntheticModule(profile, LARGE);
  for (let round = 0; round < WARM_UP; round++) load(profile, bytes);
  const time = median(Array.from({ length: ROUNDS }, () => timeOf(profile, bytes)));
  const allocated = allocationsOf(profile, bytes);
  console.log(`\nA module of ${megabytes(bytes.length)} (${sizes(LARGE)}), warm`);
  report("time (median)", milliseconds(time), "< 60 ms");
  report("the engine's allocations", megabytes(allocated));
  report("the engine's allocations / the file", times(allocated / bytes.length), "< 4");
}
