// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/key.h and keys/asymmetric-type.h: keyrings of modules, and certificates in them.
 *
 * Models: keyring_alloc() of security/keys/keyring.c, key_put() and key_revoke() of security/keys/key.c, and
 * x509_load_certificate_list() of crypto/asymmetric_keys/x509_loader.c.
 *
 * @module
 */

import { KERN_ERR, KERN_NOTICE } from "../../kernel/log.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { noSignatures } from "../../kernel/host.ts";
import { x509CertParse } from "../../kernel/crypto/x509.ts";
import { describeCertificate } from "../../kernel/crypto/x509_name.ts";
import { offsetOf } from "../layout.ts";
import { bytesAt, putString, stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { kernelFunction } from "../unexported.ts";

/** KEY_ALLOC_ flags, and the bits of key->flags that they set. */
const ALLOC = { NOT_IN_QUOTA: 2, BUILT_IN: 4, UID_KEYRING: 16, SET_KEEP: 32 };
const FLAG = { IN_QUOTA: 1 << 2, BUILTIN: 1 << 6, KEEP: 1 << 8, UID_KEYRING: 1 << 9 };
const KEY_IS_POSITIVE = 1;

function flagsOf(flags: number): number {
  const has = (bit: number) => (flags & bit) !== 0;
  return (has(ALLOC.NOT_IN_QUOTA) ? 0 : FLAG.IN_QUOTA) | (has(ALLOC.BUILT_IN) ? FLAG.BUILTIN : 0) |
    (has(ALLOC.UID_KEYRING) ? FLAG.UID_KEYRING : 0) | (has(ALLOC.SET_KEEP) ? FLAG.KEEP : 0);
}

/** keyring_alloc(): a keyring with nothing in it, of which is known what a module may look at. */
function allocKeyring(call: Call): number {
  const { args, kernel, objects } = call;
  const description = stringAt(call.bus, args.word());
  const [uid, gid, , permissions, flags] = [args.word(), args.word(), args.word(), args.word(), args.word()];
  const at = (field: string) => key + offsetOf(call, "key", field);
  const key = objects.reserve(`struct key ${description}`, offsetOf(call, "key", "size"));
  const name = kernel.slab.kmalloc(description.length + 1);
  putString(call.bus, name, description);
  const words = {
    usage: 1,
    uid,
    gid,
    perm: permissions,
    flags: flagsOf(flags),
    type: kernelFunction(call, "key_type_keyring"),
    description: name,
  };
  for (const [field, value] of Object.entries(words)) objects.know32(at(field), value);
  objects.know(at("state"), [KEY_IS_POSITIVE, 0]);
  return key;
}

/** The length of a certificate in a list: from its header, where it has one and fits. */
function lengthOf(list: Uint8Array): number | undefined {
  if (list.length < 4 || list[0] !== 0x30 || list[1] !== 0x82) return undefined;
  const length = ((list[2] << 8) | list[3]) + 4;
  return length > list.length ? undefined : length;
}

function loadCertificates(call: Call): number {
  const { args, kernel } = call;
  const [address, size] = [args.word(), args.word()];
  if (kernel.host === noSignatures) throw new NotModelled("the signatures of certificates: nothing here verifies them");
  let list: Uint8Array = bytesAt(call.bus, address, size);
  while (list.length > 0) {
    const length = lengthOf(list);
    if (length === undefined) {
      kernel.printk(KERN_ERR, "Problem parsing in-kernel X.509 certificate list");
      return 0;
    }
    const certificate = x509CertParse(list.subarray(0, length), kernel.host, (level, text) => kernel.printk(level, text));
    if (typeof certificate === "number") {
      kernel.printk(KERN_ERR, `Problem loading in-kernel X.509 certificate (${certificate})`);
    } else kernel.printk(KERN_NOTICE, `Loaded X.509 cert '${describeCertificate(certificate)}'`);
    list = list.subarray(length);
  }
  return 0;
}

export const KEY: Services = {
  keyring_alloc: allocKeyring,
  key_put: () => {},
  key_revoke: () => {},
  key_invalidate: () => {},
  x509_load_certificate_list: loadCertificates,
};
