// SPDX-License-Identifier: GPL-2.0-only
/**
 * Reads scenarios: a `case.toml`, or the same as JSON.
 *
 * @module
 */

import { parse, TomlError } from "smol-toml";
import { firstLine, InputError } from "./input_error.ts";
import {
  INSMOD_FLAGS,
  type InsmodFlag,
  type InsmodStep,
  type OpenedAs,
  RMMOD_FLAGS,
  type RmmodFlag,
  type RmmodStep,
  type Scenario,
  type ServiceAnswer,
  type Step,
} from "./scenario.ts";

/** What a `case.toml` says beside its scenario. */
export interface CaseText extends Scenario {
  /** What the case shows, a sentence. */
  description?: string;
  /** Kernel functions that it exercises. */
  models: string[];
  /** Globs over the kernels' releases and aliases; with "!" in front, a kernel that the case is not for. */
  kernels: string[];
  /** Whether the bytes just before init are part of its golden. */
  image: boolean;
}

const CASE_KEYS = ["description", "models", "kernels", "kernel", "cmdline", "image", "service", "services", "step", "steps"];
const SERVICE_KEYS = ["name", "returns"];
const INSMOD_KEYS = ["insmod", "params", "flags", "init", "syscall", "unprivileged", "opened", "raw_flags"];
const RMMOD_KEYS = ["rmmod", "flags", "unprivileged"];
const OPENED: readonly OpenedAs[] = ["read-only", "write-only", "read-write", "closed", "terminal", "directory"];
const SYSCALLS: readonly NonNullable<InsmodStep["syscall"]>[] = ["init_module", "finit_module"];

/** A table of the file, and how messages name it. */
interface Place {
  readonly values: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly where: string;
}

function fail({ file, where }: Place, text: string): never {
  throw new InputError(`Cannot read case "${file}": ${where}${text}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function checkKeys(place: Place, known: readonly string[]): void {
  for (const key of Object.keys(place.values)) {
    if (!known.includes(key)) fail(place, `unknown key "${key}"; known keys are ${known.join(", ")}`);
  }
}

/** The value of a key, which is absent or passes a test. */
function optional<T>(place: Place, key: string, test: (value: unknown) => value is T, expected: string): T | undefined {
  const value = place.values[key];
  if (value === undefined || test(value)) return value;
  return fail(place, `"${key}" is ${show(value)}; it must be ${expected}`);
}

const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isWord = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) <= 0xffffffff;
const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);
const isInit = (value: unknown): value is number | "run" => value === "run" || isWord(value);
const isOneOf = <T extends string>(words: readonly T[]) => (value: unknown): value is T => words.some((word) => word === value);
const areOf = <T extends string>(words: readonly T[]) => (value: unknown): value is T[] =>
  Array.isArray(value) && value.every(isOneOf(words));

/** The entries of an object whose value is not undefined. */
function given<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function readStep(place: Place, resolve: (path: string) => string): Step {
  const { values } = place;
  if ("insmod" in values === "rmmod" in values) {
    fail(place, 'a step names one file, insmod = "FILE.ko", or one module, rmmod = "NAME"');
  }
  const unprivileged = optional(place, "unprivileged", isBoolean, "true or false");
  if ("rmmod" in values) {
    checkKeys(place, RMMOD_KEYS);
    const names = Object.keys(RMMOD_FLAGS) as RmmodFlag[];
    const flags = optional(place, "flags", areOf(names), `a list of ${names.join(", ")}`);
    const rmmod = optional(place, "rmmod", isString, "a module's name") ?? "";
    return { rmmod, ...given<RmmodStep>({ rmmod, flags, unprivileged }) };
  }
  checkKeys(place, INSMOD_KEYS);
  const names = Object.keys(INSMOD_FLAGS) as InsmodFlag[];
  const path = optional(place, "insmod", isString, "a file's path") ?? "";
  if (path === "") fail(place, "the step names no file");
  const insmod = resolve(path);
  return {
    insmod,
    params: encodeParams(optional(place, "params", isString, "a string") ?? ""),
    ...given<Omit<InsmodStep, "insmod" | "params">>({
      flags: optional(place, "flags", areOf(names), `a list of ${names.join(", ")}`),
      init: optional(place, "init", isInit, 'a number or "run"'),
      syscall: optional(place, "syscall", isOneOf(SYSCALLS), SYSCALLS.join(" or ")),
      unprivileged,
      opened: optional(place, "opened", isOneOf(OPENED), `one of ${OPENED.join(", ")}`),
      raw_flags: optional(place, "raw_flags", isWord, "a 32-bit number"),
    }),
  };
}

function readService(place: Place): ServiceAnswer {
  checkKeys(place, SERVICE_KEYS);
  const name = optional(place, "name", isString, "a function's name") ?? "";
  if (name === "") fail(place, "it names no function of the kernel");
  const returns = optional(place, "returns", isWord, "a 32-bit number");
  if (returns === undefined) fail(place, `it does not say what ${name} returns`);
  return { name, returns };
}

/** Text as the bytes that a command line has: a character for each byte of UTF-8. */
export function encodeParams(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The tables of a list that has one key in TOML and another in JSON; undefined where neither is there. */
function tables(place: Place, key: string, jsonKey: string): Place[] | undefined {
  const { [key]: inToml, [jsonKey]: inJson = inToml } = place.values;
  if (inJson !== inToml && inToml !== undefined) fail(place, `its ${jsonKey} are in both "${key}" and "${jsonKey}"`);
  if (inJson === undefined) return undefined;
  const given = inToml === undefined ? jsonKey : key;
  if (!Array.isArray(inJson)) fail(place, `"${given}" is ${show(inJson)}; it must be a list of tables, as [[${key}]]`);
  return inJson.map((values, i) => {
    const where = `${key} ${i}: `;
    if (!isTable(values)) fail({ ...place, where }, `it is ${show(values)}, not a table`);
    return { values, file: place.file, where };
  });
}

/** What the scenario answers for, each function once. */
function readServices(place: Place): ServiceAnswer[] | undefined {
  const places = tables(place, "service", "services");
  const services = places?.map(readService);
  for (const [i, { name }] of (services ?? []).entries()) {
    if (services?.findIndex((each) => each.name === name) !== i) fail(place, `service ${i}: ${name} has its answer already`);
  }
  return services;
}

/**
 * Checks the values of a case or scenario.
 *
 * @param file for messages
 * @param resolve makes the path of a step's file absolute
 * @throws {InputError} naming key and value
 */
function readCase(values: unknown, file: string, resolve: (path: string) => string): CaseText {
  const place: Place = { values: isTable(values) ? values : {}, file, where: "" };
  if (!isTable(values)) fail(place, `it holds ${show(values)}, not a table with steps`);
  checkKeys(place, CASE_KEYS);
  const steps = tables(place, "step", "steps") ??
    fail(place, 'it has no list of steps, such as [[step]] with insmod = "FILE.ko"');
  if (steps.length === 0) fail(place, "it has no steps");
  return {
    cmdline: optional(place, "cmdline", isString, "a string") ?? "",
    image: optional(place, "image", isBoolean, "true or false") ?? false,
    models: optional(place, "models", isStrings, "a list of kernel functions") ?? [],
    kernels: optional(place, "kernels", isStrings, "a list of kernels") ?? ["*"],
    ...given<{ kernel: string; description: string; services: ServiceAnswer[] }>({
      services: readServices(place),
      kernel: optional(place, "kernel", isString, "a kernel's release or alias"),
      description: optional(place, "description", isString, "a sentence"),
    }),
    steps: steps.map((step) => readStep(step, resolve)),
  };
}

/** What is JSON at the first glance: TOML begins with neither `{` nor `[{`. */
const JSON_BEGINS = /^\s*\[?\s*\{/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${firstLine(error)}`);
  }
}

function parseToml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new Error(`line ${error.line}, column ${error.column}: ${firstLine(error)}`);
  }
}

/**
 * Parses the text of a case (TOML) or of a scenario (JSON).
 *
 * @throws {InputError} naming file, line and what is wrong
 */
export function parseCase(text: string, file: string, resolve: (path: string) => string): CaseText {
  if (text.startsWith("\x7fELF")) {
    throw new InputError(`Cannot read case "${file}": it is an ELF file; a scenario is TOML or JSON, and names it in a step`);
  }
  const plain = text.replace(/^\ufeff/, "");
  let values: unknown;
  try {
    values = JSON_BEGINS.test(plain) ? parseJson(plain) : parseToml(plain);
  } catch (error) {
    throw new InputError(`Cannot read case "${file}": ${firstLine(error)}`);
  }
  return readCase(values, file, resolve);
}
