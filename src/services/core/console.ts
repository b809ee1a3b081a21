// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/console.h: consoles that are enabled from the start, as those are that send the log elsewhere. What they would write is
 * not asked of them.
 *
 * Models: register_console() and unregister_console() of kernel/printk/printk.c for a console that the command line does not name.
 *
 * @module
 */

import { ENODEV } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_INFO } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";

/** Offsets in struct console. */
const CONSOLE = { name: 0, flags: 44, index: 46 };
const CON_ENABLED = 1 << 2;
const CON_NBCON = 1 << 8;

class Consoles {
  readonly registered = new Set<number>();
}

function say(call: Call, console: number, what: string): void {
  const { bus, kernel } = call;
  const kind = (bus.read16(console + CONSOLE.flags) & CON_NBCON) !== 0 ? "" : "legacy ";
  const name = `${stringAt(bus, console + CONSOLE.name)}${bus.read16(console + CONSOLE.index)}`;
  kernel.printk(KERN_INFO, `printk: ${kind}console [${name}] ${what}`);
}

export const CONSOLES: Services = {
  register_console: (call) => {
    const console = call.args.word();
    const { registered } = call.state(Consoles);
    const isEnabled = (call.bus.read16(console + CONSOLE.flags) & CON_ENABLED) !== 0;
    if (!isEnabled || registered.has(console)) {
      throw new NotModelled("register_console() of a console that is not enabled, or twice");
    }
    registered.add(console);
    say(call, console, "enabled");
  },
  unregister_console: (call) => {
    const console = call.args.word();
    const known = call.state(Consoles).registered.delete(console);
    say(call, console, "disabled");
    return known ? 0 : -ENODEV;
  },
  console_lock: () => {},
  console_unlock: () => {},
};
