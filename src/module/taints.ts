// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a module's tags say of it, and what the kernel thinks of that.
 *
 * Models: module_augment_kernel_taints() and module_license_taint_check() of kernel/module/main.c, license_is_gpl_compatible() of
 * include/linux/license.h.
 *
 * @module
 */

import { KERN_NOTICE, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import { TAINT } from "../kernel/taint.ts";
import type { LoadInfo } from "./load_info.ts";
import { modinfoValue } from "./modinfo.ts";

/** license_is_gpl_compatible(): the values of license= that go with the GPL. */
export const GPL_COMPATIBLE = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/**
 * module_augment_kernel_taints(): out of tree, staging, livepatch, licence, test and signature, in this order.
 *
 * Needs: the module in the list. Adds: taints of module and kernel; nothing is refused here.
 */
export function moduleAugmentKernelTaints(info: LoadInfo, mod: KernelModule): void {
  const { kernel } = info;
  const taint = (flag: number, lockdep?: "now unreliable") => {
    kernel.addTaint(flag, lockdep);
    mod.setTaint(flag);
  };
  const wasProprietary = kernel.testTaint(TAINT.PROPRIETARY_MODULE);

  if (modinfoValue(info, "intree") === undefined) {
    if (!kernel.testTaint(TAINT.OOT_MODULE)) {
      kernel.printk(KERN_WARNING, `${mod.name}: loading out-of-tree module taints kernel.`);
    }
    taint(TAINT.OOT_MODULE);
  }
  if (modinfoValue(info, "staging") !== undefined) {
    taint(TAINT.CRAP);
    kernel.printk(
      KERN_WARNING,
      `${mod.name}: module is from the staging directory, the quality is unknown, you have been warned.`,
    );
  }
  if (mod.klp) {
    taint(TAINT.LIVEPATCH);
    kernel.printkOnce(KERN_NOTICE, "livepatch", `${mod.name}: tainting kernel with TAINT_LIVEPATCH`);
  }
  const license = modinfoValue(info, "license") ?? "unspecified";
  if (!GPL_COMPATIBLE.has(license)) {
    if (!wasProprietary) kernel.printk(KERN_WARNING, `${mod.name}: module license '${license}' taints kernel.`);
    taint(TAINT.PROPRIETARY_MODULE, "now unreliable");
  }
  if (modinfoValue(info, "test") !== undefined) {
    if (!kernel.testTaint(TAINT.TEST)) kernel.printk(KERN_WARNING, `${mod.name}: loading test module taints kernel.`);
    taint(TAINT.TEST);
  }
  if (kernel.config("MODULE_SIG")) {
    mod.put("sig_ok", info.copy.sigOk ? 1 : 0);
    if (!info.copy.sigOk) {
      kernel.printkOnce(
        KERN_NOTICE,
        "signature",
        `${mod.name}: module verification failed: signature and/or required key missing - tainting kernel`,
      );
      taint(TAINT.UNSIGNED_MODULE);
    }
  }
  // Three modules that say GPL and are not; the first keeps its own access to GPL-only symbols.
  if (mod.name === "ndiswrapper") kernel.addTaint(TAINT.PROPRIETARY_MODULE, "now unreliable");
  if (mod.name === "driverloader" || mod.name === "lve") taint(TAINT.PROPRIETARY_MODULE, "now unreliable");
  if (!wasProprietary && kernel.testTaint(TAINT.PROPRIETARY_MODULE)) {
    kernel.printk(KERN_WARNING, `${mod.name}: module license taints kernel.`);
  }
}
