// SPDX-License-Identifier: GPL-2.0-only
/**
 * What modpost is held to: folders of small objects, each of which brings out one of its messages, or one form of what it writes.
 *
 * @module
 */

import { R_ARM, SHF, SHN, SHT, STB, STT } from "../../src/elf/constants.ts";
import { encodeName } from "../../src/elf/writer.ts";
import type { ModpostOptions } from "../../src/kbuild/modpost.ts";
import { BUSES, sampleTable } from "./device_table_samples.ts";
import { deviceTable, fn, type SmallObject, smallObject } from "./small_object.ts";

/** A run of modpost. */
export interface Scenario {
  readonly name: string;
  /** Objects by module name. */
  readonly objects: Readonly<Record<string, SmallObject>>;
  readonly options?: ModpostOptions;
  /** Texts of the files that are there beside the objects; `.mod` and `.cmd` files are made where they are not given. */
  readonly files?: Readonly<Record<string, string>>;
  /** The exports of the kernel and of modules built before. */
  readonly symvers?: string;
}

/** The exports that every scenario may use. */
export const SYMVERS = [
  "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t",
  "0x9be3ddd6\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t",
  "0x00001234\tgpl_only\tvmlinux\tEXPORT_SYMBOL_GPL\t",
  "0x00000000\tzero_crc\tvmlinux\tEXPORT_SYMBOL\t",
  "0xabcdef01\tin_namespace\tvmlinux\tEXPORT_SYMBOL_GPL\tUSB_STORAGE",
  "0x0badcafe\tof_a_module\tdrivers/base/other\tEXPORT_SYMBOL\t",
  "0x0badcaff\tof_another\tdrivers/another\tEXPORT_SYMBOL_GPL\t",
].map((line) => `${line}\n`).join("");

const EXTERNAL: ModpostOptions = { modversions: true, external: true };
const IN_TREE: ModpostOptions = { modversions: true };

const undef = (name: string, bind: number = STB.GLOBAL) => ({ name, bind });
const data = (name: string, section = ".data", value = 0) => ({ name, section, value, size: 4, type: STT.OBJECT });
const local = (name: string, section: string, value = 0, type: number = STT.FUNC) => ({
  name,
  section,
  value,
  size: 4,
  type,
  bind: STB.LOCAL,
});
/** The symbol of a section, which has no name; relocations name it by index, and the first of locals is 1. */
const sectionSymbol = (section: string) => ({ name: "", section, type: STT.SECTION, bind: STB.LOCAL });

const INIT_DATA = { name: ".init.data", flags: SHF.ALLOC | SHF.WRITE };
const STARTS = [fn("init_module", ".init.text"), fn("cleanup_module", ".exit.text")];

/** A reference from a section's symbol to another's. */
function reference(from: string, fromSymbol: string, to: string, toSymbol: string, type: number = R_ARM.ABS32): SmallObject {
  const extra = [from, to].filter((name) => ![".text", ".data", ".init.text", ".exit.text"].includes(name));
  const text = SHF.ALLOC | SHF.EXECINSTR;
  return {
    sections: [...new Set(extra)].map((name) => ({ name, flags: name.includes("text") ? text : SHF.ALLOC })),
    symbols: [local(fromSymbol, from, 8), local(toSymbol, to, 16)],
    relocations: [{ in: from, at: 12, type, to: toSymbol }],
  };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "exports and imports",
    options: EXTERNAL,
    objects: {
      exporter: {
        modinfo: ["license=GPL", "import_ns=USB_STORAGE", "description=Exports"],
        symbols: [
          ...STARTS,
          fn("exported_fn"),
          data("exported_data"),
          fn("in_ns", ".text", 16),
          undef("_printk"),
          undef("in_namespace"),
        ],
        exports: [{ name: "exported_fn" }, { name: "exported_data", license: "GPL" }, {
          name: "in_ns",
          license: "GPL",
          namespace: "OWN",
        }],
      },
      user: {
        modinfo: ["license=GPL v2", "import_ns=OWN"],
        symbols: [
          undef("of_another"),
          undef("exported_fn"),
          undef("in_ns"),
          undef("of_a_module"),
          undef("exported_data"),
          undef("zero_crc"),
          undef("gpl_only"),
        ],
      },
    },
    files: {
      ".exporter.o.cmd": "x\n#SYMVER exported_fn 0x8c5d598b\n#SYMVER exported_data 010\n#SYMVER in_ns 77\n#SYMVER gone 0x1\n",
    },
  },
  { name: "no init, no exit, in tree", options: IN_TREE, objects: { quiet: {} } },
  {
    name: "without modversions",
    options: { external: true },
    objects: { m: { symbols: [undef("of_a_module"), fn("f")], exports: [{ name: "f" }] } },
  },
  { name: "staging", options: IN_TREE, objects: { "drivers/staging/rough": {}, "tools/testing/probe": {} } },
  {
    name: "undefined symbol",
    options: EXTERNAL,
    objects: { m: { symbols: [undef("nowhere"), undef("weak", STB.WEAK), undef("__this_module")] } },
  },
  {
    name: "more undefined symbols than are named",
    options: EXTERNAL,
    objects: { m: { symbols: Array.from({ length: 14 }, (_, i) => undef(`nowhere_${i}`)) } },
  },
  {
    name: "undefined symbol, warned of",
    options: { ...EXTERNAL, warnUnresolved: true },
    objects: { m: { symbols: [undef("nowhere")] } },
  },
  {
    name: "proprietary module uses what is for the GPL only",
    options: EXTERNAL,
    objects: { sub: { modinfo: ["license=Proprietary"], symbols: [undef("gpl_only"), undef("_printk")] } },
  },
  {
    name: "one of two licences is none of the GPL's",
    options: EXTERNAL,
    objects: { m: { modinfo: ["license=GPL", "license=Closed"], symbols: [undef("of_another")] } },
  },
  { name: "namespace that is not imported", options: EXTERNAL, objects: { m: { symbols: [undef("in_namespace")] } } },
  {
    name: "namespace that is not imported, warned of",
    options: { ...EXTERNAL, allowMissingNamespaceImports: true },
    objects: { m: { symbols: [undef("in_namespace")] } },
  },
  {
    name: "export that the kernel has",
    options: EXTERNAL,
    objects: { m: { symbols: [fn("_printk")], exports: [{ name: "_printk" }] } },
  },
  {
    name: "external export that another module has",
    options: EXTERNAL,
    objects: {
      first: { symbols: [fn("of_a_module")], exports: [{ name: "of_a_module", license: "GPL" }] },
      second: { symbols: [undef("of_a_module")] },
    },
  },
  {
    name: "two modules in tree export one name",
    options: IN_TREE,
    objects: {
      a: { symbols: [fn("twice")], exports: [{ name: "twice" }] },
      b: { symbols: [fn("twice")], exports: [{ name: "twice" }] },
    },
  },
  {
    name: "one module exports a name twice",
    options: EXTERNAL,
    objects: { a: { symbols: [fn("twice")], exports: [{ name: "twice" }, { name: "twice" }] } },
  },
  {
    name: "local symbol exported",
    options: EXTERNAL,
    objects: { m: { symbols: [local("hidden", ".data", 0, STT.OBJECT)], exports: [{ name: "hidden" }] } },
  },
  { name: "strange label", options: EXTERNAL, objects: { m: { symbols: [fn("f")], exports: [{ name: "f", label: "odd" }] } } },
  {
    name: "label of another symbol",
    options: EXTERNAL,
    objects: { m: { symbols: [fn("f")], exports: [{ name: "f", label: "__export_symbol_g" }] } },
  },
  {
    name: "unknown licence of an export",
    options: EXTERNAL,
    objects: { m: { symbols: [fn("f")], exports: [{ name: "f", license: "BSD" }] } },
  },
  {
    name: "exported without definition",
    options: EXTERNAL,
    objects: { m: { symbols: [undef("f")], exports: [{ name: "f" }] } },
  },
  {
    name: "export of init and exit functions",
    options: EXTERNAL,
    objects: { m: { symbols: [fn("i", ".init.text"), fn("e", ".exit.text")], exports: [{ name: "i" }, { name: "e" }] } },
    files: { ".m.o.cmd": "x\n#SYMVER i 0x1\n#SYMVER e 0x2\n" },
  },
  {
    name: "export without a CRC",
    options: EXTERNAL,
    objects: { m: { symbols: [fn("f")], exports: [{ name: "f" }] }, user: { symbols: [undef("f")] } },
  },
  { name: "no licence", options: EXTERNAL, objects: { m: { modinfo: ["author=Nobody"] } } },
  { name: "no modinfo", options: EXTERNAL, objects: { m: { modinfo: [] } } },
  { name: "no description", options: { ...EXTERNAL, extraWarn: true }, objects: { m: {} } },
  {
    name: "common symbol",
    options: EXTERNAL,
    objects: { m: { symbols: [{ name: "shared", section: SHN.COMMON, value: 4, size: 4 }] } },
  },
  {
    name: "section without SHF_ALLOC",
    options: EXTERNAL,
    objects: { m: { sections: [{ name: ".mine" }, { name: ".comment" }] } },
  },
  { name: "name of 60 bytes", options: EXTERNAL, objects: { ["m".repeat(60)]: {} } },
  {
    name: "imported name of 60 bytes",
    options: EXTERNAL,
    objects: {
      a: { symbols: [fn("s".repeat(60))], exports: [{ name: "s".repeat(60) }] },
      b: { symbols: [undef("s".repeat(60)), undef("_printk")] },
    },
    files: { ".a.o.cmd": `x\n#SYMVER ${"s".repeat(60)} 0x5\n` },
  },
  {
    name: "mismatch: code to init code by a branch",
    options: EXTERNAL,
    objects: { m: reference(".text", "caller", ".init.text", "setup", R_ARM.CALL) },
  },
  {
    name: "mismatch: code to init data by movw",
    options: EXTERNAL,
    objects: { m: reference(".text", "user", ".init.data", "table", R_ARM.MOVW_ABS_NC) },
  },
  { name: "mismatch: data to exit code", options: EXTERNAL, objects: { m: reference(".data", "hook", ".exit.text", "stop") } },
  {
    name: "mismatch: init to exit",
    options: EXTERNAL,
    objects: { m: reference(".init.text", "start", ".exit.text", "stop", R_ARM.JUMP24) },
  },
  {
    name: "mismatch: exit to init",
    options: EXTERNAL,
    objects: { m: reference(".exit.text", "stop", ".init.text", "start", R_ARM.PC24) },
  },
  {
    name: "mismatch: PCI fixup",
    options: EXTERNAL,
    objects: { m: reference(".pci_fixup_early", "fixup", ".init.text", "start") },
  },
  {
    name: "mismatch by Thumb",
    options: EXTERNAL,
    objects: { m: reference(".text", "caller", ".init.text", "setup", R_ARM.THM_CALL) },
  },
  {
    name: "mismatch is an error",
    options: { ...EXTERNAL, sectionMismatchIsError: true },
    objects: { m: reference(".text", "caller", ".init.text", "setup") },
  },
  {
    name: "mismatch against a section's symbol",
    options: EXTERNAL,
    objects: {
      near: {
        sections: [INIT_DATA],
        symbols: [sectionSymbol(".init.data"), local("table", ".init.data", 8)],
        relocations: [{ in: ".data", at: 4, to: "" }],
      },
      named: {
        sections: [INIT_DATA],
        symbols: [local("$d", ".init.data"), local("far", ".init.data", 40)],
        relocations: [{ in: ".text", at: 4, to: "$d" }],
      },
    },
  },
  {
    name: "names with a number behind a dot",
    options: EXTERNAL,
    objects: {
      m: {
        sections: [INIT_DATA],
        symbols: [local("state.12", ".data"), local("list.3.part", ".init.data", 4), local(".LC0", ".data", 4)],
        relocations: [{ in: ".data", at: 4, to: "list.3.part" }],
      },
    },
  },
  { name: "allowed: parameter", options: EXTERNAL, objects: { m: reference(".data", "__param_debug", ".init.data", "debug") } },
  {
    name: "allowed: parameter's operations",
    options: EXTERNAL,
    objects: { m: reference(".data", "__param_ops_debug", ".init.text", "set") },
  },
  { name: "allowed: driver", options: EXTERNAL, objects: { m: reference(".data", "my_ops", ".exit.text", "remove") } },
  { name: "not allowed: driver", options: EXTERNAL, objects: { m: reference(".data", "my_driver", ".exit.text", "remove") } },
  { name: "allowed: head", options: EXTERNAL, objects: { m: reference(".head.text", "start", ".init.text", "setup") } },
  { name: "allowed: boundary", options: EXTERNAL, objects: { m: reference(".text", "free", ".init.text", "_sinittext") } },
  {
    name: "allowed: propagated constant",
    options: EXTERNAL,
    objects: { m: reference(".text", "mask.constprop.7", ".init.text", "setup") },
  },
  { name: "exception table to code", options: EXTERNAL, objects: { m: reference("__ex_table", "entry", ".text", "fix") } },
  {
    name: "exception table to unlisted code",
    options: EXTERNAL,
    objects: { m: reference("__ex_table", "entry", ".mytext", "fix") },
  },
  { name: "exception table to data", options: EXTERNAL, objects: { m: reference("__ex_table", "entry", ".data", "fix") } },
  {
    name: "exception table to alternatives",
    options: EXTERNAL,
    objects: { m: reference("__ex_table", "entry", ".altinstr_replacement", "fix") },
  },
  {
    name: "srcversion",
    options: EXTERNAL,
    objects: { "src/m": { modinfo: ["license=GPL", "version=1.0"] } },
    files: {
      "src/m.mod": "src/m.o\n",
      "src/.m.o.cmd":
        "savedcmd_src/m.o := gcc\n\nsource_src/m.o := src/m.c\n\ndeps_src/m.o := \\\n  src/m.h \\\n  include/far.h \\\n    $(wildcard include/config/X) \\\n\nsrc/m.o: $(deps_src/m.o)\n",
      "src/m.c":
        '/* a comment */ int x = 1; \\\n char *s = "two  words /* kept */ \\" end"; // line\n\tint y;\n/*/ int z; /* */',
      "src/m.h": `#define LONG ${"abcdefghij".repeat(13)}\n`,
      "include/far.h": "not read\n",
    },
  },
  {
    name: "srcversion of all",
    options: { ...EXTERNAL, allVersions: true },
    objects: { m: {} },
    files: { ".m.o.cmd": "source_m.o := m.c\n", "m.c": "x".repeat(55) },
  },
  {
    name: "table that is not terminated",
    options: EXTERNAL,
    objects: { m: deviceTable("i2c", encodeName("chip".padEnd(24, "\0") + "last".padEnd(24, "\0"))) },
  },
  { name: "table of another size", options: EXTERNAL, objects: { m: deviceTable("i2c", new Uint8Array(25)) } },
  { name: "table of an unknown bus", options: EXTERNAL, objects: { m: deviceTable("mcb", new Uint8Array(5)) } },
  {
    name: "table in .bss",
    options: EXTERNAL,
    objects: {
      m: {
        sections: [{ name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE }],
        symbols: [{ name: "__mod_of__ids_device_table", section: ".bss", size: 196 * 2, type: STT.OBJECT, bind: STB.LOCAL }],
      },
    },
  },
];

/** A scenario with a table of every bus, the same for the same seed. */
export function deviceTables(seed: number): Scenario {
  const objects = Object.fromEntries(BUSES.map((bus) => [bus, deviceTable(bus, sampleTable(bus, seed))]));
  return { name: "device tables", options: EXTERNAL, objects };
}

/** A scenario's objects, as files. */
export function objectsOfScenario({ objects }: Scenario): { path: string; bytes: Uint8Array }[] {
  return Object.entries(objects).map(([name, object]) => ({ path: `${name}.o`, bytes: smallObject(object) }));
}

/** A scenario's other files by path. */
export function filesOfScenario({ objects, files = {} }: Scenario): Map<string, string> {
  const all = new Map<string, string>();
  for (const name of Object.keys(objects)) {
    const base = name.lastIndexOf("/") + 1;
    all.set(`${name}.mod`, `${name}.o\n`);
    all.set(`${name.slice(0, base)}.${name.slice(base)}.o.cmd`, "");
  }
  for (const [path, text] of Object.entries(files)) all.set(path, text);
  return all;
}
