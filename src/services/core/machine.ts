// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services that ask what machine this is: linux/dmi.h, linux/efi.h, linux/of.h for the machine as a whole, linux/kmod.h. A board of ARM has
 * no DMI tables without EFI, and the guests have no program that would load a module on request.
 *
 * Models: drivers/firmware/dmi_scan.c without tables; call_modprobe() of kernel/module/kmod.c where there is no modprobe.
 *
 * @module
 */

import { ENODATA, ENOENT, ENXIO } from "../../kernel/errno.ts";
import type { Service, Services } from "../service.ts";

const zero: Service = () => 0;

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
  __request_module: () => -ENOENT,
  // A barrier to devices.
  arm_heavy_mb: () => {},
  capable: () => 1,
  ns_capable: () => 1,
  has_capability_noaudit: () => 1,
};
