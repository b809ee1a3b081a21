// SPDX-License-Identifier: GPL-2.0-only
/**
 * modpost: from a folder of objects to the sources of their second halves, and to Module.symvers.
 *
 * Models: main(), read_dump(), read_symbols(), handle_symbol(), check_exports() and write_dump() of scripts/mod/modpost.c. What that
 * program does with bytes that are no object, ignore them or die, is an {@link ObjectError} here.
 *
 * @module
 */

import { SHN, STB, STT } from "../elf/constants.ts";
import { GPL_COMPATIBLE } from "../module/taints.ts";
import { commandFile, objectsOf, type ReadFile, symbolVersions } from "./build_files.ts";
import { ReferenceCheck } from "./check_references.ts";
import { type Diagnostic, Diagnostics, ModpostStopped } from "./diagnostics.ts";
import { type ElfInfo, readObject } from "./elf_info.ts";
import { deviceTableAliases } from "./file2alias.ts";
import { modCText, MODULE_NAME_LEN, vmlinuxExportText } from "./mod_c.ts";
import { sourceVersion } from "./source_version.ts";
import { baseName, type Module, SymbolTable } from "./symbol_table.ts";
import { type FullSymversEntry, symversLine } from "./symvers.ts";

/** modpost's options; each is off where it is left out. */
export interface ModpostOptions {
  /** -m: CONFIG_MODVERSIONS. */
  readonly modversions?: boolean;
  /** -e: the modules are not of the kernel's own tree. */
  readonly external?: boolean;
  /** -a: CONFIG_MODULE_SRCVERSION_ALL. */
  readonly allVersions?: boolean;
  /** -w: an undefined symbol is only warned of. */
  readonly warnUnresolved?: boolean;
  /** -N: a namespace that is not imported is only warned of. */
  readonly allowMissingNamespaceImports?: boolean;
  /** -E: a section mismatch is an error; without CONFIG_SECTION_MISMATCH_WARN_ONLY. */
  readonly sectionMismatchIsError?: boolean;
  /** -W: a missing description is warned of. */
  readonly extraWarn?: boolean;
}

/** What modpost works on. */
export interface ModpostInput {
  /** Objects by their paths, which end in `.o`. The bytes of one are looked at no more when the next is asked for. */
  readonly objects: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>;
  /** Files of Module.symvers, each with the exports of one tree. */
  readonly dumps: Iterable<readonly FullSymversEntry[]>;
  /** Reads `.mod`, `.cmd` and source files. */
  readonly read: ReadFile;
  readonly options: ModpostOptions;
}

/** What modpost leaves. */
export interface ModpostResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Whether modpost ends with 1. */
  readonly failed: boolean;
  /** The sources written, by path; none behind the first error. */
  readonly sources: ReadonlyMap<string, string>;
  /** The text of Module.symvers; undefined where an error kept it from being written. */
  readonly symvers: string | undefined;
}

/** Undefined symbols that are named; the rest are counted. */
const MAX_UNRESOLVED_REPORTS = 10;

/** ignore_undef_symbol(): what the final link resolves. */
const IGNORED_UNDEFINED: readonly string[] = ["__this_module", "_GLOBAL_OFFSET_TABLE_"];

/** One run of modpost. */
class Modpost {
  readonly diagnostics = new Diagnostics();
  readonly #symbols: SymbolTable;
  readonly #sources = new Map<string, string>();
  #unresolved = 0;
  #mismatches = 0;
  #symvers: string | undefined;

  constructor(readonly options: ModpostOptions, readonly read: ReadFile) {
    this.#symbols = new SymbolTable(options.external ?? false, this.diagnostics);
  }

  run({ dumps, objects }: ModpostInput): ModpostResult {
    try {
      for (const entries of dumps) this.#readDump(entries);
      for (const { path, bytes } of objects) this.#readSymbols(path, bytes);
      this.#finish();
    } catch (error) {
      if (!(error instanceof ModpostStopped)) throw error;
    }
    const { messages, failed } = this.diagnostics;
    return { diagnostics: messages, failed, sources: this.#sources, symvers: this.#symvers };
  }

  #finish(): void {
    const own = this.#symbols.modules.filter(({ fromDump }) => !fromDump);
    for (const module of own) {
      if (!module.isVmlinux) this.#checkExports(module);
    }
    for (const module of own) this.#write(module);
    if (!this.diagnostics.failed) this.#symvers = own.flatMap(dumpLines).join("");
    if (this.#mismatches > 0 && this.options.sectionMismatchIsError) {
      this.diagnostics.error("Section mismatches detected.\nSet CONFIG_SECTION_MISMATCH_WARN_ONLY=y to allow them.");
    }
    const unnamed = this.#unresolved - MAX_UNRESOLVED_REPORTS;
    if (unnamed > 0) {
      this.diagnostics.warn(`suppressed ${unnamed} unresolved symbol warnings because there were too many)`);
    }
  }

  /** read_dump(). */
  #readDump(entries: readonly FullSymversEntry[]): void {
    for (const { name, module, crc, gpl, namespace } of entries) {
      const owner = this.#symbols.findModule(module) ?? this.#symbols.addModule(module, true);
      this.#symbols.addExported(name, owner, gpl, namespace).crc = crc;
    }
  }

  /** read_symbols(). */
  #readSymbols(path: string, bytes: Uint8Array): void {
    const elf = readObject(bytes);
    if (!path.endsWith(".o")) return this.diagnostics.error(`${path}: filename must be suffixed with .o`);
    const module = this.#symbols.addModule(path.slice(0, -".o".length), false);
    if (!module.isVmlinux) this.#readModinfo(module, elf, path);
    this.#readSymbolTable(module, elf);
    const references = new ReferenceCheck(elf, module, this.#symbols, this.diagnostics);
    references.run();
    this.#mismatches += references.mismatches;
    if (!module.isVmlinux && (this.options.allVersions || elf.modinfo("version").length > 0)) this.#readSourceVersion(module);
    if (!this.options.modversions) return;
    module.unresolved.push({ name: "module_layout", weak: false, exported: undefined });
    if (module.exported.length > 0) this.#readCrcs(module);
  }

  #readModinfo(module: Module, elf: ElfInfo, path: string): void {
    const licenses = elf.modinfo("license");
    if (licenses.length === 0) this.diagnostics.error(`missing MODULE_LICENSE() in ${path}`);
    module.isGplCompatible = licenses.every((license) => GPL_COMPATIBLE.has(license));
    for (const namespace of elf.modinfo("import_ns")) module.importedNamespaces.add(namespace);
    if (this.options.extraWarn && elf.modinfo("description").length === 0) {
      this.diagnostics.warn(`missing MODULE_DESCRIPTION() in ${path}`);
    }
  }

  #readSymbolTable(module: Module, elf: ElfInfo): void {
    for (let symbol = 0; symbol < elf.symbolCount; symbol++) {
      elf.removeDot(symbol);
      this.#handleSymbol(module, elf, symbol);
      if (elf.symbolType(symbol) !== STT.OBJECT || !elf.nameIs(symbol, "__mod_", "start")) continue;
      module.aliases.push(...deviceTableAliases(module.name, elf, symbol, this.diagnostics));
    }
  }

  /** handle_symbol(). */
  #handleSymbol(module: Module, elf: ElfInfo, symbol: number): void {
    const section = elf.symbolShndx(symbol);
    if (section === SHN.UNDEF) {
      const binding = elf.symbolBinding(symbol);
      if (binding !== STB.GLOBAL && binding !== STB.WEAK) return;
      const name = elf.symbolName(symbol);
      if (IGNORED_UNDEFINED.includes(name)) return;
      module.unresolved.push({ name, weak: binding === STB.WEAK, exported: undefined });
    } else if (section === SHN.COMMON) {
      const name = elf.symbolName(symbol);
      if (!name.startsWith("__gnu_lto_")) this.diagnostics.warn(`"${name}" [${module.name}] is COMMON symbol`);
    } else {
      module.hasInit ||= elf.nameIs(symbol, "init_module");
      module.hasCleanup ||= elf.nameIs(symbol, "cleanup_module");
    }
  }

  #readSourceVersion(module: Module): void {
    const found = sourceVersion(objectsOf(module.name, this.read), this.read);
    if ("version" in found) module.srcversion = found.version;
    else this.diagnostics.warn(`${module.name}: srcversion is left out, because there is no ${found.missing}`);
  }

  /** mod_set_crcs(). A CRC of what is not exported is left aside. */
  #readCrcs(module: Module): void {
    for (const object of objectsOf(module.name, this.read)) {
      for (const [name, crc] of symbolVersions(this.read(commandFile(object)) ?? "")) {
        const symbol = this.#symbols.find(name, module);
        if (symbol !== undefined) symbol.crc = crc;
      }
    }
  }

  /** check_modname_len() and check_exports(). */
  #checkExports(module: Module): void {
    const { diagnostics, options } = this;
    const name = baseName(module);
    if (name.length >= MODULE_NAME_LEN) diagnostics.error(`module name is too long [${module.name}.ko]`);
    for (const symbol of module.unresolved) {
      const exported = this.#symbols.find(symbol.name);
      if (exported === undefined) {
        if (!symbol.weak && this.#unresolved++ < MAX_UNRESOLVED_REPORTS) {
          diagnostics.log(!options.warnUnresolved, `"${symbol.name}" [${module.name}.ko] undefined!`);
        }
        continue;
      }
      if (exported.module === module) {
        diagnostics.error(`"${symbol.name}" [${module.name}.ko] was exported without definition`);
        continue;
      }
      symbol.exported = exported;
      const { namespace } = exported;
      if (namespace !== "" && !module.importedNamespaces.has(namespace)) {
        diagnostics.log(
          !options.allowMissingNamespaceImports,
          `module ${name} uses symbol ${exported.name} from namespace ${namespace}, but does not import it.`,
        );
      }
      if (!module.isGplCompatible && exported.isGplOnly) {
        diagnostics.error(`GPL-incompatible module ${name}.ko uses GPL-only symbol '${exported.name}'`);
      }
    }
  }

  #write(module: Module): void {
    const { diagnostics, options: { modversions = false, external = false } } = this;
    const path = module.isVmlinux ? ".vmlinux.export.c" : `${module.name}.mod.c`;
    const text = module.isVmlinux
      ? vmlinuxExportText(module, modversions, diagnostics)
      : modCText(module, { modversions, external }, diagnostics);
    if (!diagnostics.failed) this.#sources.set(path, text);
  }
}

function dumpLines(module: Module): string[] {
  return module.exported.map(({ name, crc, isGplOnly, namespace }) =>
    symversLine({ name, module: module.name, crc: crc ?? 0, gpl: isGplOnly, namespace })
  );
}

/**
 * Runs modpost.
 *
 * @throws {ObjectError} where an object is none, and nothing else
 */
export function modpost(input: ModpostInput): ModpostResult {
  return new Modpost(input.options, input.read).run(input);
}
