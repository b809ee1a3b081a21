// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/miscdevice.h.
 *
 * Models: misc_register() and misc_deregister() of drivers/char/misc.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EBUSY } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";
import { add, create, unregister } from "./device.ts";
import { mkdev } from "./fs_char.ts";
import { setName } from "../core/struct_kobject.ts";
import { Owned } from "./owned.ts";

/** struct miscdevice. */
const MISC = { minor: 0, name: 4, list: 12, parent: 20, thisDevice: 24, groups: 28 };
const MISC_MAJOR = 10;
/** Asks for any minor; those that are given are above it. */
const MISC_DYNAMIC_MINOR = 255;

/** Minors of modules' devices. */
class MiscMinors {
  readonly taken = new Owned<number>();
}

function register(call: Call): number {
  const { bus, kernel: { profile }, args } = call;
  const misc = args.word();
  const { devices } = profile.machine;
  if (devices === undefined) throw new NotModelled("the kernel's own misc devices, which the profile does not tell");
  bus.write32(misc + MISC.list, misc + MISC.list);
  bus.write32(misc + MISC.list + 4, misc + MISC.list);
  const { taken } = call.state(MiscMinors);
  const isTaken = (each: number) => taken.all(call).includes(each) || devices.miscMinors.some(([own]) => own === each);
  let minor = bus.read32(misc + MISC.minor);
  if (minor === MISC_DYNAMIC_MINOR) { while (minor === MISC_DYNAMIC_MINOR || isTaken(minor)) minor++; }
  if (isTaken(minor)) return -EBUSY;
  taken.add(call, minor, misc);
  bus.write32(misc + MISC.minor, minor);
  const device = create(call, {
    class: unexported(call, "misc_class"),
    parent: u32(bus.read32(misc + MISC.parent)),
    devt: mkdev(MISC_MAJOR, minor),
    data: misc,
    groups: u32(bus.read32(misc + MISC.groups)),
  });
  setName(call, device, stringAt(bus, u32(bus.read32(misc + MISC.name))));
  add(call, device);
  bus.write32(misc + MISC.thisDevice, device);
  return 0;
}

function deregister(call: Call): void {
  const { bus, args } = call;
  const misc = args.word();
  const minor = bus.read32(misc + MISC.minor);
  unregister(call, u32(bus.read32(misc + MISC.thisDevice)));
  call.state(MiscMinors).taken.remove(minor);
  if (minor > MISC_DYNAMIC_MINOR) bus.write32(misc + MISC.minor, MISC_DYNAMIC_MINOR);
}

export const MISCDEVICE: Services = { misc_register: register, misc_deregister: deregister };
