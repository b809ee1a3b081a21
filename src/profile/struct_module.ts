// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where one kernel's struct module keeps its fields, asked from the compiler that builds the kernel: a C file with the offsets as
 * data is compiled in the kernel's build tree, and its object is read.
 *
 * Source: struct module (include/linux/module.h), struct mod_arch_specific (arch/arm/include/asm/module.h).
 *
 * @module
 */

import { readImage } from "../elf/image.ts";
import { MOD_MEM_NUM_TYPES } from "../kernel/module.ts";
import type { FieldPlace } from "../kernel/profile.ts";
import type { Kconfig } from "./kconfig.ts";

/** Fields of struct module in its order, behind the option that they need. */
const FIELDS: readonly (readonly [option: string, fields: string])[] = [
  ["", "state list name"],
  ["STACKTRACE_BUILD_ID", "build_id"],
  ["", "mkobj modinfo_attrs version srcversion holders_dir syms crcs num_syms"],
  ["SYSFS", "param_lock"],
  ["", "kp num_kp num_gpl_syms gpl_syms gpl_crcs using_gplonly_symbols"],
  ["MODULE_SIG", "sig_ok"],
  ["", "async_probe_requested num_exentries extable init mem arch taints"],
  ["GENERIC_BUG", "num_bugs bug_list bug_table"],
  ["KALLSYMS", "kallsyms core_kallsyms sect_attrs notes_attrs"],
  ["", "args"],
  ["SMP", "percpu percpu_size"],
  ["", "noinstr_text_start noinstr_text_size"],
  ["TRACEPOINTS", "num_tracepoints tracepoints_ptrs"],
  ["TREE_SRCU", "num_srcu_structs srcu_struct_ptrs"],
  ["BPF_EVENTS", "num_bpf_raw_events bpf_raw_events"],
  ["JUMP_LABEL", "jump_entries num_jump_entries"],
  ["TRACING", "num_trace_bprintk_fmt trace_bprintk_fmt_start"],
  ["EVENT_TRACING", "trace_events num_trace_events trace_evals num_trace_evals"],
  ["FTRACE_MCOUNT_RECORD", "num_ftrace_callsites ftrace_callsites"],
  ["KPROBES", "kprobes_text_start kprobes_text_size kprobe_blacklist num_kprobe_blacklist"],
  ["PRINTK_INDEX", "printk_index_size printk_index_start"],
  ["MODULE_UNLOAD", "source_list target_list exit refcnt"],
  ["CONSTRUCTORS", "ctors num_ctors"],
  ["FUNCTION_ERROR_INJECTION", "ei_funcs num_ei_funcs"],
  ["DYNAMIC_DEBUG_CORE", "dyndbg_info"],
];

/** Parts of fields that the model fills in by name; `[]` stands for every index of `mem`. */
const PARTS: readonly (readonly [option: string, parts: string])[] = [
  ["MODULES_TREE_LOOKUP", "mem[].mtn.mod mem[].mtn.node"],
  ["ARM_UNWIND", "arch.unwind_list arch.init_table"],
  [
    "ARM_MODULE_PLTS",
    "arch.core.plt arch.core.plt_ent arch.core.plt_count arch.init.plt arch.init.plt_ent arch.init.plt_count",
  ],
];

/** Fields (and parts) whose values just before init tell of the kernel's heap and of its own lists, and why. */
export const MASKED_FIELDS: readonly (readonly [fields: string, why: string])[] = [
  ["list", "neighbours in the kernel's list of modules"],
  ["mkobj", "sysfs: a kobject with its name, parent, references"],
  ["modinfo_attrs", "sysfs: kmalloc()"],
  ["version srcversion", "kstrdup() of .modinfo's strings"],
  ["holders_dir", "sysfs: kmalloc()"],
  ["param_lock", "a mutex"],
  ["mem[].mtn.node", "nodes of the tree that finds a module by address"],
  ["arch.unwind_list", "list of the unwind tables, which are kmalloc()ed"],
  ["arch.init_table", "the unwind table of .init.text: kmalloc()"],
  ["arch.core.plt arch.init.plt", "section headers in the temporary copy of the file, gone by now"],
  ["bug_list", "neighbours in the kernel's list of modules with bug tables"],
  ["sect_attrs notes_attrs", "sysfs: kmalloc()"],
  ["args", "the parameter string: kmalloc()"],
  ["source_list target_list", "references: kmalloc()"],
];

/** What the compiler says. */
export interface ModuleFacts {
  /** VERMAGIC_STRING. */
  vermagic: string;
  /** sizeof(struct module). */
  size: number;
  fields: Map<string, FieldPlace>;
}

const PLACES = ".insmodel.places";
const VERMAGIC = ".insmodel.vermagic";

function namesOf(rows: typeof FIELDS, config: Kconfig): string[] {
  return rows.filter(([option]) => option === "" || config.get(option) === "y").flatMap(([, names]) => names.split(" "));
}

/** The fields and parts that a kernel of this configuration has, in the order of a profile. */
export function fieldNames(config: Kconfig): string[] {
  const parts = namesOf(PARTS, config).filter((name) => !name.includes("[]"));
  const ofMem = namesOf(PARTS, config).filter((name) => name.includes("[]"));
  const indices = [...Array(MOD_MEM_NUM_TYPES).keys()];
  return [
    ...namesOf(FIELDS, config),
    ...indices.flatMap((index) => ofMem.map((name) => name.replace("[]", `[${index}]`))),
    ...parts,
  ];
}

/** The C file to compile. */
export function probeSource(config: Kconfig): string {
  const places = fieldNames(config).map((name) =>
    `\t{ offsetof(struct module, ${name}), sizeof_field(struct module, ${name}) },\n`
  );
  return `// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#define INCLUDE_VERMAGIC
#include <linux/vermagic.h>

const struct { u32 offset, size; } insmodel_places[] __section("${PLACES}") __used = {
\t{ 0, sizeof(struct module) },
${places.join("")}};
const char insmodel_vermagic[] __section("${VERMAGIC}") __used = VERMAGIC_STRING;
`;
}

/**
 * Reads the object that the compiler made of {@link probeSource}.
 *
 * @throws {Error} where it is another file's object
 */
export function readProbe(object: Uint8Array, config: Kconfig): ModuleFacts {
  const image = readImage(object);
  const data = (name: string) => image.section(name)?.data ?? new Uint8Array();
  const bytes = data(PLACES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const names = fieldNames(config);
  if (bytes.length !== 8 * (names.length + 1)) {
    throw new Error(`The object has ${bytes.length} bytes of offsets; ${names.length} fields make ${8 * (names.length + 1)}`);
  }
  const place = (index: number): FieldPlace => [view.getUint32(8 * index, true), view.getUint32(8 * index + 4, true)];
  return {
    vermagic: new TextDecoder("latin1").decode(data(VERMAGIC)).replace(/\0.*$/s, ""),
    size: place(0)[1],
    fields: new Map(names.map((name, index) => [name, place(index + 1)])),
  };
}
