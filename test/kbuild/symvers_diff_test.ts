// SPDX-License-Identifier: GPL-2.0-only
/** What two lists of exports differ in, and what that does to modules. */

import { assertEquals } from "@std/assert";
import { readObject } from "../../src/kbuild/elf_info.ts";
import { parseSymvers } from "../../src/kbuild/symvers.ts";
import { changeTexts, diffSymvers, type ModuleNeeds, moduleNeeds, whatBreaks } from "../../src/kbuild/symvers_diff.ts";
import { modelOutcome } from "../verify/real_modpost.ts";
import { smallObject } from "../verify/small_object.ts";

const OLD = parseSymvers(
  "0x1\tsame\tvmlinux\tEXPORT_SYMBOL\t\n0x2\tgone\tvmlinux\tEXPORT_SYMBOL\t\n0x3\tcrc\tvmlinux\tEXPORT_SYMBOL\t\n" +
    "0x4\tclosed\tvmlinux\tEXPORT_SYMBOL\t\n0x5\tmoved\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0x6\topened\tvmlinux\tEXPORT_SYMBOL_GPL\t\n",
);
const NEW = parseSymvers(
  "0x1\tsame\tdrivers/other\tEXPORT_SYMBOL\t\n0x33\tcrc\tvmlinux\tEXPORT_SYMBOL\t\n0x4\tclosed\tvmlinux\tEXPORT_SYMBOL_GPL\t\n" +
    "0x5\tmoved\tvmlinux\tEXPORT_SYMBOL_GPL\tNS\n0x6\topened\tvmlinux\tEXPORT_SYMBOL\t\n0x7\tfresh\tvmlinux\tEXPORT_SYMBOL\t\n",
);
const diff = diffSymvers(OLD, NEW);

Deno.test("each kind of change is named, what only became easier is none", () => {
  assertEquals(diff.changed.map((change) => `${change.name}: ${changeTexts(change).join("; ")}`), [
    "gone: vanished from vmlinux",
    "crc: CRC 0x00000003 became 0x00000033",
    "closed: is for the GPL only now",
    'moved: namespace "" became "NS"',
  ]);
  assertEquals(diff.added.map(({ name }) => name), ["fresh"]);
});

Deno.test("a list differs from itself in nothing, and a column that one file lacks is no change", () => {
  assertEquals(diffSymvers(OLD, OLD), { changed: [], added: [] });
  const three = parseSymvers("0x5\tmoved\tvmlinux\n0x4\tclosed\tvmlinux\n");
  assertEquals(diffSymvers(three, NEW).changed, []);
});

Deno.test("a module breaks by what it uses, and by nothing else", () => {
  const needs: ModuleNeeds = {
    imports: ["same", "gone", "crc", "closed", "moved", "opened"],
    versions: new Map([["crc", 3], ["module_layout", 9]]),
    isGplCompatible: false,
    importedNamespaces: new Set(),
  };
  assertEquals(whatBreaks(needs, diff), [
    "gone vanished",
    "crc has another CRC",
    "closed is for the GPL only",
    "moved is in namespace NS, which is not imported",
  ]);
  const ready = { ...needs, imports: ["crc", "closed", "moved"], versions: new Map([["crc", 0x33]]), isGplCompatible: true };
  assertEquals(whatBreaks({ ...ready, importedNamespaces: new Set(["NS"]) }, diff), []);
});

Deno.test("what a module needs is read from its symbols and tags", () => {
  const object = smallObject({
    modinfo: ["license=Closed", "import_ns=NS"],
    symbols: [{ name: "gone" }, { name: "maybe", bind: 2 }],
  });
  const { imports, isGplCompatible, importedNamespaces, versions } = moduleNeeds(readObject(object));
  assertEquals([imports, isGplCompatible, [...importedNamespaces], versions.size], [["gone"], false, ["NS"], 0]);
});

Deno.test("the list that modpost writes differs from itself in nothing", () => {
  const objects = [{
    path: "m.o",
    bytes: smallObject({ symbols: [{ name: "f", section: ".text", type: 2 }], exports: [{ name: "f" }] }),
  }];
  const { files } = modelOutcome({ objects, files: new Map(), symvers: "", options: { external: true } });
  const written = parseSymvers(files.get("Module.symvers")!);
  assertEquals(diffSymvers(written, written).changed, []);
});
