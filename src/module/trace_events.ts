// SPDX-License-Identifier: GPL-2.0-only
/**
 * Trace events and tracepoints that a module brings. Events are registered before its init runs, which writes into its data.
 *
 * Models: trace_module_add_events(), trace_module_remove_events(), __register_event(), trace_event_raw_init(),
 * event_define_fields() and trace_event_eval_update() of kernel/trace/trace_events.c, register_trace_event() of
 * kernel/trace/trace_output.c, trace_module_add_evals() of kernel/trace/trace.c, trace_module_has_bad_taint() and
 * tracepoint_module_going() of kernel/tracepoint.c.
 *
 * @module
 */

import { s32, u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { AddressSpace } from "../kernel/memory.ts";
import type { KernelModule } from "../kernel/module.ts";
import { TAINT } from "../kernel/taint.ts";
import type { TraceEventList } from "../kernel/trace_event_list.ts";
import { NameSearch, replaceName, skipFormat, unsafeArgument } from "./trace_print_fmt.ts";

/** Taints that do not keep a module from being traced. */
const HARMLESS = [TAINT.OOT_MODULE, TAINT.CRAP, TAINT.UNSIGNED_MODULE, TAINT.TEST, TAINT.LIVEPATCH]
  .reduce((mask, bit) => mask | 1 << bit, 0);

/** Offsets in struct trace_event_call (CONFIG_PERF_EVENTS); `event` is its struct trace_event, with `type` and `funcs`. */
const CALL = { class: 8, event: 16, type: 24, funcs: 28, printFmt: 32, module: 36, flags: 44 };
/** Offsets in struct trace_event_class. */
const CLASS = { system: 0, fieldsArray: 16, getFields: 20, fields: 24, rawInit: 32 };
/** struct trace_event_fields: its size, offsets of `type` and `name`, and of the word with the bit `needs_test`. */
const FIELDS = { size: 28, type: 0, name: 4, bits: 16, needsTest: 2 };
/** The functions in struct trace_event_functions. */
const FUNCTIONS = 4;
/** struct trace_eval_map. */
const EVAL = { system: 0, name: 4, value: 8 };

const TRACE_EVENT_FL_DYNAMIC = 1 << 4;
const TRACE_EVENT_FL_TEST_STR = 1 << 10;
/** A `type` that stands for a function which defines the fields. */
const TRACE_FUNCTION_TYPE = 0xffffffff;
/** Bytes of struct ftrace_event_field. */
const EVENT_FIELD_SIZE = 44;

/** trace_module_add_events(), then trace_module_add_evals(): a module with a worse taint has none. */
export function traceModuleAddEvents(kernel: Kernel, mod: KernelModule): void {
  const count = mod.get("num_trace_events");
  if (!kernel.config("EVENT_TRACING")) return;
  if (count === 0) {
    readEvals(kernel, mod);
    return;
  }
  if (mod.taints & ~HARMLESS) {
    kernel.printk(KERN_ERR, `${mod.name}: module has bad taint, not creating trace events`);
    return;
  }
  if (kernel.traceEvents === undefined) return;
  const calls = pointers(kernel.space, mod.get("trace_events"), count);
  for (const call of calls) {
    registerEvent(kernel, kernel.traceEvents, mod, call);
    defineFields(kernel, call);
  }
  // The list of events has the newest first.
  updateEvals(kernel.space, calls.reverse(), pointers(kernel.space, mod.get("trace_evals"), mod.get("num_trace_evals")));
}

/** trace_insert_eval_map() of a module without events, which reads each map. */
function readEvals({ space }: Kernel, mod: KernelModule): void {
  const count = mod.get("num_trace_evals");
  if (count === 0 || mod.taints & ~HARMLESS) return;
  for (const at of pointers(space, mod.get("trace_evals"), count)) {
    for (const offset of Object.values(EVAL)) space.read32(u32(at + offset));
  }
}

/** trace_module_remove_events(). */
export function traceModuleRemoveEvents(kernel: Kernel, mod: KernelModule): void {
  kernel.traceEvents?.removeOf(mod.address);
}

function pointers(space: AddressSpace, table: number, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push(space.read32(table + 4 * i));
  return found;
}

/** __register_event(), with the raw_init() of all events that TRACE_EVENT() makes. */
function registerEvent(kernel: Kernel, events: TraceEventList, mod: KernelModule, call: number): void {
  const { space, symbols, profile } = kernel;
  const rawInit = space.read32(space.read32(call + CALL.class) + CLASS.rawInit);
  if (rawInit !== 0 && rawInit !== symbols.kernel.find("trace_event_raw_init")?.value) {
    throw new NotModelled(`raw_init() of a trace event in ${mod.name}`);
  }
  let type = 0;
  if (rawInit !== 0) {
    if (space.read32(call + CALL.type) !== 0) {
      throw new NotModelled("register_trace_event() of an event with a type of its own");
    }
    type = events.allocateType();
    space.write32(call + CALL.type, type);
    const functions = space.read32(call + CALL.funcs);
    for (let i = 0; i < FUNCTIONS; i++) {
      if (space.read32(functions + 4 * i) === 0) space.write32(functions + 4 * i, profile.symbols.get("trace_nop_print") ?? 0);
    }
    testPrintFmt(space, call);
  }
  events.add({ call, event: type === 0 ? 0 : call + CALL.event, type, module: mod.address });
  if (!(space.read32(call + CALL.flags) & TRACE_EVENT_FL_DYNAMIC)) space.write32(call + CALL.module, mod.address);
}

/** The entries of a class's fields_array. */
function fieldsOf(space: AddressSpace, call: number): number[] {
  const fields: number[] = [];
  let at = space.read32(space.read32(call + CALL.class) + CLASS.fieldsArray);
  for (; space.read32(at + FIELDS.type) !== 0; at += FIELDS.size) {
    fields.push(at);
    if (space.read32(at + FIELDS.type) === TRACE_FUNCTION_TYPE) break;
  }
  return fields;
}

/** test_event_printk(). */
function testPrintFmt(space: AddressSpace, call: number): void {
  const printFmt = space.read32(call + CALL.printFmt);
  if (printFmt === 0) return;
  const find = (text: string) => {
    const name = /^REC->(\w*)/.exec(text)?.[1];
    const at = name === undefined ? undefined : fieldsOf(space, call).find((field) => {
      return space.read32(field + FIELDS.type) !== TRACE_FUNCTION_TYPE &&
        space.cstring(space.read32(field + FIELDS.name)) === name;
    });
    return at === undefined ? undefined : {
      type: space.cstring(space.read32(at + FIELDS.type)),
      needTest: () => {
        space.write32(call + CALL.flags, space.read32(call + CALL.flags) | TRACE_EVENT_FL_TEST_STR);
        space.write32(at + FIELDS.bits, space.read32(at + FIELDS.bits) | FIELDS.needsTest);
      },
    };
  };
  if (unsafeArgument(space.cstring(printFmt), find) !== undefined) {
    throw new NotModelled("test_event_printk() of an event with an unsafe argument");
  }
}

/** event_define_fields(): the fields of a class are allocated when its first event is registered. */
function defineFields({ space, slab }: Kernel, call: number): void {
  const classAt = space.read32(call + CALL.class);
  const head = classAt + CLASS.fields;
  if (space.read32(classAt + CLASS.getFields) !== 0) throw new NotModelled("get_fields() of a trace event's class");
  if (space.read32(head) !== head) return;
  for (const field of fieldsOf(space, call)) {
    if (space.read32(field + FIELDS.type) === TRACE_FUNCTION_TYPE) throw new NotModelled("define_fields() of a trace event");
    const added = slab.kmalloc(EVENT_FIELD_SIZE);
    const next = space.read32(head);
    space.write32(added, next);
    space.write32(added + 4, head);
    space.write32(next + 4, added);
    space.write32(head, added);
  }
}

/** struct trace_eval_map. */
interface EvalMap {
  readonly system: number;
  readonly name: string;
  readonly value: number;
}

/** trace_event_eval_update(), for the events of the module that brings the names. */
function updateEvals(space: AddressSpace, calls: readonly number[], evals: readonly number[]): void {
  const maps: EvalMap[] = [];
  const names: string[] = [];
  for (const at of evals) {
    const system = space.read32(at + EVAL.system);
    const name = space.cstring(space.read32(at + EVAL.name));
    maps.push({ system, name, value: s32(space.read32(at + EVAL.value)) });
    names.push(name);
  }
  // A name's value makes no other name, so the text before all replacements tells which there are.
  const search = new NameSearch(names);
  for (const call of calls) {
    const system = space.read32(space.read32(call + CALL.class) + CLASS.system);
    const printFmt = space.read32(call + CALL.printFmt);
    const area = space.find(printFmt);
    if (area === undefined) continue;
    const text = area.bytes.subarray(u32(printFmt - area.base));
    const bytes = text.subarray(skipFormat(text));
    const found = search.findIn(bytes);
    for (let i = 0; i < maps.length; i++) if (found[i] === 1 && maps[i].system === system) updateEventPrintk(bytes, maps[i]);
  }
}

function updateEventPrintk(bytes: Uint8Array, { name, value }: EvalMap): void {
  if (replaceName(bytes, name, value)) return;
  throw new NotModelled(`update_event_printk() of ${name}, which is shorter than its value`);
}

/** Offset of `funcs` in struct tracepoint. */
const TRACEPOINT_FUNCS = 36;

/** tracepoint_module_going(): looks into each tracepoint of a module that goes, whether someone still listens. */
export function tracepointModuleGoing(kernel: Kernel, mod: KernelModule): void {
  const count = mod.get("num_tracepoints");
  if (!kernel.config("TRACEPOINTS") || count === 0 || mod.taints & ~HARMLESS) return;
  const { space } = kernel;
  for (let i = 0; i < count; i++) {
    const tracepoint = space.read32(u32(mod.get("tracepoints_ptrs") + 4 * i));
    if (space.read32(u32(tracepoint + TRACEPOINT_FUNCS)) === 0) continue;
    throw new NotModelled("WARN_ON_ONCE(tp->funcs) in tp_module_going_check_quiescent()");
  }
}
