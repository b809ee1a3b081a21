// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a real kernel did with a corpus of modules: a text, packed by gzip, `golden/<release>/corpus.gz`.
 *
 *     insmodel corpus 1
 *     kernel 6.12.107+deb13-armmp
 *     by QEMU emulator version 7.2.22, ...
 *     file mc 58156 0d5f...                       module, bytes of its file (unpacked), 64 bits of their SHA-256
 *     guest                                       a freshly booted kernel; its steps follow
 *     insmod mc = 0                               or = -ENODEV, = oops: ...; with [init=N] where init returned N
 *     <4> mc: ...                                 a line of the loader
 *     init <6> mc: ...                            a line that was printed while init ran; exit: while exit did
 *     taint 4096                                  where it changed
 *     module mc 53248 1 videodev, Live 0xbf000000 a line of /proc/modules that is new (then the first) or changed
 *     region bf000000 16384 7af0... MOD_TEXT      base, bytes, 64 bits of SHA-256
 *     section bf000000 12184 5d2f10aa MOD_TEXT .text   address, bytes, CRC-32 or -, region or -, name
 *     rmmod mc = 0
 *     gone mc                                     a line of /proc/modules that is there no more
 *     end 52 8700                                 how many guests and steps there are
 *
 * @module
 */

import { escapeText, procModulesLine } from "../golden_text.ts";
import { InputError } from "../input_error.ts";
import { parseModuleLine } from "../module_line.ts";
import type { ModuleEntry } from "../outcome.ts";
import type { CorpusRegion, CorpusSection, CorpusStep } from "./step.ts";

const HEADING = "insmodel corpus 1";

/** A module file that was loaded. */
export interface CorpusFile {
  readonly module: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** The first 64 bits of their SHA-256, in hex. */
  readonly hash: string;
}

/** The steps of one freshly booted kernel. */
export type CorpusGuest = readonly CorpusStep[];

export interface CorpusRecording {
  /** uname -r. */
  readonly kernel: string;
  /** The machine that recorded. */
  readonly by: string;
  readonly files: readonly CorpusFile[];
  readonly guests: readonly CorpusGuest[];
}

const hex8 = (value: number) => value.toString(16).padStart(8, "0");

function sameModule(a: ModuleEntry | undefined, b: ModuleEntry): boolean {
  return a !== undefined && procModulesLine(a) === procModulesLine(b);
}

function moduleLines(before: readonly ModuleEntry[], after: readonly ModuleEntry[]): string[] {
  const gone = before.filter(({ name }) => !after.some((each) => each.name === name));
  const changed = after.filter((each) => !sameModule(before.find(({ name }) => name === each.name), each)).reverse();
  return [...gone.map(({ name }) => `gone ${name}`), ...changed.map((each) => `module ${procModulesLine(each)}`)];
}

/** The lines of one guest. */
export function guestLines(guest: CorpusGuest): string[] {
  const lines = ["guest"];
  let [taint, modules]: [number, readonly ModuleEntry[]] = [0, []];
  for (const step of guest) {
    const init = step.init === undefined ? "" : ` [init=${step.init}]`;
    lines.push(`${step.op} ${step.module} = ${step.end}${init}`, ...step.log, ...step.printed);
    if (step.taint !== taint) lines.push(`taint ${step.taint}`);
    lines.push(...moduleLines(modules, step.modules));
    [taint, modules] = [step.taint, step.modules];
    for (const { type, base, size, hash } of step.regions) lines.push(`region ${hex8(base)} ${size} ${hash} ${type}`);
    for (const { name, address, size, region, crc } of step.sections) {
      lines.push(`section ${hex8(address)} ${size} ${crc || "-"} ${region || "-"} ${escapeText(name)}`);
    }
  }
  return lines;
}

/** The text of a recording. */
export function recordingText({ kernel, by, files, guests }: CorpusRecording): string {
  const steps = guests.reduce((sum, guest) => sum + guest.length, 0);
  return [
    HEADING,
    `kernel ${kernel}`,
    `by ${by}`,
    ...files.map(({ module, size, hash }) => `file ${module} ${size} ${hash}`),
    ...guests.flatMap(guestLines),
    `end ${guests.length} ${steps}`,
  ].map((line) => `${line}\n`).join("");
}

interface OpenStep {
  op: "insmod" | "rmmod";
  module: string;
  end: string;
  init?: number;
  log: string[];
  printed: string[];
  taint: number;
  modules: ModuleEntry[];
  sections: CorpusSection[];
  regions: CorpusRegion[];
}

/** Reads the lines of a recording one after the other. */
class Reader {
  kernel = "";
  by = "";
  readonly files: CorpusFile[] = [];
  readonly guests: OpenStep[][] = [];
  ended = false;

  /** Takes one line. @returns whether it belongs there */
  take(line: string): boolean {
    const space = line.indexOf(" ");
    const [key, rest] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
    if (this.ended) return false;
    switch (key) {
      case "kernel":
        this.kernel = rest;
        return rest !== "";
      case "by":
        this.by = rest;
        return true;
      case "file":
        return this.#file(rest);
      case "guest":
        return rest === "" && this.guests.push([]) > 0;
      case "insmod":
      case "rmmod":
        return this.#step(key, rest);
      case "end":
        this.ended = rest === `${this.guests.length} ${this.guests.reduce((sum, guest) => sum + guest.length, 0)}`;
        return this.ended;
    }
    const step = this.guests.at(-1)?.at(-1);
    return step !== undefined && takeOfStep(step, key, rest, line);
  }

  #file(rest: string): boolean {
    const found = /^(\S+) (\d+) ([0-9a-f]{16})$/.exec(rest);
    if (found) this.files.push({ module: found[1], size: Number(found[2]), hash: found[3] });
    return found !== null;
  }

  #step(op: "insmod" | "rmmod", rest: string): boolean {
    const found = /^(\S+) = (0|-\w+|(?:oops|crash): .*?)(?: \[init=(-?\d+)\])?$/.exec(rest);
    const guest = this.guests.at(-1);
    if (!found || guest === undefined) return false;
    const before = guest.at(-1);
    guest.push({
      op,
      module: found[1],
      end: found[2],
      ...(found[3] === undefined ? {} : { init: Number(found[3]) }),
      log: [],
      printed: [],
      taint: before?.taint ?? 0,
      modules: [...before?.modules ?? []],
      sections: [],
      regions: [],
    });
    return true;
  }
}

/** One line below a step's first. */
function takeOfStep(step: OpenStep, key: string, rest: string, line: string): boolean {
  if (/^<[0-7]>$/.test(key)) return step.log.push(line) > 0;
  if (key === "init" || key === "exit") return /^<[0-7]> /.test(rest) && step.printed.push(line) > 0;
  if (key === "taint") {
    step.taint = Number(rest);
    return /^\d+$/.test(rest);
  }
  if (key === "gone") {
    const at = step.modules.findIndex(({ name }) => name === rest);
    return at >= 0 && step.modules.splice(at, 1).length > 0;
  }
  if (key === "module") {
    const entry = parseModuleLine(rest);
    if (entry === undefined) return false;
    const at = step.modules.findIndex(({ name }) => name === entry.name);
    if (at < 0) step.modules.unshift(entry);
    else step.modules[at] = entry;
    return true;
  }
  if (key === "region") {
    const found = /^([0-9a-f]{8}) (\d+) ([0-9a-f]{16}) (\w+)$/.exec(rest);
    if (found) step.regions.push({ base: parseInt(found[1], 16), size: Number(found[2]), hash: found[3], type: found[4] });
    return found !== null;
  }
  const found = key === "section" ? /^([0-9a-f]{8}) (\d+) ([0-9a-f]{8}|-) (\w+|-) (.*)$/.exec(rest) : null;
  if (!found) return false;
  const [, address, size, crc, region, name] = found;
  const known = (text: string) => text === "-" ? "" : text;
  step.sections.push({ name, address: parseInt(address, 16), size: Number(size), crc: known(crc), region: known(region) });
  return true;
}

/**
 * Reads the text of a recording.
 *
 * @param path for messages
 * @throws {InputError} at the first line that does not belong there, or where the end is missing
 */
export function parseRecording(text: string, path: string): CorpusRecording {
  const reader = new Reader();
  const lines = text.split("\n");
  const bad = (number: number, what: string) =>
    new InputError(`Cannot read corpus recording "${path}": line ${number}: ${what}; fetch it again or record it`);
  if (lines[0] !== HEADING) throw bad(1, `"${escapeText(lines[0]).slice(0, 60)}" is not "${HEADING}"`);
  for (let i = 1; i < lines.length - 1; i++) {
    if (!reader.take(lines[i])) throw bad(i + 1, `"${escapeText(lines[i]).slice(0, 60)}" does not belong there`);
  }
  if (!reader.ended || lines.at(-1) !== "") throw bad(lines.length, "the end is missing");
  const { kernel, by, files, guests } = reader;
  return { kernel, by, files, guests };
}
