// SPDX-License-Identifier: GPL-2.0-only
/**
 * An inspection as text: what modinfo(8), readelf(1) and objdump(1) tell, in their words and columns.
 *
 * @module
 */

import type { FileFacts, Inspection } from "./inspect.ts";
import type { ExportFacts, ImportFacts } from "./inspect_linkage.ts";
import type { ModinfoFacts } from "./inspect_modinfo.ts";
import type { RelocationTable } from "./inspect_relocations.ts";
import type { SectionFacts } from "./inspect_sections.ts";
import type { SignatureFacts, SignerFacts } from "./inspect_signature.ts";
import type { SymbolFacts } from "./inspect_symbols.ts";

/** Control characters spelt out, so that no file can write on the terminal; those of `keep` stay. */
function visible(text: string, keep = ""): string {
  return text.replace(
    /\p{Cc}/gu,
    (each) => keep.includes(each) ? each : `\\x${each.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Lines with aligned columns; those marked by ">" before the heading to the right. Nothing trails the last cell. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const isRight = headings.map((heading) => heading.startsWith(">"));
  const lines = [headings.map((heading) => heading.replace(/^>/, "")), ...rows.map((row) => row.map((cell) => visible(cell)))];
  const widths = headings.map((_, column) => lines.reduce((width, line) => Math.max(width, line[column].length), 0));
  return lines.map((line) => {
    const cells = line.map((cell, i) => isRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** A tag and its value, as modinfo(8) has them. */
function tagLine(tag: string, value: string): string {
  return `${visible(tag)}:`.padEnd(16) + visible(value, "\n\t");
}

const SIGNATURE_BYTES_PER_LINE = 20;

function signatureLines(signer: SignerFacts): string[] {
  const pairs = signer.signature.split(":");
  const lines = [];
  for (let at = 0; at < pairs.length; at += SIGNATURE_BYTES_PER_LINE) {
    lines.push(pairs.slice(at, at + SIGNATURE_BYTES_PER_LINE).join(":"));
  }
  return [
    tagLine("sig_id", "PKCS#7"),
    tagLine("signer", signer.signer),
    tagLine("sig_key", signer.key),
    tagLine("sig_hashalgo", signer.hash),
    tagLine("signature", lines.join(":\n\t\t")),
  ];
}

function signatureSummary(signature: SignatureFacts | undefined): string {
  if (signature === undefined) return "none";
  const { idType, length, moduleLength, verdict } = signature;
  const what = idType === undefined ? "marker without a trailer" : `${idType}, ${length} bytes`;
  return `${what}, over the first ${moduleLength} bytes; ${verdict}`;
}

function fileText(file: FileFacts): string[] {
  const { count, offset } = file.sectionHeaders;
  const eabi = file.eabi === undefined ? "" : `, ${file.eabi === 0 ? "no EABI" : `EABI version ${file.eabi}`}`;
  return [
    "File:",
    `  Size:       ${file.size} bytes`,
    `  ELF:        ${file.class}, type ${file.type}, machine ${file.machine}`,
    `  Flags:      ${file.flags}${eabi}`,
    `  Sections:   ${count}, headers at 0x${offset.toString(16)}`,
    `  Signature:  ${visible(signatureSummary(file.signature))}`,
  ];
}

function modinfoText({ tags, parameters, signer }: ModinfoFacts): string[] {
  return [
    "Module information:",
    ...tags.map(({ tag, value }) => tagLine(tag, value)),
    ...(signer === undefined ? [] : signatureLines(signer)),
    ...parameters.map(({ name, description, type }) => {
      const what = description === undefined ? type : type === undefined ? description : `${description} (${type})`;
      return tagLine("parm", `${name}:${what}`);
    }),
  ];
}

function sectionsText({ table: sections, memory, notPlaced }: SectionFacts, kernel: string): string[] {
  const rows = sections.map((each) => [
    `[${each.index}]`,
    each.name,
    each.type,
    each.flags,
    hex(each.offset, 6),
    hex(each.size, 6),
    String(each.align),
    String(each.link),
    String(each.info),
    each.memory ?? "-",
  ]);
  const headings = [">[Nr]", "Name", "Type", "Flags", ">Offset", ">Size", ">Align", ">Link", ">Info", "Memory"];
  const sizes = memory.map(({ type, size, pages }) => [type, String(size), String(pages)]);
  const total = memory.reduce((sum, { pages }) => sum + pages, 0);
  const placed = notPlaced === undefined
    ? [`Memory on ${kernel}: ${total} pages of 4 KiB`, ...table(["Type", ">Bytes", ">Pages"], sizes)]
    : [`Memory on ${kernel}: none, the kernel does not place the sections: ${visible(notPlaced)}`];
  return ["Sections (offset and size in hex):", ...table(headings, rows), "", ...placed];
}

function exportsText(exports: readonly ExportFacts[]): string[] {
  const rows = exports.map((each) => [each.crc ?? "-", each.gplOnly ? "GPL" : "-", each.namespace || "-", each.name]);
  return [
    `Exports: ${exports.length || "none"}`,
    ...(rows.length === 0 ? [] : table(["CRC", "GPL", "Namespace", "Name"], rows)),
  ];
}

function importsText({ symbols, otherVersions }: ImportFacts): string[] {
  const rows = [
    ...symbols.map(({ name, weak, crc }) => [crc ?? "-", weak ? "WEAK" : "-", name]),
    ...otherVersions.map(({ name, crc }) => [crc, "version only", name]),
  ];
  return [`Imports: ${symbols.length || "none"}`, ...(rows.length === 0 ? [] : table(["CRC", "Kind", "Name"], rows))];
}

function symbolsText(symbols: readonly SymbolFacts[]): string[] {
  const rows = symbols.map((each) => [
    `${each.index}:`,
    each.value.slice(2),
    String(each.size),
    each.type,
    each.bind,
    each.section,
    each.name,
  ]);
  const headings = [">Num", "Value", ">Size", "Type", "Bind", "Section", "Name"];
  return [`Symbols: ${symbols.length || "none"}`, ...(rows.length === 0 ? [] : table(headings, rows))];
}

/** A signed number in hex. */
function signedHex(value: number): string {
  return `${value < 0 ? "-" : ""}0x${Math.abs(value).toString(16)}`;
}

function relocationsText(tables: readonly RelocationTable[]): string[] {
  if (tables.length === 0) return ["Relocations: none"];
  return tables.flatMap(({ section, target, note, entries }, i) => {
    const rows = entries.map((each) => [
      each.offset.slice(2),
      each.type,
      each.addend === undefined ? "-" : signedHex(each.addend),
      each.symbol + (each.note === undefined ? "" : ` (${each.note})`),
    ]);
    const title = `Relocations ${section} for ${target}: ${entries.length}${note === undefined ? "" : ` (${note})`}`;
    return [...(i === 0 ? [] : [""]), visible(title), ...table(["Offset", "Type", ">Addend", "Symbol"], rows)];
  });
}

/** The text of all parts that an inspection has, an empty line between two. */
export function inspectionText(inspection: Inspection): string {
  const { kernel, file, modinfo, sections, exports, imports, symbols, relocations } = inspection;
  const blocks = [
    file && fileText(file),
    modinfo && modinfoText(modinfo),
    sections && sectionsText(sections, kernel),
    exports && exportsText(exports),
    imports && importsText(imports),
    symbols && symbolsText(symbols),
    relocations && relocationsText(relocations),
  ];
  return blocks.filter((block) => block !== undefined).map((lines) => lines.map((line) => line + "\n").join("")).join("\n");
}
