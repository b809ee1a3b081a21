// SPDX-License-Identifier: GPL-2.0-only
/**
 * The object identifiers that the kernel knows, under their names and with their numbers.
 *
 * Models: look_up_OID(), parse_OID() and sprint_oid() in lib/oid_registry.c. The numbers are those of `enum OID` in
 * include/linux/oid_registry.h (Linux 6.12): some log lines print them.
 *
 * @module
 */

/** `enum OID` in its order: the name without OID_, and the identifier. */
const REGISTRY = `
id_dsa_with_sha1=1.2.840.10030.4.3 id_dsa=1.2.840.10040.4.1 id_ecPublicKey=1.2.840.10045.2.1
id_prime192v1=1.2.840.10045.3.1.1 id_prime256v1=1.2.840.10045.3.1.7 id_ecdsa_with_sha1=1.2.840.10045.4.1
id_ecdsa_with_sha224=1.2.840.10045.4.3.1 id_ecdsa_with_sha256=1.2.840.10045.4.3.2 id_ecdsa_with_sha384=1.2.840.10045.4.3.3
id_ecdsa_with_sha512=1.2.840.10045.4.3.4 rsaEncryption=1.2.840.113549.1.1.1 sha1WithRSAEncryption=1.2.840.113549.1.1.5
sha256WithRSAEncryption=1.2.840.113549.1.1.11 sha384WithRSAEncryption=1.2.840.113549.1.1.12
sha512WithRSAEncryption=1.2.840.113549.1.1.13 sha224WithRSAEncryption=1.2.840.113549.1.1.14 data=1.2.840.113549.1.7.1
signed_data=1.2.840.113549.1.7.2 email_address=1.2.840.113549.1.9.1 contentType=1.2.840.113549.1.9.3
messageDigest=1.2.840.113549.1.9.4 signingTime=1.2.840.113549.1.9.5 smimeCapabilites=1.2.840.113549.1.9.15
smimeAuthenticatedAttrs=1.2.840.113549.1.9.16.2.11 mskrb5=1.2.840.48018.1.2.2 krb5=1.2.840.113554.1.2.2
krb5u2u=1.2.840.113554.1.2.2.3 msIndirectData=1.3.6.1.4.1.311.2.1.4 msStatementType=1.3.6.1.4.1.311.2.1.11
msSpOpusInfo=1.3.6.1.4.1.311.2.1.12 msPeImageDataObjId=1.3.6.1.4.1.311.2.1.15
msIndividualSPKeyPurpose=1.3.6.1.4.1.311.2.1.21 msOutlookExpress=1.3.6.1.4.1.311.16.4 ntlmssp=1.3.6.1.4.1.311.2.2.10
negoex=1.3.6.1.4.1.311.2.2.30 spnego=1.3.6.1.5.5.2 IAKerb=1.3.6.1.5.2.5 PKU2U=1.3.5.1.5.2.7 Scram=1.3.6.1.5.5.14
certAuthInfoAccess=1.3.6.1.5.5.7.1.1 sha1=1.3.14.3.2.26 id_ansip384r1=1.3.132.0.34 id_ansip521r1=1.3.132.0.35
sha256=2.16.840.1.101.3.4.2.1 sha384=2.16.840.1.101.3.4.2.2 sha512=2.16.840.1.101.3.4.2.3 sha224=2.16.840.1.101.3.4.2.4
commonName=2.5.4.3 surname=2.5.4.4 countryName=2.5.4.6 locality=2.5.4.7 stateOrProvinceName=2.5.4.8
organizationName=2.5.4.10 organizationUnitName=2.5.4.11 title=2.5.4.12 description=2.5.4.13 name=2.5.4.41 givenName=2.5.4.42
initials=2.5.4.43 generationalQualifier=2.5.4.44 subjectKeyIdentifier=2.5.29.14 keyUsage=2.5.29.15 subjectAltName=2.5.29.17
issuerAltName=2.5.29.18 basicConstraints=2.5.29.19 crlDistributionPoints=2.5.29.31 certPolicies=2.5.29.32
authorityKeyIdentifier=2.5.29.35 extKeyUsage=2.5.29.37 NetlogonMechanism=1.2.752.43.14.2
appleLocalKdcSupported=1.2.752.43.14.3 gostCPSignA=1.2.643.2.2.35.1 gostCPSignB=1.2.643.2.2.35.2
gostCPSignC=1.2.643.2.2.35.3 gost2012PKey256=1.2.643.7.1.1.1.1 gost2012PKey512=1.2.643.7.1.1.1.2
gost2012Digest256=1.2.643.7.1.1.2.2 gost2012Digest512=1.2.643.7.1.1.2.3 gost2012Signature256=1.2.643.7.1.1.3.2
gost2012Signature512=1.2.643.7.1.1.3.3 gostTC26Sign256A=1.2.643.7.1.2.1.1.1 gostTC26Sign256B=1.2.643.7.1.2.1.1.2
gostTC26Sign256C=1.2.643.7.1.2.1.1.3 gostTC26Sign256D=1.2.643.7.1.2.1.1.4 gostTC26Sign512A=1.2.643.7.1.2.1.2.1
gostTC26Sign512B=1.2.643.7.1.2.1.2.2 gostTC26Sign512C=1.2.643.7.1.2.1.2.3 sm2=1.2.156.10197.1.301 sm3=1.2.156.10197.1.401
SM2_with_SM3=1.2.156.10197.1.501 sm3WithRSAEncryption=1.2.156.10197.1.504 TPMLoadableKey=2.23.133.10.1.3
TPMImportableKey=2.23.133.10.1.4 TPMSealedData=2.23.133.10.1.5 sha3_256=2.16.840.1.101.3.4.2.8
sha3_384=2.16.840.1.101.3.4.2.9 sha3_512=2.16.840.1.101.3.4.2.10 id_ecdsa_with_sha3_256=2.16.840.1.101.3.4.3.10
id_ecdsa_with_sha3_384=2.16.840.1.101.3.4.3.11 id_ecdsa_with_sha3_512=2.16.840.1.101.3.4.3.12
id_rsassa_pkcs1_v1_5_with_sha3_256=2.16.840.1.101.3.4.3.14 id_rsassa_pkcs1_v1_5_with_sha3_384=2.16.840.1.101.3.4.3.15
id_rsassa_pkcs1_v1_5_with_sha3_512=2.16.840.1.101.3.4.3.16`;

const NAMES: string[] = [];
const BY_BYTES = new Map<string, number>();

for (const entry of REGISTRY.trim().split(/\s+/)) {
  const [name, dotted] = entry.split("=");
  BY_BYTES.set(encode(dotted.split(".").map(Number)).join(), NAMES.length);
  NAMES.push(name);
}

function encode([first, second, ...rest]: number[]): number[] {
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let high = part >>> 7; high > 0; high >>>= 7) groups.unshift(0x80 | (high & 0x7f));
    bytes.push(...groups);
  }
  return bytes;
}

/** The number of an identifier that the kernel does not know (OID__NR). */
export const OID__NR = NAMES.length;

/**
 * The number of an object identifier in `enum OID`.
 *
 * @param value the contents of the OBJECT IDENTIFIER
 * @returns OID__NR where the kernel does not know it
 */
export function lookUpOid(value: Uint8Array): number {
  return BY_BYTES.get(value.join()) ?? OID__NR;
}

/** The name of a number in `enum OID`, without OID_; "" for OID__NR and for no identifier at all. */
export function oidName(oid: number): string {
  return NAMES[oid] ?? "";
}

/**
 * The identifier as text, "1.2.840", cut where it does not fit.
 *
 * @param size the buffer's size with its terminating 0
 */
export function sprintOid(value: Uint8Array, size: number): string {
  if (value.length === 0) return "(bad)".slice(0, size - 1);
  let text = `${Math.floor(value[0] / 40)}.${value[0] % 40}`;
  for (let at = 1; at < value.length;) {
    let byte = value[at++];
    let part = byte & 0x7f;
    while (byte & 0x80) {
      if (at >= value.length) return (text + "(bad)").slice(0, size - 1);
      byte = value[at++];
      part = ((part << 7) | (byte & 0x7f)) >>> 0;
    }
    text += `.${part}`;
    if (text.length >= size) break;
  }
  return text.slice(0, size - 1);
}
