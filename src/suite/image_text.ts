// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module's memory just before init as text: what a golden's `image.txt` holds. Made for a reviewer's diff.
 *
 *     section .text 0xbf000000 124
 *       +0000  e52de004 e3000000 ...     words as the CPU reads them, eight a row; bytes where there is no whole word
 *       +0020  zeros up to +0060         rows of zeros
 *       +1000  sha256 ...                a page of a section above 16 KB
 *     rest of MOD_DATA 0xbf002340 3264   what lies between and behind the sections, where it is not all zeros
 *
 * What two boots do not have in common is masked, with eight characters for a word: `~private` for fields of struct module that the
 * profile names, and in memory that is writable `~vmalloc` and `~~~~heap` for addresses there. Code and read-only data are never masked.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { hex32 } from "../elf/word.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { addressText, escapeText, stepCommand } from "./golden_text.ts";
import { type Mask, maskOf, privateWords, thisModuleOf } from "./image_mask.ts";
import type { RegionImage, StepResult } from "./outcome.ts";
import type { Step } from "./scenario.ts";

const ROW = 32;
const PAGE = 4096;
/** Bytes above which a section is shown as a hash per page. */
const HASHED_ABOVE = 16384;
/** A run of bytes of one region. */
interface Piece {
  readonly title: string;
  readonly image: RegionImage;
  /** Offsets in the region. */
  readonly start: number;
  readonly end: number;
}

const twoDigits = (byte: number) => byte.toString(16).padStart(2, "0");
const offsetText = (offset: number) => `+${offset.toString(16).padStart(4, "0")}`;

/** The words and bytes of one row. */
function rowText({ bytes }: RegionImage, view: DataView, start: number, end: number, mask: Mask): string {
  const texts = [];
  for (let at = start; at < end;) {
    if (at % 4 !== 0 || at + 4 > end) texts.push(twoDigits(bytes[at++]));
    else {
      const word = view.getUint32(at, true);
      texts.push(mask(at, word) ?? word.toString(16).padStart(8, "0"));
      at += 4;
    }
  }
  return texts.join(" ");
}

/** The hash of some pages, with the masks in the place of what they cover, and how many they are. */
function hashText({ bytes }: RegionImage, view: DataView, start: number, end: number, mask: Mask): string {
  const page = bytes.slice(start, end);
  let masked = 0;
  for (let at = (start + 3) & ~3; at + 4 <= end; at += 4) {
    const text = mask(at, view.getUint32(at, true));
    if (text === undefined) continue;
    page.set(new TextEncoder().encode(text.slice(-4)), at - start);
    masked++;
  }
  const sum = createHash("sha256").update(page).digest("hex");
  return `sha256 ${sum}${masked === 0 ? "" : `, masked: ${masked}`}`;
}

/** The lines of one piece. */
function pieceLines({ title, image, start, end }: Piece, mask: Mask, vmallocStart: number): string[] {
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length);
  const lines = [`${title} ${addressText(hex32(image.base + start), vmallocStart).trim()} ${end - start}`];
  const hashed = end - start > HASHED_ABOVE;
  const step = hashed ? PAGE : ROW;
  const show = hashed ? hashText : rowText;
  const hasMask = (from: number, to: number) => {
    for (let at = (from + 3) & ~3; at + 4 <= to; at += 4) if (mask(at, view.getUint32(at, true)) !== undefined) return true;
    return false;
  };
  let zerosFrom: number | undefined;
  const closeZeros = (at: number) => {
    if (zerosFrom !== undefined) lines.push(`  ${offsetText(zerosFrom - start)}  zeros up to ${offsetText(at - start)}`);
    zerosFrom = undefined;
  };
  // A piece that does not begin at a word has its first words where the CPU has them, so that each is shown whole.
  for (let at = start; at < end;) {
    const next = Math.min(at - at % 4 + step, end);
    if (isZero(image.bytes, at, next) && !hasMask(at, next)) zerosFrom ??= at;
    else {
      closeZeros(at);
      lines.push(`  ${offsetText(at - start)}  ${show(image, view, at, next, mask)}`);
    }
    at = next;
  }
  closeZeros(end);
  return lines;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** The sections that have bytes, in the order of the section table. */
function sectionPieces({ outcome, images }: StepResult): Piece[] {
  return Object.entries(outcome.sections ?? {}).flatMap(([name, { address, size }]) => {
    const at = Number(address);
    const image = images.find(({ base, bytes }) => at >= base && at + size <= base + bytes.length);
    if (image === undefined || size === 0) return [];
    return [{ title: `section ${escapeText(name)}`, image, start: at - image.base, end: at - image.base + size }];
  });
}

/** What no section covers: padding, the symbol tables that stay, a second section of a name. Where it is all zeros it is left out. */
function restPieces(images: readonly RegionImage[], sections: readonly Piece[]): Piece[] {
  return images.flatMap((image) => {
    const inside = sections.filter((piece) => piece.image === image).sort((a, b) => a.start - b.start);
    const rest: Piece[] = [];
    let start = 0;
    for (const end of [...inside.map((piece) => piece.start), image.bytes.length]) {
      if (end > start && !isZero(image.bytes, start, end)) rest.push({ title: `rest of ${image.type}`, image, start, end });
      start = Math.max(start, inside.find((piece) => piece.start === end)?.end ?? end);
    }
    return rest;
  });
}

/**
 * One step as a golden's `image.txt` has it; a removal has none, and a load that does not come to init has nothing below its heading.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { loadProfile } from "../profile/load_profile.ts";
 * import { imageText } from "./image_text.ts";
 * const images = [{ type: "MOD_TEXT", base: 0xbf000000, bytes: Uint8Array.from([0x1e, 0xff, 0x2f, 0xe1, 0, 0, 0, 0]) }];
 * const sections = { ".text": { address: "0xbf000000", size: 4, region: "MOD_TEXT" } };
 * const outcome = { step: 0, op: "insmod" as const, module: "x", rc: 0, log: [], taint: 0, modules: [], sections };
 * const text = imageText({ insmod: "x.ko", params: "" }, { outcome, images }, await loadProfile());
 * assertStringIncludes(text, "section .text 0xbf000000 4\n  +0000  e12fff1e\n");
 * ```
 */
export function imageText(step: Step, result: StepResult, profile: KernelProfile): string {
  if (!("insmod" in step)) return "";
  const lines = [`# ${stepCommand(step)}`];
  const sections = sectionPieces(result);
  const thisModule = thisModuleOf(result.outcome);
  const isPrivate = privateWords(result, profile);
  const masks = new Map(
    result.images.map((image) => [image, maskOf(image, isPrivate, profile)]),
  );
  if (thisModule !== undefined && result.images.length > 0) {
    lines.push(`# ~private in struct module: ${profile.structModule.maskedFields.join(" ")}`);
  }
  for (const piece of [...sections, ...restPieces(result.images, sections)]) {
    const mask = masks.get(piece.image);
    if (mask !== undefined) lines.push(...pieceLines(piece, mask, profile.vmalloc.start));
  }
  return lines.map((line) => `${line}\n`).join("");
}
