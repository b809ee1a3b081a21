// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/connector.h.
 *
 * Models: cn_add_callback() and cn_del_callback() of drivers/connector/connector.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { EINVAL } from "../kernel/errno.ts";
import { type Kind, registerUnique, Registry } from "./registry.ts";
import type { Call, Services } from "./service.ts";

/** By the address of the callback's struct cb_id. */
class Callbacks extends Registry {}
const CALLBACKS: Kind = { type: Callbacks, builtin: "connector_ids", taken: EINVAL };

/** The two numbers of a struct cb_id. */
function keyOf({ bus }: Call, id: number): string {
  return `${u32(bus.read32(id))} ${u32(bus.read32(id + 4))}`;
}

export const CONNECTOR: Services = {
  cn_add_callback: (call) => {
    const id = call.args.word();
    return registerUnique(call, CALLBACKS, id, keyOf(call, id));
  },
  cn_del_callback: (call) => {
    const callbacks = call.state(Callbacks);
    const entry = callbacks.find(call, keyOf(call, call.args.word()));
    if (entry !== undefined) callbacks.remove(call, entry.address);
  },
};
