// SPDX-License-Identifier: GPL-2.0-only
/** A damaged profile is a fault of its own, in one line, and never a verdict of the kernel. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { gzipSync } from "node:zlib";
import { portableHost } from "../../src/kernel/portable_host.ts";
import { ProfileError } from "../../src/kernel/profile.ts";
import { GOLDEN_DIR, loadProfile } from "../../src/profile/load_profile.ts";
import { findBadRow } from "../../src/kernel/exports.ts";
import { readProfiles } from "../profiles.ts";
import { inScratch, writeFiles } from "../scratch.ts";

const RELEASE = "6.12.107+deb13-armmp";
const read = (name: string) => Deno.readFileSync(new URL(`${RELEASE}/${name}`, GOLDEN_DIR));
const TOML = new TextDecoder().decode(read("kernel.toml"));
const EXPORTS = read("exports.tsv.gz");
const KEY = read("trusted-key.der");
const WITHOUT_CRC = TOML.replace(/^exports_crc32.*$/m, "");
const ROWS = ["aa\t1\t\t0\t\tvmlinux\n", "b\t2\tff\t1\tNS\tvmlinux\n"];

/** What loading says of a profile with these files, undefined for one that is missing. */
async function faultOf(files: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<string> {
  let message = "";
  const all = { "kernel.toml": TOML, "exports.tsv.gz": EXPORTS, "trusted-key.der": KEY, ...files };
  const there = Object.entries(all).flatMap(([name, content]) => content === undefined ? [] : [[name, content] as const]);
  await inScratch(async (folder) => {
    writeFiles(join(folder, RELEASE), Object.fromEntries(there));
    message = (await assertRejects(() => loadProfile(RELEASE, toFileUrl(`${folder}/`)), ProfileError)).message;
  });
  return message;
}

const DAMAGED: readonly (readonly [what: string, files: Parameters<typeof faultOf>[0], says: string])[] = [
  ["no kernel.toml", { "kernel.toml": undefined }, `is incomplete: golden/${RELEASE}/kernel.toml is missing`],
  ["no exports", { "exports.tsv.gz": undefined }, `is incomplete: golden/${RELEASE}/exports.tsv.gz is missing`],
  ["no certificate", { "trusted-key.der": undefined }, `is incomplete: golden/${RELEASE}/trusted-key.der is missing`],
  ["an empty exports.tsv.gz", { "exports.tsv.gz": "" }, "exports.tsv.gz: it is damaged"],
  ["exports that are cut off", { "exports.tsv.gz": EXPORTS.slice(0, 9000) }, "exports.tsv.gz: it is damaged"],
  [
    "exports with a byte changed",
    { "exports.tsv.gz": EXPORTS.with(70000, EXPORTS[70000] ^ 1) },
    "exports.tsv.gz: it is damaged",
  ],
  ["exports that are not packed", { "exports.tsv.gz": ROWS.join("") }, "exports.tsv.gz: it is damaged"],
  ["another kernel's exports", { "exports.tsv.gz": gzipSync(ROWS.join("")) }, "kernel.toml says exports_crc32 = 0x5d225888"],
  ["no text, and no CRC", { "kernel.toml": WITHOUT_CRC, "exports.tsv.gz": gzipSync("") }, "it has no rows"],
  [
    "rows out of order, and no CRC",
    { "kernel.toml": WITHOUT_CRC, "exports.tsv.gz": gzipSync(ROWS.toReversed().join("")) },
    "line 2: aa stands behind b",
  ],
  [
    "a column too few, and no CRC",
    { "kernel.toml": WITHOUT_CRC, "exports.tsv.gz": gzipSync(`${ROWS[0]}b\t2\tff\t1\tNS\n`) },
    'line 2 is "b\\t2\\tff\\t1\\tNS"; it must be name, address, CRC, 0 or 1, namespace, owner',
  ],
  ["text for a certificate", { "trusted-key.der": "-----BEGIN CERTIFICATE-----" }, "are no X.509 certificate in DER"],
  ["a certificate that is cut off", { "trusted-key.der": KEY.slice(0, -1) }, "are no X.509 certificate in DER"],
  ["another kernel's folder", { "kernel.toml": TOML.replace(RELEASE, "6.12.1") }, 'kernel.toml: release is "6.12.1"'],
  ["no TOML", { "kernel.toml": "release = " }, "kernel.toml: line 1, column"],
  ["an address that is none", { "kernel.toml": TOML.replace('"0xc18264d4"', '"c18264d4"') }, "machine.static_keys_on is "],
  ["keys that are no list", { "kernel.toml": TOML.replace(/^trusted_keys.*$/m, "trusted_keys = 3") }, "trusted_keys is 3"],
];

for (const [what, files, says] of DAMAGED) {
  Deno.test(`a profile with ${what} is refused in one line that names it`, async () => {
    const message = await faultOf(files);
    assertStringIncludes(message, says);
    assertStringIncludes(message, RELEASE);
    assertEquals(message.includes("\n"), false);
  });
}

Deno.test("a certificate that only begins and ends like one is a fault of the profile, not of the module", async () => {
  const signed = Deno.readFileSync(new URL("../fixtures/signature/crc4.ko", import.meta.url));
  const size = new DataView(signed.buffer).getUint32(signed.length - 28 - 4);
  const message = signed.subarray(signed.length - 40 - size, signed.length - 40);
  const key = KEY.slice().fill(0, 4);
  await assertRejects(
    () => Promise.resolve().then(() => portableHost.verifyPkcs7Signature(signed, message, [key])),
    ProfileError,
    "certificate 0 of trusted_keys cannot be parsed",
  );
});

Deno.test("a kernel that is not there is answered by those that are, the nearest names first", async () => {
  await inScratch(async (folder) => {
    const profile = (i: number) => [`6.12.${i}-x/kernel.toml`, `alias = "board-${"abcdefghijk"[i]}"`] as const;
    writeFiles(folder, { ...Object.fromEntries([...Array(11).keys()].map(profile)), "nameless/exports.tsv.gz": "" });
    const says = async (id: string) =>
      (await assertRejects(() => loadProfile(id, toFileUrl(`${folder}/`)), ProfileError)).message;
    assertMatch(await says("bord-k"), /^Cannot find kernel "bord-k"; there are: board-k, (\S+, ){6}\S+ and 4 more$/);
    assertMatch(await says("6.12.7"), /; there are: board-h, /);
    assertMatch(await says("nameles"), /; there are: nameless, /);
  });
});

for (const { release, exports } of (await readProfiles()).usable) {
  Deno.test(`each row of ${release}'s exports is one, in order`, () => {
    assertEquals(findBadRow(exports.text), undefined);
  });
}
