// SPDX-License-Identifier: GPL-2.0-only
/**
 * The signature at a file's end: what its trailer says, who made it, and what the kernel says to it.
 *
 * Models: struct module_signature of include/linux/module_signature.h, kmod_module_signature_info() of kmod's
 * libkmod-signature.c.
 *
 * @module
 */

import { errnoName } from "../kernel/errno.ts";
import { Kernel } from "../kernel/kernel.ts";
import { parsePkcs7Message } from "../kernel/crypto/pkcs7_parser.ts";
import { hasSignatureMarker, moduleSigCheck, type SignatureResult } from "../module/signature.ts";
import { readable, type Subject } from "./inspect_subject.ts";

/** "~Module signature appended~\n", and the twelve bytes of struct module_signature before it. */
const MARKER_SIZE = 28;
const TRAILER_SIZE = 12;
/** enum pkey_id_type. */
const ID_TYPES = ["PGP", "X509", "PKCS#7"];
/** The attribute commonName (2.5.4.3), tag and length included. */
const COMMON_NAME = [0x06, 0x03, 0x55, 0x04, 0x03];

export interface SignatureFacts {
  /** Absent where the marker stands alone, without room for a trailer before it. */
  idType?: string;
  /** Bytes of the signature, as the trailer gives them. */
  length?: number;
  /** Bytes that are signed: all before the signature. */
  moduleLength: number;
  /** What the kernel says to it. */
  verdict: string;
}

/** Of a PKCS#7 message: common name of who signed, serial number of the certificate, digest, signature; bytes as hex. */
export interface SignerFacts {
  signer: string;
  key: string;
  hash: string;
  signature: string;
}

/** What the subject's kernel answers to the signature, with the log lines. */
function checkSignature({ bytes, profile, host }: Subject, sigEnforce: boolean) {
  const kernel = new Kernel(profile, host);
  const context = {
    config: kernel.config,
    sigEnforce,
    get trustedKeys() {
      return profile.trustedKeys;
    },
    host,
    printk: (level: number, text: string) => kernel.printk(level, text),
  };
  return { ...moduleSigCheck(bytes, 0, context), log: () => kernel.log.take().map((line) => line.text) };
}

/** moduleSigCheck() on a kernel that does not enforce signatures, and what it comes to in words. */
export function signatureVerdict(subject: Subject): SignatureResult & { verdict: string } {
  const { release, config } = subject.profile;
  const { log, ...result } = checkSignature(subject, false);
  const inWords = (): string => {
    if (!config.has("MODULE_SIG")) return `not looked at by ${release}, which is built without CONFIG_MODULE_SIG`;
    if (result.sigOk) return `valid by a key of ${release}`;
    if (result.err) return `refused by ${release}: ${[errnoName(-result.err), ...log()].join(", ")}`;
    // The line that an enforcing kernel prints has the reason: "Loading of module with unavailable key is rejected".
    const reason = checkSignature(subject, true).log().at(-1) ?? "";
    return `counts as none on ${release}; if it enforced signatures: ${reason}`;
  };
  return { ...result, verdict: inWords() };
}

function hexPairs(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(":");
}

/** Where in serial number and issuer the issuer begins: the rest is a run of SETs that ends with the bytes. */
function issuerStart(id: Uint8Array): number {
  const isSets = (from: number) => {
    let at = from;
    while (at < id.length) {
      const long = id[at + 1] === 0x81 ? 1 : 0;
      if (id[at] !== 0x31 || id[at + 1] > 0x81) return false;
      at += 2 + long + id[at + 1 + long];
    }
    return at === id.length;
  };
  for (let from = 1; from < id.length; from++) if (isSets(from)) return from;
  return id.length;
}

/** The text of the first commonName in a distinguished name. */
function commonName(name: Uint8Array): string {
  for (let at = 0; at + COMMON_NAME.length + 2 <= name.length; at++) {
    if (!COMMON_NAME.every((byte, i) => name[at + i] === byte)) continue;
    const text = at + COMMON_NAME.length + 2;
    return readable(String.fromCharCode(...name.subarray(text, text + name[text - 1])));
  }
  return "";
}

/** The trailer, and where the signature before it begins and ends; undefined where there is no room for one. */
function trailerOf(bytes: Uint8Array) {
  const end = bytes.length - MARKER_SIZE - TRAILER_SIZE;
  if (end < 0) return undefined;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end, TRAILER_SIZE);
  const length = trailer.getUint32(8);
  const idType = ID_TYPES[trailer.getUint8(2)] ?? `0x${trailer.getUint8(2).toString(16)}`;
  return { idType, length, start: Math.max(end - length, 0), end };
}

/** Who signed the file; undefined where it has no PKCS#7 message that can be read. */
export function signerOf({ bytes, host }: Subject): SignerFacts | undefined {
  const trailer = hasSignatureMarker(bytes) ? trailerOf(bytes) : undefined;
  if (trailer?.idType !== "PKCS#7") return undefined;
  const parsed = parsePkcs7Message(bytes.subarray(trailer.start, trailer.end), host, () => {});
  if (typeof parsed === "number") return undefined;
  const [{ keyId, hash, signature }] = parsed.signedInfos;
  const issuer = issuerStart(keyId);
  return {
    signer: commonName(keyId.subarray(issuer)),
    key: hexPairs(keyId.subarray(0, issuer)),
    hash,
    signature: hexPairs(signature),
  };
}

/** @returns undefined for a file without the marker */
export function signatureOf(subject: Subject): SignatureFacts | undefined {
  const { bytes } = subject;
  if (!hasSignatureMarker(bytes)) return undefined;
  const { verdict } = signatureVerdict(subject);
  const trailer = trailerOf(bytes);
  if (trailer === undefined) return { moduleLength: bytes.length - MARKER_SIZE, verdict };
  const { idType, length, start } = trailer;
  return { idType, length, moduleLength: start, verdict };
}
