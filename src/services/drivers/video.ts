// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of video/nomodeset.h, video/cmdline.h and linux/fb.h: what the kernel's command line says to drivers of displays.
 *
 * Models: video_firmware_drivers_only() and fb_modesetting_disabled() of drivers/video, fb_get_options() and video_get_options() without
 * any `video=`.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import { KERN_WARNING } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";

function words({ kernel }: Call): string[] {
  return kernel.cmdline.split(/\s+/);
}

function firmwareDriversOnly(call: Call): boolean {
  return words(call).some((word) => word === "nomodeset" || word.startsWith("nomodeset="));
}

function modesettingDisabled(call: Call): number {
  if (!firmwareDriversOnly(call)) return 0;
  const driver = stringAt(call.bus, call.args.word());
  call.kernel.printk(KERN_WARNING, `Driver ${driver} not loading because of nomodeset parameter`);
  return 1;
}

/** The options for an output: none. */
function noOptions(call: Call): number {
  if (words(call).some((word) => word.startsWith("video="))) throw new NotModelled("video= on the kernel's command line");
  return 0;
}

export const VIDEO: Services = {
  video_firmware_drivers_only: (call) => firmwareDriversOnly(call) ? 1 : 0,
  fb_modesetting_disabled: modesettingDisabled,
  video_get_options: noOptions,
  fb_get_options: (call) => {
    const [, option] = [call.args.word(), call.args.word()];
    if (option !== 0) call.bus.write32(option, noOptions(call));
    return 0;
  },
};
