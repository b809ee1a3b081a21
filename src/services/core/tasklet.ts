// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/interrupt.h for tasklets, of which none is scheduled while a module's code runs.
 *
 * Models: tasklet_setup(), tasklet_init() and tasklet_kill() of kernel/softirq.c.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import type { Services } from "../service.ts";
import { words } from "./words.ts";

/** Offsets in struct tasklet_struct. */
const TASKLET = { next: 0, state: 4, count: 8, useCallback: 12, callback: 16, data: 20 };

export const TASKLETS: Services = {
  tasklet_setup: (call) => {
    const [tasklet, callback] = words(call, 2);
    for (const at of [TASKLET.next, TASKLET.state, TASKLET.count, TASKLET.data]) call.bus.write32(tasklet + at, 0);
    call.bus.write8(tasklet + TASKLET.useCallback, 1);
    call.bus.write32(tasklet + TASKLET.callback, callback);
  },
  tasklet_init: (call) => {
    const [tasklet, callback, data] = words(call, 3);
    for (const at of [TASKLET.next, TASKLET.state, TASKLET.count]) call.bus.write32(tasklet + at, 0);
    call.bus.write8(tasklet + TASKLET.useCallback, 0);
    call.bus.write32(tasklet + TASKLET.callback, callback);
    call.bus.write32(tasklet + TASKLET.data, data);
  },
  tasklet_kill: ({ bus, args }) => {
    if (bus.read32(args.word() + TASKLET.state) !== 0) throw new NotModelled("tasklet_kill() of a tasklet that is scheduled");
  },
};
