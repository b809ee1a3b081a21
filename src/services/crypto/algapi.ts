// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of crypto/algapi.h and crypto/internal/: algorithms and templates are registered.
 *
 * Models: crypto_register_alg() and crypto_register_template() of crypto/algapi.c, and the functions of each type of algorithm that check
 * and complete it before. A thread of its own tests an algorithm after it is registered; the caller does not wait for it.
 *
 * @module
 */

import { s32 } from "../../elf/word.ts";
import { EEXIST, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Service, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

/** struct crypto_alg: offsets, and bytes with its alignment (CRYPTO_MINALIGN, 64 on ARMv7). */
export const ALG = {
  flags: 16,
  blockSize: 20,
  alignMask: 28,
  priority: 32,
  references: 36,
  name: 40,
  driverName: 168,
  type: 296,
  destroy: 328,
  size: 384,
};
const CRYPTO_ALG_TYPE_MASK = 0xf;
const CRYPTO_ALG_TYPE_CIPHER = 1;
const CRYPTO_ALG_DEAD = 0x20;
const CRYPTO_ALG_TESTED = 0x400;
const CRYPTO_ALG_INTERNAL = 0x2000;
const PAGE = 4096;
const MAX_BLOCK_SIZE = 160;
const MAX_ALIGN_MASK = 127;
const MAX_CIPHER_BLOCK_SIZE = 16;
const MAX_CIPHER_ALIGN_MASK = 15;
const HASH_MAX_DIGEST_SIZE = 64;
/** 360 and struct shash_desc, 8 bytes on ARM. */
const HASH_MAX_DESC_SIZE = 368;

/** By their struct crypto_alg. */
export class Algorithms extends Registry {}
class Templates extends Registry {}

interface Names {
  readonly name: string;
  readonly driver: string;
}

export function namesAt({ bus }: Call, alg: number): Names {
  return { name: stringAt(bus, alg + ALG.name, 128), driver: stringAt(bus, alg + ALG.driverName, 128) };
}

/** crypto_check_alg(). */
function isValid({ bus }: Call, alg: number, { name, driver }: Names): boolean {
  const [flags, blockSize, alignMask] = [ALG.flags, ALG.blockSize, ALG.alignMask].map((offset) =>
    bus.read32(alg + offset) >>> 0
  );
  if (name === "" || driver === "") return false;
  if ((alignMask & (alignMask + 1)) !== 0 || alignMask > MAX_ALIGN_MASK || blockSize > MAX_BLOCK_SIZE) return false;
  const isCipher = bus.read32(alg + ALG.type) === 0 && (flags & CRYPTO_ALG_TYPE_MASK) === CRYPTO_ALG_TYPE_CIPHER;
  if (isCipher && (alignMask > MAX_CIPHER_ALIGN_MASK || blockSize > MAX_CIPHER_BLOCK_SIZE)) return false;
  return s32(bus.read32(alg + ALG.priority)) >= 0;
}

/** The driver's name is nobody's name or driver's name, and the name is nobody's driver's name. */
function isTaken(call: Call, { name, driver }: Names): boolean {
  const known = call.state(Algorithms).entries(call).map(({ address }) => namesAt(call, address));
  const own = [...builtin(call, "algorithms")].map((line) => line.split(" ")).map(([name, driver]) => ({ name, driver }));
  return [...known, ...own].some((each) => each.driver === name || each.driver === driver || each.name === driver);
}

/** crypto_register_alg(). @param alg the struct crypto_alg */
function registerAlgorithm(call: Call, alg: number): number {
  const { bus } = call;
  const names = namesAt(call, alg);
  if (!isValid(call, alg, names)) return -EINVAL;
  if (isTaken(call, names)) return -EEXIST;
  const flags = bus.read32(alg + ALG.flags) & ~CRYPTO_ALG_DEAD;
  const isTested = (flags & CRYPTO_ALG_INTERNAL) === 0;
  bus.write32(alg + ALG.flags, isTested ? flags & ~CRYPTO_ALG_TESTED : flags | CRYPTO_ALG_TESTED);
  bus.write32(alg + ALG.references, 1);
  call.state(Algorithms).add(call, alg);
  return 0;
}

function unregisterAlgorithm(call: Call, alg: number): void {
  if (!call.state(Algorithms).remove(call, alg)) throw new NotModelled("the warning of crypto_unregister_alg()");
  const destroy = call.bus.read32(alg + ALG.destroy);
  if (destroy !== 0) call.invoke(destroy, alg);
}

/** A type of algorithm: a struct around struct crypto_alg. */
interface AlgorithmType {
  /** Of struct crypto_alg in it, and its bytes. */
  readonly base: number;
  readonly size: number;
  /** What becomes of cra_flags' type, and the name of the struct that cra_type points to. */
  readonly flag: number;
  readonly type?: string;
  /** Functions that the kernel puts where the module has none: by offset. */
  readonly defaults?: Readonly<Record<number, string>>;
  /** Checks and completes the rest. @returns whether it is valid */
  readonly prepare?: (call: Call, alg: number) => boolean;
}

const word = ({ bus }: Call, address: number) => bus.read32(address) >>> 0;

/** hash_prepare_alg(). */
function prepareHash(call: Call, alg: number): boolean {
  return word(call, alg + 64) <= HASH_MAX_DIGEST_SIZE && word(call, alg + 128 + ALG.alignMask) === 0;
}

/** shash_prepare_alg(). */
function prepareShash(call: Call, alg: number): boolean {
  const [toExport, toImport, descSize] = [20, 24, 44].map((offset) => word(call, alg + offset));
  if (descSize > HASH_MAX_DESC_SIZE || (toExport === 0) !== (toImport === 0) || !prepareHash(call, alg)) return false;
  if (toExport === 0) call.bus.write32(alg + 68, descSize);
  return true;
}

/** ahash_prepare_alg(). */
function prepareAhash(call: Call, alg: number): boolean {
  const [requestSize, stateSize] = [44, 68].map((offset) => word(call, alg + offset));
  return stateSize !== 0 && (requestSize === 0 || requestSize >= stateSize) && prepareHash(call, alg);
}

/** Gives a size that is 0 the value of another. */
function defaultSize({ bus }: Call, address: number, from: number): void {
  if (bus.read32(address) === 0) bus.write32(address, bus.read32(from));
}

/** skcipher_prepare_alg_common(). */
function prepareCipher(call: Call, alg: number): boolean {
  const [ivSize, chunkSize, stateSize] = [72, 76, 80].map((offset) => word(call, alg + offset));
  if (ivSize > PAGE / 8 || chunkSize > PAGE / 8 || ivSize + stateSize > PAGE / 2) return false;
  defaultSize(call, alg + 76, alg + 128 + ALG.blockSize);
  return true;
}

/** skcipher_prepare_alg(). */
function prepareSkcipher(call: Call, alg: number): boolean {
  const [toExport, toImport, walkSize, stateSize] = [12, 16, 28, 80].map((offset) => word(call, alg + offset));
  if (!prepareCipher(call, alg) || walkSize > PAGE / 8) return false;
  defaultSize(call, alg + 28, alg + 76);
  if (stateSize !== 0) return toExport !== 0 && toImport !== 0;
  call.bus.write32(alg + 16, unexported(call, "skcipher_noimport"));
  call.bus.write32(alg + 12, unexported(call, "skcipher_noexport"));
  return true;
}

/** lskcipher_prepare_alg(). */
function prepareLskcipher(call: Call, alg: number): boolean {
  if (!prepareCipher(call, alg)) return false;
  const chunkSize = word(call, alg + 76);
  return (chunkSize & (chunkSize - 1)) === 0;
}

/** aead_prepare_alg(). */
function prepareAead(call: Call, alg: number): boolean {
  if ([24, 28, 32].some((offset) => word(call, alg + offset) > PAGE / 8)) return false;
  defaultSize(call, alg + 32, alg + 64 + ALG.blockSize);
  return true;
}

const NO_OPERATION = "akcipher_default_op";
const TYPES: Readonly<Record<string, AlgorithmType>> = {
  alg: { base: 0, size: ALG.size, flag: -1 },
  shash: {
    base: 128,
    size: 512,
    flag: 0xe,
    type: "crypto_shash_type",
    defaults: { 12: "shash_default_finup", 16: "shash_default_digest", 28: "shash_no_setkey" },
    prepare: prepareShash,
  },
  ahash: {
    base: 128,
    size: 512,
    flag: 0xf,
    type: "crypto_ahash_type",
    defaults: { 12: "ahash_def_finup", 28: "ahash_nosetkey" },
    prepare: prepareAhash,
  },
  skcipher: { base: 128, size: 512, flag: 5, type: "crypto_skcipher_type", prepare: prepareSkcipher },
  lskcipher: { base: 128, size: 512, flag: 4, type: "crypto_lskcipher_type", prepare: prepareLskcipher },
  aead: { base: 64, size: 448, flag: 3, type: "crypto_aead_type", prepare: prepareAead },
  akcipher: {
    base: 64,
    size: 448,
    flag: 6,
    type: "crypto_akcipher_type",
    defaults: { 0: NO_OPERATION, 4: NO_OPERATION, 8: NO_OPERATION, 12: NO_OPERATION, 20: "akcipher_default_set_key" },
  },
  kpp: { base: 64, size: 448, flag: 8, type: "crypto_kpp_type" },
  rng: {
    base: 64,
    size: 448,
    flag: 0xc,
    type: "crypto_rng_type",
    defaults: { 8: "rng_default_set_ent" },
    prepare: (call, alg) => word(call, alg + 12) <= PAGE / 8,
  },
  scomp: { base: 64, size: 448, flag: 0xb, type: "crypto_scomp_type" },
  acomp: { base: 64, size: 448, flag: 0xa, type: "crypto_acomp_type" },
};

/** Completes and registers one algorithm of a type. */
function registerTyped(call: Call, { base, flag, type, defaults = {}, prepare }: AlgorithmType, alg: number): number {
  const { bus } = call;
  if (prepare !== undefined && !prepare(call, alg)) return -EINVAL;
  if (type !== undefined) {
    bus.write32(alg + base + ALG.type, unexported(call, type));
    bus.write32(alg + base + ALG.flags, (bus.read32(alg + base + ALG.flags) & ~CRYPTO_ALG_TYPE_MASK) | flag);
  }
  for (const [offset, name] of Object.entries(defaults)) {
    if (bus.read32(alg + Number(offset)) === 0) bus.write32(alg + Number(offset), unexported(call, name));
  }
  return registerAlgorithm(call, alg + base);
}

/** Registers several structs that follow each other; where one fails, takes back those before it. */
function registerAll(count: number, register: (index: number) => number, unregister: (index: number) => void): number {
  for (let i = 0; i < count; i++) {
    const error = register(i);
    if (error === 0) continue;
    while (i-- > 0) unregister(i);
    return error;
  }
  return 0;
}

/** crypto_register_shash() and crypto_register_shashes(), and the like of each type. */
function typedServices(name: string, type: AlgorithmType): [string, Service][] {
  const plural = name.endsWith("sh") ? `${name}es` : `${name}s`;
  const unregister = (call: Call, alg: number) => unregisterAlgorithm(call, alg + type.base);
  return [
    [`crypto_register_${name}`, (call) => registerTyped(call, type, call.args.word())],
    [`crypto_unregister_${name}`, (call) => unregister(call, call.args.word())],
    [`crypto_register_${plural}`, (call) => {
      const [algs, count] = [call.args.word(), call.args.word()];
      const at = (i: number) => algs + i * type.size;
      return registerAll(s32(count), (i) => registerTyped(call, type, at(i)), (i) => unregister(call, at(i)));
    }],
    [`crypto_unregister_${plural}`, (call) => {
      const [algs, count] = [call.args.word(), s32(call.args.word())];
      for (let i = 0; i < count; i++) unregister(call, algs + i * type.size);
    }],
  ];
}

/** struct crypto_template. */
const TEMPLATE_SIZE = 148;
const TEMPLATE_NAME = 20;

function registerTemplate(call: Call, template: number): number {
  const templates = call.state(Templates);
  if (templates.has(call, template)) return -EEXIST;
  templates.add(call, template);
  return 0;
}

/** Whether a module has registered a template of a name. */
export function findTemplate(call: Call, name: string): boolean {
  return call.state(Templates).entries(call).some(({ address }) => stringAt(call.bus, address + TEMPLATE_NAME, 128) === name);
}

function unregisterTemplate(call: Call, template: number): void {
  if (!call.state(Templates).remove(call, template)) throw new NotModelled("the BUG() of crypto_unregister_template()");
}

/** crypto_init_queue(): struct crypto_queue is an empty list, its backlog, its length, and the longest that it may be. */
function initQueue({ bus, args }: Call): void {
  const [queue, longest] = [args.word(), args.word()];
  for (const [i, word] of [queue, queue, queue, 0, longest].entries()) bus.write32(queue + 4 * i, word);
}

export const ALGAPI: Services = {
  crypto_init_queue: initQueue,
  ...Object.fromEntries(Object.entries(TYPES).flatMap(([name, type]) => typedServices(name, type))),
  crypto_register_template: (call) => registerTemplate(call, call.args.word()),
  crypto_unregister_template: (call) => unregisterTemplate(call, call.args.word()),
  crypto_register_templates: (call) => {
    const [templates, count] = [call.args.word(), call.args.word()];
    const at = (i: number) => templates + i * TEMPLATE_SIZE;
    return registerAll(s32(count), (i) => registerTemplate(call, at(i)), (i) => unregisterTemplate(call, at(i)));
  },
  crypto_unregister_templates: (call) => {
    const [templates, count] = [call.args.word(), s32(call.args.word())];
    for (let i = count - 1; i >= 0; i--) unregisterTemplate(call, templates + i * TEMPLATE_SIZE);
  },
};
