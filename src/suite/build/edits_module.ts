// SPDX-License-Identifier: GPL-2.0-only
/**
 * Edits of what makes an ELF file a kernel module: .modinfo, __versions, the appended signature.
 *
 * The formats are those of get_modinfo() (kernel/module/main.c), struct modversion_info (include/linux/module.h) and struct
 * module_signature (include/linux/module_signature.h).
 *
 * @module
 */

import { encodeName } from "../../elf/writer.ts";
import { concat, viewOf } from "./bytes.ts";
import { contentOf } from "./content.ts";
import type { EditContext } from "./edits_elf.ts";
import type { KernelFacts } from "./kernel_facts.ts";

/** struct modversion_info on a 32-bit machine: the CRC, then the name with its zero. */
export const MODVERSION_SIZE = 64;

/** An entry of __versions. */
export function modversion(name: string, crc: number): Uint8Array {
  const bytes = encodeName(name);
  if (bytes.length >= MODVERSION_SIZE - 4) throw new Error(`the name ${name} is too long for an entry of __versions`);
  const entry = new Uint8Array(MODVERSION_SIZE);
  viewOf(entry).setUint32(0, crc, true);
  entry.set(bytes, 4);
  return entry;
}

/** A tag with its value as .modinfo has it. */
export function modinfoEntry(tag: string, value: string): Uint8Array {
  return new TextEncoder().encode(`${tag}=${value}\0`);
}

/** The first entry of a tag: from its first byte to behind its zero. */
function findTag(data: Uint8Array, tag: string): { start: number; end: number } | undefined {
  const wanted = encodeName(tag + "=");
  for (let start = 0; start < data.length;) {
    const zero = data.indexOf(0, start);
    const end = zero < 0 ? data.length : zero + 1;
    if (wanted.every((byte, i) => data[start + i] === byte)) return { start, end };
    start = end;
  }
  return undefined;
}

/** Replaces the first entry of the tag that `verb` names. */
function replaceTag({ work, edit }: EditContext, verb: string, entry: (tag: string) => Uint8Array): void {
  const tag = edit.string(verb);
  const section = work.section(".modinfo");
  const found = findTag(section.data, tag);
  if (found === undefined) return edit.fail(".modinfo has no such tag; add_modinfo adds one", verb);
  work.setContents(section, concat(section.data.slice(0, found.start), entry(tag), section.data.slice(found.end)));
}

/** The entry of __versions that `verb` names: its section, its offset there and its name. */
function findVersion({ work, edit }: EditContext, verb: string) {
  const name = edit.string(verb);
  const section = work.section("__versions");
  const wanted = encodeName(name + "\0");
  for (let at = 0; at + MODVERSION_SIZE <= section.data.length; at += MODVERSION_SIZE) {
    if (wanted.every((byte, i) => section.data[at + 4 + i] === byte)) return { section, at, name };
  }
  return edit.fail("__versions has no such entry; add_version adds one", verb);
}

const SIGNATURE_MARKER = "~Module signature appended~\n";
/** enum pkey_id_type. */
const PKEY_ID: Readonly<Record<string, number>> = { PKEY_ID_PGP: 0, PKEY_ID_X509: 1, PKEY_ID_PKCS7: 2 };

/** The edits by their verbs; `kernel` gives a CRC that an edit leaves out. */
export function moduleEdits(kernel: KernelFacts): Record<string, (context: EditContext) => void> {
  const crcOf = ({ edit }: EditContext, name: string): number => {
    if (edit.has("crc")) return edit.number("crc");
    return kernel.crc(name) ?? edit.fail(`the kernel does not export ${name}; give its crc`);
  };
  return {
    set_modinfo: (context) => {
      const value = context.edit.string("value");
      replaceTag(context, "set_modinfo", (tag) => modinfoEntry(tag, value));
    },
    remove_modinfo: (context) => replaceTag(context, "remove_modinfo", () => new Uint8Array(0)),
    add_modinfo: ({ work, edit }) => {
      const section = work.section(".modinfo");
      const entry = modinfoEntry(edit.string("add_modinfo"), edit.string("value"));
      const first = edit.boolean("first", false);
      work.setContents(section, first ? concat(entry, section.data) : concat(section.data, entry));
    },
    set_version: (context) => {
      const { section, at, name } = findVersion(context, "set_version");
      context.work.overwrite(section.header.sh_offset + at, modversion(name, crcOf(context, name)));
    },
    remove_version: (context) => {
      const { section, at } = findVersion(context, "remove_version");
      context.work.setContents(section, concat(section.data.slice(0, at), section.data.slice(at + MODVERSION_SIZE)));
    },
    add_version: (context) => {
      const name = context.edit.string("add_version");
      context.work.appendTo(context.work.section("__versions"), modversion(name, crcOf(context, name)));
    },
    append_signature: ({ work, edit, readFile }) => {
      const signature = contentOf(edit, readFile);
      const type = edit.raw("append_signature");
      const known = typeof type === "string" ? PKEY_ID[type] : undefined;
      const fields = ["algo", "hash", "id_type", "signer_len", "key_id_len"].map((name) =>
        name === "id_type" ? known ?? edit.number("append_signature", undefined, 1) : edit.number(name, 0, 1)
      );
      const trailer = new Uint8Array(12);
      trailer.set(fields);
      trailer.set([0, 8, 16].map((shift) => edit.number("pad", 0) >>> shift & 0xff), 5);
      viewOf(trailer).setUint32(8, edit.number("sig_len", signature.length), false);
      work.append(concat(signature, trailer, encodeName(SIGNATURE_MARKER)));
    },
  };
}
