// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/flow_dissector.h.
 *
 * Models: skb_flow_dissector_init() of net/core/flow_dissector.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { putBytes } from "../memory.ts";
import type { Call, Services } from "../service.ts";

/** struct flow_dissector: a bit for each key in use, their offsets; struct flow_dissector_key. */
const DISSECTOR = { keys: 0, offsets: 8, size: 80 };
const KEY = { id: 0, offset: 4, size: 8 };
const KEY_CONTROL = 0;
const KEY_BASIC = 1;

function init({ bus, args }: Call): void {
  const [dissector, keys, count] = [args.word(), args.word(), args.word()];
  putBytes(bus, dissector, new Uint8Array(DISSECTOR.size));
  const ids = new Set<number>();
  for (let i = 0; i < count; i++) {
    const [id, offset] = [KEY.id, KEY.offset].map((field) => u32(bus.read32(keys + i * KEY.size + field)));
    if (ids.has(id) || offset > 0xffff) throw new NotModelled("the BUG() of skb_flow_dissector_init() for a key");
    ids.add(id);
    const word = dissector + DISSECTOR.keys + 4 * (id >>> 5);
    bus.write32(word, bus.read32(word) | (1 << (id & 31)));
    bus.write16(dissector + DISSECTOR.offsets + 2 * id, offset);
  }
  if (!ids.has(KEY_CONTROL) || !ids.has(KEY_BASIC)) {
    throw new NotModelled("the BUG() of skb_flow_dissector_init() without a key");
  }
}

export const FLOW_DISSECTOR: Services = { skb_flow_dissector_init: init };
