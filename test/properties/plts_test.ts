// SPDX-License-Identifier: GPL-2.0-only
/** PLTs in whole modules: every branch gets to its target, directly where it can; entries are shared, and never more than were counted. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BRANCH24, THM_BRANCH24 } from "../../src/arch_arm/fields.ts";
import { getModulePlt } from "../../src/arch_arm/plts.ts";
import { hex32, u32 } from "../../src/elf/word.ts";
import { KernelFault } from "../../src/kernel/fault.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { KernelModule } from "../../src/kernel/module.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { bootedKernel, insmod, minimalModule, PROFILE, variant } from "./arbitraries.ts";

const LINE = 128;
const ENTRIES = 16;
const FTRACE = ["ftrace_caller", "__gnu_mcount_nc"] as const;

/** One branch: where it stands, what it goes to (an index into the targets), what is added to that, as what it is marked. */
interface Branch {
  readonly init: boolean;
  readonly target: number;
  readonly addend: number;
  readonly jump: boolean;
}

interface Plan {
  readonly targets: readonly number[];
  readonly branches: readonly Branch[];
}

/** A kernel for the plans: its options, and how its branches look. */
interface Machine {
  readonly profile: KernelProfile;
  readonly thumb: boolean;
  readonly reach: number;
  readonly bias: number;
}

function machine(profile: KernelProfile): Machine {
  const thumb = profile.config.has("THUMB2_KERNEL");
  return { profile, thumb, reach: thumb ? 0x1000000 : 0x2000000, bias: thumb ? 4 : 8 };
}

const MACHINES: readonly Machine[] = [
  PROFILE,
  variant({ off: ["DYNAMIC_FTRACE"] }),
  variant({ on: ["THUMB2_KERNEL"] }),
  variant({ on: ["THUMB2_KERNEL"], off: ["DYNAMIC_FTRACE", "HIGHMEM"] }),
].map(machine);

/** Targets near the ends of the reach from the first TEXT, ftrace's own, and any; few of them, so that many branches share one. */
function plans({ profile, reach, thumb }: Machine): fc.Arbitrary<Plan> {
  const { start } = profile.modules;
  const end = fc.tuple(fc.constantFrom(-reach, 0, reach), fc.integer({ min: -40, max: 40 })).map(([at, delta]) =>
    start + at + 4 * delta
  );
  const fixed = fc.constantFrom(...FTRACE).map((name) => profile.symbols.get(name)!);
  const any = fc.nat(0x3fffffff).map((index) => 4 * index);
  const targets = fc.uniqueArray(fc.oneof(end, fixed, any).map((value) => u32(value & ~3) + (thumb ? 1 : 0)), {
    minLength: 1,
    maxLength: 24,
  });
  const branch = (addend: fc.Arbitrary<number>) =>
    fc.record({ init: fc.boolean(), target: fc.oneof(fc.nat(1), fc.nat(1000)), addend, jump: fc.boolean() });
  const some = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -4, max: 4 }).map((steps) => 4 * steps));
  const branches = fc.boolean().chain((plain) =>
    fc.array(branch(plain ? fc.constant(0) : some), { maxLength: 80, size: "max" })
  );
  return fc.record({ targets, branches })
    .map(({ targets, branches }) => ({
      targets,
      branches: branches.map((each) => ({ ...each, target: each.target % targets.length })),
    }));
}

/** The module of a plan: .text and .init.text are nothing but its branches, the targets absolute symbols. */
function moduleOf({ targets, branches }: Plan, { thumb, bias }: Machine): Uint8Array {
  const field = thumb ? THM_BRANCH24 : BRANCH24;
  const homes = [false, true].map((init) => branches.filter((each) => each.init === init));
  const code = (each: Branch) => {
    const instruction = field.write(
      thumb ? (each.jump ? 0xf0009000 : 0xf000d000) : each.jump ? 0xea000000 : 0xeb000000,
      each.addend - bias,
    );
    return thumb ? u32(instruction << 16 | instruction >>> 16) : instruction;
  };
  const type = (jump: boolean) => `R_ARM_${thumb ? "THM_" : ""}${jump ? "JUMP24" : "CALL"}`;
  return minimalModule({
    init: false,
    exit: false,
    section: homes.map((home, i) => ({ name: [".text", ".init.text"][i], words: home.map(code) })),
    symbol: targets.map((value, i) => ({ name: `target${i}`, section: "SHN_ABS", value, type: "STT_FUNC" })),
    relocation: homes.flatMap((home, i) =>
      home.map((each, k) => ({
        section: [".text", ".init.text"][i],
        offset: 4 * k,
        symbol: `target${each.target}`,
        type: type(each.jump),
      }))
    ),
  });
}

/** Loads a plan's module and looks at it just before its init. */
function loaded(plan: Plan, machine: Machine, look: (kernel: Kernel, mod: KernelModule) => void): void {
  const kernel = bootedKernel(machine.profile);
  let looked = false;
  const beforeInit = (mod: KernelModule) => (look(kernel, mod), looked = true);
  const ending = insmod(kernel, moduleOf(plan, machine), { observer: { beforeInit } });
  assertEquals(String(ending), "0", kernel.log.take().map(({ text }) => text).join("\n"));
  assert(looked);
}

/** Where a section of the module is. */
function addressOf(mod: KernelModule, name: string): number {
  return mod.sections.find((section) => section.name === name)!.address;
}

/** Where a branch in memory goes; if that is not `wanted`, it is to be an entry of the PLT, and the literal counts. */
function destination({ space }: Kernel, loc: number, { thumb, bias }: Machine, wanted: number) {
  const instruction = thumb ? u32(space.read16(loc) << 16 | space.read16(loc + 2)) : space.read32(loc);
  const next = u32(loc + bias + (thumb ? THM_BRANCH24 : BRANCH24).read(instruction));
  if (next + (thumb ? 1 : 0) === wanted) return { target: wanted, entry: undefined };
  assertEquals(hex32(space.read32(next)), thumb ? "0xf03cf8df" : "0xe59ff038", "ldr pc, [pc, #distance of the literal]");
  return { target: space.read32(next + LINE / 2), entry: next };
}

for (const machine of MACHINES) {
  const { profile: { config }, reach, thumb } = machine;
  const name = `${thumb ? "Thumb-2" : "ARM"}, ${config.has("DYNAMIC_FTRACE") ? "with" : "without"} ftrace`;
  const fixed = config.has("DYNAMIC_FTRACE") ? FTRACE.map((each) => machine.profile.symbols.get(each)!) : [];

  Deno.test(`branches arrive, directly if and only if they reach, and share entries (${name})`, () => {
    let viaPlt = 0;
    const property = fc.property(plans(machine), (plan) =>
      loaded(plan, machine, (kernel, mod) => {
        for (const init of [false, true]) {
          const text = addressOf(mod, init ? ".init.text" : ".text");
          const { sh_addr, sh_size } = (init ? mod.arch.init : mod.arch.core).plt!;
          const branches = plan.branches.filter((each) => each.init === init);
          const shared = new Map<string, number>();
          for (const [i, branch] of branches.entries()) {
            const wanted = u32(plan.targets[branch.target] + branch.addend);
            const { target, entry } = destination(kernel, text + 4 * i, machine, wanted);
            assertEquals(hex32(target), hex32(wanted));
            const offset = (wanted - machine.bias - text - 4 * i) | 0;
            assertEquals(entry === undefined, offset > -reach && offset < reach, `offset ${offset}`);
            if (entry === undefined) continue;
            viaPlt++;
            assert(entry >= sh_addr && entry < sh_addr + sh_size && (entry - sh_addr) % LINE < LINE / 2, hex32(entry));
            const index = fixed.indexOf(wanted);
            if (index >= 0) assertEquals(entry, sh_addr + 4 * index, "ftrace's targets have the first entries");
            const equal = ({ target, jump }: Branch) => target === branch.target && jump === branch.jump;
            if (branches.some((each) => equal(each) && each.addend !== 0)) continue;
            const key = `${branch.target} ${branch.jump}`;
            assertEquals(entry, shared.get(key) ?? entry, "equal branches share an entry");
            shared.set(key, entry);
          }
        }
      }));
    fc.assert(property, { numRuns: 300 });
    assert(viaPlt > 0);
  });

  Deno.test(`the PLTs have room for every branch to another section, with equal ones counted once, and are never outgrown (${name})`, () => {
    fc.assert(
      fc.property(plans(machine), (plan) =>
        loaded(plan, machine, (_, mod) => {
          for (const init of [false, true]) {
            const { plt, count } = init ? mod.arch.init : mod.arch.core;
            const branches = plan.branches.filter((each) => each.init === init);
            const kinds = new Set(branches.map(({ target, jump }) => `${target} ${jump}`));
            const lines = (entries: number) => Math.ceil((entries + fixed.length) / ENTRIES) * LINE;
            assert(plt !== undefined && count * (LINE / ENTRIES) <= plt.sh_size, `${count} entries in ${plt?.sh_size} bytes`);
            assert(plt.sh_size >= lines(kinds.size) && plt.sh_size <= lines(branches.length), `${plt.sh_size} bytes`);
            if (branches.every(({ addend }) => addend === 0)) assertEquals(plt.sh_size, lines(kinds.size));
          }
        })),
      { numRuns: 150 },
    );
  });
}

Deno.test("get_module_plt() gives a fixed entry, the last one, or a new one; a new one too many is a BUG", () => {
  const [arm] = MACHINES;
  const mcount = PROFILE.symbols.get("__gnu_mcount_nc")!;
  const target = fc.oneof(
    fc.constantFrom(0x1000, 0x2000, 0x3000, mcount),
    fc.nat(0x3ffeffff).map((index) => 4 * index + 0x4000),
  );
  const room = Array.from({ length: 20 }, () => ({ init: false, target: 0, addend: 4, jump: false }));
  fc.assert(
    fc.property(fc.array(target, { maxLength: 60 }), fc.boolean(), (asked, init) => {
      const placed = (kernel: Kernel, mod: KernelModule) => {
        const loc = addressOf(mod, init ? ".init.text" : ".text");
        const base = addressOf(mod, init ? ".init.plt" : ".plt");
        const capacity = init ? ENTRIES : 2 * ENTRIES;
        const literals: number[] = FTRACE.map((name) => PROFILE.symbols.get(name)!);
        for (const value of asked) {
          let index = literals.slice(0, 2).indexOf(value);
          if (index < 0 && literals[literals.length - 1] === value) index = literals.length - 1;
          if (index < 0) index = literals.push(value) - 1;
          if (literals.length > capacity) {
            let fault: unknown;
            try {
              getModulePlt(kernel, mod, loc, value);
            } catch (error) {
              fault = error;
            }
            assert(fault instanceof KernelFault && fault.line.includes("module-plts.c"));
            return;
          }
          const entry = base + Math.floor(index / ENTRIES) * LINE + 4 * (index % ENTRIES);
          assertEquals(hex32(getModulePlt(kernel, mod, loc, value)), hex32(entry));
          assertEquals(kernel.space.read32(entry + LINE / 2), value);
        }
      };
      const kernel = bootedKernel();
      let looked = false;
      const bytes = moduleOf({ targets: [0x1000], branches: room }, arm);
      insmod(kernel, bytes, { observer: { placed: (mod) => (placed(kernel, mod), looked = true) } });
      assert(looked);
    }),
    { numRuns: 150 },
  );
});
