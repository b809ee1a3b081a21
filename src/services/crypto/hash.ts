// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of crypto/hash.h: a hash of one of the modules' algorithms is allocated and used.
 *
 * Models: crypto_alloc_shash() and crypto_shash_init_tfm() of crypto/shash.c, crypto_create_tfm_node() and crypto_alg_mod_lookup() of
 * crypto/api.c. Whoever asks for an algorithm waits for its test: the model tests those whose results it can tell by itself.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { bytesAt, putString, stringAt } from "../memory.ts";
import { builtin, type Entry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";
import { ALG, Algorithms, findTemplate, namesAt } from "./algapi.ts";

/** struct shash_alg around its struct crypto_alg; struct crypto_shash; struct crypto_tfm; struct shash_desc. */
const SHASH_ALG = { base: 128, init: 0, update: 4, final: 8, initTfm: 32, exitTfm: 36, descSize: 44, digestSize: 64 };
const SHASH = { descSize: 0, tfm: 64 };
const TFM = { references: 0, node: 8, exit: 12, alg: 16, size: 64 };
const DESC_SIZE = 8;
const CRYPTO_ALG_TYPE_SHASH = 0xe;
const CRYPTO_ALG_TYPE_MASK = 0xf;
const CONTEXT_SIZE = 24;
const INIT = 320;

/** CRC-32C as testmgr.h has it for a key that nobody set: no inversion at the ends but that of the algorithm's own. */
function crc32c(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return u32(~crc);
}

/** What algorithms make of data, least significant byte first, by their names. */
const KNOWN: Readonly<Record<string, (data: Uint8Array) => number>> = { crc32c };
const SAMPLES = ["", "abcdefg", "The model and the module agree on this text."];

/** The algorithm that a name stands for: by the driver's name, or else of the highest priority. */
function findAlgorithm(call: Call, name: string): Entry | undefined {
  const { bus } = call;
  const isHash = ({ address }: Entry) => (bus.read32(address + ALG.flags) & CRYPTO_ALG_TYPE_MASK) === CRYPTO_ALG_TYPE_SHASH;
  const algorithms = call.state(Algorithms).entries(call).filter(isHash);
  const priority = ({ address }: Entry) => s32(bus.read32(address + ALG.priority));
  return algorithms.find(({ address }) => namesAt(call, address).driver === name) ??
    algorithms.filter(({ address }) => namesAt(call, address).name === name).sort((a, b) => priority(b) - priority(a))[0];
}

/** alg_test_hash(), of an algorithm whose results are known: runs it on some text. */
function test(call: Call, alg: number, tfm: number, name: string): void {
  const { bus, kernel: { slab } } = call;
  const expected = KNOWN[name];
  if (expected === undefined) throw new NotModelled(`the test of the algorithm ${name}`);
  const shash = alg - SHASH_ALG.base;
  const at = (offset: number) => u32(bus.read32(shash + offset));
  for (const sample of SAMPLES) {
    const [desc, text, digest] = [DESC_SIZE + at(SHASH_ALG.descSize), sample.length + 1, at(SHASH_ALG.digestSize)].map((size) =>
      slab.kmalloc(size)
    );
    bus.write32(desc, tfm);
    putString(bus, text, sample);
    const results = [
      call.invoke(at(SHASH_ALG.init), desc),
      call.invoke(at(SHASH_ALG.update), desc, text, sample.length),
      call.invoke(at(SHASH_ALG.final), desc, digest),
    ];
    const wanted = expected(bytesAt(bus, text, sample.length));
    if (results.some((result) => result !== 0) || u32(bus.read32(digest)) !== wanted) {
      throw new NotModelled(`an algorithm ${name} that fails its test`);
    }
    for (const address of [desc, text, digest]) slab.kfree(address);
  }
}

/** The kernel's own algorithm of a name, of one of some types. @returns its driver's name */
function ownAlgorithm(call: Call, name: string, types: readonly string[]): string | undefined {
  const lines = [...builtin(call, "algorithms")].map((line) => line.split(" "));
  return lines.find(([known, driver, type]) => types.includes(type) && (known === name || driver === name))?.[1];
}

/** Whoever asks for what nobody has gets -ENOENT, also for an algorithm of a template that nobody has. */
function notFound(call: Call, name: string): number {
  const template = /^([^(]*)\(/.exec(name)?.[1];
  const isKnown = template !== undefined && (builtin(call, "templates").has(template) || findTemplate(call, template));
  if (isKnown) throw new NotModelled(`the algorithm ${name}, which a template makes`);
  return -ENOENT;
}

/** crypto_alloc_base() and its like: what the kernel has itself is there, and nothing is known of it. */
function allocOwn(call: Call, types: readonly string[]): number {
  const name = stringAt(call.bus, call.args.word());
  const driver = ownAlgorithm(call, name, types);
  if (driver !== undefined) return unexported(call, `a transformation of ${driver}`);
  const isOfModule = call.state(Algorithms).entries(call).some(({ address }) => {
    const names = namesAt(call, address);
    return names.name === name || names.driver === name;
  });
  if (isOfModule) throw new NotModelled(`the test of the algorithm ${name}`);
  return notFound(call, name);
}

/** crypto_has_ahash(): whether there is any hash of a name. */
function hasHash(call: Call): number {
  const name = stringAt(call.bus, call.args.word());
  const isThere = ownAlgorithm(call, name, ["shash", "ahash"]) !== undefined || findAlgorithm(call, name) !== undefined;
  if (!isThere) notFound(call, name);
  return isThere ? 1 : 0;
}

/** crypto_alloc_shash(). @returns the struct crypto_shash, or minus an errno */
function allocShash(call: Call): number {
  const { bus, kernel: { slab } } = call;
  const name = stringAt(bus, call.args.word());
  const found = findAlgorithm(call, name);
  if (ownAlgorithm(call, name, ["shash"]) !== undefined) throw new NotModelled(`the kernel's own algorithm ${name}`);
  if (found === undefined) return notFound(call, name);
  const alg = found.address;
  const shash = slab.kmalloc(SHASH.tfm + TFM.size + bus.read32(alg + CONTEXT_SIZE));
  const tfm = shash + SHASH.tfm;
  bus.write32(tfm + TFM.alg, alg);
  bus.write32(tfm + TFM.references, 1);
  bus.write32(tfm + TFM.node, -1);
  bus.write32(shash + SHASH.descSize, bus.read32(alg - SHASH_ALG.base + SHASH_ALG.descSize));
  const [initTfm, exitTfm] = [SHASH_ALG.initTfm, SHASH_ALG.exitTfm].map((offset) =>
    u32(bus.read32(alg - SHASH_ALG.base + offset))
  );
  if (exitTfm !== 0) bus.write32(tfm + TFM.exit, unexported(call, "crypto_shash_exit_tfm"));
  const init = u32(bus.read32(alg + INIT));
  const error = initTfm !== 0 ? call.invoke(initTfm, shash) : exitTfm === 0 && init !== 0 ? call.invoke(init, tfm) : 0;
  if (error !== 0) {
    slab.kfree(shash);
    return error;
  }
  test(call, alg, shash, namesAt(call, alg).name);
  return shash;
}

export const HASH: Services = {
  crypto_alloc_shash: allocShash,
  crypto_alloc_base: (call) => allocOwn(call, ["cipher", "compression"]),
  crypto_alloc_sync_skcipher: (call) => allocOwn(call, ["skcipher", "lskcipher"]),
  crypto_has_ahash: hasHash,
  crypto_destroy_tfm: () => {},
};
