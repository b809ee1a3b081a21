// SPDX-License-Identifier: GPL-2.0-only
/**
 * The services of the driver core, and of what registers with it.
 *
 * @module
 */

import type { Services } from "../service.ts";
import { BUS } from "./bus.ts";
import { BUS_DRIVERS } from "./bus_drivers.ts";
import { DEVICE_CLASS } from "./class.ts";
import { DEV_PRINTK } from "./dev_printk.ts";
import { DEVICES } from "./device.ts";
import { DEVRES } from "./devres.ts";
import { DRIVER } from "./driver_core.ts";
import { FS_CHAR } from "./fs_char.ts";
import { INPUT } from "./input.ts";
import { LEDS } from "./leds.ts";
import { MISCDEVICE } from "./miscdevice.ts";
import { PLATFORM_DEVICE } from "./platform_device.ts";
import { PLATFORM_DEVICES } from "./platform_objects.ts";
import { REGMAP } from "./regmap.ts";
import { TTY } from "./tty.ts";
import { VIDEO } from "./video.ts";

export const DRIVERS: Services = {
  ...BUS,
  ...BUS_DRIVERS,
  ...DEVICE_CLASS,
  ...DEVICES,
  ...DEVRES,
  ...DEV_PRINTK,
  ...DRIVER,
  ...FS_CHAR,
  ...INPUT,
  ...LEDS,
  ...MISCDEVICE,
  ...PLATFORM_DEVICE,
  ...PLATFORM_DEVICES,
  ...REGMAP,
  ...TTY,
  ...VIDEO,
};
