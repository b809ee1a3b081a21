// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's trace events: their list, their types, and the hash table that finds an event by its type.
 *
 * Models: ftrace_events and event_hash, list_add(), hlist_add_head(), alloc_trace_event_type() and free_trace_event_type() of
 * kernel/trace. What lies in the kernel image is not written: its own events are there only as neighbours.
 *
 * @module
 */

import type { AddressSpace } from "./memory.ts";
import type { TraceEventFacts } from "./profile.ts";

/** EVENT_HASHSIZE. */
const HASH_SIZE = 128;
/** Bytes of struct hlist_head. */
const HLIST_HEAD_SIZE = 4;

/** An event of a module. */
interface ModuleEvent {
  /** Address of its struct trace_event_call, which begins with its place in the list. */
  readonly call: number;
  /** Address of its struct trace_event, which begins with its place in the hash table; 0 for one that has no type. */
  readonly event: number;
  readonly type: number;
  /** Address of the module's struct module. */
  readonly module: number;
}

export class TraceEventList {
  /** Oldest first; the list has the newest first. */
  readonly #events: ModuleEvent[] = [];
  /** Those that have a type, by their bucket of the hash table, newest first. */
  readonly #buckets: ModuleEvent[][] = Array.from({ length: HASH_SIZE }, () => []);
  readonly #types = new Set<number>();
  /** All types below this one are taken. */
  #lowestType: number;

  constructor(readonly space: AddressSpace, readonly facts: TraceEventFacts) {
    this.#lowestType = facts.firstType;
  }

  /** alloc_trace_event_type(): the lowest that is free. */
  allocateType(): number {
    while (this.#types.has(this.#lowestType)) this.#lowestType++;
    this.#types.add(this.#lowestType);
    return this.#lowestType++;
  }

  /** Puts an event before all others of its bucket, and its call before all others. */
  add(added: ModuleEvent): void {
    const { list, newest } = this.facts;
    if (added.event !== 0) {
      const bucket = this.#bucket(added.type);
      const others = this.#eventsBeside(added.type);
      const next = others[0]?.event ?? this.facts.hashHeads[added.type % HASH_SIZE];
      this.#write(added.event, next);
      this.#write(added.event + 4, bucket);
      if (next !== 0) this.#write(next + 4, added.event);
      others.unshift(added);
    }
    const next = this.#events.at(-1)?.call ?? newest;
    this.#write(added.call, next);
    this.#write(added.call + 4, list);
    this.#write(next + 4, added.call);
    this.#events.push(added);
  }

  /** Takes out the events of a module, newest first. */
  removeOf(module: number): void {
    for (let at = this.#events.length - 1; at >= 0; at--) if (this.#events[at].module === module) this.#remove(at);
  }

  /** Takes out an event: its neighbours become each other's. */
  #remove(at: number): void {
    const { type, event } = this.#events[at];
    const { list, newest, hashHeads } = this.facts;
    if (event !== 0) {
      const bucket = this.#eventsBeside(type);
      const place = bucket.findIndex((each) => each.event === event);
      const next = bucket[place + 1]?.event ?? hashHeads[type % HASH_SIZE];
      const before = bucket[place - 1]?.event ?? this.#bucket(type);
      this.#write(before, next);
      if (next !== 0) this.#write(next + 4, before);
      bucket.splice(place, 1);
      this.#types.delete(type);
      this.#lowestType = Math.min(this.#lowestType, type);
    }
    const next = this.#events[at - 1]?.call ?? newest;
    const before = this.#events[at + 1]?.call ?? list;
    this.#write(before, next);
    this.#write(next + 4, before);
    this.#events.splice(at, 1);
  }

  #eventsBeside(type: number): ModuleEvent[] {
    return this.#buckets[type % HASH_SIZE];
  }

  #bucket(type: number): number {
    return this.facts.hash + type % HASH_SIZE * HLIST_HEAD_SIZE;
  }

  /** Writes a word of a module; those of the kernel itself are not kept. */
  #write(address: number, value: number): void {
    if (this.space.find(address) !== undefined) this.space.write32(address, value);
  }
}
