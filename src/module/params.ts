// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module's parameters: set when it is loaded, shown in sysfs, freed when it goes.
 *
 * Models: parse_args(), parse_one(), param_check_unsafe(), param_attr_show() and module_destroy_params() of kernel/params.c,
 * unknown_module_param_cb() of kernel/module/main.c. The kernel is not locked down. A module's parameters have no levels: the
 * loader asks for all of them.
 *
 * @module
 */

import { CharPointer, nextArg, skipSpaces } from "../kernel/cmdline.ts";
import { EINVAL, ENOENT, ENOSPC } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import { kstrtobool } from "../kernel/kstrtox.ts";
import { KERN_ERR, KERN_NOTICE, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import { TAINT } from "../kernel/taint.ts";
import { dyndbgModuleParam } from "./dyndbg.ts";
import { KERNEL_PARAM_FL_UNSAFE, KERNEL_PARAM_OPS_FL_NOARG, KERNEL_PARAM_SIZE, KernelParam } from "./param_ops.ts";
import type { ParamKernel } from "./param_values.ts";

const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/** What parse_args() returns. */
export interface ParsedArgs {
  /** 0, or minus the errno of the last argument that was refused. */
  readonly err: number;
  /** What follows "--", without the spaces between, if there is a "--" and no error before it. */
  readonly afterDashes?: string;
}

/**
 * parse_args(): sets the parameters in the order of the string. After one that is refused it goes on with the next.
 *
 * @param args one character per byte: the caller has encoded what is not latin-1
 * @throws NotModelled where a parameter is set by the module's own code
 */
export function parseArgs(kernel: ParamKernel, mod: KernelModule, args: string): ParsedArgs {
  let err = 0;
  let rest = skipSpaces(CharPointer.to(args));
  while (rest.get(0) !== 0) {
    const { param, val, rest: next } = nextArg(rest);
    rest = next;
    if (val === undefined && param.toString() === "--") return err !== 0 ? { err } : { err, afterDashes: rest.toString() };

    const ret = parseOne(kernel, mod, param, val);
    if (ret === 0) continue;
    // What the parameter's type has made of the value: of a list, only its first element is left.
    const value = val?.toString() ?? "";
    if (ret === -ENOENT) kernel.printk(KERN_ERR, `${mod.name}: Unknown parameter \`${param}'`);
    else if (ret === -ENOSPC) kernel.printk(KERN_ERR, `${mod.name}: \`${value}' too large for parameter \`${param}'`);
    else kernel.printk(KERN_ERR, `${mod.name}: \`${value}' invalid for parameter \`${param}'`);
    err = ret;
  }
  return { err };
}

/** parse_one(): the first parameter of that name takes the value. */
function parseOne(kernel: ParamKernel, mod: KernelModule, param: CharPointer, val: CharPointer | undefined): number {
  for (const kp of paramsOf(kernel, mod)) {
    if (!parameq(kernel, param, kp.nameAddress)) continue;
    const ops = kp.ops;
    if (val === undefined && (ops.flags & KERNEL_PARAM_OPS_FL_NOARG) === 0) return -EINVAL;
    if (kp.mod !== 0 && kp.mod !== mod.address) throw new NotModelled("kernel_param_lock() of a module that is another one");
    checkUnsafe(kernel, kp);
    return ops.set(kernel, val, kp);
  }
  return unknownModuleParam(kernel, mod, param, val);
}

/** param_check_unsafe(): the option is set all the same. */
function checkUnsafe(kernel: ParamKernel, kp: KernelParam): void {
  if ((kp.flags & KERNEL_PARAM_FL_UNSAFE) === 0) return;
  kernel.printk(KERN_NOTICE, `Setting dangerous option ${kp.name} - tainting kernel`);
  kernel.addTaint(TAINT.USER);
}

/** parameq(): a dash and an underscore are the same. */
function parameq(kernel: ParamKernel, param: CharPointer, name: number): boolean {
  const underscored = (char: number) => char === DASH ? UNDERSCORE : char;
  for (let i = 0;; i++) {
    const char = param.get(i);
    if (underscored(char) !== underscored(kernel.space.read8(name + i))) return false;
    if (char === 0) return true;
  }
}

/** unknown_module_param_cb(): what every module takes; the rest is a warning. */
function unknownModuleParam(kernel: ParamKernel, mod: KernelModule, param: CharPointer, val: CharPointer | undefined): number {
  if (param.toString() === "async_probe") {
    const value = kstrtobool(val?.toString());
    mod.asyncProbeRequested = typeof value === "boolean" ? value : true;
    mod.put("async_probe_requested", Number(mod.asyncProbeRequested));
    return 0;
  }
  if (dyndbgModuleParam(kernel, mod, param, val) !== 0) {
    kernel.printk(KERN_WARNING, `${mod.name}: unknown parameter '${param}' ignored`);
  }
  return 0;
}

/** mod->kp, one by one. */
export function* paramsOf(kernel: ParamKernel, mod: KernelModule): Generator<KernelParam> {
  for (let i = 0; i < mod.kp.count; i++) yield new KernelParam(kernel, mod.kp.address + KERNEL_PARAM_SIZE * i);
}

/** module_destroy_params(): frees the strings that were copied for the parameters. */
export function destroyParams(kernel: ParamKernel, mod: KernelModule): void {
  for (const kp of paramsOf(kernel, mod)) kp.ops.free?.(kernel, kp.arg);
}

/**
 * param_attr_show(): what /sys/module/NAME/parameters/PARAMETER reads, its newline included.
 *
 * @param index of the parameter in mod->kp
 * @returns undefined where there is no such file (permissions 0), or none that can be read
 * @throws NotModelled where the module's own code shows the value
 */
export function paramValue(kernel: ParamKernel, mod: KernelModule, index: number): string | undefined {
  const kp = new KernelParam(kernel, mod.kp.address + KERNEL_PARAM_SIZE * index);
  return kp.perm === 0 ? undefined : kp.ops.get?.(kernel, kp);
}
