// SPDX-License-Identifier: GPL-2.0-only
/**
 * Symbols: from names and section numbers to addresses.
 *
 * Models: simplify_symbols(), resolve_symbol(), resolve_symbol_wait(), inherit_taint(), verify_namespace_is_imported() and
 * verify_exported_symbols() of kernel/module/main.c.
 *
 * @module
 */

import { SHN, STB, symbolBinding } from "../elf/constants.ts";
import { SYM } from "../elf/records.ts";
import { u32 } from "../elf/word.ts";
import { EBUSY, EINVAL, ENOENT, ENOEXEC } from "../kernel/errno.ts";
import type { ExportedSymbol } from "../kernel/exports.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR, KERN_WARNING } from "../kernel/log.ts";
import type { AddressSpace } from "../kernel/memory.ts";
import type { KernelModule, KernelModuleExport, ModuleTable } from "../kernel/module.ts";
import type { Name } from "../kernel/name.ts";
import { TAINT } from "../kernel/taint.ts";
import { copyName, type LoadInfo } from "./load_info.ts";
import { modinfoValues } from "./modinfo.ts";
import { refModule } from "./references.ts";
import { KERNEL_SYMBOL_SIZE } from "./sections.ts";
import { checkVersion } from "./version.ts";

/**
 * simplify_symbols(): afterwards st_value of every symbol is an address. It goes on after an error, so that each bad symbol has its
 * line, and returns the last one.
 *
 * Needs: the sections at their final addresses. Adds: st_value in .symtab, references to the modules whose symbols are used.
 *
 * @returns 0 or minus an errno
 */
export function simplifySymbols(info: LoadInfo, mod: KernelModule): number {
  const symtab = info.sechdrs[info.index.sym];
  const end = symtab.at + Math.floor(symtab.sh_size / SYM.size) * SYM.size;
  let ret = 0;
  for (let symbol = symtab.at + SYM.size; symbol < end; symbol += SYM.size) {
    const err = simplifySymbol(info, mod, symtab.view, symbol);
    if (err !== 0) ret = err;
  }
  return ret;
}

/** One symbol, by its offset in the view. @returns 0 or minus an errno */
function simplifySymbol(info: LoadInfo, mod: KernelModule, view: DataView, symbol: number): number {
  const { kernel, sechdrs, index } = info;
  const shndx = view.getUint16(symbol + 14, true);
  if (shndx === SHN.ABS || shndx === SHN.LIVEPATCH) return 0;
  // The other special indices mean something else too, however many sections there are.
  if (shndx !== SHN.UNDEF && shndx !== SHN.COMMON && shndx < sechdrs.length) {
    const base = shndx === index.pcpu ? mod.percpu : sechdrs[shndx].sh_addr;
    view.setUint32(symbol + 4, view.getUint32(symbol + 4, true) + base, true);
    return 0;
  }
  const name = copyName(info.copy, u32(info.strtab + view.getUint32(symbol, true)));
  if (shndx === SHN.UNDEF) {
    const found = resolveSymbolWait(info, mod, name);
    if (typeof found === "object") {
      view.setUint32(symbol + 4, found.value, true);
      return 0;
    }
    if (found === undefined && symbolBinding(view.getUint8(symbol + 12)) === STB.WEAK) return 0;
    const err = found ?? -ENOENT;
    kernel.printk(KERN_WARNING, `${mod.name}: Unknown symbol ${name} (err ${err})`);
    return err;
  }
  if (shndx === SHN.COMMON) {
    if (name.toString().startsWith("__gnu_lto")) return 0;
    kernel.printk(KERN_WARNING, `${mod.name}: please compile with -fno-common`);
    return -ENOEXEC;
  }
  const max = info.hdr.e_shnum - 1;
  kernel.printk(KERN_ERR, `${mod.name}: Symbol ${name} has an invalid section index ${shndx} (max ${max})`);
  return -ENOEXEC;
}

/** resolve_symbol_wait(): a module that is still in its init does not give its symbols; the kernel waits 30 s for it. */
function resolveSymbolWait(info: LoadInfo, mod: KernelModule, name: Name): ExportedSymbol | number | undefined {
  const found = resolveSymbol(info, mod, name);
  if (found === -EBUSY) {
    const owner = info.kernel.symbols.find(name, true)?.owner;
    info.kernel.printk(KERN_WARNING, `${mod.name}: gave up waiting for init of module ${owner?.name ?? "kernel"}.`);
  }
  return found;
}

/**
 * resolve_symbol(): finds an exported symbol that this module may use, and records the use.
 *
 * @returns the symbol; undefined where none was found; minus an errno where it may not be used
 */
function resolveSymbol(info: LoadInfo, mod: KernelModule, name: Name): ExportedSymbol | number | undefined {
  const found = info.kernel.symbols.find(name, !(mod.taints & (1 << TAINT.PROPRIETARY_MODULE)));
  if (found === undefined) return undefined;
  const { owner, gplOnly } = found;
  if (gplOnly && !mod.usingGplonlySymbols) {
    mod.usingGplonlySymbols = true;
    mod.put("using_gplonly_symbols", 1);
  }
  if (!inheritTaint(info.kernel, mod, owner, name)) return undefined;
  if (!checkVersion(info, name, mod, found.crc)) return -EINVAL;
  const err = verifyNamespaceIsImported(info, mod, found) || refModule(info.kernel, mod, owner);
  return err || found;
}

/** inherit_taint(): who uses a proprietary module's symbols becomes proprietary, which who uses GPL-only ones may not. */
function inheritTaint(kernel: Kernel, mod: KernelModule, owner: KernelModule | undefined, name: Name): boolean {
  const proprietary = 1 << TAINT.PROPRIETARY_MODULE;
  if (owner === undefined || !(owner.taints & proprietary)) return true;
  if (mod.usingGplonlySymbols) {
    kernel.printk(
      KERN_ERR,
      `${mod.name}: module using GPL-only symbols uses symbols ${name} from proprietary module ${owner.name}.`,
    );
    return false;
  }
  if (!(mod.taints & proprietary)) {
    kernel.printk(
      KERN_WARNING,
      `${mod.name}: module uses symbols ${name} from proprietary module ${owner.name}, inheriting taint.`,
    );
    mod.setTaint(TAINT.PROPRIETARY_MODULE);
  }
  return true;
}

/** verify_namespace_is_imported(). @returns 0 or minus EINVAL */
function verifyNamespaceIsImported(info: LoadInfo, mod: KernelModule, symbol: ExportedSymbol): number {
  const { kernel } = info;
  if (symbol.namespace === "" || modinfoValues(info, "import_ns").includes(symbol.namespace)) return 0;
  const missingIsAllowed = kernel.config("MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS");
  kernel.printk(
    missingIsAllowed ? KERN_WARNING : KERN_ERR,
    `${mod.name}: module uses symbol (${symbol.name}) from namespace ${symbol.namespace}, but does not import it.`,
  );
  return missingIsAllowed ? 0 : -EINVAL;
}

/** struct kernel_symbol in the module's relocated memory, and its CRC. */
class ModuleExport implements KernelModuleExport {
  readonly nameInMemory: Name;
  readonly name: string;
  readonly value: number;
  readonly #space: AddressSpace;
  readonly #namespace: number;

  /**
   * @param entry its address
   * @param crcAt address of its CRC, or 0
   */
  constructor(
    { space }: Kernel,
    readonly owner: KernelModule,
    entry: number,
    readonly crcAt: number,
    readonly gplOnly: boolean,
  ) {
    this.#space = space;
    this.#namespace = space.read32(entry + 8);
    this.nameInMemory = space.name(space.read32(entry + 4));
    this.name = this.nameInMemory.toString();
    this.value = space.read32(entry);
  }

  // Nobody reads these two before a module uses the symbol: where they cannot be read, that module is who suffers.
  get crc(): number | undefined {
    return this.crcAt === 0 ? undefined : this.#space.read32(this.crcAt);
  }

  get namespace(): string {
    return this.#namespace === 0 ? "" : this.#space.cstring(this.#namespace);
  }
}

/** One export table. */
function readExports(
  kernel: Kernel,
  owner: KernelModule,
  { address, count }: ModuleTable,
  crcs: number,
  gplOnly: boolean,
): KernelModuleExport[] {
  const hasCrcs = kernel.config("MODVERSIONS") && crcs !== 0;
  const table: KernelModuleExport[] = [];
  for (let i = 0; i < count; i++) {
    table.push(new ModuleExport(kernel, owner, address + i * KERNEL_SYMBOL_SIZE, hasCrcs ? crcs + 4 * i : 0, gplOnly));
  }
  return table;
}

/**
 * verify_exported_symbols(): nobody exports what is exported already. The module's own exports become visible to others right after.
 *
 * Needs: relocated memory. Adds: mod.exports.
 *
 * @returns 0 or minus ENOEXEC
 */
export function verifyExportedSymbols(kernel: Kernel, mod: KernelModule): number {
  const exports = readExports(kernel, mod, mod.syms, mod.crcs, false);
  const gplExports = readExports(kernel, mod, mod.gplSyms, mod.gplCrcs, true);
  const all = exports.concat(gplExports);
  for (const { name, nameInMemory } of all) {
    const found = kernel.symbols.find(nameInMemory, true);
    if (found === undefined) continue;
    const owner = found.owner?.name ?? "kernel";
    kernel.printk(KERN_ERR, `${mod.name}: exports duplicate symbol ${name} (owned by ${owner})`);
    return -ENOEXEC;
  }
  mod.exports = all;
  kernel.symbols.add(mod, [exports, gplExports]);
  return 0;
}
