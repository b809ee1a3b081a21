// SPDX-License-Identifier: GPL-2.0-only
/** Branches, one relocation at a time: the range and its two ends, when a PLT entry is asked for, and which instruction sets may meet. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BRANCH24, THM_BRANCH24 } from "../../src/arch_arm/fields.ts";
import { type RelocationRow, RELOCATIONS } from "../../src/arch_arm/relocations.ts";
import { R_ARM, STT } from "../../src/elf/constants.ts";
import { u32 } from "../../src/elf/word.ts";
import { place, word } from "./arbitraries.ts";

/** One kind of branch: its reach in bytes, the distance of two targets, what the PC is ahead, and bit 0 of a target. */
interface Kind {
  readonly types: readonly number[];
  readonly reach: number;
  readonly step: number;
  readonly bias: number;
  readonly thumb: 0 | 1;
  readonly instructions: readonly number[];
}

const ARM: Kind = {
  types: [R_ARM.PC24, R_ARM.CALL, R_ARM.JUMP24],
  reach: 0x2000000,
  step: 4,
  bias: 8,
  thumb: 0,
  instructions: [0xebfffffe, 0xeafffffe, 0x0a000000, 0xfb123456],
};
const THUMB: Kind = {
  types: [R_ARM.THM_CALL, R_ARM.THM_JUMP24],
  reach: 0x1000000,
  step: 2,
  bias: 4,
  thumb: 1,
  instructions: [0xf7fffffe, 0xf7ffbffe, 0xf000f800],
};

const rowsOf = (kind: Kind): RelocationRow[] => RELOCATIONS.filter((row) => kind.types.includes(row.type));
const fieldOf = (kind: Kind) => kind.thumb ? THM_BRANCH24 : BRANCH24;

interface Branch {
  readonly offset: number;
  readonly addend: number;
  readonly loc: number;
  readonly instruction: number;
}

/** S + A - P: any, and the ends of the range more often than not. */
function branches(kind: Kind): fc.Arbitrary<Branch> {
  const { reach, step, instructions } = kind;
  const near = (at: number) => fc.integer({ min: -3, max: 3 }).map((delta) => at + delta * step);
  const any = fc.integer({ min: -(2 ** 31) / step, max: 2 ** 31 / step - 1 }).map((steps) => steps * step);
  const inside = fc.integer({ min: -reach / step, max: reach / step - 1 }).map((steps) => steps * step);
  return fc.record({
    offset: fc.oneof(near(reach), near(-reach), near(0), inside, any),
    addend: fc.oneof(fc.constant(-kind.bias), inside),
    loc: place.map((loc) => u32(loc + (kind.thumb ? loc >>> 3 & 2 : 0))),
    instruction: fc.constantFrom(...instructions),
  });
}

/** Relocates one branch; gives the failure, where it goes then (bit 0 not counted), and the targets that asked for a PLT entry. */
function relocated(kind: Kind, row: RelocationRow, branch: Branch, { entry, info = 0, value = 0, plt = true } = {} as {
  entry?: number;
  info?: number;
  value?: number;
  plt?: boolean;
}) {
  const view = new DataView(new ArrayBuffer(4));
  const turned = (w: number) => kind.thumb ? u32(w << 16 | w >>> 16) : w;
  const before = fieldOf(kind).write(branch.instruction, branch.addend);
  view.setUint32(0, turned(before), true);
  const asked: number[] = [];
  const failure = row.apply({
    view,
    at: 0,
    loc: branch.loc,
    value: value || symbolValue(kind, branch),
    info,
    plt: plt ? (loc, target) => (assertEquals(loc, branch.loc), asked.push(target), entry ?? loc) : undefined,
  });
  const after = turned(view.getUint32(0, true));
  return { failure, asked, after, changed: before !== after, offset: fieldOf(kind).read(after) };
}

/** S for an offset: S + A - P, with the bit that says Thumb. */
function symbolValue(kind: Kind, { offset, addend, loc }: Branch): number {
  return u32(offset - addend + loc) + kind.thumb;
}

const isNear = (kind: Kind, offset: number) => offset > -kind.reach && offset < kind.reach;

for (const [name, kind] of [["ARM", ARM], ["Thumb-2", THUMB]] as const) {
  const ends = [-kind.reach - kind.step, -kind.reach, -kind.reach + kind.step, kind.reach - kind.step, kind.reach]
    .map((offset): [Branch] => [{ offset, addend: -kind.bias, loc: 0xbf000000, instruction: kind.instructions[0] }]);

  Deno.test(`without PLTs ${name} branches reach up to one step short of either end, and are refused at it`, () => {
    for (const row of rowsOf(kind)) {
      fc.assert(
        fc.property(branches(kind), (branch) => {
          const { failure, changed, offset, after } = relocated(kind, row, branch, { plt: false });
          // With the Thumb bit in it, an offset of -reach is -reach + 1.
          const fits = isNear(kind, branch.offset + kind.thumb);
          assertEquals(failure, fits ? undefined : "range", `${row.name} by ${branch.offset}`);
          if (!fits) return assert(!changed);
          assertEquals(offset, branch.offset);
          assertEquals(u32(after & ~fieldOf(kind).mask), u32(branch.instruction & ~fieldOf(kind).mask));
        }),
        { numRuns: 300, examples: ends },
      );
    }
  });

  Deno.test(`${name} branches ask for a PLT entry exactly when they do not reach, and for S + A`, () => {
    for (const row of rowsOf(kind)) {
      fc.assert(
        fc.property(branches(kind), fc.integer({ min: -0x10000, max: 0x10000 }), (branch, distance) => {
          const entry = u32((branch.loc & ~3) + 4 * distance);
          const { failure, asked, offset } = relocated(kind, row, branch, { entry });
          assertEquals(failure, undefined);
          const reaches = isNear(kind, branch.offset + kind.thumb);
          const target = u32(branch.loc + branch.offset + kind.bias) + kind.thumb;
          assertEquals(asked, reaches ? [] : [target]);
          assertEquals(offset, reaches ? branch.offset : entry - branch.loc - kind.bias);
        }),
        { numRuns: 300, examples: ends.map(([branch]): [Branch, number] => [branch, 100]) },
      );
    }
  });

  Deno.test(`${name} branches whose PLT entry is out of range too are refused`, () => {
    const far = branches(kind).filter(({ offset }) => !isNear(kind, offset + kind.thumb));
    fc.assert(
      fc.property(far, fc.integer({ min: -2, max: 2 }), fc.boolean(), (branch, delta, below) => {
        const away = (below ? -1 : 1) * kind.reach + delta * 4;
        const loc = branch.loc & ~3;
        for (const row of rowsOf(kind)) {
          const entry = u32(loc + kind.bias + away);
          const { failure, changed } = relocated(kind, row, { ...branch, loc: u32(loc) }, { entry });
          assertEquals(failure, isNear(kind, away) ? undefined : "range", `entry ${away} away`);
          assert(failure === undefined || !changed);
        }
      }),
    );
  });
}

Deno.test("an ARM branch to a symbol with either of its low bits set is refused before anything else", () => {
  fc.assert(fc.property(branches(ARM), word, fc.integer({ min: 1, max: 3 }), (branch, any, low) => {
    for (const row of rowsOf(ARM)) {
      const { failure, asked, changed } = relocated(ARM, row, branch, { value: u32(any & ~3) + low });
      assertEquals([failure, asked, changed], ["arm-to-thumb", [], false]);
    }
  }));
});

Deno.test("a Thumb-2 branch to an even address is refused if the symbol is a function, and taken if it is anything else", () => {
  fc.assert(fc.property(branches(THUMB), word, fc.nat(15), fc.nat(2), (branch, any, type, binding) => {
    for (const row of rowsOf(THUMB)) {
      const value = u32(any & ~1) || 2;
      const { failure, asked } = relocated(THUMB, row, branch, { value, info: binding << 4 | type, entry: branch.loc });
      if (type === STT.FUNC) assertEquals([failure, asked], ["thumb-to-arm", []]);
      else assertEquals(failure, undefined);
      const odd = relocated(THUMB, row, branch, { value: value + 1, info: binding << 4 | type, entry: branch.loc });
      assertEquals(odd.failure, undefined);
    }
  }));
});
