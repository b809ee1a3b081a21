// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services that ask what machine this is: linux/dmi.h, linux/efi.h, linux/kmod.h, linux/of.h for what the device tree does not have. A board of ARM has
 * no DMI tables without EFI, and the guests have no program that would load a module on request.
 *
 * Models: drivers/firmware/dmi_scan.c without tables; si_meminfo() and nr_free_buffer_pages() of mm/; call_modprobe() of kernel/module/kmod.c where there is no modprobe.
 *
 * @module
 */

import { ENODATA, ENOENT, ENXIO } from "../../kernel/errno.ts";
import { PAGE_SIZE } from "../../kernel/execmem.ts";
import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { builtin } from "../registry.ts";
import type { Call, Service, Services } from "../service.ts";

const zero: Service = () => 0;

/** Offsets in struct sysinfo: numbers of pages, and their size. */
const SYSINFO = { totalram: 16, freeram: 20, totalhigh: 44, freehigh: 48, unit: 52 };

/** si_meminfo(); how much of the memory is shared or holds buffers is not told. */
function memoryInfo({ kernel: { profile }, bus, args }: Call): void {
  const info = args.word();
  const total = profile.exports.find("_totalram_pages")?.value;
  if (total === undefined) throw new NotModelled("_totalram_pages, which the kernel does not export");
  bus.write32(info + SYSINFO.totalram, bus.read32(total));
  bus.write32(info + SYSINFO.freeram, profile.machine.freePages);
  for (const at of [SYSINFO.totalhigh, SYSINFO.freehigh]) bus.write32(info + at, 0);
  bus.write32(info + SYSINFO.unit, PAGE_SIZE);
}

/** of_machine_compatible_match(): whether the root of the device tree is one of a list. */
function machineMatches(call: Call): number {
  const root = builtin(call, "machine_compatibles");
  for (let at = call.args.word();; at += 4) {
    const name = u32(call.bus.read32(at));
    if (name === 0) return 0;
    if (root.has(stringAt(call.bus, name))) return 1;
  }
}

/** of_find_compatible_node(): for what the device tree does not have. */
function findNode(call: Call): number {
  const [, , compatible] = [call.args.word(), call.args.word(), call.args.word()];
  const name = stringAt(call.bus, compatible);
  if (builtin(call, "compatibles").has(name)) throw new NotModelled(`the node ${name} of the device tree`);
  return 0;
}

function freeBufferPages({ kernel }: Call): number {
  const { freeBufferPages } = kernel.profile.machine;
  if (freeBufferPages === undefined) throw new NotModelled("nr_free_buffer_pages(): the profile does not tell");
  return freeBufferPages;
}

export const MACHINE: Services = {
  dmi_check_system: zero,
  dmi_first_match: zero,
  dmi_match: zero,
  dmi_find_device: zero,
  dmi_get_system_info: zero,
  dmi_get_bios_year: () => -ENODATA,
  dmi_name_in_vendors: zero,
  dmi_name_in_serial: zero,
  dmi_walk: () => -ENXIO,
  // sizeof(struct inflate_workspace).
  zlib_inflate_workspacesize: () => 42284,
  nr_free_buffer_pages: freeBufferPages,
  of_machine_compatible_match: machineMatches,
  of_find_compatible_node: findNode,
  add_taint: ({ kernel, args }) => kernel.addTaint(args.word(), args.word() === 0 ? "still ok" : "now unreliable"),
  si_meminfo: memoryInfo,
  __request_module: () => -ENOENT,
  // A barrier to devices.
  arm_heavy_mb: () => {},
  capable: () => 1,
  ns_capable: () => 1,
  has_capability_noaudit: () => 1,
};
