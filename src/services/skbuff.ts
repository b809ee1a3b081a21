// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/skbuff.h and linux/stringhash.h.
 *
 * Models: sk_skb_reason_drop() of net/core/skbuff.c for no packet; hashlen_string() of fs/namei.c, word by word as
 * CONFIG_DCACHE_WORD_ACCESS has it.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import { bytesAt, lengthAt } from "./memory.ts";
import type { Call, Services } from "./service.ts";

const GOLDEN_RATIO = 0x61c88647;

const rotated = (value: number, by: number) => (value << by) | (value >>> (32 - by));
const hash32 = (value: number) => Math.imul(value, GOLDEN_RATIO);

/** The length above, the hash below. */
function hashLength({ bus, args }: Call): bigint {
  const [salt, name] = [args.word(), args.word()];
  const length = lengthAt(bus, name);
  const padded = new Uint8Array(4 * (Math.floor(length / 4) + 1));
  padded.set(bytesAt(bus, name, length));
  const words = new DataView(padded.buffer);
  let [x, y] = [0, salt | 0];
  for (let offset = 0; offset + 4 <= length; offset += 4) {
    x ^= words.getInt32(offset, true);
    y ^= x;
    x = rotated(x, 7);
    x = (x + y) | 0;
    y = Math.imul(rotated(y, 20), 9);
  }
  x ^= words.getInt32(padded.length - 4, true);
  return (BigInt(length) << 32n) | BigInt(u32(hash32(y ^ hash32(x))));
}

export const SKBUFF: Services = {
  hashlen_string: hashLength,
  sk_skb_reason_drop: (call) => {
    const [, packet] = [call.args.word(), call.args.word()];
    if (packet !== 0) throw new NotModelled("sk_skb_reason_drop() of a packet");
  },
};
