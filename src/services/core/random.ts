// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/random.h and linux/uuid.h. The bytes are not random: they are the same in each run, so that a run can be repeated. What
 * depends on them differs from any real kernel, where it differs from boot to boot.
 *
 * Source of the generator: xorshift32 (George Marsaglia, "Xorshift RNGs").
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { putBytes } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

class Generator {
  #state = 0x2545_f491;

  word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return u32(this.#state);
  }
}

const word = (call: Call) => call.state(Generator).word();

const fill: Service = (call) => {
  const [address, size] = words(call, 2);
  putBytes(call.bus, address, Array.from({ length: size }, () => word(call) & 255));
};

/** uuid_gen() and guid_gen(): a random one, whose version of 4 stands at another byte. */
function generate(version: number): Service {
  return (call) => {
    const bytes = Array.from({ length: 16 }, () => word(call) & 255);
    bytes[version] = (bytes[version] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    putBytes(call.bus, call.args.word(), bytes);
  };
}

export const RANDOM: Services = {
  get_random_bytes: fill,
  get_random_u8: (call) => word(call) & 0xff,
  get_random_u16: (call) => word(call) & 0xffff,
  get_random_u32: word,
  get_random_u64: (call) => (BigInt(word(call)) << 32n) | BigInt(word(call)),
  __get_random_u32_below: (call) => Math.floor(word(call) / 2 ** 32 * call.args.word()),
  uuid_gen: generate(6),
  guid_gen: generate(7),
  add_device_randomness: () => {},
  add_input_randomness: () => {},
  rng_is_initialized: () => 1,
  wait_for_random_bytes: () => 0,
};
