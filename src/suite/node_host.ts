// SPDX-License-Identifier: GPL-2.0-only
/**
 * The command line's host: hashing and signatures by node:crypto.
 *
 * @module
 */

import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { DIGEST_SIZES, type EcdsaQuestion, type EcdsaVerdict, type Host } from "../kernel/host.ts";
import { verifyPkcs7Signature } from "../kernel/crypto/pkcs7.ts";
import { portableHost } from "../kernel/portable_host.ts";

function digest(algorithm: string, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(data).digest());
}

const CURVE_NAMES = { p256: "P-256", p384: "P-384", p521: "P-521" };

function verifyEcdsa(question: EcdsaQuestion): EcdsaVerdict {
  const { curve, publicKey, digest, message, signature } = question;
  const size = (publicKey.length - 1) / 2;
  // Deno's node:crypto calls every signature over a digest under half of the curve's size invalid (P-384 with SHA-1, say).
  if (DIGEST_SIZES[digest] < size / 2) return portableHost.verifyEcdsa(question);
  const coordinate = (at: number) => publicKey.subarray(at, at + size).toBase64({ alphabet: "base64url", omitPadding: true });
  let key: KeyObject;
  try {
    const jwk = { kty: "EC", crv: CURVE_NAMES[curve], x: coordinate(1), y: coordinate(1 + size) };
    key = createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return "bad key";
  }
  return verify(digest, message, { key, dsaEncoding: "ieee-p1363" }, signature) ? "valid" : "invalid";
}

/** Hashes and verifies with node:crypto. */
export const nodeHost: Host = {
  sha256: (data) => digest("sha256", data),
  digest,
  verifyEcdsa,
  verifyPkcs7Signature: (data, signature, trustedKeys, printk) =>
    verifyPkcs7Signature(data, signature, trustedKeys, nodeHost, printk),
};
