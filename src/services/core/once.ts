// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/once.h.
 *
 * Models: lib/once.c. The branch that leads to what is done once is switched off at once, where the kernel leaves that to a worker.
 *
 * @module
 */

import type { Call, Services } from "../service.ts";
import { STATIC_KEY } from "./static_key.ts";
import { words } from "./words.ts";

/** The I bit among the CPU's masks. */
const IRQ = 2;

/** Whether it is to be done now. */
function start({ bus }: Call, done: number): boolean {
  return bus.read8(done) === 0;
}

/** Marks it as done; the key is the next argument. */
function finish(call: Call): void {
  call.bus.write8(call.args.word(), 1);
  STATIC_KEY.static_key_disable(call);
}

export const ONCE: Services = {
  __do_once_start: (call) => {
    const [done, flags] = words(call, 2);
    if (!start(call, done)) return 0;
    call.bus.write32(flags, call.cpu.cpsr);
    call.cpu.masks |= IRQ;
    return 1;
  },
  __do_once_done: (call) => {
    finish(call);
    call.cpu.masks = (call.bus.read32(call.args.word()) >>> 6) & 7;
  },
  __do_once_sleepable_start: (call) => Number(start(call, call.args.word())),
  __do_once_sleepable_done: finish,
};
