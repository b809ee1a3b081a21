// SPDX-License-Identifier: GPL-2.0-only
/**
 * Recipes (`*.ko.toml`): a base module and named edits, built into the bytes of a `.ko`.
 *
 *     # One relocation of a good module gets a type that the kernel does not know
 *     base = "../../seeds/symbol_user.ko"    # a file beside the recipe, another recipe (.ko.toml), or "minimal"
 *
 *     [[edit]]
 *     set_relocation = 1
 *     in = ".rel.init.text"
 *     fields = { type = "R_ARM_GOT_BREL" }
 *
 * **Numbers** are TOML integers or text: terms joined by `|`, `+`, `-` (left to right), each a number (`0x2c`), a constant
 * (`SHF_WRITE`, `R_ARM_CALL`, `EM_386`) or, in edits, a word: `old` (the field's value so far), `end` (the file's size),
 * `sections`, `symbols` (how many), `size(.text)`, `offset(.text)`, `index(.text)`. Negative ones are in two's complement.
 * **Sections and symbols** go by name, or by index where a name is not unique; a section's symbol goes by the section's name.
 * **Bytes**: `words`, `halfwords`, `bytes`, `ascii`, `file`, `zeros`, `size`, in the table that needs them (content.ts).
 *
 * ## Edits
 *
 * Each `[[edit]]` has one verb and works on what the edit before it left. Nothing but what it names changes; what has to grow
 * moves to the end of the file. Edits that keep the file from being read as ELF come last.
 *
 * - `overwrite = "file"` or SECTION, `at`, bytes: other bytes at an offset
 * - `append = "file"` or SECTION, bytes: more bytes at the end
 * - `truncate = "file"`, `to`: drops the bytes from `to` on
 * - `set_header = { e_type = ... }`: fields of the ELF header
 * - `set_section = SECTION`, `fields`: fields of a section header; `sh_link` and `sh_info` take a section's name too
 * - `set_contents = SECTION`, bytes: other contents
 * - `rename_section = SECTION`, `to`: another name
 * - `delete_section = SECTION`: its header becomes all zero: SHT_NULL, without a name
 * - `add_section = NAME`, `sh_type`, `sh_flags`, `sh_addr`, `sh_link`, `sh_info`, `sh_addralign`, `sh_entsize`, bytes: a
 *   section behind all others, SHT_PROGBITS and SHF_ALLOC unless given; of SHT_NOBITS `size` is the size
 * - `set_symbol = SYMBOL`, `fields`: fields of a symbol, and `bind` and `type`; `st_shndx` takes a section's name too
 * - `rename_symbol = SYMBOL`, `to`: another name
 * - `add_symbol = NAME`, `st_value`, `st_size`, `st_shndx`, `st_other`, `bind`, `type`: a symbol behind all others; undefined
 *   and global unless given
 * - `set_relocation = INDEX`, `in`, `fields`: fields of a relocation in the relocation section `in`, and `symbol` and `type`
 * - `add_relocation = SECTION`, `r_offset`, `type`, `symbol`, bytes: a relocation for that section; bytes, if any, go to its
 *   place
 * - `set_modinfo = TAG`, `value`: another value for the first entry of the tag
 * - `remove_modinfo = TAG`: drops the first entry of the tag
 * - `add_modinfo = TAG`, `value`, `first`: an entry at the end of .modinfo, or first
 * - `set_version = NAME`, `crc`: another CRC in __versions; the kernel's own unless given
 * - `remove_version = NAME`: drops an entry of __versions
 * - `add_version = NAME`, `crc`: an entry at the end of __versions
 * - `append_signature = "PKEY_ID_PKCS7"`, bytes, `algo`, `hash`, `signer_len`, `key_id_len`, `pad`, `sig_len`: a module
 *   signature with its trailer
 *
 * ## `base = "minimal"`
 *
 * A module for the kernel at hand with .text, .init.text, .exit.text (`mov r0, #0; bx lr`), .data, .rodata, .bss (four zero
 * bytes each), .modinfo, __versions, .gnu.linkonce.this_module, .plt and .init.plt. The table `[module]` may have:
 *
 * - `name`: the module's name; the recipe's, with `_` for `-`, unless given. `modinfo_name` (or false): another one in .modinfo
 * - `license`, `depends`, `intree`, `vermagic`: .modinfo; false leaves the tag out. "GPL", "", none and the kernel's own unless
 *   given
 * - `modinfo`: further tags: `["version=1.0", "import_ns=NS"]`
 * - `init`, `exit`: names of the functions (`init_module`, `cleanup_module`), or false
 * - `module_layout`: its CRC in __versions, or false
 * - `without`: sections of the list above, or `__kcrctab` and its kin, that are left out
 * - `imports`: undefined symbols: `["_printk", { name = "x", crc = 1, bind = "STB_WEAK" }]`; `crc = false`: no entry in
 *   __versions
 * - `[[module.section]]`: `name`, `sh_type`, `sh_flags`, `sh_addralign`, `sh_addr`, `sh_link`, `sh_info`, `sh_entsize`, bytes:
 *   a section, or other contents for .text and its kin
 * - `[[module.symbol]]`: `name`, `section` (or `SHN_ABS`, `SHN_COMMON`), `value`, `size`, `bind`, `type`, `other`
 * - `[[module.relocation]]`: `section`, `offset`, `type`, `symbol`, and `word`: what the place holds, addend included
 * - `[[module.export]]`: `name`, `crc`, `gpl`, `namespace`, `symbol`: what it is the address of. `sort_exports = false`: in the
 *   recipe's order
 * - `[[module.param]]`: `name`, `type` (of the kernel's `param_ops_*`), `ops`, `perm`, `level`, `flags`, `arg` (a symbol or
 *   section), `arg_offset`
 *
 * @example A module whose init function calls dump_stack()
 * ```ts
 * import { buildRecipe } from "./recipe.ts";
 * const text = `
 *   base = "minimal"
 *   [module]
 *   imports = ["dump_stack"]
 *   [[module.section]]
 *   name = ".init.text"
 *   words = ["e92d4010", "ebfffffe", "e3a00000", "e8bd8010"]
 *   [[module.relocation]]
 *   section = ".init.text"
 *   offset = 4
 *   type = "R_ARM_CALL"
 *   symbol = "dump_stack"
 * `;
 * const kernel = {
 *   vermagic: "6.12.0 SMP mod_unload modversions ARMv7 p2v8 ",
 *   structModule: { size: 0x300, name: 12, init: 204, exit: 708 },
 *   moduleLayoutCrc: 1,
 *   crc: () => 2,
 * };
 * buildRecipe(text, { path: "dump-stack.ko.toml", readBase: () => new Uint8Array(), kernel });
 * ```
 *
 * @module
 */

import { parse, TomlError } from "smol-toml";
import { besidePath, folderOf } from "./bytes.ts";
import { applyEdits } from "./edits.ts";
import type { KernelFacts } from "./kernel_facts.ts";
import { buildMinimal } from "./minimal.ts";
import { RecipeError, Table } from "./table.ts";

export type { KernelFacts } from "./kernel_facts.ts";
export { RecipeError } from "./table.ts";

/** The end of a recipe's file name. */
const RECIPE_SUFFIX = ".ko.toml";

export interface RecipeOptions {
  /** The recipe's path: for messages, for the module's name, and as the place that other paths start from. */
  path: string;
  /** Reads a file that the recipe names; gets its path, joined to the recipe's folder. */
  readBase(path: string): Uint8Array;
  kernel: KernelFacts;
}

/** The longest chain of recipes that are each other's base; longer ones go in a circle. */
const LONGEST_CHAIN = 16;

function parseToml(text: string, path: string): Table {
  try {
    return new Table(path, parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.split("\n");
    throw new RecipeError(`Cannot build ${path}: line ${error.line}, column ${error.column}: ${reason}`);
  }
}

function build(text: string, options: RecipeOptions, chain: number): Uint8Array {
  const { path, kernel } = options;
  const recipe = parseToml(text, path);
  const readFile = (name: string): Uint8Array => options.readBase(besidePath(path, name));
  const base = recipe.string("base");
  recipe.string("description", "");
  const edits = recipe.tables("edit").map((edit, i) => new Table(`${path}: edit ${i + 1}`, edit.values));
  const module = new Table(`${path}: [module]`, recipe.table("module").values);
  if (base !== "minimal" && recipe.has("module")) recipe.fail(`[module] goes with base = "minimal" alone`, "base");
  recipe.done();

  const defaultName = path.slice(folderOf(path).length).replace(RECIPE_SUFFIX, "").replaceAll("-", "_");
  const baseBytes = (): Uint8Array => {
    if (base === "minimal") return buildMinimal(module, defaultName, kernel, readFile);
    const bytes = recipe.within(() => readFile(base), "base");
    if (!base.endsWith(RECIPE_SUFFIX)) return bytes;
    if (chain >= LONGEST_CHAIN) recipe.fail("recipes are each other's base in a circle", "base");
    return build(new TextDecoder().decode(bytes), { ...options, path: besidePath(path, base) }, chain + 1);
  };
  return applyEdits(baseBytes(), edits, kernel, readFile);
}

/**
 * Builds a recipe into the bytes of a module. Pure, but for what `readBase` does.
 *
 * @param text the recipe's TOML
 * @throws {RecipeError} where the recipe cannot be built: one line with file, place, value and what to do
 */
export function buildRecipe(text: string, options: RecipeOptions): Uint8Array {
  return build(text, options, 1);
}
