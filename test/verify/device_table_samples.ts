// SPDX-License-Identifier: GPL-2.0-only
/**
 * Device tables of every bus with entries by chance, the same for the same seed.
 *
 * @module
 */

import { DEVICE_TABLES } from "../../src/kbuild/device_tables.ts";

/** Numbers by chance, 0 to below `limit`. */
type Chance = (limit: number) => number;

function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return (limit) => {
    state = Math.imul(state ^ state >>> 15, state | 1) + 0x6d2b79f5 >>> 0;
    const mixed = Math.imul(state ^ state >>> 7, state | 61) ^ state;
    return ((mixed ^ mixed >>> 14) >>> 0) % limit;
  };
}

/** Half zeros; then letters, digits, white space, and what stands for any. */
const BYTES = [0, 0, 0, 0, 0, 0xff, 0x41, 0x62, 0x20, 0x39];

function anyByte(chance: Chance): number {
  const i = chance(BYTES.length + 1);
  return i < BYTES.length ? BYTES[i] : chance(256);
}

/** What an entry of some buses needs, so that it is one that the kernel can have; the rest is by chance. */
const SHAPES: Readonly<Record<string, (view: DataView, chance: Chance) => void>> = {
  usb: (view, chance) => {
    const release = () => [0x0000, 0x0100, 0x0110, 0x9999, 0x0123, 0x12ab, 0xffff, chance(0x10000)][chance(8)];
    const ends = [release(), release()].sort((a, b) => a - b);
    view.setUint16(0, chance(0x800), true);
    view.setUint16(6, ends[0], true);
    view.setUint16(8, ends[1], true);
    if (chance(8) > 0) view.setUint16(2, 1 + chance(0xffff), true);
  },
  amba: (view, chance) => {
    const mask = [0xffffffff, 0x00ffffff, 0x000ff0f3, chance(0x10000)][chance(4)];
    view.setUint32(4, mask, true);
    view.setUint32(0, (chance(0x10000) * 0x10001 & mask) >>> 0, true);
  },
  pci: (view, chance) => {
    view.setUint32(20, [0, 0xffffff, 0xffff00, 0xff0000, 0x0f0000][chance(5)], true);
    view.setUint32(28, [0, 0, 1, 2][chance(4)], true);
    for (const at of [0, 4, 8, 12]) if (chance(2) === 0) view.setUint32(at, 0xffffffff, true);
  },
  cdx: (view, chance) => {
    view.setUint32(12, [0, 0xffffff][chance(2)], true);
    view.setUint32(16, [0, 1, 7][chance(3)], true);
  },
  input: (view, chance) => {
    for (let at = 12; at < 160; at++) view.setUint8(at, chance(20) === 0 ? 1 << chance(8) : 0);
  },
  dmi: (view, chance) => {
    for (let i = 0; i < 4; i++) {
      view.setUint8(8 + i * 80, chance(22) | chance(2) << 7);
      for (const [j, letter] of [..."ASUS: X-1"].entries()) view.setUint8(9 + i * 80 + j, letter.charCodeAt(0));
      view.setUint8(9 + i * 80 + 9, 0);
    }
  },
  wmi: (view, chance) => {
    const length = chance(3) === 0 ? 20 : 36;
    for (let i = 0; i < 37; i++) view.setUint8(i, i < length ? 0x30 + chance(10) : 0);
  },
  of: (view, chance) => {
    const texts: readonly (readonly [number, string])[] = [[0, "node"], [32, "serial port"], [64, "fsl,imx6ul-uart"]];
    for (const [at, text] of texts) {
      const shown = chance(2) === 0 ? "" : text;
      for (let i = 0; i <= text.length; i++) view.setUint8(at + i, i < shown.length ? text.charCodeAt(i) : 0);
    }
  },
  pnp_card: (view, chance) => {
    for (let i = 0; i < 8; i++) {
      const id = `abc${chance(4)}def`;
      for (let j = 0; j < 8; j++) view.setUint8(12 + i * 8 + j, i > 2 || j === 7 ? 0 : id.charCodeAt(j));
    }
  },
};

/** Sizes of the entries that have several aliases. */
const OTHER_SIZES: Readonly<Record<string, number>> = { usb: 24, of: 196, pnp: 12, pnp_card: 76 };

/** Every bus. */
export const BUSES: readonly string[] = [...Object.keys(OTHER_SIZES), ...Object.keys(DEVICE_TABLES)];

/** A table with its empty last entry. */
export function sampleTable(bus: string, seed: number, entries = 6): Uint8Array {
  const size = OTHER_SIZES[bus] ?? DEVICE_TABLES[bus].size;
  const chance = chanceFrom(seed * 1000 + BUSES.indexOf(bus));
  const table = new Uint8Array(size * (entries + 1));
  for (let entry = 0; entry < entries; entry++) {
    const bytes = table.subarray(entry * size, (entry + 1) * size);
    for (let i = 0; i < size; i++) bytes[i] = anyByte(chance);
    SHAPES[bus]?.(new DataView(bytes.buffer, bytes.byteOffset, size), chance);
  }
  return table;
}
