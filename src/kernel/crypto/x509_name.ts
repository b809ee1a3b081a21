// SPDX-License-Identifier: GPL-2.0-only
/**
 * The names of X.509 certificates, as the kernel shows them.
 *
 * Models: x509_extract_name_segment() and x509_fabricate_name() of crypto/asymmetric_keys/x509_cert_parser.c, and the description that
 * x509_key_preparse() of x509_public_key.c gives a key.
 *
 * @module
 */

import { oidName } from "./oid_registry.ts";

const NONE: Uint8Array = new Uint8Array();
/** As much of the organisation's name at the front of the common name makes it enough by itself. */
const SIGNIFICANT = 7;

/** The segments of a name that are shown, as they come. */
export class NameParts {
  #common = NONE;
  #organization = NONE;
  #email = NONE;

  /** @param oid of the segment, its number in the registry */
  note(oid: number, value: Uint8Array): void {
    const name = oidName(oid);
    if (name === "commonName") this.#common = value;
    else if (name === "organizationName") this.#organization = value;
    else if (name === "email_address") this.#email = value;
  }

  /** The name of the segments so far, latin-1; the next name begins with none. */
  take(): string {
    const [common, organization, email] = [this.#common, this.#organization, this.#email].map((bytes) =>
      String.fromCharCode(...bytes)
    );
    this.#common = this.#organization = this.#email = NONE;
    if (common === "" || organization === "") return common || organization || email;
    const isPrefixed = common.startsWith(organization) ||
      (organization.length >= SIGNIFICANT && common.startsWith(organization.slice(0, SIGNIFICANT)));
    return isPrefixed ? common : `${organization}: ${common}`;
  }
}

/**
 * What a key made of a certificate is called: the subject, and its key identifier or else the certificate's serial number.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describeCertificate } from "./x509_name.ts";
 * const certificate = { subject: "wens", skid: undefined, serial: Uint8Array.of(0x61, 0xc0) };
 * assertEquals(describeCertificate(certificate), "wens: 61c0");
 * ```
 */
export function describeCertificate(
  { subject, skid, serial }: { subject: string; skid: Uint8Array | undefined; serial: Uint8Array },
): string {
  return `${subject}: ${(skid ?? serial).toHex()}`;
}
