// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tables of exports in a kernel's image, found by their own structure where nothing else tells where they are.
 *
 * Models: struct kernel_symbol of kernel/module/internal.h, and the order in which RO_DATA of include/asm-generic/vmlinux.lds.h puts
 * __ksymtab, __ksymtab_gpl, __kcrctab, __kcrctab_gpl and __ksymtab_strings behind each other.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { stringAt } from "./elf_info.ts";

/** An export of a kernel. */
export interface KernelExport {
  readonly name: string;
  /** Its address, or its value where it is none. */
  readonly value: number;
  readonly gpl: boolean;
  readonly namespace: string;
  /** Undefined in a kernel without CONFIG_MODVERSIONS. */
  readonly crc: number | undefined;
}

/** Where the tables are; offsets in the image, in bytes. */
export interface ExportTables {
  /** The address of the image's first byte. */
  readonly base: number;
  readonly start: number;
  readonly end: number;
  readonly hasCrcs: boolean;
  readonly exports: readonly KernelExport[];
}

/** Bytes of struct kernel_symbol: value, name, namespace; in words. */
const ENTRY = 12;
const WORDS = 3;

/** Entries of one namespace in a row that count as a sign of a table. */
const LEAST_RUN = 16;

/** How far apart the strings of all exports may be, in bytes. */
const STRINGS_SPAN = 1 << 21;

/** Bytes that may lie between tables, for alignment. */
const SLACK = 64;

/** Exports that every kernel with modules has; one of them tells where in memory the strings are. */
const WELL_KNOWN = ["_printk", "printk", "kfree", "module_layout", "jiffies"];

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;
/** "" too; some name the modules that they are for, as in "module:kvm". */
const NAMESPACE = /^[!-~]*$/;

function sorted(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || names[i - 1] < name);
}

/** Entries in a row: the index of their first word, and how many they are. */
interface Run {
  readonly first: number;
  readonly length: number;
}

/** What may be the export tables: all runs with one pointer to the empty namespace. */
interface Candidate {
  readonly empty: number;
  readonly runs: readonly Run[];
}

/** The words of an image, and the questions that are asked of them. */
class Words {
  readonly words: Uint32Array;

  constructor(readonly image: Uint8Array) {
    const whole = image.byteOffset % 4 === 0 ? image : image.slice();
    this.words = new Uint32Array(whole.buffer, whole.byteOffset, image.length >>> 2);
  }

  /**
   * Entries in a row whose namespaces are one pointer, that to the empty string, and whose names are close to it: gathered by that pointer,
   * the pointer with most entries first.
   */
  candidates(): Candidate[] {
    const { words } = this;
    const byPointer = new Map<number, Run[]>();
    for (let phase = 0; phase < WORDS; phase++) {
      let length = 1;
      for (let i = phase + WORDS; i < words.length; i += WORDS) {
        if (words[i] === words[i - WORDS] && words[i] !== 0) {
          length++;
          continue;
        }
        const run = { first: i - length * WORDS - 2, length };
        if (length >= LEAST_RUN && run.first >= 0 && this.#looksLikeEntries(run)) {
          const pointer = words[run.first + 2];
          byPointer.set(pointer, [...byPointer.get(pointer) ?? [], run]);
        }
        length = 1;
      }
    }
    const gathered = [...byPointer].map(([empty, runs]) => ({ empty, runs: runs.toSorted((a, b) => a.first - b.first) }));
    const size = ({ runs }: Candidate) => runs.reduce((sum, { length }) => sum + length, 0);
    return gathered.sort((a, b) => size(b) - size(a));
  }

  #looksLikeEntries({ first, length }: Run): boolean {
    const { words } = this;
    const names = new Set<number>();
    for (let i = 0; i < length; i++) {
      const name = words[first + i * WORDS + 1];
      if (Math.abs(name - words[first + 2]) > STRINGS_SPAN) return false;
      names.add(name);
    }
    return names.size === length;
  }

  /** The pointers to names in some runs. */
  names(runs: readonly Run[]): number[] {
    return runs.flatMap(({ first, length }) => Array.from({ length }, (_, i) => this.words[first + i * WORDS + 1]));
  }
}

/** Places of a name in the image at or behind an offset, as far as the strings of exports may be. */
function placesOf(image: Uint8Array, name: string, from: number): number[] {
  const bytes = new TextEncoder().encode(`${name}\0`);
  const places: number[] = [];
  for (let at = image.indexOf(bytes[0], from); at >= 0 && at < from + STRINGS_SPAN; at = image.indexOf(bytes[0], at + 1)) {
    if (bytes.every((byte, i) => image[at + i] === byte)) places.push(at);
  }
  return places;
}

/** Addresses that the image may begin at, by the pointers to well-known names, which are behind `from`. */
function* possibleBases(image: Uint8Array, pointers: readonly number[], from: number): Generator<number> {
  const tried = new Set<number>();
  for (const name of WELL_KNOWN) {
    for (const place of placesOf(image, name, from)) {
      for (const pointer of pointers) {
        const base = u32(pointer - place);
        if (base % 0x1000 !== 0 || tried.has(base)) continue;
        tried.add(base);
        yield base;
      }
    }
  }
}

/** An image whose place in memory is known. */
class PlacedImage {
  readonly #view: DataView;

  constructor(readonly image: Uint8Array, readonly base: number) {
    this.#view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  }

  word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** The text that a pointer leads to; undefined where it leads out of the image. */
  #text(pointer: number): string | undefined {
    const at = pointer - this.base;
    return at >= 0 && at < this.image.length ? stringAt(this.image, at) : undefined;
  }

  /** The entry at an offset; undefined where none can be. */
  entry(at: number): { value: number; name: string; namespace: string; lowest: number } | undefined {
    if (at < 0 || at + ENTRY > this.image.length) return undefined;
    const [value, namePointer, namespacePointer] = [this.word(at), this.word(at + 4), this.word(at + 8)];
    const name = this.#text(namePointer);
    const namespace = this.#text(namespacePointer);
    if (name === undefined || namespace === undefined || !NAME.test(name)) return undefined;
    if (!NAMESPACE.test(namespace)) return undefined;
    return { value, name, namespace, lowest: Math.min(namePointer, namespacePointer) };
  }
}

/** Where the tables begin and end, from runs in them: entries with a namespace may stand before the first and behind the last. */
function bounds(placed: PlacedImage, { runs, empty }: Candidate): { start: number; end: number } {
  const last = runs[runs.length - 1];
  let start = runs[0].first * 4;
  let end = last.first * 4 + last.length * ENTRY;
  const isClose = (at: number) => Math.abs(placed.word(at + 8) - empty) <= STRINGS_SPAN;
  for (;;) {
    const before = placed.entry(start - ENTRY);
    if (before === undefined || !isClose(start - ENTRY) || before.name >= placed.entry(start)!.name) break;
    start -= ENTRY;
  }
  for (;;) {
    const behind = placed.entry(end);
    if (behind === undefined || !isClose(end) || behind.name <= placed.entry(end - ENTRY)!.name) break;
    end += ENTRY;
  }
  return { start, end };
}

/** The export tables, read with a base; undefined where that gives no names in order. */
function readTables(placed: PlacedImage, candidate: Candidate): ExportTables | undefined {
  const { runs } = candidate;
  if (runs.some(({ first, length }) => [0, length - 1].some((i) => placed.entry(first * 4 + i * ENTRY) === undefined))) {
    return undefined;
  }
  const { start, end } = bounds(placed, candidate);
  const length = (end - start) / ENTRY;
  const entries = Array.from({ length: Math.ceil(length) }, (_, i) => placed.entry(start + i * ENTRY));
  if (!Number.isInteger(length) || !entries.every((entry) => entry !== undefined)) return undefined;
  const names = entries.map(({ name }) => name);
  const descent = names.findIndex((name, i) => i > 0 && name <= names[i - 1]);
  const plain = descent < 0 ? length : descent;
  if (!sorted(names.slice(plain))) return undefined;
  const strings = entries.reduce((lowest, entry) => Math.min(lowest, entry.lowest), 0xffffffff) - placed.base;
  const gap = strings - end;
  const hasCrcs = gap >= length * 4 && gap < length * 4 + SLACK;
  const exports = entries.map(({ value, name, namespace }, i) => ({
    name,
    value,
    gpl: i >= plain,
    namespace,
    crc: hasCrcs ? placed.word(end + i * 4) : undefined,
  }));
  return { base: placed.base, start, end, hasCrcs, exports };
}

/**
 * Finds the export tables of a kernel's image, as it lies in memory.
 *
 * @param image from its first byte, unpacked
 * @returns undefined where there are none: no kernel for modules, or one whose struct kernel_symbol is not 12 bytes long
 */
export function findExportTables(image: Uint8Array): ExportTables | undefined {
  const words = new Words(image);
  for (const candidate of words.candidates()) {
    const last = candidate.runs[candidate.runs.length - 1];
    for (const base of possibleBases(image, words.names(candidate.runs), last.first * 4)) {
      const tables = readTables(new PlacedImage(image, base), candidate);
      if (tables !== undefined) return tables;
    }
  }
  return undefined;
}
