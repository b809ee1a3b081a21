// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whether a PKCS#7 signature over data is good, and by a key that the kernel trusts.
 *
 * Models: verify_pkcs7_signature() in certs/system_keyring.c, pkcs7_verify() in crypto/asymmetric_keys/pkcs7_verify.c,
 * pkcs7_validate_trust() in pkcs7_trust.c, find_asymmetric_key() in asymmetric_type.c. The revocation list is off, as in
 * Debian's kernel (CONFIG_SYSTEM_REVOCATION_LIST).
 *
 * @module
 */

import { EBADMSG, EINVAL, EKEYREJECTED, ENOKEY, ENOPKG, errnoName } from "../errno.ts";
import type { HostCrypto, Printk } from "../host.ts";
import { KERN_ERR, KERN_WARNING } from "../log.ts";
import { ProfileError } from "../profile.ts";
import { type Message, parsePkcs7Message, type SignedInfo } from "./pkcs7_parser.ts";
import { hasDigest, type PublicKeySignature, publicKeyVerifySignature } from "./public_key.ts";
import { type Certificate, sameId, x509CertParse } from "./x509.ts";

/** VERIFYING_MODULE_SIGNATURE, which permits no signed attributes, and VERIFYING_UNSPECIFIED_SIGNATURE, which does. */
export type Usage = "module" | "unspecified";

const KEYS = new WeakMap<Uint8Array, Certificate | undefined>();

/** The trusted certificates whose algorithms the kernel has, each parsed once. */
function keyring(trustedKeys: readonly Uint8Array[]): Certificate[] {
  return trustedKeys.map((der, i) => {
    if (!KEYS.has(der)) {
      const cert = x509CertParse(der, undefined, () => {});
      if (typeof cert === "number" && cert !== -ENOPKG) {
        throw new ProfileError(
          `Cannot use the kernel's profile: certificate ${i} of trusted_keys cannot be parsed (${errnoName(-cert)})`,
        );
      }
      KEYS.set(der, typeof cert === "number" ? undefined : cert);
    }
    return KEYS.get(der);
  }).filter((cert) => cert !== undefined);
}

/**
 * Verifies a detached PKCS#7 signature.
 *
 * @param data what was signed
 * @param pkcs7 the message in BER
 * @param trustedKeys X.509 certificates in DER
 * @param printk gets the log lines
 * @returns 0, or minus an errno: EBADMSG (structure), EKEYREJECTED (the signature does not match), ENOKEY (no trusted key for
 *   it), ENOPKG (an algorithm the kernel does not have), EINVAL (versions, types, malformed keys), EMSGSIZE
 * @throws {ProfileError} for a trusted key that is no certificate
 */
export function verifyPkcs7Signature(
  data: Uint8Array,
  pkcs7: Uint8Array,
  trustedKeys: readonly Uint8Array[],
  crypto: HostCrypto,
  printk: Printk = () => {},
  usage: Usage = "module",
): number {
  const message = parsePkcs7Message(pkcs7, crypto, printk);
  if (typeof message === "number") return message;
  if (message.data) {
    printk(KERN_WARNING, "PKCS7: Data already supplied");
    printk(KERN_ERR, "PKCS#7 signature with non-detached data");
    return -EBADMSG;
  }
  const verifier = new Verifier(message, data, keyring(trustedKeys), crypto, printk);
  const err = verifier.verify(usage);
  return err < 0 ? err : verifier.validateTrust();
}

class Verifier {
  readonly #signatures = new Map<SignedInfo, PublicKeySignature>();

  constructor(
    readonly message: Message,
    readonly data: Uint8Array,
    readonly keyring: Certificate[],
    readonly crypto: HostCrypto,
    readonly printk: Printk,
  ) {}

  #warn(text: string, errno: number): number {
    this.printk(KERN_WARNING, `PKCS7: ${text}`);
    return -errno;
  }

  /** pkcs7_verify(): the message in itself; who signed it comes later. */
  verify(usage: Usage): number {
    const what = usage === "module" ? "module" : "unspecified";
    if (this.message.dataType !== "data") return this.#warn(`Invalid ${what} sig (not pkcs7-data)`, EKEYREJECTED);
    if (usage === "module" && this.message.haveAuthattrs) return this.#warn("Invalid module sig (has authattrs)", EKEYREJECTED);
    let result = -ENOPKG;
    for (const info of this.message.signedInfos) {
      const err = this.#verifyOne(info);
      if (err === -ENOPKG) info.unsupportedCrypto = true;
      else if (err < 0) return err;
      else result = 0;
    }
    return result;
  }

  #verifyOne(info: SignedInfo): number {
    const err = this.#digest(info);
    if (err < 0) return err;
    const signer = info.signer = this.message.certs.find((cert) => sameId(cert.id, info.keyId));
    if (!signer) return 0;
    const time = info.signingTime;
    if (time !== undefined && (time < signer.validFrom || time > signer.validTo)) {
      return this.#warn("Message signed outside of X.509 validity window", EKEYREJECTED);
    }
    const refused = publicKeyVerifySignature(signer.pub, this.#signatures.get(info)!, this.crypto);
    return refused < 0 ? refused : this.#verifySigChain(info, signer);
  }

  /** pkcs7_digest(): what the signature is over, the data or the signed attributes (which must then name the data's digest). */
  #digest(info: SignedInfo): number {
    const { hash, authattrs, msgdigest } = info;
    if (!hasDigest(hash)) return -ENOPKG;
    let message = this.data;
    if (authattrs && msgdigest) {
      const digest = this.crypto.digest(hash, this.data);
      if (msgdigest.length !== digest.length) {
        return this.#warn(`Sig ${info.index}: Invalid digest size (${msgdigest.length})`, EBADMSG);
      }
      if (!sameId(msgdigest, digest)) return this.#warn(`Sig ${info.index}: Message digest doesn't match`, EKEYREJECTED);
      message = new Uint8Array(1 + authattrs.length);
      message[0] = 0x31;
      message.set(authattrs, 1);
    }
    this.#signatures.set(info, { algorithm: info.algorithm, hash, signature: info.signature, message });
    return 0;
  }

  #verifySigChain(info: SignedInfo, signer: Certificate): number {
    const { certs } = this.message;
    for (const cert of certs) cert.seen = false;
    for (let x509 = signer;;) {
      x509.seen = true;
      if (x509.selfSigned) {
        if (!x509.unsupportedSig) x509.signer = x509;
        return 0;
      }
      const [id, skid] = x509.authIds;
      const issuer = certs.find((cert) => id ? sameId(cert.id, id) : sameId(cert.skid, skid));
      if (!issuer) return 0;
      if (id && skid && !sameId(issuer.skid, skid)) {
        const text = `Sig ${info.index}: X.509 chain contains auth-skid nonmatch (${x509.index}->${issuer.index})`;
        return this.#warn(text, EKEYREJECTED);
      }
      if (issuer.seen) {
        this.#warn(`Sig ${info.index}: X.509 chain contains loop`, 0);
        return 0;
      }
      const err = publicKeyVerifySignature(issuer.pub, x509.sig, this.crypto);
      if (err < 0) return err;
      x509.signer = issuer;
      x509 = issuer;
    }
  }

  /** pkcs7_validate_trust(): one signer with a trusted key is enough; one with a wrong signature refuses the message. */
  validateTrust(): number {
    for (const cert of this.message.certs) cert.seen = false;
    let result = -ENOKEY;
    for (const info of this.message.signedInfos) {
      const err = this.#validateTrustOne(info);
      if (err === 0) result = 0;
      else if (err === -ENOPKG) result = result === -ENOKEY ? -ENOPKG : result;
      else if (err !== -ENOKEY) return err;
    }
    return result;
  }

  #validateTrustOne(info: SignedInfo): number {
    if (info.unsupportedCrypto) return -ENOPKG;
    const infoSig = this.#signatures.get(info)!;
    let sig = infoSig;
    let last: Certificate | undefined;
    for (let x509 = info.signer; x509; x509 = x509.signer) {
      if (x509.seen) return x509.verified ? markVerified(info, x509) : -ENOKEY;
      x509.seen = true;
      const key = this.#findKey(x509.id, x509.skid);
      if (typeof key !== "number") return this.#matched(info, key, sig, x509);
      if (x509.signer === x509) return -ENOKEY;
      last = x509;
      sig = x509.sig;
    }
    if (last && (last.authIds[0] || last.authIds[1])) {
      const key = this.#findKey(last.authIds[0], last.authIds[1]);
      if (typeof key !== "number") return this.#matched(info, key, sig, last);
      if (key !== -ENOKEY) return key;
    }
    const key = this.#findKey(info.keyId, undefined);
    return typeof key === "number" ? key : this.#matched(info, key, infoSig, undefined);
  }

  #matched(info: SignedInfo, key: Certificate, sig: PublicKeySignature, x509: Certificate | undefined): number {
    if (publicKeyVerifySignature(key.pub, sig, this.crypto) < 0) return -EKEYREJECTED;
    return markVerified(info, x509);
  }

  /** find_asymmetric_key(): by the first identifier given; a second one must be the found key's subject key identifier. */
  #findKey(id: Uint8Array | undefined, skid: Uint8Array | undefined): Certificate | number {
    const wanted = id ?? skid;
    if (!wanted || wanted.length === 0) return -EINVAL;
    const key = this.keyring.find((cert) => sameId(cert.id, wanted) || sameId(cert.skid, wanted));
    if (!key) return -ENOKEY;
    return id && skid && !sameId(key.skid, skid) ? -EKEYREJECTED : key;
  }
}

function markVerified(info: SignedInfo, x509: Certificate | undefined): number {
  if (x509) {
    x509.verified = true;
    for (let cert = info.signer; cert && cert !== x509; cert = cert.signer) cert.verified = true;
  }
  return 0;
}
