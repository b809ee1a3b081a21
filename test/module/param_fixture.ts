// SPDX-License-Identifier: GPL-2.0-only
/**
 * A made-up module whose parameters are parsed, and as much of a kernel as that takes.
 *
 * @module
 */

import { KernelExports } from "../../src/kernel/exports.ts";
import { KernelLog } from "../../src/kernel/log.ts";
import { AddressSpace } from "../../src/kernel/memory.ts";
import { KernelModule } from "../../src/kernel/module.ts";
import { Slab } from "../../src/kernel/slab.ts";
import { paramValue, parseArgs } from "../../src/module/params.ts";
import type { ParamKernel } from "../../src/module/param_values.ts";

const OPS = 0xc0f00000;
const FUNCTIONS = 0xc0300000;
const EXPORTED_OPS = [
  ..."byte short ushort int uint long ulong ullong hexint charp bool bool_enable_only invbool bint string dyndbg_classes".split(
    " ",
  )
    .map((name) => `param_ops_${name}`),
  "param_array_ops",
];
const EXPORTED_FUNCTIONS = ["param_set_int", "param_get_int", "param_set_charp", "param_get_charp", "param_free_charp"];

function exportsOf(names: string[], first: number): string {
  return names.map((name, i) => `${name}\t${(first + 16 * i).toString(16)}\t\t0\t\tvmlinux\n`).join("");
}

const lines = exportsOf(EXPORTED_OPS, OPS) + exportsOf(EXPORTED_FUNCTIONS, FUNCTIONS);
const exports = new KernelExports(lines.trimEnd().split("\n").sort().join("\n"));

/** The address of what the kernel exports. */
export function exported(name: string): number {
  const symbol = exports.find(name);
  if (symbol === undefined) throw new Error(`No export ${name}`);
  return symbol.value;
}

/** A module built by hand, and the kernel that loads it. */
export class ParamFixture implements ParamKernel {
  readonly space = new AddressSpace(0xc0000000, 0xe0800000);
  readonly slab = new Slab(this.space, 0xc2000000);
  readonly kmallocedParams = new Set<number>();
  readonly profile = { exports };
  readonly log = new KernelLog();
  taint = 0;
  readonly module = new KernelModule("mod", { size: 0, fields: new Map(), maskedFields: [] }, new DataView(new ArrayBuffer(0)));
  #count = 0;
  #next = 0xbf001000;

  constructor(readonly options: readonly string[] = ["DYNAMIC_DEBUG_CORE"]) {
    this.space.map(0xbf000000, 0x4000);
    this.module.kp = { address: 0xbf000000, count: 0 };
  }

  config = (name: string) => this.options.includes(name);
  printk = (level: number, text: string) => this.log.printk(level, text);
  addTaint = (flag: number) => void (this.taint |= 1 << flag);

  /** Places words in the module's memory. */
  words(...words: number[]): number {
    const address = this.#next;
    words.forEach((word, i) => this.space.write32(address + 4 * i, word));
    this.#next += 4 * words.length;
    return address;
  }

  text(text: string): number {
    const address = this.#next;
    for (let i = 0; i < text.length; i++) this.space.write8(address + i, text.charCodeAt(i));
    this.#next += (text.length + 4) & ~3;
    return address;
  }

  /** Adds a parameter; returns the address of its variable. */
  param(name: string, ops: string | number, options: { arg?: number; flags?: number; perm?: number } = {}): number {
    const arg = options.arg ?? this.words(0, 0);
    const at = this.module.kp.address + 20 * this.#count++;
    this.space.write32(at, this.text(name));
    this.space.write32(at + 8, typeof ops === "number" ? ops : exported(ops));
    this.space.write16(at + 12, options.perm ?? 0o644);
    this.space.write8(at + 14, 0xff);
    this.space.write8(at + 15, options.flags ?? 0);
    this.space.write32(at + 16, arg);
    this.module.kp = { address: this.module.kp.address, count: this.#count };
    return arg;
  }

  /** Adds an array; returns the address of its elements. */
  array(name: string, ops: string, max: number, elemsize: number, num = 0): number {
    const elem = this.words(...new Array(Math.ceil(max * elemsize / 4)).fill(0));
    this.param(name, "param_array_ops", { arg: this.words(max, elemsize, num, exported(ops), elem) });
    return elem;
  }

  /** Parses and returns the errno and the lines, "<level> text". */
  parse(args: string): [err: number, ...lines: string[]] {
    const { err } = parseArgs(this, this.module, args);
    return [err, ...this.log.take().map(({ level, text }) => `<${level}> ${text}`)];
  }

  values(): (string | undefined)[] {
    return Array.from({ length: this.#count }, (_, i) => paramValue(this, this.module, i));
  }
}
