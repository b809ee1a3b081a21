// SPDX-License-Identifier: GPL-2.0-only
/**
 * The optional tables of a module: found by their sections' names, known to the kernel by address and count.
 *
 * Models: find_module_sections() and check_export_symbol_versions() of kernel/module/main.c, module_bug_finalize() of lib/bug.c.
 *
 * @module
 */

import { EINVAL } from "../kernel/errno.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule, ModuleTable } from "../kernel/module.ts";
import type { Section } from "../kernel/section.ts";
import { SHF } from "../elf/constants.ts";
import { findAnySec, type LoadInfo } from "./load_info.ts";
import { tryToForceLoad } from "./version.ts";

/** One table: section, bytes of an entry, fields of struct module for address and count, configuration that it needs. */
interface TableRow {
  readonly section: string;
  readonly entry: number;
  readonly address: string;
  /** Word of the address field, for fields that are structures. */
  readonly addressWord?: number;
  readonly count?: string;
  readonly countWord?: number;
  readonly config?: string;
}

/** sizeof(struct kernel_param). */
export const KERNEL_PARAM_SIZE = 20;
/** sizeof(struct kernel_symbol): value, name, namespace. */
export const KERNEL_SYMBOL_SIZE = 12;
/** sizeof(struct jump_entry): code, target, key. */
export const JUMP_ENTRY_SIZE = 12;
/** Entries of a table that are sorted or patched here at the most. No real module comes near it; a file can claim any number. */
export const MOST_TABLE_ENTRIES = 1 << 20;
/** sizeof(struct exception_table_entry): insn, fixup. */
export const EXCEPTION_TABLE_ENTRY_SIZE = 8;
/** sizeof(struct bug_entry): bug_addr and flags, and with CONFIG_DEBUG_BUGVERBOSE file and line between them. */
const BUG_ENTRY_SIZE = 8;
const BUG_ENTRY_SIZE_VERBOSE = 12;

const TABLES: readonly TableRow[] = [
  { section: "__param", entry: KERNEL_PARAM_SIZE, address: "kp", count: "num_kp" },
  { section: "__ksymtab", entry: KERNEL_SYMBOL_SIZE, address: "syms", count: "num_syms" },
  { section: "__kcrctab", entry: 1, address: "crcs" },
  { section: "__ksymtab_gpl", entry: KERNEL_SYMBOL_SIZE, address: "gpl_syms", count: "num_gpl_syms" },
  { section: "__kcrctab_gpl", entry: 1, address: "gpl_crcs" },
  { section: ".noinstr.text", entry: 1, address: "noinstr_text_start", count: "noinstr_text_size" },
  { section: "__tracepoints_ptrs", entry: 4, address: "tracepoints_ptrs", count: "num_tracepoints", config: "TRACEPOINTS" },
  { section: "___srcu_struct_ptrs", entry: 4, address: "srcu_struct_ptrs", count: "num_srcu_structs", config: "TREE_SRCU" },
  { section: "__bpf_raw_tp_map", entry: 32, address: "bpf_raw_events", count: "num_bpf_raw_events", config: "BPF_EVENTS" },
  { section: "__jump_table", entry: JUMP_ENTRY_SIZE, address: "jump_entries", count: "num_jump_entries", config: "JUMP_LABEL" },
  { section: "_ftrace_events", entry: 4, address: "trace_events", count: "num_trace_events", config: "EVENT_TRACING" },
  { section: "_ftrace_eval_map", entry: 4, address: "trace_evals", count: "num_trace_evals", config: "EVENT_TRACING" },
  {
    section: "__trace_printk_fmt",
    entry: 4,
    address: "trace_bprintk_fmt_start",
    count: "num_trace_bprintk_fmt",
    config: "TRACING",
  },
  {
    section: "__mcount_loc",
    entry: 4,
    address: "ftrace_callsites",
    count: "num_ftrace_callsites",
    config: "FTRACE_MCOUNT_RECORD",
  },
  { section: ".kprobes.text", entry: 1, address: "kprobes_text_start", count: "kprobes_text_size", config: "KPROBES" },
  { section: "_kprobe_blacklist", entry: 4, address: "kprobe_blacklist", count: "num_kprobe_blacklist", config: "KPROBES" },
  { section: "__ex_table", entry: EXCEPTION_TABLE_ENTRY_SIZE, address: "extable", count: "num_exentries" },
  {
    section: "__dyndbg",
    entry: 32,
    address: "dyndbg_info",
    addressWord: 0,
    count: "dyndbg_info",
    countWord: 2,
    config: "DYNAMIC_DEBUG_CORE",
  },
  {
    section: "__dyndbg_classes",
    entry: 32,
    address: "dyndbg_info",
    addressWord: 1,
    count: "dyndbg_info",
    countWord: 3,
    config: "DYNAMIC_DEBUG_CORE",
  },
];

/** The sections that find_module_sections() looks for. */
const WANTED: ReadonlySet<string> = new Set([...TABLES.map(({ section }) => section), ".ctors", ".init_array", "__obsparm"]);

/** The first allocated section of each wanted name. */
function wantedSections({ sechdrs }: LoadInfo): ReadonlyMap<string, Section> {
  const found = new Map<string, Section>();
  for (let i = 1; i < sechdrs.length; i++) {
    const section = sechdrs[i];
    if (section.sh_flags & SHF.ALLOC && WANTED.has(section.name) && !found.has(section.name)) found.set(section.name, section);
  }
  return found;
}

/** The table of one row, put into struct module. */
function putTable(mod: KernelModule, row: TableRow, section: Section | undefined): ModuleTable {
  const address = section === undefined ? 0 : section.sh_addr;
  const count = section === undefined ? 0 : Math.floor(section.sh_size / row.entry);
  mod.put(row.address, address, row.addressWord);
  if (row.count !== undefined) mod.put(row.count, count, row.countWord);
  return { address, count };
}

/**
 * find_module_sections(): fills in address and count of every table that the configuration knows.
 *
 * @returns 0, or minus EINVAL for a module with both kinds of constructor table
 */
export function findModuleSections(info: LoadInfo, mod: KernelModule): number {
  const { kernel } = info;
  const sections = wantedSections(info);
  const tables = new Map<string, ModuleTable>();
  for (const row of TABLES) {
    if (row.config !== undefined && !kernel.config(row.config)) continue;
    tables.set(row.section, putTable(mod, row, sections.get(row.section)));
  }
  const table = (section: string): ModuleTable => tables.get(section) ?? { address: 0, count: 0 };
  mod.kp = table("__param");
  mod.syms = table("__ksymtab");
  mod.crcs = table("__kcrctab").address;
  mod.gplSyms = table("__ksymtab_gpl");
  mod.gplCrcs = table("__kcrctab_gpl").address;
  mod.jumpEntries = table("__jump_table");
  mod.ftraceCallsites = table("__mcount_loc");
  mod.extable = table("__ex_table");

  if (kernel.config("CONSTRUCTORS") && (sections.get(".ctors")?.sh_addr ?? 0) !== 0 && sections.has(".init_array")) {
    kernel.printk(KERN_WARNING, `${mod.name}: has both .ctors and .init_array.`);
    return -EINVAL;
  }
  if ((sections.get("__obsparm")?.sh_addr ?? 0) !== 0) {
    kernel.printk(KERN_WARNING, `${mod.name}: Ignoring obsolete parameters`);
  }
  return 0;
}

/** check_export_symbol_versions(): who exports symbols gives their CRCs. @returns 0 or minus ENOEXEC */
export function checkExportSymbolVersions(info: LoadInfo, mod: KernelModule): number {
  if (!info.kernel.config("MODVERSIONS")) return 0;
  const lacking = (mod.syms.count !== 0 && mod.crcs === 0) || (mod.gplSyms.count !== 0 && mod.gplCrcs === 0);
  return lacking ? tryToForceLoad(info.kernel, mod, "no versions for exported symbols") : 0;
}

/** module_bug_finalize(): the table of the module's BUG() and WARN() sites, allocated or not; whatever the file had in the fields goes. */
export function moduleBugFinalize(info: LoadInfo, mod: KernelModule): void {
  const index = findAnySec(info, "__bug_table");
  const { sh_addr, sh_size } = index === 0 ? { sh_addr: 0, sh_size: 0 } : info.sechdrs[index];
  const entrySize = info.kernel.config("DEBUG_BUGVERBOSE") ? BUG_ENTRY_SIZE_VERBOSE : BUG_ENTRY_SIZE;
  mod.put("bug_table", sh_addr);
  mod.put("num_bugs", Math.floor(sh_size / entrySize));
}
