// SPDX-License-Identifier: GPL-2.0-only
/**
 * Signatures by public keys, with the kernel's errno for each way of being wrong.
 *
 * Models: public_key_verify_signature() and software_key_determine_akcipher() in crypto/asymmetric_keys/public_key.c,
 * ecdsa_verify() and ecdsa_set_pub_key() in crypto/ecdsa.c, pkcs1pad_verify() in crypto/rsa-pkcs1pad.c, rsa_set_pub_key() and
 * rsa_enc() in crypto/rsa.c.
 *
 * @module
 */

import { type Action, asn1BerDecoder, contents, type Step } from "./asn1.ts";
import { EBADMSG, EINVAL, EKEYREJECTED, ENOENT } from "../errno.ts";
import { NotModelled } from "../fault.ts";
import { type Curve, DIGEST_SIZES, type DigestAlgorithm, type HostCrypto } from "../host.ts";

/** struct public_key: `algorithm` is "rsa", "ecrdsa" or "ecdsa-nist-p256" and its like; `key` the BIT STRING's contents. */
export interface PublicKey {
  readonly algorithm: string;
  readonly key: Uint8Array;
}

/** struct public_key_signature, with the signed bytes instead of their digest. */
export interface PublicKeySignature {
  readonly algorithm: "rsa" | "ecdsa" | "ecrdsa";
  readonly hash: string;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

/** Whether crypto_alloc_shash() finds the digest. */
export function hasDigest(name: string): name is DigestAlgorithm {
  return Object.hasOwn(DIGEST_SIZES, name);
}

/** Bytes of a coordinate and the order of the group. */
const CURVES: Readonly<Record<Curve, { bytes: number; n: bigint }>> = {
  p256: { bytes: 32, n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  p384: {
    bytes: 48,
    n: BigInt("0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
  },
  p521: {
    bytes: 66,
    n: BigInt(
      "0x01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" +
        "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
  },
};

/**
 * Verifies a signature.
 *
 * @returns 0; -EKEYREJECTED where it does not match, or the key is for another algorithm; -EINVAL or -EBADMSG where key or
 *   signature are malformed; -ENOENT where the kernel has no such algorithm built in (GOST keys)
 */
export function publicKeyVerifySignature(key: PublicKey, sig: PublicKeySignature, crypto: HostCrypto): number {
  const sameAlgorithm = key.algorithm === sig.algorithm || (key.algorithm.startsWith("ecdsa-") && sig.algorithm === "ecdsa");
  if (!sameAlgorithm) return -EKEYREJECTED;
  if (sig.algorithm === "rsa") return hasDigest(sig.hash) ? pkcs1padVerify(key.key, sig, sig.hash, crypto) : -EINVAL;
  if (sig.algorithm === "ecdsa") {
    if (!hasDigest(sig.hash)) return -EINVAL;
    const curve = key.algorithm.slice("ecdsa-nist-".length);
    if (!isCurve(curve)) throw new NotModelled(`public_key_verify_signature(): ${key.algorithm}`);
    return ecdsaVerify(curve, key.key, sig, sig.hash, crypto);
  }
  return sig.hash.startsWith("streebog") ? -ENOENT : -EINVAL;
}

function isCurve(name: string): name is Curve {
  return Object.hasOwn(CURVES, name);
}

interface Integers {
  values: Uint8Array[];
}

const noteInteger: Action<Integers> = (context, element) => {
  context.values.push(contents(element));
  return 0;
};

function ecdsaVerify(
  curve: Curve,
  key: Uint8Array,
  sig: PublicKeySignature,
  digest: DigestAlgorithm,
  crypto: HostCrypto,
): number {
  const { bytes, n } = CURVES[curve];
  const digits = Math.ceil(bytes / 8);
  const coordinate = (key.length - 1) >> 1;
  if (key.length < 1 || (key.length & 1) === 0 || key[0] !== 4 || Math.ceil(coordinate / 8) !== digits) return -EINVAL;
  const publicKey = new Uint8Array(1 + 2 * bytes);
  publicKey[0] = 4;
  const xFits = putNumber(key.subarray(1, 1 + coordinate), publicKey.subarray(1, 1 + bytes));
  const yFits = putNumber(key.subarray(1 + coordinate), publicKey.subarray(1 + bytes));
  if (!xFits || !yFits) return -EINVAL;

  const noteRS: Action<Integers> = (context, element) => {
    const value = contents(element);
    const size = digits * 8;
    if (value.length === 0 || value.length > size + 1 || (value.length > size && value[0] !== 0)) return -EINVAL;
    return noteInteger(context, element);
  };
  const pattern: Step<Integers>[] = [{ tag: 0x30, body: [{ tag: 0x02, act: noteRS }, { tag: 0x02, act: noteRS }] }];
  const rs: Integers = { values: [] };
  const err = asn1BerDecoder(pattern, rs, sig.signature);
  // The key is set before the signature is looked at: a key off the curve comes first.
  const signature = new Uint8Array(2 * bytes);
  const inRange = err === 0 && rs.values.every((value, i) => {
    const number = toBigInt(value);
    return number > 0n && number < n && putNumber(value, signature.subarray(i * bytes, (i + 1) * bytes));
  });
  if (!inRange) signature[bytes - 1] = signature[2 * bytes - 1] = 1;
  const verdict = crypto.verifyEcdsa({ curve, publicKey, digest, message: sig.message, signature });
  if (verdict === "bad key") return -EINVAL;
  if (err < 0) return err;
  if (!inRange) return -EBADMSG;
  return verdict === "valid" ? 0 : -EKEYREJECTED;
}

/** The DER of DigestInfo up to the digest itself [RFC 8017, 9.2]: the last bytes of the digest's identifier. */
const DIGEST_INFO_OIDS: Readonly<Record<DigestAlgorithm, readonly number[]>> = {
  "sha1": [0x2b, 14, 3, 2, 26],
  "sha224": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4],
  "sha256": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
  "sha384": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2],
  "sha512": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3],
  "sha3-256": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8],
  "sha3-384": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9],
  "sha3-512": [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 10],
};

const RSA_KEY_BITS = [512, 1024, 1536, 2048, 3072, 4096];

function pkcs1padVerify(key: Uint8Array, sig: PublicKeySignature, digest: DigestAlgorithm, crypto: HostCrypto): number {
  const parts: Integers = { values: [] };
  const notePart: Action<Integers> = (context, element) => {
    if (element.vlen === 0 || element.vlen > (context.values[0]?.length ?? Infinity)) return -EINVAL;
    return noteInteger(context, element);
  };
  const err = asn1BerDecoder([{ tag: 0x30, body: [{ tag: 0x02, act: notePart }, { tag: 0x02, act: notePart }] }], parts, key);
  if (err < 0) return err;
  const [n, e] = parts.values.map(toBigInt);
  const size = Math.ceil(n.toString(2).length / 32) * 4;
  if (n === 0n || !RSA_KEY_BITS.includes(size * 8) || sig.signature.length !== size) return -EINVAL;
  const s = toBigInt(sig.signature);
  if (s <= 1n || s >= n - 1n) return -EINVAL;

  const message = new Uint8Array(size);
  putNumber(hexBytes(powMod(s, e, n)), message);
  if (message[0] !== 0) return -EINVAL;
  if (message[1] !== 1) return -EBADMSG;
  let at = 2;
  while (at < size && message[at] === 0xff) at++;
  if (at < 10 || at === size || message[at] !== 0) return -EBADMSG;
  at++;
  const oid = DIGEST_INFO_OIDS[digest];
  const length = DIGEST_SIZES[digest];
  const info = [0x30, oid.length + length + 8, 0x30, oid.length + 4, 6, oid.length, ...oid, 5, 0, 4, length];
  if (info.length > size - at || info.some((byte, i) => message[at + i] !== byte)) return -EBADMSG;
  const expected = crypto.digest(digest, sig.message);
  const found = message.subarray(at + info.length);
  return found.length === length && expected.every((byte, i) => byte === found[i]) ? 0 : -EKEYREJECTED;
}

function powMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt("0x" + bytes.toHex());
}

function hexBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Uint8Array.fromHex(hex.length & 1 ? "0" + hex : hex);
}

/** Writes a big-endian number of any length right-aligned into `field`; false where it does not fit. */
function putNumber(value: Uint8Array, field: Uint8Array): boolean {
  let skip = 0;
  while (value.length - skip > field.length && value[skip] === 0) skip++;
  if (value.length - skip > field.length) return false;
  field.fill(0).set(value.subarray(skip), field.length - (value.length - skip));
  return true;
}
