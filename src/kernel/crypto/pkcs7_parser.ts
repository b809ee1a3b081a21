// SPDX-License-Identifier: GPL-2.0-only
/**
 * PKCS#7 messages as the kernel reads them.
 *
 * Models: pkcs7_parse_message() and its actions in crypto/asymmetric_keys/pkcs7_parser.c, the pattern pkcs7.asn1. Log lines
 * that name an algorithm do so by its number in `enum OID`.
 *
 * @module
 */

import { type Action, ANY, asn1BerDecoder, contents, type Element, type Match, type Step } from "./asn1.ts";
import { EBADMSG, EINVAL, EKEYREJECTED, ENOPKG } from "../errno.ts";
import type { HostCrypto, Printk } from "../host.ts";
import { KERN_WARNING } from "../log.ts";
import { lookUpOid, OID__NR, oidName, sprintOid } from "./oid_registry.ts";
import type { PublicKeySignature } from "./public_key.ts";
import { type Certificate, decodeTime, generateId, x509CertParse } from "./x509.ts";

/** struct pkcs7_signed_info */
export interface SignedInfo {
  index: number;
  algorithm: PublicKeySignature["algorithm"];
  hash: string;
  signature: Uint8Array;
  /** Who signed: serial number and issuer, or the subject key identifier. */
  keyId: Uint8Array;
  /** The signed attributes from their length on: their tag is [0], but SET OF is what was hashed. */
  authattrs: Uint8Array | undefined;
  msgdigest: Uint8Array | undefined;
  signingTime: number | undefined;
  signer: Certificate | undefined;
  unsupportedCrypto: boolean;
}

/** struct pkcs7_message. `data` is the content, if it is not detached. */
export interface Message {
  certs: Certificate[];
  signedInfos: SignedInfo[];
  haveAuthattrs: boolean;
  dataType: string;
  data: Uint8Array | undefined;
}

interface Context {
  readonly message: Message;
  readonly crypto: HostCrypto;
  readonly printk: Printk;
  /** The signer information being read, and which attributes it has had. */
  info: SignedInfo;
  seen: Set<string>;
  certs: Certificate[];
  certCount: number;
  version: number;
  lastOid: number;
  expectSkid: boolean;
  serial: Uint8Array;
  issuer: Uint8Array;
  skid: Uint8Array;
}

const NONE = new Uint8Array(0);

function newInfo(): SignedInfo {
  return {
    index: 0,
    algorithm: "rsa",
    hash: "",
    signature: NONE,
    keyId: NONE,
    authattrs: undefined,
    msgdigest: undefined,
    signingTime: undefined,
    signer: undefined,
    unsupportedCrypto: false,
  };
}

function warn(ctx: Context, text: string, errno: number): number {
  ctx.printk(KERN_WARNING, text);
  return -errno;
}

const noteOid: Action<Context> = (ctx, element) => {
  const value = contents(element);
  ctx.lastOid = lookUpOid(value);
  // A printk() without a level: CONFIG_MESSAGE_LOGLEVEL_DEFAULT, 4.
  if (ctx.lastOid === OID__NR) ctx.printk(KERN_WARNING, `PKCS7: Unknown OID: [${element.value}] ${sprintOid(value, 50)}`);
  return 0;
};

const DIGESTS: Readonly<Record<string, string>> = {
  sha1: "sha1",
  sha224: "sha224",
  sha256: "sha256",
  sha384: "sha384",
  sha512: "sha512",
  sm3: "sm3",
  gost2012Digest256: "streebog256",
  gost2012Digest512: "streebog512",
  sha3_256: "sha3-256",
  sha3_384: "sha3-384",
  sha3_512: "sha3-512",
};

const noteDigestAlgo: Action<Context> = (ctx) => {
  const hash = DIGESTS[oidName(ctx.lastOid)];
  if (!hash) return warn(ctx, `Unsupported digest algo: ${ctx.lastOid}`, ENOPKG);
  ctx.info.hash = hash;
  return 0;
};

const notePkeyAlgo: Action<Context> = (ctx) => {
  const name = oidName(ctx.lastOid);
  if (name === "rsaEncryption") ctx.info.algorithm = "rsa";
  else if (name.startsWith("id_ecdsa_with_sha")) ctx.info.algorithm = "ecdsa";
  else if (name.startsWith("gost2012PKey")) ctx.info.algorithm = "ecrdsa";
  else return warn(ctx, `Unsupported pkey algo: ${ctx.lastOid}`, ENOPKG);
  return 0;
};

const checkContentType: Action<Context> = (ctx) =>
  oidName(ctx.lastOid) === "signed_data" ? 0 : warn(ctx, "PKCS7: Only support pkcs7_signedData type", EINVAL);

const noteSignedDataVersion: Action<Context> = (ctx, element) => {
  ctx.version = element.vlen === 1 ? element.data[element.value] : 0;
  return ctx.version === 1 || ctx.version === 3 ? 0 : warn(ctx, "PKCS7: Unsupported SignedData version", EINVAL);
};

const noteSignerInfoVersion: Action<Context> = (ctx, element) => {
  const version = element.vlen === 1 ? element.data[element.value] : 0;
  if (version !== 1 && version !== 3) return warn(ctx, "PKCS7: Unsupported SignerInfo version", EINVAL);
  if ((version === 1) !== (ctx.version === 1)) {
    return warn(ctx, "PKCS7: SignedData-SignerInfo version mismatch", EBADMSG);
  }
  ctx.expectSkid = version === 3;
  return 0;
};

const extractCert: Action<Context> = (ctx, element) => {
  if (element.tag !== 0x30) return -EBADMSG;
  const start = element.value - element.hdrlen;
  const eoc = element.data[start + 1] === 0x80 ? 2 : 0;
  const cert = x509CertParse(element.data.subarray(start, element.value + element.vlen + eoc), ctx.crypto, ctx.printk);
  if (typeof cert === "number") return cert;
  cert.index = ++ctx.certCount;
  ctx.certs.push(cert);
  return 0;
};

const noteCertificateList: Action<Context> = (ctx) => {
  ctx.message.certs = [...ctx.certs, ...ctx.message.certs];
  ctx.certs = [];
  return 0;
};

const noteContent: Action<Context> = (ctx) => {
  const name = oidName(ctx.lastOid);
  if (name !== "data" && name !== "msIndirectData") return warn(ctx, `PKCS7: Unsupported data type ${ctx.lastOid}`, EINVAL);
  ctx.message.dataType = name;
  return 0;
};

const noteData: Action<Context> = (ctx, element) => {
  ctx.message.data = contents(element);
  return 0;
};

/** The attributes that may come only once; of the others the kernel takes no note. */
const ATTRIBUTES = [
  "contentType",
  "signingTime",
  "messageDigest",
  "smimeCapabilites",
  "msSpOpusInfo",
  "msStatementType",
];

const noteAuthenticatedAttr: Action<Context> = (ctx, element) => {
  const name = oidName(ctx.lastOid);
  if (!ATTRIBUTES.includes(name)) return 0;
  if (ctx.seen.has(name)) return warn(ctx, "PKCS7: Repeated/multivalue AuthAttrs not permitted", EKEYREJECTED);
  ctx.seen.add(name);
  const value = contents(element);
  const { message, info } = ctx;
  switch (name) {
    case "contentType": {
      const type = lookUpOid(value);
      if (oidName(type) === message.dataType) return 0;
      const expected = message.dataType === "data" ? OID_DATA : OID_MS_INDIRECT_DATA;
      return warn(ctx, `PKCS7: Mismatch between global data type (${expected}) and sinfo ${info.index} (${type})`, EBADMSG);
    }
    case "signingTime":
      info.signingTime = decodeTime(element.tag, value);
      return info.signingTime === undefined ? -EBADMSG : 0;
    case "messageDigest":
      if (element.tag !== 0x04) return -EBADMSG;
      info.msgdigest = value;
      return 0;
    default:
      if (message.dataType === "msIndirectData") return 0;
      return name === "smimeCapabilites"
        ? warn(ctx, "PKCS7: S/MIME Caps only allowed with Authenticode", EKEYREJECTED)
        : warn(ctx, "PKCS7: Authenticode AuthAttrs only allowed with Authenticode", EKEYREJECTED);
  }
};

const OID_DATA = lookUpOid(Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 1));
const OID_MS_INDIRECT_DATA = lookUpOid(Uint8Array.of(0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4));

const noteSetOfAuthattrs: Action<Context> = (ctx, element) => {
  if (!ctx.seen.has("contentType") || !ctx.seen.has("messageDigest")) {
    return warn(ctx, "PKCS7: Missing required AuthAttr", EBADMSG);
  }
  // msSpOpusInfo without Authenticode, the kernel's next check, was refused where the attribute was read.
  ctx.info.authattrs = element.data.subarray(element.value - (element.hdrlen - 1), element.value + element.vlen);
  return 0;
};

const noteSignedInfo: Action<Context> = (ctx) => {
  if (ctx.message.dataType === "msIndirectData" && !ctx.info.authattrs) {
    return warn(ctx, "PKCS7: Authenticode requires AuthAttrs", EBADMSG);
  }
  ctx.info.keyId = ctx.expectSkid ? generateId(ctx.skid) : generateId(ctx.serial, ctx.issuer);
  ctx.info.index = ctx.message.signedInfos.push(ctx.info);
  ctx.info = newInfo();
  ctx.seen = new Set();
  return 0;
};

function keep(field: "serial" | "issuer" | "skid"): Action<Context> {
  return (ctx: Context, element: Element) => {
    ctx[field] = contents(element);
    return 0;
  };
}

const ALGORITHM: Step<Context>[] = [{ tag: 0x06, act: noteOid }, { tag: ANY, skip: true }];
const ALGORITHM_ID: Match<Context> = { tag: 0x30, jump: true, body: ALGORITHM };
const CERTIFICATES: Step<Context>[] = [{ tag: ANY, act: extractCert }];
const CRL: Match<Context> = { tag: 0x30, jump: true, of: true, body: CERTIFICATES };
const AUTHENTICATED_ATTRIBUTE: Match<Context> = {
  tag: 0x30,
  jump: true,
  body: [{ tag: 0x06, act: noteOid }, { tag: 0x31, of: true, body: [{ tag: ANY, act: noteAuthenticatedAttr }] }],
};
const UNAUTHENTICATED_ATTRIBUTE: Match<Context> = {
  tag: 0x30,
  jump: true,
  body: [{ tag: 0x06 }, { tag: 0x31, of: true, body: [{ tag: ANY }] }],
};
const NAME: Match<Context> = {
  tag: 0x30,
  of: true,
  body: [{ tag: 0x31, of: true, body: [{ tag: 0x30, body: [{ tag: 0x06, act: noteOid }, { tag: ANY }] }] }],
};
const ISSUER_AND_SERIAL: Step<Context>[] = [
  NAME,
  { run: keep("issuer") },
  { tag: 0x02 },
  { run: keep("serial") },
];
const SIGNER_INFO: Match<Context> = {
  tag: 0x30,
  jump: true,
  endAct: noteSignedInfo,
  body: [
    { tag: 0x02, act: noteSignerInfoVersion },
    { tag: 0x30, skip: true, jump: true, body: ISSUER_AND_SERIAL },
    { tag: 0x80, skip: true, cond: true, act: keep("skid") },
    "fail unless matched",
    ALGORITHM_ID,
    { run: noteDigestAlgo },
    { tag: 0xa0, skip: true, jump: true, of: true, body: [AUTHENTICATED_ATTRIBUTE] },
    { run: noteSetOfAuthattrs, maybe: true },
    { tag: 0xa2, skip: true, cond: true, jump: true, body: [{ tag: 0x30, of: true, body: [AUTHENTICATED_ATTRIBUTE] }] },
    { tag: 0x30, body: ALGORITHM },
    { run: notePkeyAlgo },
    {
      tag: 0x04,
      act: (ctx, element) => {
        ctx.info.signature = contents(element);
        return 0;
      },
    },
    { tag: 0xa1, skip: true, jump: true, of: true, body: [UNAUTHENTICATED_ATTRIBUTE] },
    { tag: 0xa3, skip: true, cond: true, jump: true, of: true, body: [UNAUTHENTICATED_ATTRIBUTE] },
  ],
};

/** A choice of SET OF and SEQUENCE OF. */
function setOrSequence(set: number, sequence: number, setBody: Step<Context>[], sequenceBody = setBody): Step<Context>[] {
  return [
    { tag: set, skip: true, jump: true, of: true, body: setBody },
    { tag: sequence, skip: true, cond: true, jump: true, of: true, body: sequenceBody },
  ];
}

const EITHER_CERTIFICATE: Step<Context>[] = [
  { tag: ANY, skip: true, act: extractCert },
  { tag: ANY, skip: true, cond: true, act: extractCert },
  "fail unless matched",
];

const SIGNED_DATA: Match<Context> = {
  tag: 0x30,
  body: [
    { tag: 0x02, act: noteSignedDataVersion },
    ...setOrSequence(0x31, 0x30, [ALGORITHM_ID]),
    "fail unless matched",
    {
      tag: 0x30,
      body: [
        { tag: 0x06, act: noteOid },
        // The pattern notes the identifier once for the type and once for its use: an unknown one is logged twice.
        { run: noteOid },
        { tag: 0xa0, skip: true, jump: true, body: [{ tag: ANY, act: noteData }] },
      ],
    },
    { run: noteContent },
    ...setOrSequence(0xa0, 0xa2, EITHER_CERTIFICATE, CERTIFICATES),
    { run: noteCertificateList },
    ...setOrSequence(0xa1, 0xa3, [CRL]),
    ...setOrSequence(0x31, 0x30, [SIGNER_INFO]),
    "fail unless matched",
  ],
};

const CONTENT_INFO: Step<Context>[] = [{
  tag: 0x30,
  body: [
    { tag: 0x06, act: noteOid },
    { run: checkContentType },
    { tag: 0xa0, skip: true, jump: true, body: [SIGNED_DATA] },
  ],
}];

/**
 * Reads a PKCS#7 message.
 *
 * @returns the message, or minus an errno: -EBADMSG for its structure, -EINVAL for versions and types, -ENOPKG for algorithms
 *   that the kernel does not know, -EKEYREJECTED for attributes it does not permit, -EMSGSIZE over 65,535 bytes, or what a
 *   certificate gives
 */
export function parsePkcs7Message(data: Uint8Array, crypto: HostCrypto, printk: Printk): Message | number {
  const message: Message = { certs: [], signedInfos: [], haveAuthattrs: false, dataType: "", data: undefined };
  const ctx: Context = {
    message,
    crypto,
    printk,
    info: newInfo(),
    seen: new Set(),
    certs: [],
    certCount: 0,
    version: 0,
    lastOid: 0,
    expectSkid: false,
    serial: NONE,
    issuer: NONE,
    skid: NONE,
  };
  const err = asn1BerDecoder(CONTENT_INFO, ctx, data);
  if (err < 0) return err;
  message.haveAuthattrs = message.signedInfos[0]?.authattrs !== undefined;
  const consistent = message.signedInfos.every((info) => (info.authattrs !== undefined) === message.haveAuthattrs);
  if (message.signedInfos.length === 0 || !consistent) {
    return warn(ctx, "PKCS7: Inconsistently supplied authAttrs", EINVAL);
  }
  return message;
}
