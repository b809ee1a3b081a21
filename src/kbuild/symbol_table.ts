// SPDX-License-Identifier: GPL-2.0-only
/**
 * The modules that modpost knows, and what they export and import.
 *
 * Models: struct module, struct symbol, new_module(), find_symbol() and sym_add_exported() of scripts/mod/modpost.c.
 *
 * @module
 */

import type { Diagnostics } from "./diagnostics.ts";

/** struct symbol of an export. */
export interface ExportedSymbol {
  readonly name: string;
  readonly module: Module;
  readonly namespace: string;
  readonly isGplOnly: boolean;
  isFunc: boolean;
  /** Undefined where nobody said it (crc_valid). */
  crc: number | undefined;
}

/** struct symbol of an import. */
export interface UnresolvedSymbol {
  readonly name: string;
  readonly weak: boolean;
  /** Whose export it is; undefined until that is found. */
  exported: ExportedSymbol | undefined;
}

/** struct module. */
export interface Module {
  /** The object's path without `.o`, or the path in Module.symvers. */
  readonly name: string;
  readonly isVmlinux: boolean;
  readonly fromDump: boolean;
  isGplCompatible: boolean;
  hasInit: boolean;
  hasCleanup: boolean;
  readonly exported: ExportedSymbol[];
  readonly unresolved: UnresolvedSymbol[];
  readonly importedNamespaces: Set<string>;
  /** MODULE_ALIAS() lines of the device tables. */
  readonly aliases: string[];
  srcversion: string;
}

/** The name behind the last slash of a module's path. */
export function baseName(module: Module): string {
  return module.name.slice(module.name.lastIndexOf("/") + 1);
}

/** The list of modules and the hash table of exports. */
export class SymbolTable {
  readonly modules: Module[] = [];
  readonly #byName = new Map<string, Module>();
  /** Several modules may export one name; the one added last is found. */
  readonly #exports = new Map<string, ExportedSymbol[]>();

  constructor(readonly external: boolean, readonly diagnostics: Diagnostics) {}

  /** new_module(). */
  addModule(name: string, fromDump: boolean): Module {
    const module: Module = {
      name,
      isVmlinux: name === "vmlinux",
      fromDump,
      isGplCompatible: true,
      hasInit: false,
      hasCleanup: false,
      exported: [],
      unresolved: [],
      importedNamespaces: new Set(),
      aliases: [],
      srcversion: "",
    };
    this.modules.push(module);
    if (!this.#byName.has(name)) this.#byName.set(name, module);
    return module;
  }

  /** find_module(): the first of that name. */
  findModule(name: string): Module | undefined {
    return this.#byName.get(name);
  }

  /** sym_find_with_module(): `.name` counts as `name`. */
  find(name: string, module?: Module): ExportedSymbol | undefined {
    const found = this.#exports.get(name.startsWith(".") ? name.slice(1) : name);
    return module === undefined ? found?.at(-1) : found?.findLast((each) => each.module === module);
  }

  /** sym_add_exported(): a second export of a name is an error, but an external module may export what another module exports. */
  addExported(name: string, module: Module, isGplOnly: boolean, namespace: string): ExportedSymbol {
    const before = this.find(name);
    if (before !== undefined && (!this.external || before.module.isVmlinux || before.module === module)) {
      const where = before.module.name + (before.module.isVmlinux ? "" : ".ko");
      this.diagnostics.error(`${module.name}: '${name}' exported twice. Previous export was in ${where}`);
    }
    const symbol = { name, module, namespace, isGplOnly, isFunc: false, crc: undefined };
    module.exported.push(symbol);
    const same = this.#exports.get(name);
    if (same === undefined) this.#exports.set(name, [symbol]);
    else same.push(symbol);
    return symbol;
  }
}
