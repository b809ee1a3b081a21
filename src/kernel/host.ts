// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the model asks of the machine it runs on: hashing and signatures, which a host may do better than portable JavaScript.
 *
 * Two hosts exist: portable_host.ts (libraries only, runs in a browser) and src/suite/node_host.ts (node:crypto). Both are for
 * dynamic import: a module without a signature needs neither.
 *
 * @module
 */

/** The digests that the kernel has for signatures (Debian armmp: CRYPTO_SHA1, SHA256, SHA512 and SHA3 are built in). */
export const DIGEST_SIZES = {
  "sha1": 20,
  "sha224": 28,
  "sha256": 32,
  "sha384": 48,
  "sha512": 64,
  "sha3-256": 32,
  "sha3-384": 48,
  "sha3-512": 64,
} as const;

export type DigestAlgorithm = keyof typeof DIGEST_SIZES;

/** The curves of crypto/ecdsa.c, named as in the kernel without "ecdsa-nist-". P-192, which it has too, is not modelled. */
export type Curve = "p256" | "p384" | "p521";

/** "bad key": the public key is not a point of the curve. */
export type EcdsaVerdict = "valid" | "invalid" | "bad key";

/** An ECDSA signature and what it is over. */
export interface EcdsaQuestion {
  readonly curve: Curve;
  /** Uncompressed point: 4, x, y; both coordinates of the curve's size. */
  readonly publicKey: Uint8Array;
  readonly digest: DigestAlgorithm;
  readonly message: Uint8Array;
  /** r and s, each of the curve's size, both in 1 to n - 1. */
  readonly signature: Uint8Array;
}

/** The primitives that signature verification is built from. */
export interface HostCrypto {
  digest(algorithm: DigestAlgorithm, data: Uint8Array): Uint8Array;
  verifyEcdsa(question: EcdsaQuestion): EcdsaVerdict;
}

/** Where the kernel's log lines go. `level` is 0 to 7; `text` has no newline at its end. */
export type Printk = (level: number, text: string) => void;

/** What a host does for the model. Synchronous; no bytes of a module make a method throw (but for a key on P-192: NotModelled). */
export interface Host extends HostCrypto {
  sha256(data: Uint8Array): Uint8Array;
  /**
   * verify_pkcs7_signature() for a module.
   *
   * @param data the module without its signature
   * @param signature the PKCS#7 message
   * @param trustedKeys X.509 certificates in DER
   * @param printk gets the parser's and the verifier's log lines
   * @returns 0, or minus an errno
   */
  verifyPkcs7Signature(data: Uint8Array, signature: Uint8Array, trustedKeys: readonly Uint8Array[], printk?: Printk): number;
}

function missing(): never {
  throw new Error("Cannot hash or verify: this host has no cryptography; import portable_host.ts or suite/node_host.ts");
}

/** The host of a run that meets no signed module and hashes nothing; being asked all the same is a bug of ours. */
export const noSignatures: Host = {
  sha256: missing,
  digest: missing,
  verifyEcdsa: missing,
  verifyPkcs7Signature: missing,
};
