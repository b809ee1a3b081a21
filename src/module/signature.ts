// SPDX-License-Identifier: GPL-2.0-only
/**
 * The signature at a module's end.
 *
 * Models: module_sig_check() and mod_verify_sig() in kernel/module/signing.c, mod_check_sig() in kernel/module_signature.c,
 * security_locked_down() as far as it is about modules. The blacklist of module hashes is empty, as after an ordinary boot.
 *
 * @module
 */

import { EBADMSG, EKEYREJECTED, ENODATA, ENOKEY, ENOPKG, EPERM } from "../kernel/errno.ts";
import type { Host } from "../kernel/host.ts";
import { KERN_ERR, KERN_NOTICE } from "../kernel/log.ts";

const MARKER = new TextEncoder().encode("~Module signature appended~\n");

/** sizeof(struct module_signature): algo, hash, id_type, signer_len, key_id_len, 3 bytes of padding, sig_len (big endian). */
const INFO_SIZE = 12;
const ID_TYPE = 2;
const SIG_LEN = 8;
const PKEY_ID_PKCS7 = 2;

const MODULE_INIT_IGNORE_MODVERSIONS = 1;
const MODULE_INIT_IGNORE_VERMAGIC = 2;

/** What the check needs of the kernel. */
export interface SignatureContext {
  /** Whether an option is on. */
  config(option: string): boolean;
  sigEnforce: boolean;
  /** The kernel is locked down (lockdown= on its command line). */
  lockedDown?: boolean;
  /** X.509 certificates in DER. */
  trustedKeys: readonly Uint8Array[];
  host: Host;
  printk(level: number, text: string): void;
}

export interface SignatureResult {
  /** 0, or minus an errno. */
  err: number;
  sigOk: boolean;
  /** Bytes of the module without signature, signature information and marker, as far as they were recognized. */
  len: number;
}

/** Whether a file ends with the marker of a signed module. */
export function hasSignatureMarker(bytes: Uint8Array): boolean {
  const start = bytes.length - MARKER.length;
  return start > 0 && MARKER.every((byte, i) => bytes[start + i] === byte);
}

/**
 * Verifies and cuts off the signature of a module.
 *
 * A module without a signature, without a known key for it or with unsupported algorithms passes unless the kernel enforces
 * signatures or is locked down. Every other fault refuses the module, enforcing or not. `len` is the shortened length even
 * where the module is then refused.
 *
 * @param flags of finit_module(2): a module whose versions or vermagic are ignored counts as unsigned and keeps its full length
 * @returns err 0; -EKEYREJECTED (signature wrong, or enforcement); -EPERM (lockdown); -EBADMSG (malformed); or what the host
 * says
 */
export function moduleSigCheck(bytes: Uint8Array, flags: number, context: SignatureContext): SignatureResult {
  if (!context.config("MODULE_SIG")) return { err: 0, sigOk: false, len: bytes.length };
  const mangled = (flags & (MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC)) !== 0;
  let err = -ENODATA;
  let len = bytes.length;
  if (!mangled && hasSignatureMarker(bytes)) {
    [err, len] = modVerifySig(bytes, len - MARKER.length, context);
    if (err === 0) return { err, sigOk: true, len };
  }
  const reason = REASONS[-err];
  if (!reason) return { err, sigOk: false, len };
  if (context.sigEnforce) {
    context.printk(KERN_NOTICE, `Loading of ${reason} is rejected`);
    return { err: -EKEYREJECTED, sigOk: false, len };
  }
  if (context.lockedDown) {
    // The line begins with the name of the process that asks.
    context.printk(KERN_NOTICE, "Lockdown: insmod: unsigned module loading is restricted; see man kernel_lockdown.7");
    return { err: -EPERM, sigOk: false, len };
  }
  return { err: 0, sigOk: false, len };
}

/** The faults that only enforcement makes fatal. */
const REASONS: Readonly<Record<number, string>> = {
  [ENODATA]: "unsigned module",
  [ENOPKG]: "module with unsupported crypto",
  [ENOKEY]: "module with unavailable key",
};

/** @returns minus an errno or 0, and the new length */
function modVerifySig(bytes: Uint8Array, len: number, context: SignatureContext): [number, number] {
  if (len <= INFO_SIZE) return [-EBADMSG, len];
  const info = new DataView(bytes.buffer, bytes.byteOffset + len - INFO_SIZE, INFO_SIZE);
  const sigLen = info.getUint32(SIG_LEN);
  const err = modCheckSig(info, len, context);
  if (err < 0) return [err, len];

  const module = bytes.subarray(0, len - INFO_SIZE - sigLen);
  const signature = bytes.subarray(module.length, module.length + sigLen);
  const verify = (keys: readonly Uint8Array[]) =>
    context.host.verifyPkcs7Signature(module, signature, keys, (level, text) => context.printk(level, text));
  let result = verify(context.trustedKeys);
  // Without a key, the platform's keyring is tried, which is empty.
  if (result === -ENOKEY && context.config("INTEGRITY_PLATFORM_KEYRING")) result = verify([]);
  return [result, module.length];
}

function modCheckSig(info: DataView, len: number, context: SignatureContext): number {
  if (info.getUint32(SIG_LEN) >= len - INFO_SIZE) return -EBADMSG;
  if (info.getUint8(ID_TYPE) !== PKEY_ID_PKCS7) {
    context.printk(KERN_ERR, "module: not signed with expected PKCS#7 message");
    return -ENOPKG;
  }
  for (let at = 0; at < SIG_LEN; at++) {
    if (at !== ID_TYPE && info.getUint8(at) !== 0) {
      context.printk(KERN_ERR, "module: PKCS#7 signature info has unexpected non-zero params");
      return -EBADMSG;
    }
  }
  return 0;
}
