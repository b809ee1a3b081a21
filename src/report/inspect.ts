// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a module file holds, as data: the answer of `insmodel inspect`. Its JSON form is this object as it is.
 *
 * @module
 */

import { EF_ARM, EM, ET, nameOf } from "../elf/constants.ts";
import { ElfError, readImage } from "../elf/image.ts";
import { hex32 } from "../elf/word.ts";
import { UnknownFact } from "../kernel/fault.ts";
import { type ExportFacts, exportsOf, type ImportFacts, importsOf } from "./inspect_linkage.ts";
import { type ModinfoFacts, modinfoOf } from "./inspect_modinfo.ts";
import { type RelocationTable, relocationTables } from "./inspect_relocations.ts";
import { type SectionFacts, sectionFacts } from "./inspect_sections.ts";
import { type SignatureFacts, signatureOf } from "./inspect_signature.ts";
import type { Subject } from "./inspect_subject.ts";
import { type SymbolFacts, symbolFacts } from "./inspect_symbols.ts";

/** The file itself. */
export interface FileFacts {
  /** Bytes, unpacked. */
  size: number;
  class: string;
  type: string;
  machine: string;
  /** e_flags. */
  flags: string;
  /** Version of the ARM EABI; 0 is from before it. Absent on other machines. */
  eabi?: number;
  sectionHeaders: { count: number; offset: number };
  /** Absent where the file does not end with the marker of a signed module. */
  signature?: SignatureFacts;
}

/** What can be asked for, in the order in which it is told. */
export interface Parts {
  file: FileFacts;
  modinfo: ModinfoFacts;
  sections: SectionFacts;
  exports: ExportFacts[];
  imports: ImportFacts;
  symbols: SymbolFacts[];
  relocations: RelocationTable[];
}
export type Part = keyof Parts;

/** The parts that were asked for and could be read. */
export interface Inspection extends Partial<Parts> {
  /** Release of the kernel whose rules place sections and refuse relocations. */
  kernel: string;
  /** Why a part is missing: what is wrong and where, a line each. */
  problems: string[];
}

function fileFacts(subject: Subject): FileFacts {
  const { e_type, e_machine, e_flags, e_shnum, e_shoff } = subject.image.header;
  const signature = signatureOf(subject);
  return {
    size: subject.bytes.length,
    // readImage() takes no other.
    class: "ELF32 little-endian",
    type: nameOf(ET, e_type),
    machine: nameOf(EM, e_machine),
    flags: hex32(e_flags),
    ...(e_machine === EM.ARM ? { eabi: (e_flags & EF_ARM.EABI_MASK) >>> 24 } : {}),
    sectionHeaders: { count: e_shnum, offset: e_shoff },
    ...(signature === undefined ? {} : { signature }),
  };
}

const READERS: { readonly [Name in Part]: (subject: Subject) => Parts[Name] } = {
  file: fileFacts,
  modinfo: modinfoOf,
  sections: sectionFacts,
  exports: exportsOf,
  imports: importsOf,
  symbols: symbolFacts,
  relocations: relocationTables,
};

/** The names of all parts. */
export const PARTS = Object.keys(READERS) as readonly Part[];

/**
 * Reads a module file. Parts are read each on its own: a damaged symbol table does not hide the sections.
 *
 * @param bytes any bytes at all, unpacked
 * @param context the kernel that is asked where sections go and which relocations it knows, and a host that verifies signatures
 * @param parts what is asked for
 * @throws {ElfError} where the bytes are no ELF32 file with sections that hold together
 */
export function inspectModule(
  bytes: Uint8Array,
  context: Pick<Subject, "profile" | "host">,
  parts: readonly Part[] = PARTS,
): Inspection {
  const subject: Subject = { ...context, bytes, image: readImage(bytes) };
  const inspection: Inspection = { kernel: context.profile.release, problems: [] };
  const problems = new Set<string>();
  const read = <Name extends Part>(part: Name) => {
    try {
      Object.assign(inspection, { [part]: READERS[part](subject) });
    } catch (error) {
      if (error instanceof UnknownFact) problems.add(`${part}: ${error.what}`);
      else if (error instanceof ElfError) problems.add(error.message);
      else throw error;
    }
  };
  for (const part of PARTS) if (parts.includes(part)) read(part);
  inspection.problems = [...problems];
  return inspection;
}
