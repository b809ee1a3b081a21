// SPDX-License-Identifier: GPL-2.0-only
/**
 * A host of portable JavaScript: runs wherever the model runs, a browser included.
 *
 * @module
 */

import { p256, p384, p521 } from "@noble/curves/nist.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import type { DigestAlgorithm, EcdsaQuestion, EcdsaVerdict, Host } from "./host.ts";
import { verifyPkcs7Signature } from "./crypto/pkcs7.ts";

const DIGESTS: Readonly<Record<DigestAlgorithm, (data: Uint8Array) => Uint8Array>> = {
  "sha1": sha1,
  "sha224": sha224,
  "sha256": sha256,
  "sha384": sha384,
  "sha512": sha512,
  "sha3-256": sha3_256,
  "sha3-384": sha3_384,
  "sha3-512": sha3_512,
};

const CURVES = { p256, p384, p521 };

function verifyEcdsa({ curve, publicKey, digest, message, signature }: EcdsaQuestion): EcdsaVerdict {
  try {
    CURVES[curve].Point.fromBytes(publicKey).assertValidity();
  } catch {
    return "bad key";
  }
  const valid = CURVES[curve].verify(signature, DIGESTS[digest](message), publicKey, {
    prehash: false,
    lowS: false,
    format: "compact",
  });
  return valid ? "valid" : "invalid";
}

/** Hashes and verifies with @noble/hashes and @noble/curves. */
export const portableHost: Host = {
  sha256,
  digest: (algorithm, data) => DIGESTS[algorithm](data),
  verifyEcdsa,
  verifyPkcs7Signature: (data, signature, trustedKeys, printk) =>
    verifyPkcs7Signature(data, signature, trustedKeys, portableHost, printk),
};
