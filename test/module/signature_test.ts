// SPDX-License-Identifier: GPL-2.0-only
/**
 * Module signatures: what module_sig_check() answers, with both hosts.
 *
 * test/fixtures/signature/:
 * - crc4.ko, debian.der: lib/crc4.ko of Debian's linux-image-6.12.107+deb13-armmp and the certificate built into that kernel.
 * - rsa.p7, rsa-attributes.p7, keyid.p7, chain.p7: signatures over crc4.ko without its own (its first 3,748 bytes, here
 *   `body`), by keys that were thrown away, made with openssl 3.0:
 *     openssl cms -sign -binary -noattr -nocerts -in body -signer rsa.crt -inkey rsa.key -md sha256 -outform DER -out rsa.p7
 *     (rsa-attributes.p7: without -noattr, with -nosmimecap; keyid.p7: -keyid, leaf.crt, -md sha384;
 *     chain.p7: leaf.crt, without -nocerts, with -certfile ca.crt)
 *   rsa.der is self-signed (RSA 2048), leaf.der is signed by ca.der (both P-256).
 * - bit-flips.txt: for each bit of crc4.ko's 263-byte PKCS#7 message, what Linux 6.12's own pkcs7_parser.c, pkcs7_verify.c,
 *   pkcs7_trust.c, x509_cert_parser.c and asn1_decoder.c, compiled for user space, say to the message with this bit turned
 *   (8 per byte, lowest first): 0, B EBADMSG, I EINVAL, K ENOKEY, P ENOPKG, R EKEYREJECTED.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import * as fc from "fast-check";
import { nodeHost } from "../../src/suite/node_host.ts";
import { EBADMSG, EINVAL, EKEYREJECTED, ENOKEY, ENOPKG } from "../../src/kernel/errno.ts";
import { type Curve, DIGEST_SIZES, type DigestAlgorithm, noSignatures } from "../../src/kernel/host.ts";
import { verifyPkcs7Signature } from "../../src/kernel/crypto/pkcs7.ts";
import { portableHost } from "../../src/kernel/portable_host.ts";
import { hasSignatureMarker, moduleSigCheck, type SignatureContext, type SignatureResult } from "../../src/module/signature.ts";

const fixture = (name: string) => Deno.readFileSync(new URL(`../fixtures/signature/${name}`, import.meta.url));
const CRC4 = fixture("crc4.ko");
const DEBIAN = fixture("debian.der");
const MARKER = new TextEncoder().encode("~Module signature appended~\n");
const BODY_LENGTH = 3748;
const BODY = CRC4.subarray(0, BODY_LENGTH);
const PKCS7 = CRC4.subarray(BODY_LENGTH, BODY_LENGTH + 263);
const HOSTS = { portable: portableHost, node: nodeHost };

type Log = [level: number, text: string][];

function check(
  bytes: Uint8Array,
  options: Partial<SignatureContext> & { flags?: number } = {},
): SignatureResult & { log: Log } {
  const log: Log = [];
  const context: SignatureContext = {
    config: (option) => option === "MODULE_SIG",
    sigEnforce: false,
    trustedKeys: [DEBIAN],
    host: portableHost,
    printk: (level, text) => log.push([level, text]),
    ...options,
  };
  return { ...moduleSigCheck(bytes, options.flags ?? 0, context), log };
}

/** Appends a signature as scripts/sign-file does. */
function sign(body: Uint8Array, pkcs7: Uint8Array, info: Partial<Record<number, number>> = {}): Uint8Array<ArrayBuffer> {
  const signed = new Uint8Array(body.length + pkcs7.length + 12 + MARKER.length);
  const infoAt = body.length + pkcs7.length;
  signed.set(body);
  signed.set(pkcs7, body.length);
  signed[infoAt + 2] = 2;
  new DataView(signed.buffer).setUint32(infoAt + 8, pkcs7.length);
  for (const [at, value] of Object.entries(info)) signed[infoAt + Number(at)] = value!;
  signed.set(MARKER, infoAt + 12);
  return signed;
}

function turned(bytes: Uint8Array, at: number, bit = 0): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at] ^= 1 << bit;
  return copy;
}

for (const [name, host] of Object.entries(HOSTS)) {
  Deno.test(`a signed Debian module is accepted and loses its signature (${name})`, () => {
    assertEquals(check(CRC4, { host }), { err: 0, sigOk: true, len: BODY_LENGTH, log: [] });
  });

  Deno.test(`a changed byte under a signature is refused (${name})`, () => {
    assertEquals(check(turned(CRC4, 100), { host }), { err: -EKEYREJECTED, sigOk: false, len: BODY_LENGTH, log: [] });
  });

  Deno.test(`an RSA signature is accepted, and refused over a changed byte (${name})`, () => {
    const options = { host, trustedKeys: [DEBIAN, fixture("rsa.der")] };
    const signed = sign(BODY, fixture("rsa.p7"));
    assertEquals(check(signed, options), { err: 0, sigOk: true, len: BODY_LENGTH, log: [] });
    assertEquals(check(turned(signed, 0), options).err, -EKEYREJECTED);
    assertEquals(check(turned(signed, BODY_LENGTH + 400), options).err, -EKEYREJECTED);
  });

  Deno.test(`signed attributes are refused for a module, though they are right (${name})`, () => {
    const trustedKeys = [fixture("rsa.der")];
    const pkcs7 = fixture("rsa-attributes.p7");
    assertEquals(check(sign(BODY, pkcs7), { host, trustedKeys }), {
      err: -EKEYREJECTED,
      sigOk: false,
      len: BODY_LENGTH,
      log: [[4, "PKCS7: Invalid module sig (has authattrs)"]],
    });
    const log: Log = [];
    const verify = (data: Uint8Array, message = pkcs7) =>
      verifyPkcs7Signature(data, message, trustedKeys, host, (level, text) => log.push([level, text]), "unspecified");
    assertEquals(verify(BODY), 0);
    assertEquals(verify(turned(BODY, 0)), -EKEYREJECTED);
    assertEquals(log, [[4, "PKCS7: Sig 1: Message digest doesn't match"]]);
    const time = pkcs7.toHex().indexOf("170d") / 2;
    assertEquals(verify(BODY, turned(pkcs7, time + 14)), -EBADMSG);
    assertEquals(verify(BODY, turned(pkcs7, time + 13)), -EKEYREJECTED);
  });

  Deno.test(`a signer is found by its subject key identifier (${name})`, () => {
    const signed = sign(BODY, fixture("keyid.p7"));
    assertEquals(check(signed, { host, trustedKeys: [fixture("leaf.der")] }).sigOk, true);
    assertEquals(check(signed, { host, trustedKeys: [fixture("ca.der")] }).sigOk, false);
  });

  Deno.test(`a certificate in the message is trusted by its issuer (${name})`, () => {
    const signed = sign(BODY, fixture("chain.p7"));
    for (const key of ["ca.der", "leaf.der"]) assertEquals(check(signed, { host, trustedKeys: [fixture(key)] }).sigOk, true);
    assertEquals(check(turned(signed, 9), { host, trustedKeys: [fixture("ca.der")] }).err, -EKEYREJECTED);
    // The chain is verified before anyone asks who is trusted, so a wrong signature is fatal without a key, too.
    assertEquals(check(signed, { host }), { err: 0, sigOk: false, len: BODY_LENGTH, log: [] });
    assertEquals(check(turned(signed, 9), { host }).err, -EKEYREJECTED);
  });
}

Deno.test("without a key for its signature a module is loaded as unsigned, unless signatures are enforced", () => {
  const options = { trustedKeys: [fixture("rsa.der")] };
  assertEquals(check(CRC4, options), { err: 0, sigOk: false, len: BODY_LENGTH, log: [] });
  const log: Log = [[5, "Loading of module with unavailable key is rejected"]];
  assertEquals(check(CRC4, { ...options, sigEnforce: true }), { err: -EKEYREJECTED, sigOk: false, len: BODY_LENGTH, log });
});

Deno.test("an unsigned module is refused where signatures are enforced", () => {
  const log: Log = [[5, "Loading of unsigned module is rejected"]];
  const refused = { err: -EKEYREJECTED, sigOk: false, len: BODY_LENGTH, log };
  assertEquals(check(BODY, { host: noSignatures, sigEnforce: true }), refused);
  assertEquals(check(BODY, { host: noSignatures }), { err: 0, sigOk: false, len: BODY_LENGTH, log: [] });
});

Deno.test("a signed module whose versions or vermagic are ignored counts as unsigned and keeps its length", () => {
  for (const flags of [1, 2, 3]) {
    assertEquals(check(CRC4, { flags, host: noSignatures }), { err: 0, sigOk: false, len: CRC4.length, log: [] });
  }
  assertEquals(check(CRC4, { flags: 4 }).sigOk, true);
});

Deno.test("a kernel without CONFIG_MODULE_SIG does not look at the signature", () => {
  const config = () => false;
  assertEquals(check(CRC4, { config, host: noSignatures }), { err: 0, sigOk: false, len: CRC4.length, log: [] });
});

Deno.test("damaged PKCS#7 is refused, enforced or not", () => {
  for (const sigEnforce of [false, true]) {
    const signed = sign(BODY, turned(PKCS7, 0));
    assertEquals(check(signed, { sigEnforce }), { err: -EBADMSG, sigOk: false, len: BODY_LENGTH, log: [] });
  }
});

Deno.test("malformed signature information is refused with what the kernel says of it", () => {
  const whole = BODY_LENGTH + PKCS7.length + 12;
  const bad = (info: Partial<Record<number, number>>) => check(sign(BODY, PKCS7, info));
  const nonZero: Log = [[3, "module: PKCS#7 signature info has unexpected non-zero params"]];
  for (const at of [0, 1, 3, 4, 5, 6, 7]) {
    assertEquals(bad({ [at]: 1 }), { err: -EBADMSG, sigOk: false, len: whole, log: nonZero });
  }
  const type: Log = [[3, "module: not signed with expected PKCS#7 message"]];
  assertEquals(bad({ 2: 1 }), { err: 0, sigOk: false, len: whole, log: type });
  assertEquals(bad({ 8: 1, 2: 1 }), { err: -EBADMSG, sigOk: false, len: whole, log: [] });
  assertEquals(check(MARKER), { err: 0, sigOk: false, len: MARKER.length, log: [] });
  assertEquals(check(sign(new Uint8Array(0), new Uint8Array(0))), { err: -EBADMSG, sigOk: false, len: 12, log: [] });
  assertEquals(check(sign(BODY, new Uint8Array(0))), { err: -EBADMSG, sigOk: false, len: BODY_LENGTH, log: [] });
});

Deno.test("an unknown identifier is logged once for each look at the message", () => {
  const pkcs7 = turned(PKCS7, 71, 5); // commonName, 2.5.4.3, becomes 2.37.4.3
  const line: Log[0] = [4, "PKCS7: Unknown OID: [71] 2.37.4.3"];
  assertEquals(check(sign(BODY, pkcs7)).log, [line]);
  const config = () => true;
  assertEquals(check(sign(BODY, pkcs7), { config }).log, [line, line]);
});

Deno.test("a PKCS#7 message with any one bit turned gives what the kernel's own code gives", () => {
  const errnos: Record<string, number> = { "0": 0, B: -EBADMSG, I: -EINVAL, K: -ENOKEY, P: -ENOPKG, R: -EKEYREJECTED };
  const expected = new TextDecoder().decode(fixture("bit-flips.txt")).replaceAll(/\s/g, "");
  assertEquals(expected.length, PKCS7.length * 8);
  for (let i = 0; i < expected.length; i++) {
    const pkcs7 = turned(PKCS7, i >> 3, i & 7);
    assertEquals(nodeHost.verifyPkcs7Signature(BODY, pkcs7, [DEBIAN]), errnos[expected[i]], `byte ${i >> 3}, bit ${i & 7}`);
  }
});

Deno.test("property: any bytes as a signature give a negative errno, never an exception", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    assert(portableHost.verifyPkcs7Signature(BODY, bytes, [DEBIAN]) < 0);
  }));
});

Deno.test("property: a signature with a few bytes replaced gives 0 or a negative errno, the same with both hosts", () => {
  const messages = ["rsa.p7", "rsa-attributes.p7", "keyid.p7", "chain.p7"].map(fixture).concat(new Uint8Array(PKCS7));
  const keys = ["rsa.der", "ca.der", "leaf.der", "debian.der"].map(fixture);
  const edits = fc.array(fc.tuple(fc.nat(1200), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.constantFrom(...messages), edits, (message, edits) => {
    const pkcs7 = new Uint8Array(message);
    for (const [at, value] of edits) pkcs7[at % pkcs7.length] = value;
    const [portable, node] = [portableHost, nodeHost].map((host) => host.verifyPkcs7Signature(BODY, pkcs7, keys));
    assertEquals(portable, node);
    assert(Number.isInteger(portable) && portable <= 0);
  }));
});

Deno.test("both hosts agree on every curve with every digest", () => {
  for (const [curve, { keygen, sign, Point }] of Object.entries({ p256, p384, p521 }) as [Curve, typeof p256][]) {
    const key = keygen();
    const publicKey = Point.fromBytes(key.publicKey).toBytes(false);
    for (const digest of Object.keys(DIGEST_SIZES) as DigestAlgorithm[]) {
      assertEquals(portableHost.digest(digest, BODY), nodeHost.digest(digest, BODY), digest);
      const signature = sign(portableHost.digest(digest, BODY), key.secretKey, { prehash: false, lowS: false });
      for (const host of Object.values(HOSTS)) {
        const answers = [
          host.verifyEcdsa({ curve, publicKey, digest, message: BODY, signature }),
          host.verifyEcdsa({ curve, publicKey, digest, message: BODY, signature: turned(signature, 9) }),
          host.verifyEcdsa({ curve, publicKey: turned(publicKey, 9), digest, message: BODY, signature }),
        ];
        assertEquals(answers, ["valid", "invalid", "bad key"], `${curve} ${digest}`);
      }
    }
  }
});

Deno.test("the marker is recognized only at the end, and not as the whole file", () => {
  assert(hasSignatureMarker(CRC4));
  assert(!hasSignatureMarker(BODY));
  assert(!hasSignatureMarker(MARKER));
  assert(!hasSignatureMarker(new Uint8Array(0)));
});

Deno.test("a host without cryptography says which host is needed", () => {
  assertThrows(() => check(CRC4, { host: noSignatures }), Error, "portable_host.ts");
});
