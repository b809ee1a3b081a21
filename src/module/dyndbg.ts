// SPDX-License-Identifier: GPL-2.0-only
/**
 * The parameter that every module has: dyndbg=QUERY.
 *
 * Models: ddebug_dyndbg_module_param_cb(), ddebug_exec_queries(), ddebug_tokenize(), ddebug_parse_flags() and
 * ddebug_parse_query() of lib/dynamic_debug.c, and the empty function of include/linux/dynamic_debug.h. A query is checked and its
 * errors are printed; they do not stop the load. Of ddebug_change() only the query that finds no callsite is modelled: one
 * about this module alone, which has none.
 *
 * @module
 */

import { s32 } from "../elf/word.ts";
import { type CharPointer, isalpha, isspace } from "../kernel/cmdline.ts";
import { EINVAL, ENOENT } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import { kstrto, U32 } from "../kernel/kstrtox.ts";
import { KERN_ERR, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import type { ParamKernel } from "./param_values.ts";

const MAXWORDS = 9;
const UINT_MAX = 0xffffffff;

/** struct ddebug_query, as far as a query is checked. */
interface Query {
  module?: string;
  func?: string;
  file?: string;
  format?: string;
  class?: string;
  firstLine: number;
  lastLine: number;
}

/**
 * ddebug_dyndbg_module_param_cb(). A name with a dot in it is cut there, for good: what is printed about it later is its
 * first part.
 *
 * @returns 0 where the name is dyndbg
 */
export function dyndbgModuleParam(
  kernel: ParamKernel,
  mod: KernelModule,
  param: CharPointer,
  val: CharPointer | undefined,
): number {
  if (!kernel.config("DYNAMIC_DEBUG_CORE")) {
    if (param.toString() !== "dyndbg") return -EINVAL;
    kernel.printk(KERN_WARNING, "dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds");
    return 0;
  }
  let name = param.toString();
  let modname = mod.name;
  const dot = name.indexOf(".");
  if (dot >= 0) {
    param.put(dot, 0);
    modname = name.slice(0, dot);
    name = name.slice(dot + 1);
  }
  if (name !== "dyndbg") return -ENOENT;
  for (const query of (val?.toString() ?? "+p").split(/[;\n]/)) {
    const text = skipSpaces(query);
    if (text !== "" && text[0] !== "#") execQuery(kernel, mod, text, modname);
  }
  return 0;
}

/** ddebug_exec_query(). */
function execQuery(kernel: ParamKernel, mod: KernelModule, text: string, modname: string): void {
  const error = (line: string) => kernel.printk(KERN_ERR, `dyndbg: ${line}`);
  const words = tokenize(text, error);
  const flags = words?.pop();
  if (words === undefined || flags === undefined) return error("tokenize failed");
  if (!checkFlags(flags, error)) return error("flags parse failed");
  const query = parseQuery(words, error);
  if (query === undefined) return error("query parse failed");
  const module = query.module ?? modname;
  if (module !== mod.name) throw new NotModelled(`ddebug_change() of callsites in ${JSON.stringify(module)}`);
  if (mod.sections.some((section) => section.name === "__dyndbg" && section.size > 0)) {
    throw new NotModelled(`ddebug_change() of the callsites of ${mod.name}`);
  }
}

/** ddebug_tokenize(): undefined after an error. */
function tokenize(text: string, error: (line: string) => void): string[] | undefined {
  const words: string[] = [];
  for (let rest = skipSpaces(text); rest !== "" && rest[0] !== "#"; rest = skipSpaces(rest)) {
    const quote = rest[0] === '"' || rest[0] === "'" ? rest[0] : undefined;
    let end = 0;
    if (quote !== undefined) {
      rest = rest.slice(1);
      end = rest.indexOf(quote);
      if (end < 0) {
        error(`unclosed quote: ${rest}`);
        return undefined;
      }
    } else {
      while (end < rest.length && !isspace(rest.charCodeAt(end))) end++;
    }
    if (words.length === MAXWORDS) {
      error(`too many words, legal max <=${MAXWORDS}`);
      return undefined;
    }
    words.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return words;
}

/** ddebug_parse_flags(): whether the word is right. */
function checkFlags(word: string, error: (line: string) => void): boolean {
  if (!/^[-+=]/.test(word)) {
    // The operator is printed with %c also where there is none.
    error(`bad flag-op ${word[0] ?? "\0"}, at start of ${word}`);
    return false;
  }
  const unknown = word.slice(1).match(/[^pmfslt_]/);
  if (unknown !== null) error(`unknown flag '${unknown[0]}'`);
  return unknown === null;
}

/** ddebug_parse_query(): undefined after an error. */
function parseQuery(words: readonly string[], error: (line: string) => void): Query | undefined {
  const query: Query = { firstLine: 0, lastLine: 0 };
  const set = (name: "func" | "file" | "module" | "format" | "class", value: string): boolean => {
    const before = query[name];
    query[name] = value;
    if (before !== undefined && name === "format" && (before + value).includes("\\")) {
      throw new NotModelled("string_unescape_inplace() of a dyndbg query's format");
    }
    if (before !== undefined) error(`match-spec:${name} val:${before} overridden by ${value}`);
    return before === undefined;
  };
  if (words.length % 2 !== 0) {
    error("expecting pairs of match-spec <value>");
    return undefined;
  }
  for (let i = 0; i < words.length; i += 2) {
    const [keyword, arg] = [words[i], words[i + 1]];
    let right: boolean;
    if (keyword === "line") right = parseLineRange(query, arg, error);
    else if (keyword === "func" || keyword === "module" || keyword === "format" || keyword === "class") {
      right = set(keyword, arg);
    } else if (keyword === "file") {
      right = set("file", arg);
      const colon = arg.indexOf(":");
      if (right && colon >= 0) {
        query.file = arg.slice(0, colon);
        const tail = arg.slice(colon + 1);
        const isFunction = tail !== "" && (isalpha(tail.charCodeAt(0)) || tail[0] === "*" || tail[0] === "?");
        right = isFunction ? set("func", tail) : parseLineRange(query, tail, error);
      }
    } else {
      error(`unknown keyword "${keyword}"`);
      right = false;
    }
    if (!right) return undefined;
  }
  return query;
}

/** parse_linerange(): "", "N", "N-", "-N" or "N-M". */
function parseLineRange(query: Query, text: string, error: (line: string) => void): boolean {
  const lineNumber = (digits: string): number | undefined => {
    const value = digits === "" ? 0n : kstrto(digits, 10, U32);
    if (typeof value === "bigint") return Number(value);
    error(`bad line-number: ${digits}`);
    return undefined;
  };
  if (query.firstLine !== 0 || query.lastLine !== 0) {
    error("match-spec: line used 2x");
    return false;
  }
  const dash = text.indexOf("-");
  const first = lineNumber(dash < 0 ? text : text.slice(0, dash));
  if (first === undefined) return false;
  query.firstLine = query.lastLine = first;
  if (dash < 0) return true;
  const last = lineNumber(text.slice(dash + 1));
  if (last === undefined) return false;
  query.lastLine = last || UINT_MAX;
  if (query.lastLine >= first) return true;
  error(`last-line:${s32(query.lastLine)} < 1st-line:${s32(first)}`);
  return false;
}

function skipSpaces(text: string): string {
  let at = 0;
  while (at < text.length && isspace(text.charCodeAt(at))) at++;
  return text.slice(at);
}
