// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tags of .modinfo, as modinfo(8) shows them: those of parameters gathered by parameter.
 *
 * Models: kmod_module_get_info() of kmod's libkmod-module.c, process_parm() of its tools/modinfo.c.
 *
 * @module
 */

import { type SignerFacts, signerOf } from "./inspect_signature.ts";
import { readable, type Subject } from "./inspect_subject.ts";

export interface ModinfoFacts {
  /** In the file's order, `parm` and `parmtype` aside. A string without `=` is a tag without a value. */
  tags: { tag: string; value: string }[];
  parameters: ParameterFacts[];
  signer?: SignerFacts;
}

/** One parameter; either half may be missing. */
export interface ParameterFacts {
  name: string;
  description?: string;
  type?: string;
}

/** `text` at its first `separator`; what is behind is "" where there is none. */
function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Reads the section .modinfo; a file without one has no tags. */
export function modinfoOf(subject: Subject): ModinfoFacts {
  const section = subject.image.section(".modinfo");
  const facts: ModinfoFacts = { tags: [], parameters: [] };
  const text = Array.from(section?.data ?? [], (byte) => String.fromCharCode(byte)).join("");
  const parameters = new Map<string, ParameterFacts>();
  for (const entry of text.split("\0").filter((each) => each !== "").map(readable)) {
    const [tag, value] = cut(entry, "=");
    if (tag !== "parm" && tag !== "parmtype") {
      facts.tags.push({ tag, value });
      continue;
    }
    const [name, rest] = cut(value, ":");
    const known = parameters.get(name) ?? { name };
    parameters.set(name, known);
    if (tag === "parm") known.description = rest;
    else known.type = rest;
  }
  // kmod puts each new parameter in front.
  facts.parameters = [...parameters.values()].reverse();
  const signer = signerOf(subject);
  return signer === undefined ? facts : { ...facts, signer };
}
