// SPDX-License-Identifier: GPL-2.0-only
/**
 * The C source that modpost writes for a module, to be compiled and linked to it.
 *
 * Models: add_header(), add_exported_symbols(), add_versions(), add_depends(), add_moddevtable(), add_srcversion() and
 * write_vmlinux_export_c_file() of scripts/mod/modpost.c.
 *
 * @module
 */

import type { Diagnostics } from "./diagnostics.ts";
import { baseName, type Module } from "./symbol_table.ts";

/** MODULE_NAME_LEN: a name has fewer bytes than this, for its zero. */
export const MODULE_NAME_LEN = 60;

/** What of the kernel's configuration shows in the file. */
export interface ModCOptions {
  /** CONFIG_MODVERSIONS. */
  readonly modversions: boolean;
  /** The module is not of the kernel's own tree. */
  readonly external: boolean;
}

function header(module: Module, external: boolean): string {
  const lines = [
    "#include <linux/module.h>",
    "#include <linux/export-internal.h>",
    "#include <linux/compiler.h>",
    "",
    "MODULE_INFO(name, KBUILD_MODNAME);",
    "",
    "__visible struct module __this_module",
    '__section(".gnu.linkonce.this_module") = {',
    "\t.name = KBUILD_MODNAME,",
  ];
  if (module.hasInit) lines.push("\t.init = init_module,");
  if (module.hasCleanup) lines.push("#ifdef CONFIG_MODULE_UNLOAD", "\t.exit = cleanup_module,", "#endif");
  lines.push("\t.arch = MODULE_ARCH_INIT,", "};");
  if (!external) lines.push("", 'MODULE_INFO(intree, "Y");');
  if (module.name.startsWith("drivers/staging")) lines.push("", 'MODULE_INFO(staging, "Y");');
  if (module.name.startsWith("tools/testing")) lines.push("", 'MODULE_INFO(test, "Y");');
  return lines.join("\n") + "\n";
}

function hex(crc: number): string {
  return crc.toString(16);
}

function exportedSymbols(module: Module, modversions: boolean, diagnostics: Diagnostics): string {
  let text = "\n";
  for (const { name, isFunc, isGplOnly, namespace } of module.exported) {
    text += `KSYMTAB_${isFunc ? "FUNC" : "DATA"}(${name}, "${isGplOnly ? "_gpl" : ""}", "${namespace}");\n`;
  }
  if (!modversions) return text;
  text += "\n";
  for (const { name, crc, isGplOnly } of module.exported) {
    if (crc === undefined) {
      diagnostics.warn(
        `EXPORT symbol "${name}" [${module.name}${module.isVmlinux ? "" : ".ko"}] version generation failed, ` +
          `symbol will not be versioned.\nIs "${name}" prototyped in <asm/asm-prototypes.h>?`,
      );
    }
    text += `SYMBOL_CRC(${name}, 0x${hex(crc ?? 0).padStart(8, "0")}, "${isGplOnly ? "_gpl" : ""}");\n`;
  }
  return text;
}

/** printf()'s `%#8x`: padded with spaces, and zero without its prefix. */
function alternateHex(crc: number): string {
  return (crc === 0 ? "0" : `0x${hex(crc)}`).padStart(8);
}

function versions(module: Module, diagnostics: Diagnostics): string {
  let text = '\nstatic const struct modversion_info ____versions[]\n__used __section("__versions") = {\n';
  for (const { name, exported } of module.unresolved) {
    if (exported === undefined) continue;
    if (exported.crc === undefined) {
      diagnostics.warn(`"${name}" [${module.name}.ko] has no CRC!`);
    } else if (name.length >= MODULE_NAME_LEN) {
      diagnostics.error(`too long symbol "${name}" [${module.name}.ko]`);
      break;
    } else text += `\t{ ${alternateHex(exported.crc)}, "${name}" },\n`;
  }
  return `${text}};\n`;
}

/** The modules whose exports a module uses, the kernel aside, in the order of first use. */
export function dependsOf(module: Module): string[] {
  const owners = new Set<Module>();
  for (const { exported } of module.unresolved) {
    if (exported !== undefined && !exported.module.isVmlinux) owners.add(exported.module);
  }
  return [...owners].map(baseName);
}

/** The text of `NAME.mod.c`. */
export function modCText(module: Module, { modversions, external }: ModCOptions, diagnostics: Diagnostics): string {
  return header(module, external) +
    exportedSymbols(module, modversions, diagnostics) +
    (modversions ? versions(module, diagnostics) : "") +
    `\nMODULE_INFO(depends, "${dependsOf(module).join(",")}");\n` +
    "\n" + module.aliases.map((alias) => `MODULE_ALIAS("${alias}");\n`).join("") +
    (module.srcversion === "" ? "" : `\nMODULE_INFO(srcversion, "${module.srcversion}");\n`);
}

/** The text of `.vmlinux.export.c`. */
export function vmlinuxExportText(module: Module, modversions: boolean, diagnostics: Diagnostics): string {
  return "#include <linux/export-internal.h>\n" + exportedSymbols(module, modversions, diagnostics);
}
