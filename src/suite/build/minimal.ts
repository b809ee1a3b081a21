// SPDX-License-Identifier: GPL-2.0-only
/**
 * `base = "minimal"`: a module made from nothing, with what kbuild gives every module and what `[module]` adds.
 *
 * Source of the sections: scripts/module.lds.S, arch/arm/include/asm/module.lds.h, and the `.mod.c` that scripts/mod/modpost.c
 * writes.
 *
 * @module
 */

import { SHF, SHN, SHT, STB, STT } from "../../elf/constants.ts";
import { encodeName } from "../../elf/writer.ts";
import { concat, viewOf } from "./bytes.ts";
import { contentOf, hasContent, type ReadFile } from "./content.ts";
import { Draft, type DraftSection } from "./draft.ts";
import { modinfoEntry, modversion } from "./edits_module.ts";
import { addExports, addParams } from "./kbuild_tables.ts";
import type { KernelFacts } from "./kernel_facts.ts";
import { Table } from "./table.ts";

const MOV_R0_0 = [0x00, 0x00, 0xa0, 0xe3];
const BX_LR = [0x1e, 0xff, 0x2f, 0xe1];

const A = SHF.ALLOC;
const AX = SHF.ALLOC | SHF.EXECINSTR;
const WA = SHF.WRITE | SHF.ALLOC;

function section(name: string, flags: number, align: number, data: number[] = []): DraftSection {
  return { name, type: SHT.PROGBITS, flags, align, data: Uint8Array.from(data), relocations: [] };
}

/** Sections whose contents follow from other keys of `[module]`; those that stay empty are left out. */
const DERIVED = [
  section("__ksymtab", A, 4),
  section("__ksymtab_gpl", A, 4),
  section("__kcrctab", A, 4),
  section("__kcrctab_gpl", A, 4),
  section(".gnu.linkonce.this_module", WA, 64),
  section(".modinfo", A, 1),
  section("__param", A, 4),
  { ...section("__ksymtab_strings", A | SHF.MERGE | SHF.STRINGS, 1), entsize: 1 },
  section("__versions", A, 4),
] as const;

/** All sections that kbuild makes, in their order. */
function kbuildSections(): DraftSection[] {
  const [ksymtab, ksymtabGpl, kcrctab, kcrctabGpl, thisModule, modinfo, param, strings, versions] = DERIVED
    .map((each): DraftSection => ({ ...each, relocations: [] }));
  return [
    section(".text", AX, 4, [...MOV_R0_0, ...BX_LR]),
    section(".init.text", AX, 4, [...MOV_R0_0, ...BX_LR]),
    section(".exit.text", AX, 4, BX_LR),
    ...[ksymtab, ksymtabGpl, kcrctab, kcrctabGpl],
    section(".data", WA, 4, [0, 0, 0, 0]),
    thisModule,
    section(".plt", AX, 1, [0]),
    section(".rodata", A, 4, [0, 0, 0, 0]),
    ...[modinfo, param, strings, versions],
    section(".init.plt", A, 1, [0]),
    { ...section(".bss", WA, 4), type: SHT.NOBITS, size: 4 },
  ];
}

function isDerived(name: string): boolean {
  return DERIVED.some((each) => each.name === name);
}

/** `[[module.section]]`: a section of the recipe's own, or other contents and header fields for one that kbuild makes. */
function addSections(draft: Draft, module: Table, readFile: ReadFile): void {
  for (const table of module.tables("section")) {
    const name = table.string("name");
    if (isDerived(name)) table.fail("this section is made from the other keys of [module]; change it with an edit", "name");
    const known = draft.find(name);
    const target = known ?? section(name, A, 4);
    if (known === undefined) draft.sections.push(target);
    target.type = table.number("sh_type", target.type);
    target.flags = table.number("sh_flags", target.flags);
    target.align = table.number("sh_addralign", target.align);
    target.address = table.number("sh_addr", 0);
    target.entsize = table.number("sh_entsize", 0);
    if (table.has("sh_link")) target.link = table.reference("sh_link");
    if (table.has("sh_info")) target.info = table.reference("sh_info");
    if (target.type === SHT.NOBITS) {
      target.data = new Uint8Array(0);
      target.size = table.number("size", target.size ?? 0);
    } else {
      delete target.size;
      if (hasContent(table)) target.data = contentOf(table, readFile);
    }
    table.done();
  }
}

/** `[[module.symbol]]`: defined symbols. In a section with code a function is meant, elsewhere an object. */
function addSymbols(draft: Draft, module: Table): void {
  const special: Readonly<Partial<Record<string, number>>> = { SHN_ABS: SHN.ABS, SHN_COMMON: SHN.COMMON };
  for (const table of module.tables("symbol")) {
    const ref = table.reference("section");
    const home = typeof ref === "string" ? special[ref] ?? table.within(() => draft.section(ref), "section") : ref;
    const isCode = typeof home === "object" && (home.flags & SHF.EXECINSTR) !== 0;
    draft.symbols.push({
      name: table.string("name"),
      section: typeof home === "object" ? home.name : home,
      value: table.number("value", 0),
      size: table.number("size", 0),
      bind: table.number("bind", STB.GLOBAL, 1),
      type: table.number("type", isCode ? STT.FUNC : STT.OBJECT, 1),
      other: table.number("other", 0, 1),
    });
    table.done();
  }
}

/** `imports`: undefined symbols, each a name or a table { name, crc, bind, type }. */
function addImports(draft: Draft, module: Table): void {
  const isTable = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
  module.array("imports").forEach((item, i) => {
    if (typeof item !== "string" && !isTable(item)) module.fail(`item ${i + 1} is neither a name nor a table`, "imports");
    const values = typeof item === "string" ? { name: item } : item as Record<string, unknown>;
    const table = new Table(`${module.place}, imports ${i + 1}`, values);
    const crc = table.raw("crc");
    const bind = table.number("bind", STB.GLOBAL, 1);
    const type = table.number("type", STT.NOTYPE, 1);
    table.within(() =>
      draft.import(table.string("name"), crc === undefined || crc === false ? crc : table.number("crc"), bind, type)
    );
    table.done();
  });
}

/** `[[module.relocation]]`: `word` is what the place holds before, the addend within. */
function addRelocations(draft: Draft, module: Table): void {
  for (const table of module.tables("relocation")) {
    const target = table.within(() => draft.section(table.string("section")), "section");
    const offset = table.number("offset");
    const type = table.number("type", undefined, 1);
    table.within(() => draft.relocate(target, offset, table.reference("symbol"), type), "symbol");
    if (table.has("word")) {
      if (offset + 4 > target.data.length) table.fail(`${target.name} has ${target.data.length} bytes`, "offset");
      target.data = target.data.slice();
      viewOf(target.data).setUint32(offset, table.number("word"), true);
    }
    table.done();
  }
}

/** struct module as the file carries it: its name, and relocations for its init and exit functions. */
function addThisModule(draft: Draft, module: Table, name: string): void {
  const target = draft.find(".gnu.linkonce.this_module");
  const { structModule } = draft.kernel;
  if (target !== undefined) {
    const bytes = encodeName(name);
    if (structModule.name + bytes.length >= structModule.size) module.fail("too long for struct module", "name");
    target.data = new Uint8Array(structModule.size);
    target.data.set(bytes, structModule.name);
    draft.define("__this_module", target.name, structModule.size);
  }
  const functions = [
    { key: "init", standard: "init_module", home: ".init.text", offset: structModule.init },
    { key: "exit", standard: "cleanup_module", home: ".exit.text", offset: structModule.exit },
  ];
  for (const { key, standard, home, offset } of functions) {
    const symbol = module.stringOrNot(key, standard);
    if (symbol === undefined) continue;
    if (symbol === standard && !draft.has(standard)) {
      const code = draft.find(home) ?? module.fail(`there is no section ${home} for ${standard}; give ${key} = false`);
      draft.define(standard, home, code.data.length);
    }
    if (target !== undefined && offset !== undefined) module.within(() => draft.relocate(target, offset, symbol), key);
  }
}

/** .modinfo in modpost's order: license, depends, intree, name, vermagic; then the recipe's own tags. */
function modinfo(module: Table, name: string, kernel: KernelFacts): Uint8Array {
  const tags: [string, string | undefined][] = [
    ["license", module.stringOrNot("license", "GPL")],
    ["depends", module.stringOrNot("depends", "")],
    ["intree", module.stringOrNot("intree")],
    ["name", module.stringOrNot("modinfo_name", name)],
    ["vermagic", module.stringOrNot("vermagic", kernel.vermagic)],
  ];
  const own = module.strings("modinfo").map((text): [string, string] => {
    const equals = text.indexOf("=");
    return equals > 0 ? [text.slice(0, equals), text.slice(equals + 1)] : module.fail(`"${text}" is no tag=value`, "modinfo");
  });
  return concat(...[...tags, ...own].flatMap(([tag, value]) => value === undefined ? [] : [modinfoEntry(tag, value)]));
}

/**
 * Builds the module that a recipe's `[module]` describes; recipe.ts explains the keys.
 *
 * @param defaultName the module's name where the recipe gives none
 * @throws {RecipeError}
 */
export function buildMinimal(module: Table, defaultName: string, kernel: KernelFacts, readFile: ReadFile): Uint8Array {
  const without = module.strings("without");
  const sections = kbuildSections();
  for (const name of without) {
    if (!sections.some((each) => each.name === name)) module.fail(`kbuild makes no section ${name}`, "without");
  }
  const draft = new Draft(sections.filter((each) => !without.includes(each.name)), kernel);
  const name = module.string("name", defaultName);

  addSections(draft, module, readFile);
  addSymbols(draft, module);
  addImports(draft, module);
  addThisModule(draft, module, name);
  addExports(draft, module);
  addParams(draft, module);
  addRelocations(draft, module);

  const tags = draft.find(".modinfo");
  if (tags !== undefined) tags.data = modinfo(module, name, kernel);
  const versions = draft.find("__versions");
  const layoutCrc = module.numberOrNot("module_layout", kernel.moduleLayoutCrc);
  if (layoutCrc !== undefined) draft.versions.push({ name: "module_layout", crc: layoutCrc });
  if (versions !== undefined) {
    versions.data = module.within(() => concat(...draft.versions.map(({ name, crc }) => modversion(name, crc))));
  }
  module.done();

  draft.sections = draft.sections.filter((each) => each.data.length > 0 || !isDerived(each.name));
  return module.within(() => draft.write());
}
