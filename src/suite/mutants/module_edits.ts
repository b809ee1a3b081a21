// SPDX-License-Identifier: GPL-2.0-only
/**
 * Edits of what makes an ELF file a kernel module: .modinfo, __versions, struct module, the tables of exports, parameters and patch sites,
 * the signature.
 *
 * @module
 */

import { SHF, SHT } from "../../elf/constants.ts";
import type { ElfImage, ElfSection } from "../../elf/image.ts";
import { MODVERSION_SIZE } from "../build/edits_module.ts";
import type { EditMaker } from "./elf_edits.ts";
import type { Edit } from "./edit.ts";
import type { Random } from "./random.ts";
import { asText, sectionRef } from "./values.ts";

/** Values of tags that the loader reads, and of some that it does not. */
const TAGS: Readonly<Record<string, readonly string[]>> = {
  license: ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Proprietary", "gpl", "", "MIT"],
  vermagic: ["", "6.12.107+deb13-armmp", "6.12.107+deb13-armmp SMP mod_unload modversions ARMv7 p2v8", "x SMP "],
  depends: ["", "symbol_exporter", "nosuch"],
  intree: ["Y", "N", ""],
  staging: ["Y", ""],
  livepatch: ["Y", ""],
  retpoline: ["Y", ""],
  test: ["Y", ""],
  name: ["", "other", "with-dash"],
  import_ns: ["MANY_TABLES", "CRYPTO_INTERNAL", "", "DMA_BUF"],
  version: ["1", ""],
  srcversion: ["0123456789ABCDEF", ""],
  alias: ["x"],
  parmtype: ["number:int"],
};

function modinfo(random: Random, image: ElfImage): Edit | undefined {
  if (image.section(".modinfo") === undefined) return undefined;
  const tag = random.pick(Object.keys(TAGS));
  const value = random.pick(TAGS[tag]);
  const verb = random.pick(["set_modinfo", "remove_modinfo", "add_modinfo", "add_modinfo"]);
  if (verb === "remove_modinfo") return { [verb]: tag };
  if (verb === "set_modinfo") return { [verb]: tag, value };
  return { [verb]: tag, value, ...(random.oneIn(2) ? { first: true } : {}) };
}

function versionNames(image: ElfImage): string[] {
  const data = image.section("__versions")?.data ?? new Uint8Array();
  const names: string[] = [];
  for (let at = 4; at + MODVERSION_SIZE - 4 <= data.length; at += MODVERSION_SIZE) {
    names.push(String.fromCharCode(...data.subarray(at, data.indexOf(0, at))));
  }
  return names;
}

function version(random: Random, image: ElfImage): Edit | undefined {
  const names = versionNames(image);
  if (names.length === 0) return undefined;
  const crc = asText(random.pick([0, 1, 0x12345678, 0x80000000, 0xffffffff]));
  return random.pick<Edit>([
    { set_version: random.pick(names), crc },
    { remove_version: random.pick(names) },
    { add_version: random.pick([...names, "no_such_symbol"]), crc },
  ]);
}

const BYTES = ["00", "01", "3d", "41", "7f", "ff"];
const WORDS = ["00000000", "00000001", "00000004", "00000041", "7fffffff", "80000000", "bf000000", "c0008000", "ffffffff"];

/** A byte or a word anywhere in a section. */
function overwrite(random: Random, image: ElfImage, section: ElfSection): Edit {
  const at = random.below(section.data.length);
  const ref = sectionRef(image, section);
  if (section.data.length < 4 || random.oneIn(2)) return { overwrite: ref, at: asText(at), bytes: random.pick(BYTES) };
  const aligned = Math.min(at & ~3, section.data.length - 4);
  return { overwrite: ref, at: asText(aligned), words: [random.pick(WORDS)] };
}

function inSections(names: RegExp): EditMaker {
  return (random, image) => {
    const sections = image.sections.filter(({ name, data }) => names.test(name) && data.length > 0);
    return sections.length === 0 ? undefined : overwrite(random, image, random.pick(sections));
  };
}

/** Any section with bytes that are not code: changed code would decide what happens, and not the loader. */
function anyData(random: Random, image: ElfImage): Edit | undefined {
  const sections = image.sections.filter(({ header, data }) => data.length > 0 && !(header.sh_flags & SHF.EXECINSTR));
  return sections.length === 0 ? undefined : overwrite(random, image, random.pick(sections));
}

/** A table gets longer, by whole entries or not. */
function longer(random: Random, image: ElfImage): Edit | undefined {
  const types: readonly number[] = [SHT.NULL, SHT.NOBITS];
  const sections = image.sections.filter(({ header, data }) =>
    !types.includes(header.sh_type) && data.length > 0 && !(header.sh_flags & SHF.EXECINSTR)
  );
  if (sections.length === 0) return undefined;
  return { append: sectionRef(image, random.pick(sections)), zeros: random.pick([1, 2, 4, 8, 12, 16, 20, 64]) };
}

function signature(random: Random, image: ElfImage): Edit {
  const { length } = image.bytes;
  const end = new TextDecoder("latin1").decode(image.bytes.subarray(length - 28));
  if (!end.startsWith("~Module signature") || random.oneIn(4)) {
    return {
      append_signature: random.pick(["PKEY_ID_PKCS7", "PKEY_ID_PGP", "PKEY_ID_X509"]),
      bytes: random.pick(["", "30 00", "30 80 00 00", "00"]),
      ...(random.oneIn(2)
        ? { sig_len: asText(random.pick([0, 1, 2, 12, 255, length, length + 1, 0x7fffffff, 0xffffffff])) }
        : {}),
      ...(random.oneIn(4) ? { [random.pick(["algo", "hash", "signer_len", "key_id_len", "pad"])]: 1 } : {}),
    };
  }
  // The marker, the trailer before it, and the PKCS#7 message before that.
  const at = length - 1 - random.weighted([[1, random.below(28)], [3, 28 + random.below(12)], [5, 40 + random.below(263)]]);
  return { overwrite: "file", at: asText(at), bytes: random.pick(BYTES) };
}

/** What a kernel module can suffer beside, and how often. */
export const MODULE_EDITS: readonly (readonly [weight: number, make: EditMaker])[] = [
  [6, modinfo],
  [4, version],
  [2, inSections(/^__versions$/)],
  [3, inSections(/^\.modinfo$/)],
  [5, inSections(/^\.gnu\.linkonce\.this_module$/)],
  [3, inSections(/^__param$|^\.data\.rel$|^\.rodata/)],
  [3, inSections(/^__k(symtab|crctab)/)],
  [3, inSections(/^(__jump_table|__ex_table|__bug_table|__mcount_loc|__dyndbg|\.alt\.smp\.init|\.pv_table|\.ARM\.ex.*)$/)],
  [4, anyData],
  [3, longer],
  [3, signature],
];
