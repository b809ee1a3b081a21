// SPDX-License-Identifier: GPL-2.0-only
/** T32 code that runs: IT blocks, wide instructions across pages, changes of the instruction set. */

import { assertEquals } from "@std/assert";
import { run } from "../../src/cpu/run.ts";
import { CODE, machine } from "./machine.ts";

/** Halfwords as the words of a page, from an offset on. */
function halfwords(values: readonly number[], offset = 0): number[] {
  const halves = new Uint16Array(2048);
  halves.set(values, offset / 2);
  return [...new Uint32Array(halves.buffer)];
}

function thumb(values: readonly number[], offset = 0) {
  const made = machine(halfwords(values, offset));
  made.cpu.thumb = true;
  made.cpu.r[15] = CODE + offset;
  return made.cpu;
}

Deno.test("an IT block runs what its conditions pass, and sets no flags", () => {
  for (const z of [0, 1]) {
    const cpu = thumb([0xbf0c, 0x2001, 0x2002, 0xdf00]); // ite eq; moveq r0, #1; movne r0, #2; svc 0
    cpu.z = z;
    cpu.c = 1;
    assertEquals(run(cpu, 10), { event: { kind: "svc", number: 0 }, steps: 3 });
    assertEquals([cpu.r[0], cpu.z, cpu.c, cpu.it], [2 - z, z, 1, 0]);
  }
});

Deno.test("the same narrow instruction sets flags outside an IT block", () => {
  const cpu = thumb([0x2000, 0xdf00]); // movs r0, #0; svc 0
  run(cpu, 10);
  assertEquals([cpu.z, cpu.n], [1, 0]);
});

Deno.test("a run that stops inside an IT block goes on in it", () => {
  const cpu = thumb([0xbf0c, 0x2001, 0x2002, 0xdf00]);
  cpu.z = 1;
  run(cpu, 1);
  assertEquals(cpu.cpsr & 0x0600fc00, 0x0c00); // what is left of it: eq, ne
  run(cpu, 1);
  run(cpu, 10);
  assertEquals(cpu.r[0], 1);
});

Deno.test("an event inside an IT block leaves its state as it was before the instruction", () => {
  const cpu = thumb([0xbf08, 0x6800]); // it eq; ldreq r0, [r0]
  cpu.z = 1;
  const { event, steps } = run(cpu, 10);
  assertEquals([event.kind, steps, cpu.it, cpu.r[15]], ["abort", 1, 0x08, CODE + 2]);
});

Deno.test("a wide instruction whose second half is on a page that is not there aborts", () => {
  const cpu = thumb([0xf240], 4094); // the first half of a movw
  assertEquals(run(cpu, 1).event, { kind: "abort", access: "execute", address: CODE + 4096, why: "unmapped" });
  assertEquals(cpu.r[15], CODE + 4094);
});

Deno.test("BL and BLX leave bit 0 of LR set; BLX goes to A32 code and BX comes back", () => {
  const { cpu } = machine([...halfwords([0xf000, 0xe802, 0xdf07]).slice(0, 2), 0xe3a00009, 0xe12fff1e]);
  cpu.thumb = true; // blx to CODE + 8; svc 7; there: mov r0, #9; bx lr
  assertEquals(run(cpu, 10).event, { kind: "svc", number: 7 });
  assertEquals([cpu.r[0], cpu.r[14], cpu.thumb], [9, CODE + 5, true]);
});

Deno.test("an unknown wide word is an undefined instruction, with both its halves", () => {
  const cpu = thumb([0xfbf0, 0x0000]);
  assertEquals(run(cpu, 1).event, { kind: "undefined", word: 0xfbf00000, why: "no such instruction" });
});
