// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of block/elevator.h.
 *
 * Models: elv_register() and elv_unregister() of block/elevator.c.
 *
 * @module
 */

import { EBUSY } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_INFO } from "../../kernel/log.ts";
import { offsetOf } from "../layout.ts";
import { putString, stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

class Elevators extends Registry {}
const ELEVATORS: Kind = { type: Elevators, builtin: "elevators", taken: EBUSY };
/** struct io_cq: bytes and alignment. */
const IO_CQ = { size: 28, alignment: 4 };

/** Makes the cache of struct io_cq that the scheduler asks for. */
function makeCache(call: Call, type: number, name: string): void {
  const { bus } = call;
  const [size, alignment] = ["icq_size", "icq_align"].map((field) => bus.read32(type + offsetOf(call, "elevator_type", field)));
  if (size === 0) return;
  if (size < IO_CQ.size || alignment < IO_CQ.alignment) throw new NotModelled("the warning of elv_register()");
  const cacheName = `${name}_io_cq`;
  putString(bus, type + offsetOf(call, "elevator_type", "icq_cache_name"), cacheName.slice(0, 21));
  bus.write32(type, unexported(call, `struct kmem_cache ${cacheName}`));
}

function registerElevator(call: Call): number {
  const { bus } = call;
  const type = call.args.word();
  for (const operation of ["finish_request", "insert_requests", "dispatch_request"]) {
    const function_ = bus.read32(type + offsetOf(call, "elevator_type", operation));
    if (function_ === 0) throw new NotModelled("the warning of elv_register()");
  }
  const name = stringAt(bus, bus.read32(type + offsetOf(call, "elevator_type", "elevator_name")) >>> 0);
  makeCache(call, type, name);
  const error = registerUnique(call, ELEVATORS, type, name);
  if (error === 0) call.kernel.printk(KERN_INFO, `io scheduler ${name} registered`);
  return error;
}

export const ELEVATOR: Services = {
  elv_register: registerElevator,
  elv_unregister: (call) => {
    const type = call.args.word();
    call.bus.write32(type, 0);
    call.state(Elevators).remove(call, type);
  },
};
