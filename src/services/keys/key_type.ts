// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/key-type.h and keys/asymmetric-parser.h.
 *
 * Models: register_key_type() of security/keys/key.c and register_asymmetric_key_parser() of crypto/asymmetric_keys/asymmetric_type.c.
 *
 * @module
 */

import { EEXIST } from "../../kernel/errno.ts";
import { KERN_ERR, KERN_NOTICE } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

class KeyTypes extends Registry {}
class KeyParsers extends Registry {}
const KEY_TYPES: Kind = { type: KeyTypes, builtin: "key_types", taken: EEXIST };
const KEY_PARSERS: Kind = { type: KeyParsers, builtin: "key_parsers", taken: EEXIST };

/** struct key_type; struct asymmetric_key_parser. */
const KEY_TYPE_NAME = 0;
const PARSER_NAME = 12;

/** The string that a field points to. */
function nameAt({ bus }: Call, field: number): string {
  return stringAt(bus, bus.read32(field) >>> 0);
}

export const KEY_TYPE: Services = {
  register_key_type: (call) => {
    const type = call.args.word();
    const name = nameAt(call, type + KEY_TYPE_NAME);
    const error = registerUnique(call, KEY_TYPES, type, name);
    if (error === 0) call.kernel.printk(KERN_NOTICE, `Key type ${name} registered`);
    return error;
  },
  unregister_key_type: (call) => {
    const type = call.args.word();
    call.state(KeyTypes).remove(call, type);
    call.kernel.printk(KERN_NOTICE, `Key type ${nameAt(call, type + KEY_TYPE_NAME)} unregistered`);
  },
  register_asymmetric_key_parser: (call) => {
    const parser = call.args.word();
    const name = nameAt(call, parser + PARSER_NAME);
    const error = registerUnique(call, KEY_PARSERS, parser, name);
    const [level, what] = error === 0 ? [KERN_NOTICE, "registered"] : [KERN_ERR, "already registered"];
    call.kernel.printk(level, `Asymmetric key parser '${name}' ${what}`);
    return error;
  },
  unregister_asymmetric_key_parser: (call) => {
    const parser = call.args.word();
    call.state(KeyParsers).remove(call, parser);
    call.kernel.printk(KERN_NOTICE, `Asymmetric key parser '${nameAt(call, parser + PARSER_NAME)}' unregistered`);
  },
};
