// SPDX-License-Identifier: GPL-2.0-only
/**
 * X.509 certificates: those inside a PKCS#7 message, and those that the kernel trusts.
 *
 * Models: x509_cert_parse() and its actions in crypto/asymmetric_keys/x509_cert_parser.c, the patterns x509.asn1 and
 * x509_akid.asn1, x509_get_sig_params() and x509_check_for_self_signed() in x509_public_key.c, the key IDs of
 * asymmetric_type.c. No certificate is blacklisted here (the kernel's blacklist is empty unless the firmware or the build fills
 * it).
 *
 * @module
 */

import { type Action, ANY, asn1BerDecoder, contents, type Element, type Match, type Step } from "./asn1.ts";
import { EBADMSG, EINVAL, EKEYREJECTED, ENOPKG } from "../errno.ts";
import type { HostCrypto, Printk } from "../host.ts";
import { KERN_WARNING } from "../log.ts";
import { lookUpOid, oidName } from "./oid_registry.ts";
import { NameParts } from "./x509_name.ts";
import { hasDigest, type PublicKey, type PublicKeySignature, publicKeyVerifySignature } from "./public_key.ts";

/** struct x509_certificate, with what pkcs7_verify.c and pkcs7_trust.c note in it. */
export interface Certificate {
  /** Serial number, then the issuer's name. */
  readonly id: Uint8Array;
  readonly skid: Uint8Array | undefined;
  readonly serial: Uint8Array;
  /** The subject's name as text. */
  readonly subject: string;
  readonly pub: PublicKey;
  readonly sig: PublicKeySignature;
  /** Of the signer: [serial and issuer, subject key identifier], as the authority key identifier gives them. */
  readonly authIds: readonly [Uint8Array | undefined, Uint8Array | undefined];
  /** Seconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly unsupportedSig: boolean;
  readonly selfSigned: boolean;
  index: number;
  signer: Certificate | undefined;
  seen: boolean;
  verified: boolean;
}

interface Context {
  readonly printk: Printk;
  lastOid: number;
  sigOid: number;
  sigAlgorithm: PublicKeySignature["algorithm"];
  sigHash: string;
  tbs: Uint8Array;
  rawSig: Uint8Array;
  serial: Uint8Array;
  issuer: Uint8Array;
  subject: Uint8Array | undefined;
  readonly nameParts: NameParts;
  subjectName: string;
  params: Uint8Array;
  key: Uint8Array | undefined;
  keyAlgorithm: string;
  skid: Uint8Array | undefined;
  akid: Uint8Array | undefined;
  akidIssuer: Uint8Array | undefined;
  authIds: [Uint8Array | undefined, Uint8Array | undefined];
  validFrom: number;
  validTo: number;
}

const NONE = new Uint8Array(0);

/** asymmetric_key_id_same(): both there, and the same bytes. */
export function sameId(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** asymmetric_key_generate_id() */
export function generateId(first: Uint8Array, second: Uint8Array = NONE): Uint8Array {
  const id = new Uint8Array(first.length + second.length);
  id.set(first);
  id.set(second, first.length);
  return id;
}

/** x509_note_sig_algo(): the signature algorithms, as [key, digest]. */
function signatureAlgorithm(name: string): [PublicKeySignature["algorithm"], string] | undefined {
  const rsa = /^(sha\d+)WithRSAEncryption$/.exec(name) ?? /^id_rsassa_pkcs1_v1_5_with_(sha3_\d+)$/.exec(name);
  if (rsa) return ["rsa", rsa[1].replace("_", "-")];
  const ecdsa = /^id_ecdsa_with_(sha\w+)$/.exec(name);
  if (ecdsa) return ["ecdsa", ecdsa[1].replace("_", "-")];
  const gost = /^gost2012Signature(256|512)$/.exec(name);
  return gost ? ["ecrdsa", `streebog${gost[1]}`] : undefined;
}

const CURVE_NAMES: Readonly<Record<string, string>> = {
  id_prime192v1: "ecdsa-nist-p192",
  id_prime256v1: "ecdsa-nist-p256",
  id_ansip384r1: "ecdsa-nist-p384",
  id_ansip521r1: "ecdsa-nist-p521",
};

const noteOid: Action<Context> = (ctx, element) => {
  ctx.lastOid = lookUpOid(contents(element));
  return 0;
};

const extractNameSegment: Action<Context> = (ctx, element) => {
  ctx.nameParts.note(ctx.lastOid, contents(element));
  return 0;
};

const noteParams: Action<Context> = (ctx, element) => {
  // Of the three algorithms in a certificate only the second one, the key's, has its parameters kept.
  if (ctx.subject && !ctx.key) ctx.params = withHeader(element);
  return 0;
};

const noteSigAlgo: Action<Context> = (ctx) => {
  const algorithm = signatureAlgorithm(oidName(ctx.lastOid));
  if (!algorithm) return -ENOPKG;
  [ctx.sigAlgorithm, ctx.sigHash] = algorithm;
  ctx.sigOid = ctx.lastOid;
  return 0;
};

const noteSignature: Action<Context> = (ctx, element) => {
  if (ctx.lastOid !== ctx.sigOid) {
    const text = `X.509: signatureAlgorithm (${ctx.lastOid}) differs from tbsCertificate.signature (${ctx.sigOid})`;
    ctx.printk(KERN_WARNING, text);
    return -EINVAL;
  }
  const bits = contents(element);
  if (bits.length < 1 || bits[0] !== 0) return -EBADMSG;
  ctx.rawSig = bits.subarray(1);
  return 0;
};

const extractKeyData: Action<Context> = (ctx, element) => {
  const name = oidName(ctx.lastOid);
  if (name === "rsaEncryption") ctx.keyAlgorithm = "rsa";
  else if (name === "gost2012PKey256" || name === "gost2012PKey512") ctx.keyAlgorithm = "ecrdsa";
  else if (name === "id_ecPublicKey") {
    const { params } = ctx;
    if (params.length < 3 || params[0] !== 0x06 || params[1] !== params.length - 2) return -EBADMSG;
    const curve = CURVE_NAMES[oidName(lookUpOid(params.subarray(2)))];
    if (!curve) return -ENOPKG;
    ctx.keyAlgorithm = curve;
  } else return -ENOPKG;
  const bits = contents(element);
  if (bits.length < 1 || bits[0] !== 0) return -EBADMSG;
  ctx.key = bits.subarray(1);
  return 0;
};

const processExtension: Action<Context> = (ctx, element) => {
  const v = contents(element);
  switch (oidName(ctx.lastOid)) {
    case "subjectKeyIdentifier":
      if (ctx.skid || v.length < 3 || v[0] !== 0x04 || v[1] !== v.length - 2) return -EBADMSG;
      ctx.skid = v.subarray(2);
      return 0;
    case "keyUsage":
      return v.length < 4 || v[0] !== 0x03 || v[2] >= 8 ? -EBADMSG : 0;
    case "authorityKeyIdentifier":
      ctx.akid = v;
      return 0;
    case "basicConstraints":
      if (v.length < 2 || v[0] !== 0x30 || v[1] !== v.length - 2) return -EBADMSG;
      return v[1] === 0 || (v.length >= 5 && v[2] === 0x01 && v[3] === 1 && v[4] === 0xff) ? 0 : -EBADMSG;
    default:
      return 0;
  }
};

/**
 * x509_decode_time(): UTCTime, or GeneralizedTime outside of 1950 to 2049.
 *
 * @returns seconds since 1970, or undefined where the kernel gives -EBADMSG
 */
export function decodeTime(tag: number, value: Uint8Array): number | undefined {
  const utc = tag === 0x17;
  if ((!utc && tag !== 0x18) || value.length !== (utc ? 13 : 15)) return undefined;
  const text = String.fromCharCode(...value);
  if (!/^\d+Z$/.test(text)) return undefined;
  const [mon, day, hour, min, sec] = text.slice(utc ? 2 : 4).match(/\d\d/g)!.map(Number);
  let year = Number(text.slice(0, utc ? 2 : 4));
  if (utc) year += year >= 50 ? 1900 : 2000;
  else if (year >= 1950 && year <= 2049) return undefined;
  if (year < 1970 || mon < 1 || mon > 12) return undefined;
  const monthLength = new Date(Date.UTC(year, mon, 0)).getUTCDate();
  if (day < 1 || day > monthLength || hour > 24 || min > 59 || sec > 60) return undefined;
  return Date.UTC(year, mon - 1, day, hour, min, sec) / 1000;
}

function noteTime(field: "validFrom" | "validTo"): Action<Context> {
  return (ctx, element) => {
    const time = decodeTime(element.tag, contents(element));
    if (time === undefined) return -EBADMSG;
    ctx[field] = time;
    return 0;
  };
}

function keep(field: "serial" | "akidIssuer"): Action<Context> {
  return (ctx, element) => {
    ctx[field] = contents(element);
    return 0;
  };
}

const noteIssuer: Action<Context> = (ctx, element) => {
  ctx.issuer = contents(element);
  ctx.nameParts.take();
  return 0;
};

const noteSubject: Action<Context> = (ctx, element) => {
  ctx.subject = contents(element);
  ctx.subjectName = ctx.nameParts.take();
  return 0;
};

function withHeader(element: Element): Uint8Array {
  return element.data.subarray(element.value - element.hdrlen, element.value + element.vlen);
}

const ALGORITHM: Match<Context> = {
  tag: 0x30,
  jump: true,
  body: [{ tag: 0x06, act: noteOid }, { tag: ANY, skip: true, act: noteParams }],
};
const ATTRIBUTES: Step<Context>[] = [
  { tag: 0x31, of: true, body: [{ tag: 0x30, body: [{ tag: 0x06, act: noteOid }, { tag: ANY, act: extractNameSegment }] }] },
];
const NAME: Match<Context> = { tag: 0x30, jump: true, of: true, body: ATTRIBUTES };
const TIME: Step<Context>[] = [{ tag: 0x17, skip: true }, { tag: 0x18, skip: true, cond: true }, "fail unless matched"];
const EXTENSION: Match<Context> = {
  tag: 0x30,
  body: [{ tag: 0x06, act: noteOid }, { tag: 0x01, skip: true }, { tag: 0x04, act: processExtension }],
};

const CERTIFICATE: Step<Context>[] = [{
  tag: 0x30,
  body: [
    {
      tag: 0x30,
      body: [
        { tag: 0xa0, skip: true, jump: true, body: [{ tag: 0x02 }] },
        { tag: 0x02, act: keep("serial") },
        ALGORITHM,
        { run: noteSigAlgo },
        NAME,
        { run: noteIssuer },
        { tag: 0x30, body: [...TIME, { run: noteTime("validFrom") }, ...TIME, { run: noteTime("validTo") }] },
        NAME,
        { run: noteSubject },
        { tag: 0x30, body: [ALGORITHM, { tag: 0x03, act: extractKeyData }] },
        { tag: 0x81, skip: true },
        { tag: 0x82, skip: true },
        { tag: 0xa3, skip: true, jump: true, body: [{ tag: 0x30, of: true, body: [EXTENSION] }] },
      ],
    },
    {
      run: (ctx, element) => {
        ctx.tbs = withHeader(element);
        return 0;
      },
    },
    ALGORITHM,
    { tag: 0x03, act: noteSignature },
  ],
}];

const GENERAL_NAME: Step<Context>[] = [
  { tag: 0xa0, skip: true, jump: true, body: [{ tag: 0x06 }, { tag: 0xa0, body: [{ tag: ANY }] }] },
  { tag: 0x81, skip: true, cond: true },
  { tag: 0x82, skip: true, cond: true },
  { tag: 0xa3, skip: true, cond: true, jump: true, body: [{ tag: ANY }] },
  {
    tag: 0xa4,
    skip: true,
    cond: true,
    jump: true,
    body: [{ tag: 0x30, of: true, body: ATTRIBUTES }, { run: keep("akidIssuer") }],
  },
  {
    tag: 0xa5,
    skip: true,
    cond: true,
    jump: true,
    body: [{ tag: 0xa0, skip: true, jump: true, body: [{ tag: ANY }] }, { tag: 0xa1, body: [{ tag: ANY }] }],
  },
  { tag: 0x86, skip: true, cond: true },
  { tag: 0x87, skip: true, cond: true },
  { tag: 0x88, skip: true, cond: true },
  "fail unless matched",
];

const AUTHORITY_KEY_ID: Step<Context>[] = [{
  tag: 0x30,
  body: [
    {
      tag: 0x80,
      skip: true,
      act: (ctx, element) => {
        ctx.authIds[1] ??= generateId(contents(element));
        return 0;
      },
    },
    { tag: 0xa1, skip: true, jump: true, of: true, body: GENERAL_NAME },
    {
      tag: 0x82,
      skip: true,
      act: (ctx, element) => {
        if (ctx.akidIssuer) ctx.authIds[0] ??= generateId(contents(element), ctx.akidIssuer);
        return 0;
      },
    },
  ],
}];

/**
 * Parses a certificate and checks its signature if it is its own issuer.
 *
 * @param crypto undefined for a certificate that the kernel already trusts: it was checked when the kernel booted
 * @returns the certificate, or minus an errno: -EBADMSG for its structure, -ENOPKG for algorithms and curves that the kernel
 *   does not know, -EINVAL where the two signature algorithms differ, or what publicKeyVerifySignature() says of a
 *   self-signed one
 */
export function x509CertParse(data: Uint8Array, crypto: HostCrypto | undefined, printk: Printk): Certificate | number {
  const ctx: Context = {
    printk,
    lastOid: 0,
    sigOid: 0,
    sigAlgorithm: "rsa",
    sigHash: "",
    tbs: NONE,
    rawSig: NONE,
    serial: NONE,
    issuer: NONE,
    subject: undefined,
    nameParts: new NameParts(),
    subjectName: "",
    params: NONE,
    key: undefined,
    keyAlgorithm: "",
    skid: undefined,
    akid: undefined,
    akidIssuer: undefined,
    authIds: [undefined, undefined],
    validFrom: 0,
    validTo: 0,
  };
  let err = asn1BerDecoder(CERTIFICATE, ctx, data);
  if (err < 0) return err;
  if (ctx.akid) {
    err = asn1BerDecoder(AUTHORITY_KEY_ID, ctx, ctx.akid);
    if (err < 0) {
      printk(KERN_WARNING, "X.509: Couldn't decode AuthKeyIdentifier");
      return err;
    }
  }
  const id = generateId(ctx.serial, ctx.issuer);
  const pub = { algorithm: ctx.keyAlgorithm, key: ctx.key ?? NONE };
  const sig = { algorithm: ctx.sigAlgorithm, hash: ctx.sigHash, signature: ctx.rawSig, message: ctx.tbs };
  const noDigest = !hasDigest(ctx.sigHash);
  const self = crypto && sameId(ctx.subject, ctx.issuer) ? isOwnIssuer(ctx, id) : false;
  if (typeof self === "number") return self;
  if (self && crypto && !noDigest) err = publicKeyVerifySignature(pub, sig, crypto);
  if (err < 0 && err !== -ENOPKG) return err;
  return {
    id,
    skid: ctx.skid,
    serial: ctx.serial,
    subject: ctx.subjectName,
    pub,
    sig,
    authIds: ctx.authIds,
    validFrom: ctx.validFrom,
    validTo: ctx.validTo,
    unsupportedSig: noDigest || err < 0,
    selfSigned: self && !noDigest && err === 0,
    index: 0,
    signer: undefined,
    seen: false,
    verified: false,
  };
}

/** The identifiers' part of x509_check_for_self_signed(): -EKEYREJECTED where one of two authority identifiers is another's. */
function isOwnIssuer(ctx: Context, id: Uint8Array): boolean | number {
  const [authId, authSkid] = ctx.authIds;
  if (!authId && !authSkid) return true;
  const sameSkid = sameId(ctx.skid, authSkid);
  const sameSerial = sameId(id, authId);
  if (!sameSkid && !sameSerial) return false;
  return sameSkid !== sameSerial && authId && authSkid ? -EKEYREJECTED : true;
}
