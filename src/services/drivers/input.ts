// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/input.h for handlers.
 *
 * Models: input_register_handler() with input_match_device_id() of drivers/input/input.c, on the input devices that the machine has. A
 * handler that one of them matches is not modelled: it would be connected to a structure of which nothing is known.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import type { InputFact } from "../../kernel/device_facts.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { Owned } from "./owned.ts";

/** struct input_handler. */
const INPUT_HANDLER = { event: 4, events: 8, filter: 12, name: 40, idTable: 44, hList: 48 };
/** struct input_device_id: flags, four numbers of 16 bits, bitmaps of as many words, driver_info. */
const INPUT_DEVICE_ID = { flags: 0, numbers: 4, bitmaps: 12, driverInfo: 160, size: 164 };
const BITMAPS = [["EV", 1], ["KEY", 24], ["REL", 1], ["ABS", 2], ["MSC", 1], ["LED", 1], ["SND", 1], ["FF", 4], ["SW", 1], [
  "PROP",
  1,
]] as const;

class InputHandlers {
  readonly handlers = new Owned<number>();
}

/** input_match_device_id(): the numbers that the flags ask for, and every bit of the bitmaps. */
function isMatch({ bus }: Call, id: number, { id: numbers, bitmaps }: InputFact): boolean {
  const flags = bus.read32(id + INPUT_DEVICE_ID.flags);
  const isOther = numbers.some((number, i) =>
    (flags & (1 << i)) !== 0 && bus.read16(id + INPUT_DEVICE_ID.numbers + 2 * i) !== number
  );
  if (isOther) return false;
  let at = id + INPUT_DEVICE_ID.bitmaps;
  for (const [name, words] of BITMAPS) {
    for (let i = 0; i < words; i++, at += 4) if ((bus.read32(at) & ~(bitmaps.get(name)?.[i] ?? 0)) !== 0) return false;
  }
  return true;
}

/** input_match_device(), as yes or no. */
function isForDevice(call: Call, handler: number, device: InputFact): boolean {
  const { bus } = call;
  for (let id = u32(bus.read32(handler + INPUT_HANDLER.idTable));; id += INPUT_DEVICE_ID.size) {
    if (bus.read32(id + INPUT_DEVICE_ID.flags) === 0 && bus.read32(id + INPUT_DEVICE_ID.driverInfo) === 0) return false;
    if (isMatch(call, id, device)) return true;
  }
}

function register(call: Call): number {
  const { args, bus, kernel } = call;
  const handler = args.word();
  const name = stringAt(bus, u32(bus.read32(handler + INPUT_HANDLER.name)));
  const { event, events, filter, hList } = INPUT_HANDLER;
  if ([event, events, filter].filter((method) => bus.read32(handler + method) !== 0).length > 1) {
    kernel.printk(KERN_ERR, `input: input_handler_check_methods: only one event processing method can be defined (${name})`);
    return -EINVAL;
  }
  bus.write32(handler + hList, handler + hList);
  bus.write32(handler + hList + 4, handler + hList);
  const { devices } = kernel.profile.machine;
  if (devices === undefined) throw new NotModelled("the kernel's own input devices, which the profile does not tell");
  const found = devices.inputs.find((device) => isForDevice(call, handler, device));
  if (found !== undefined) throw new NotModelled(`input handler ${name} is connected to device ${found.name}`);
  call.state(InputHandlers).handlers.add(call, handler, handler);
  return 0;
}

export const INPUT: Services = {
  input_register_handler: register,
  input_unregister_handler: (call) => {
    call.state(InputHandlers).handlers.remove(call.args.word());
  },
};
