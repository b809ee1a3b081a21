// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/leds.h.
 *
 * Models: led_trigger_register(), led_trigger_register_simple() and led_trigger_unregister() of drivers/leds/led-triggers.c, on a machine
 * without LEDs. The kernel's own triggers are not among those that a new one's name is looked for in.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EEXIST } from "../../kernel/errno.ts";
import { KERN_WARNING } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { Owned } from "./owned.ts";

/** struct led_trigger. */
const LED_TRIGGER = { size: 44, name: 0, triggerType: 16, ledCdevs: 24, nextTrigger: 32 };

class LedTriggers {
  readonly triggers = new Owned<number>();
}

/** led_trigger_register(): a name may come twice for two types of LEDs. @returns 0 or a negative errno */
function register(call: Call, trigger: number): number {
  const { bus } = call;
  const name = (each: number) => stringAt(bus, u32(bus.read32(each + LED_TRIGGER.name)));
  const type = (each: number) => bus.read32(each + LED_TRIGGER.triggerType);
  bus.write32(trigger + LED_TRIGGER.ledCdevs, trigger + LED_TRIGGER.ledCdevs);
  bus.write32(trigger + LED_TRIGGER.ledCdevs + 4, trigger + LED_TRIGGER.ledCdevs);
  const known = call.state(LedTriggers);
  const isTaken = known.triggers.all(call).some((each) =>
    name(each) === name(trigger) && (type(each) === type(trigger) || type(each) === 0 || type(trigger) === 0)
  );
  if (isTaken) return -EEXIST;
  known.triggers.add(call, trigger, trigger, u32(bus.read32(trigger + LED_TRIGGER.name)));
  return 0;
}

function unregister(call: Call, trigger: number): void {
  call.state(LedTriggers).triggers.remove(trigger);
}

function registerSimple(call: Call): void {
  const { args, bus, kernel } = call;
  const [name, place] = [args.word(), args.word()];
  let trigger = kernel.slab.kmalloc(LED_TRIGGER.size);
  bus.write32(trigger + LED_TRIGGER.name, name);
  const error = register(call, trigger);
  if (error < 0) {
    kernel.slab.kfree(trigger);
    trigger = 0;
    kernel.printk(KERN_WARNING, `LED trigger ${stringAt(bus, name)} failed to register (${error})`);
  }
  bus.write32(place, trigger);
}

export const LEDS: Services = {
  led_trigger_register: (call) => register(call, call.args.word()),
  led_trigger_unregister: (call) => unregister(call, call.args.word()),
  // No LED listens to a trigger.
  led_trigger_event: () => {},
  led_trigger_register_simple: registerSimple,
  led_trigger_unregister_simple: (call) => {
    const trigger = call.args.word();
    if (trigger === 0) return;
    unregister(call, trigger);
    call.kernel.slab.kfree(trigger);
  },
};
