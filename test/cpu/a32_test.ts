// SPDX-License-Identifier: GPL-2.0-only
/** A32 code that runs: results, flags, conditions, faults, and what is said instead of guessed. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../src/kernel/fault.ts";
import { CODE, DATA, type Machine, machine } from "./machine.ts";
import { run } from "../../src/cpu/run.ts";

const SVC = 0xef000000;

function after(words: readonly number[], set: (machine: Machine) => void = () => {}): Machine {
  const made = machine(words);
  set(made);
  assertEquals(run(made.cpu, 100).event, { kind: "svc", number: 0 });
  return made;
}

Deno.test("a sum carries and overflows", () => {
  const { cpu } = after([0xe0912002, SVC], ({ cpu }) => cpu.r.set([0, 0x7fffffff, 1])); // adds r2, r1, r2
  assertEquals([cpu.r[2] >>> 0, cpu.n, cpu.z, cpu.c, cpu.v], [0x80000000, 1, 0, 0, 1]);
});

Deno.test("each condition passes on the flags that the manual names, and its opposite on the others", () => {
  const flags: readonly ((f: { n: boolean; z: boolean; c: boolean; v: boolean }) => boolean)[] = [
    ({ z }) => z,
    ({ c }) => c,
    ({ n }) => n,
    ({ v }) => v,
    ({ c, z }) => c && !z,
    ({ n, v }) => n === v,
    ({ n, z, v }) => !z && n === v,
  ];
  for (let nzcv = 0; nzcv < 16; nzcv++) {
    const [n, z, c, v] = [8, 4, 2, 1].map((bit) => (nzcv & bit) !== 0);
    for (let condition = 0; condition < 14; condition++) {
      const word = ((condition << 28) | 0x03a00001) >>> 0; // mov<c> r0, #1
      const { cpu } = after([word, SVC], ({ cpu }) => cpu.flags = nzcv << 28);
      const passes = flags[condition >> 1]({ n, z, c, v }) !== ((condition & 1) === 1);
      assertEquals(cpu.r[0], passes ? 1 : 0, `condition ${condition}, flags ${nzcv}`);
    }
  }
});

Deno.test("PUSH and POP of many registers, with a return to T32 code", () => {
  const { cpu } = machine([0xe92d4070, 0xe3a0e0ff, 0xe8bd8070]); // push {r4-r6, lr}; mov lr, #255; pop {r4-r6, pc}
  cpu.r[13] = DATA + 64;
  cpu.r[14] = CODE + 0x101;
  run(cpu, 3);
  assertEquals([cpu.r[13], cpu.r[14], cpu.r[15], cpu.thumb], [DATA + 64, 255, CODE + 0x100, true]);
});

Deno.test("LDREX and STREX: the store succeeds once, and not after CLREX", () => {
  const { cpu } = after([0xe1912f9f, 0xe1813f90, 0xe1814f90, 0xe1912f9f, 0xf57ff01f, 0xe1815f90, SVC], ({ cpu }) => {
    cpu.r[0] = 7;
    cpu.r[1] = DATA;
  });
  assertEquals([cpu.r[3], cpu.r[4], cpu.r[5], cpu.bus.read32(DATA)], [0, 1, 1, 7]);
});

Deno.test("an unaligned word is read across pages; a faulting access leaves the base as it was", () => {
  const { cpu, data } = machine([0xe5910000, 0xe5b12004]); // ldr r0, [r1]; ldr r2, [r1, #4]!
  data.set([1, 2, 3, 4], 4094);
  cpu.r[1] = DATA + 4094;
  assertEquals(run(cpu, 1).event.kind, "limit");
  assertEquals(cpu.r[0], 0x04030201);
  cpu.r[1] = DATA + 8188;
  assertEquals(run(cpu, 1).event, { kind: "abort", access: "read", address: DATA + 8192, why: "unmapped" });
  assertEquals([cpu.r[1], cpu.r[15]], [DATA + 8188, CODE + 4]);
});

Deno.test("text is not written, data is not run", () => {
  const { cpu } = machine([0xe5810000]); // str r0, [r1]
  cpu.r[1] = CODE;
  assertEquals(run(cpu, 1).event, { kind: "abort", access: "write", address: CODE, why: "permission" });
  cpu.r[15] = DATA;
  assertEquals(run(cpu, 1).event, { kind: "abort", access: "execute", address: DATA, why: "permission" });
});

Deno.test("an unknown word and UDF end the run; nothing is skipped", () => {
  for (const word of [0xe7f001f2, 0xe6000010, 0xfe000000]) {
    const { cpu } = machine([0xe3a00001, word, 0xe3a00002]);
    const { event, steps } = run(cpu, 100);
    assertEquals([event.kind, steps, cpu.r[0], cpu.r[15]], ["undefined", 1, 1, CODE + 4]);
  }
});

Deno.test("what the architecture leaves open is said", () => {
  const { cpu } = machine([0xe5b11004]); // ldr r1, [r1, #4]!
  assertEquals(run(cpu, 1).event, {
    kind: "unpredictable",
    why: "LDR (immediate): writeback to the transferred register",
  });
});

Deno.test("VFP is not modelled, and said by name", () => {
  const { cpu } = machine([0xed910b00]); // vldr d0, [r1]
  assertThrows(() => run(cpu, 1), NotModelled, "Not modelled: instruction VLDR");
  assertEquals(cpu.r[15], CODE);
});

Deno.test("TPIDRPRW is what the kernel put there", () => {
  const { cpu } = after([0xee1d0f90, SVC], ({ cpu }) => cpu.tpidrprw = 0x1234); // mrc p15, 0, r0, c13, c0, 4
  assertEquals(cpu.r[0], 0x1234);
});

Deno.test("a loop without end meets the step limit", () => {
  const { cpu } = machine([0xeafffffe]); // b .
  assertEquals(run(cpu, 1000), { event: { kind: "limit" }, steps: 1000 });
  assertEquals(cpu.r[15], CODE);
});

Deno.test("code that is written to is decoded anew", () => {
  const { cpu } = machine([0xe3a00001, 0xe5812000, 0xe2533001, 0x1afffffb, SVC], { writableCode: true });
  cpu.r[1] = CODE; // mov r0, #1; str r2, [r1]; subs r3, r3, #1; bne back
  cpu.r[2] = 0xe3a00002; // mov r0, #2
  cpu.r[3] = 2;
  run(cpu, 100);
  assertEquals(cpu.r[0], 2);
});
