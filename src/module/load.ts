// SPDX-License-Identifier: GPL-2.0-only
/**
 * Loading a module: the order of the steps, and what each failure takes back.
 *
 * Models: load_module(), post_relocation(), complete_formation() and prepare_coming_module() of kernel/module/main.c.
 *
 * @module
 */

import { moduleFinalize } from "../arch_arm/finalize.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import type { MappedArea } from "../kernel/memory.ts";
import { type KernelModule, MODULE_STATE } from "../kernel/module.ts";
import { ddebugAddModule, ddebugRemoveModule } from "./dyndbg_classes.ts";
import { earlyModCheck, modulePatientCheckExists } from "./early_check.ts";
import { sortExtable } from "./extable.ts";
import { ftraceModuleInit } from "./ftrace.ts";
import { doInitModule, type RunInit } from "./init.ts";
import { jumpLabelAddModule } from "./jump_label.ts";
import { addKallsyms } from "./kallsyms.ts";
import { layoutAndAllocate } from "./layout_and_allocate.ts";
import { type LoadInfo, moduleInCopy } from "./load_info.ts";
import { freeModinfo, setupModinfo } from "./modinfo.ts";
import { destroyParams, parseArgs } from "./params.ts";
import { percpuModalloc, percpuModcopy } from "./percpu.ts";
import { moduleUnloadFree, moduleUnloadInit } from "./references.ts";
import { applyRelocations } from "./relocate.ts";
import { moduleEnableReadOnly } from "./rwx.ts";
import { checkExportSymbolVersions, findModuleSections, moduleBugFinalize } from "./sections.ts";
import { moduleSigCheck } from "./signature.ts";
import { simplifySymbols, verifyExportedSymbols } from "./symbols.ts";
import { modSysfsSetup } from "./sysfs.ts";
import { moduleAugmentKernelTaints } from "./taints.ts";
import { traceModuleAddEvents, traceModuleRemoveEvents, tracepointModuleGoing } from "./trace_events.ts";
import { UndoLadder } from "./undo.ts";
import { moduleDeallocate, unlinkModule } from "./unload.ts";
import { elfValidityCacheCopy } from "./validity.ts";

/** Whoever watches a load. */
export interface LoadObserver {
  /** The sections have their final addresses. */
  placed?(mod: KernelModule): void;
  /** Everything is ready for init to run. */
  beforeInit?(mod: KernelModule): void;
}

/**
 * load_module().
 *
 * @param file the temporary copy of the file
 * @param len bytes of the file
 * @param uargs the parameter string
 * @param flags MODULE_INIT_*
 * @param runInit runs the module's init function
 * @returns what the system call returns: 0 or minus an errno
 */
export function loadModule(
  kernel: Kernel,
  file: MappedArea,
  len: number,
  uargs: string,
  flags: number,
  runInit: RunInit,
  observer: LoadObserver = {},
): number {
  const undo = new UndoLadder();
  try {
    const mod = formModule(kernel, file, len, uargs, flags, undo, observer);
    if (typeof mod === "number") return mod;
    kernel.execmem.freeCopy(file);
    observer.beforeInit?.(mod);
    return doInitModule(kernel, mod, runInit);
  } catch (error) {
    // What the model does not cover leaves nothing behind, so that the run can go on.
    if (error instanceof NotModelled) undo.abandon();
    throw error;
  }
}

/** load_module() up to the call of do_init_module(). @returns the module, or minus an errno after everything is undone */
function formModule(
  kernel: Kernel,
  file: MappedArea,
  len: number,
  uargs: string,
  flags: number,
  undo: UndoLadder,
  observer: LoadObserver,
): KernelModule | number {
  undo.push("free_copy", () => kernel.execmem.freeCopy(file));

  // First of all, so that a damaged file meets as little code as possible; this also cuts the signature off.
  const signature = moduleSigCheck(file.bytes.subarray(0, len), flags, signatureContext(kernel));
  if (signature.err) return undo.fail(signature.err);

  const info = elfValidityCacheCopy(kernel, { area: file, len: signature.len, sigOk: signature.sigOk }, flags);
  if (typeof info === "number") return undo.fail(info);
  const mod = moduleInCopy(info);

  let err = earlyModCheck(info, mod);
  if (err) return undo.fail(err);

  err = layoutAndAllocate(info, mod);
  if (err) return undo.fail(err);
  undo.push("free_module", () => moduleDeallocate(kernel, mod));
  // From here on every section has its final address.
  observer.placed?.(mod);

  err = addUnformedModule(kernel, mod);
  if (err) return undo.fail(err);
  undo.push("unlink_mod", () => unlinkModule(kernel, mod));

  // A module that is refused from here on has tainted the kernel all the same.
  moduleAugmentKernelTaints(info, mod);

  err = percpuModalloc(info, mod);
  if (err) return undo.fail(err);
  moduleUnloadInit(kernel, mod);
  undo.push("free_unload", () => moduleUnloadFree(mod));

  err = findModuleSections(info, mod) || checkExportSymbolVersions(info, mod);
  if (err) return undo.fail(err);

  setupModinfo(info, mod);
  undo.push("free_modinfo", () => freeModinfo(kernel, mod));

  err = simplifySymbols(info, mod);
  if (err < 0) return undo.fail(err);
  // From here on every symbol's value is an address.

  err = applyRelocations(info, mod);
  kernel.rereadName(mod);
  if (err < 0) return undo.fail(err);
  // From here on the module's memory is what the linker would have made of it.

  err = postRelocation(info, mod);
  if (err < 0) return undo.fail(err);

  mod.args = uargs;
  // While the module is still unformed: nobody may trace it yet.
  ftraceModuleInit(kernel, mod);

  err = completeFormation(info, mod);
  if (err) return undo.fail(err);
  // From here on others see the module, but do not get its symbols.

  jumpLabelAddModule(kernel, mod);
  traceModuleAddEvents(kernel, mod);
  ddebugAddModule(kernel, mod);
  undo.push("coming_cleanup", () => {
    mod.setState(MODULE_STATE.GOING);
    traceModuleRemoveEvents(kernel, mod);
    ddebugRemoveModule(kernel, mod);
    destroyParams(kernel, mod);
    tracepointModuleGoing(kernel, mod);
  });

  mod.asyncProbeRequested = kernel.boot.asyncProbe;
  mod.put("async_probe_requested", mod.asyncProbeRequested ? 1 : 0);
  const parsed = parseArgs(kernel, mod, mod.args);
  if (parsed.err) return undo.fail(parsed.err);
  if (parsed.afterDashes !== undefined) {
    kernel.printk(KERN_WARNING, `${mod.name}: parameters '${parsed.afterDashes}' after \`--' ignored`);
  }

  err = modSysfsSetup(kernel, mod);
  if (err < 0) return undo.fail(err);

  undo.done();
  return mod;
}

function signatureContext(kernel: Kernel) {
  return {
    config: kernel.config,
    get sigEnforce() {
      return kernel.boot.sigEnforce;
    },
    lockedDown: kernel.boot.lockedDown,
    get trustedKeys() {
      return kernel.profile.trustedKeys;
    },
    host: kernel.host,
    printk: (level: number, text: string) => kernel.printk(level, text),
  };
}

/** add_unformed_module(): takes the name, before anything that is hard to take back. @returns 0 or minus an errno */
function addUnformedModule(kernel: Kernel, mod: KernelModule): number {
  mod.setState(MODULE_STATE.UNFORMED);
  const err = modulePatientCheckExists(kernel, mod.name);
  if (err) return err;
  mod.putTreeNodes();
  kernel.addModule(mod);
  return 0;
}

/** post_relocation(). @returns 0 or minus an errno */
function postRelocation(info: LoadInfo, mod: KernelModule): number {
  sortExtable(info.kernel, mod);
  percpuModcopy(info, mod);
  addKallsyms(info, mod);
  return moduleFinalize(info.kernel, info.sechdrs);
}

/** complete_formation(): the module's exports are checked, then it is COMING. @returns 0 or minus an errno */
function completeFormation(info: LoadInfo, mod: KernelModule): number {
  const err = verifyExportedSymbols(info.kernel, mod);
  if (err) return err;
  moduleBugFinalize(info, mod);
  moduleEnableReadOnly(info.kernel, mod);
  mod.setState(MODULE_STATE.COMING);
  return 0;
}
