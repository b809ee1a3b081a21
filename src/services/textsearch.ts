// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/textsearch.h.
 *
 * Models: textsearch_register() of lib/textsearch.c.
 *
 * @module
 */

import { EEXIST, EINVAL, ENOENT } from "../kernel/errno.ts";
import { stringAt } from "./memory.ts";
import { type Kind, registerUnique, Registry } from "./registry.ts";
import type { Services } from "./service.ts";

class TextSearches extends Registry {}
const TEXT_SEARCHES: Kind = { type: TextSearches, builtin: "textsearch", taken: EEXIST };

/** struct ts_ops: the fields that must be there, its name first. */
const OPS = { name: 0, init: 4, find: 8, getPattern: 16, getPatternLen: 20 };

export const TEXTSEARCH: Services = {
  textsearch_register: (call) => {
    const ops = call.args.word();
    if (Object.values(OPS).some((offset) => call.bus.read32(ops + offset) === 0)) return -EINVAL;
    return registerUnique(call, TEXT_SEARCHES, ops, stringAt(call.bus, call.bus.read32(ops + OPS.name) >>> 0));
  },
  textsearch_unregister: (call) => call.state(TextSearches).remove(call, call.args.word()) ? 0 : -ENOENT,
};
