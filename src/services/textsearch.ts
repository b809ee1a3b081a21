// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/textsearch.h.
 *
 * Models: textsearch_register() and textsearch_prepare() of lib/textsearch.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { EEXIST, EINVAL, ENOENT } from "../kernel/errno.ts";
import { stringAt } from "./memory.ts";
import { type Kind, registerUnique, Registry } from "./registry.ts";
import type { Call, Services } from "./service.ts";

class TextSearches extends Registry {}
const TEXT_SEARCHES: Kind = { type: TextSearches, builtin: "textsearch", taken: EEXIST };

/** struct ts_ops: the fields that must be there, its name first. */
const MAX_ERRNO = 4095;
const OPS = { name: 0, init: 4, find: 8, getPattern: 16, getPatternLen: 20 };

/** textsearch_prepare(), where nobody brings the module of an algorithm that is not there. */
function prepare(call: Call): number {
  const { bus, args } = call;
  const [algorithm, pattern, length, gfp, flags] = [args.word(), args.word(), args.word(), args.word(), args.word()];
  if (length === 0) return -EINVAL;
  const ops = call.state(TextSearches).find(call, stringAt(bus, algorithm))?.address;
  if (ops === undefined) return -ENOENT;
  const config = call.invoke(u32(bus.read32(ops + OPS.init)), pattern, length, gfp, flags);
  if (config < 0 && config >= -MAX_ERRNO) return config;
  bus.write32(u32(config), ops);
  return config;
}

export const TEXTSEARCH: Services = {
  textsearch_register: (call) => {
    const ops = call.args.word();
    if (Object.values(OPS).some((offset) => call.bus.read32(ops + offset) === 0)) return -EINVAL;
    return registerUnique(call, TEXT_SEARCHES, ops, stringAt(call.bus, call.bus.read32(ops + OPS.name) >>> 0));
  },
  textsearch_prepare: prepare,
  textsearch_unregister: (call) => call.state(TextSearches).remove(call, call.args.word()) ? 0 : -ENOENT,
};
