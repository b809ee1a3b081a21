// SPDX-License-Identifier: GPL-2.0-only
/**
 * struct kernel_param and struct kernel_param_ops in memory: which functions set, show and free a parameter.
 *
 * Models: param_ops_* and param_array_ops of kernel/params.c, with param_array(), param_array_get() and param_array_free().
 * The kernel's own ops are known by their exported address. An ops structure in a module's memory is read there; its
 * functions are known where they are the kernel's exported ones. Everything else is a function that is not modelled, which
 * matters only when it is called.
 *
 * @module
 */

import { s32, u32 } from "../elf/word.ts";
import type { CharPointer } from "../kernel/cmdline.ts";
import { EINVAL } from "../kernel/errno.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";
import { NotModelled, pageFault } from "../kernel/fault.ts";
import { KERN_ERR } from "../kernel/log.ts";
import {
  FREERS,
  GETTERS,
  type ParamFree,
  type ParamGet,
  type ParamKernel,
  type ParamSet,
  type ParamTarget,
  SETTERS,
} from "./param_values.ts";

/** sizeof(struct kernel_param). */
export const KERNEL_PARAM_SIZE = 20;
export const KERNEL_PARAM_OPS_FL_NOARG = 1 << 0;
export const KERNEL_PARAM_FL_UNSAFE = 1 << 0;

const COMMA = 0x2c;

/** A struct kernel_param; each field is read when it is asked for. */
export class KernelParam implements ParamTarget {
  constructor(readonly kernel: ParamKernel, readonly address: number) {}

  get nameAddress(): number {
    return this.kernel.space.read32(this.address);
  }
  get name(): string {
    return this.kernel.space.cstring(this.nameAddress);
  }
  /** Address of its struct module; 0: it is the kernel's. */
  get mod(): number {
    return this.kernel.space.read32(this.address + 4);
  }
  get ops(): ParamOps {
    return new ParamOps(this.kernel, this.kernel.space.read32(this.address + 8), this);
  }
  /** The mode of its file in sysfs; 0: it has none. */
  get perm(): number {
    return this.kernel.space.read16(this.address + 12);
  }
  get flags(): number {
    return this.kernel.space.read8(this.address + 15);
  }
  get arg(): number {
    return this.kernel.space.read32(this.address + 16);
  }
}

/** A row of the kernel's own ops: flags and functions. */
interface StandardOps {
  readonly flags: number;
  readonly set: ParamSet;
  readonly get: ParamGet | undefined;
  readonly free: ParamFree | undefined;
}

/** A struct kernel_param_ops; a field of one in module memory is read when it is asked for. */
export class ParamOps implements StandardOps {
  readonly #standard: StandardOps | undefined;

  /** @param param the parameter, whose name is read for messages only */
  constructor(readonly kernel: ParamKernel, readonly address: number, readonly param: Pick<ParamTarget, "name">) {
    const { exports } = kernel.profile;
    for (const [symbol, row] of STANDARD_OPS) {
      if (exports.find(symbol)?.value === address) this.#standard = row;
    }
  }

  get flags(): number {
    return this.#standard?.flags ?? this.#field(0);
  }
  get set(): ParamSet {
    const set = this.#standard?.set ?? this.#function(4, "param_set", SETTERS);
    if (set === undefined) throw pageFault(0, "execute");
    return set;
  }
  /** undefined where there is none: the file cannot be read. */
  get get(): ParamGet | undefined {
    return this.#standard ? this.#standard.get : this.#function(8, "param_get", GETTERS);
  }
  get free(): ParamFree | undefined {
    return this.#standard ? this.#standard.free : this.#function(12, "param_free", FREERS);
  }

  /** Whether these are param_array_ops. */
  get isArray(): boolean {
    return this.#standard === ARRAY_OPS;
  }

  #field(offset: number): number {
    const { space } = this.kernel;
    if (space.find(this.address) === undefined && this.address >= space.kernelStart && this.address < space.kernelEnd) {
      throw new NotModelled(`the kernel's own param ops at ${this.address.toString(16)} of parameter ${this.param.name}`);
    }
    return space.read32(this.address + offset);
  }

  /** The modelled function that a pointer of the structure points to; undefined for NULL. */
  #function<F>(offset: number, what: string, known: ReadonlyMap<string, F>): F | ((kernel: ParamKernel) => never) | undefined {
    const address = this.#field(offset);
    if (address === 0) return undefined;
    const { exports } = this.kernel.profile;
    for (const [symbol, modelled] of known) if (exports.find(symbol)?.value === address) return modelled;
    const { kernelStart, kernelEnd } = this.kernel.space;
    const inKernel = address >= kernelStart && address < kernelEnd;
    const whose = inKernel ? `the kernel's function at ${address.toString(16)}` : "the module's own code";
    return () => {
      throw new NotModelled(`${what} of ${this.param.name} is ${whose}`);
    };
  }
}

/** A struct kparam_array; each field is read when it is asked for. */
class KparamArray {
  constructor(readonly kernel: ParamKernel, readonly address: number, readonly param: Pick<ParamTarget, "name">) {}

  get max(): number {
    return this.kernel.space.read32(this.address);
  }
  get elemsize(): number {
    return this.kernel.space.read32(this.address + 4);
  }
  /** Address of the counter, or 0. */
  get num(): number {
    return this.kernel.space.read32(this.address + 8);
  }
  /** Address of its struct module; 0: it is the kernel's. */
  get mod(): number {
    return this.kernel.space.read32(this.address + 4);
  }
  get ops(): ParamOps {
    return new ParamOps(this.kernel, this.kernel.space.read32(this.address + 12), this.param);
  }
  get elem(): number {
    return this.kernel.space.read32(this.address + 16);
  }

  /** How many elements there are to show or free. */
  get count(): number {
    const { num } = this;
    return num !== 0 ? this.kernel.space.read32(num) : this.max;
  }
}

/**
 * param_array_set() and param_array(). The commas become NULs as the elements are set, and stay so: a message about the value
 * shows its first element. The counter tells how many were set, also after an error.
 */
function paramArraySet(kernel: ParamKernel, val: CharPointer | undefined, kp: ParamTarget): number {
  const { space } = kernel;
  const array = new KparamArray(kernel, kp.arg, kp);
  const { max, elemsize, num, ops } = array;
  if (ops.isArray) throw new NotModelled(`param_array() of arrays: parameter ${kp.name}`);
  if (val === undefined) throw pageFault(0, "read");

  let done = 0;
  const count = (value: number) => {
    done = value;
    if (num !== 0) space.write32(num, value);
  };
  let arg = array.elem;
  let save: number;
  count(0);
  do {
    if (done === max) {
      kernel.printk(KERN_ERR, `${kp.name}: can only take ${s32(max)} arguments`);
      return -EINVAL;
    }
    let len = 0;
    while (val.get(len) !== 0 && val.get(len) !== COMMA) len++;
    save = val.get(len);
    val.put(len, 0);
    const ret = ops.set(kernel, val, { name: kp.name, arg });
    if (ret !== 0) return ret;
    arg = u32(arg + elemsize);
    val = val.plus(len + 1);
    count(done + 1);
  } while (save === COMMA);
  // "needs at least %i arguments" cannot be printed: the minimum is 1 and one element, if an empty one, has been set.
  return 0;
}

/** param_array_get(): the elements between commas. */
function paramArrayGet(kernel: ParamKernel, kp: ParamTarget): string {
  const array = new KparamArray(kernel, kp.arg, kp);
  const get = array.ops.get;
  let text = "";
  for (let i = 0; i < array.count; i++) {
    if (get === undefined) throw pageFault(0, "execute");
    if (i > 0) text = text.slice(0, -1) + ",";
    text += get(kernel, { name: kp.name, arg: u32(array.elem + array.elemsize * i) });
    if (text.length >= PAGE_SIZE) throw new NotModelled(`param_array_get() of ${kp.name} past the end of its page`);
  }
  return text;
}

function paramArrayFree(kernel: ParamKernel, arg: number): void {
  const array = new KparamArray(kernel, arg, { name: "an array" });
  const free = array.ops.free;
  if (free === undefined) return;
  for (let i = 0; i < array.count; i++) free(kernel, u32(array.elem + array.elemsize * i));
}

/** A row for the functions of these names; `free` may be the name of none. */
function row(set: string, get: string, flags = 0, free = ""): StandardOps {
  return { flags, set: known(SETTERS, set), get: known(GETTERS, get), free: FREERS.get(free) };
}

function known<F>(functions: ReadonlyMap<string, F>, name: string): F {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`Cannot build the table of param ops: no ${name}`);
  return found;
}

/** A function of the kernel's that is known by name only. */
function beyond(name: string): (kernel: ParamKernel) => never {
  return () => {
    throw new NotModelled(name);
  };
}

const NOARG = KERNEL_PARAM_OPS_FL_NOARG;
const ARRAY_OPS: StandardOps = { flags: 0, set: paramArraySet, get: paramArrayGet, free: paramArrayFree };

/** The ops that the kernel exports, by name. */
const STANDARD_OPS: ReadonlyMap<string, StandardOps> = new Map([
  ["param_ops_byte", row("param_set_byte", "param_get_byte")],
  ["param_ops_short", row("param_set_short", "param_get_short")],
  ["param_ops_ushort", row("param_set_ushort", "param_get_ushort")],
  ["param_ops_int", row("param_set_int", "param_get_int")],
  ["param_ops_uint", row("param_set_uint", "param_get_uint")],
  ["param_ops_long", row("param_set_long", "param_get_long")],
  ["param_ops_ulong", row("param_set_ulong", "param_get_ulong")],
  ["param_ops_ullong", row("param_set_ullong", "param_get_ullong")],
  ["param_ops_hexint", row("param_set_hexint", "param_get_hexint")],
  ["param_ops_charp", row("param_set_charp", "param_get_charp", 0, "param_free_charp")],
  ["param_ops_bool", row("param_set_bool", "param_get_bool", NOARG)],
  ["param_ops_bool_enable_only", row("param_set_bool_enable_only", "param_get_bool", NOARG)],
  ["param_ops_invbool", row("param_set_invbool", "param_get_invbool")],
  ["param_ops_bint", row("param_set_bint", "param_get_int", NOARG)],
  ["param_ops_string", row("param_set_copystring", "param_get_string")],
  ["param_array_ops", ARRAY_OPS],
  ["param_ops_dyndbg_classes", {
    flags: 0,
    set: beyond("param_set_dyndbg_classes()"),
    get: beyond("param_get_dyndbg_classes()"),
    free: undefined,
  }],
]);
