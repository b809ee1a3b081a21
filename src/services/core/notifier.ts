// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/notifier.h, and the chains of the kernel's own that modules hang themselves into. Nothing that those tell of happens while
 * a module's code runs.
 *
 * Models: kernel/notifier.c; register_reboot_notifier() and its kin.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** Offsets in struct notifier_block. */
const BLOCK = { call: 0, next: 4, priority: 8 };
/** Offset of the first block in the heads. */
const HEAD = { raw: 0, atomic: 4, blocking: 24, srcu: 228 };
const NOTIFY_STOP_MASK = 0x8000;

/** A chain: blocks in the order in which they are called. */
class Chain {
  readonly blocks: number[] = [];
}

class Chains {
  /** The kernel's own, by name or address. */
  readonly own = new Map<string | number, Chain>();

  chain(name: string | number): Chain {
    const known = this.own.get(name) ?? new Chain();
    this.own.set(name, known);
    return known;
  }
}

function priorityOf({ bus }: Call, block: number): number {
  return s32(bus.read32(block + BLOCK.priority));
}

/** The place of a block among others: behind all of at least its priority. */
function placeOf(call: Call, blocks: readonly number[], block: number): number {
  if (blocks.includes(block)) throw new NotModelled("WARN(): notifier callback already registered");
  const at = blocks.findIndex((each) => priorityOf(call, each) < priorityOf(call, block));
  return at < 0 ? blocks.length : at;
}

/** Whether a head is one of the kernel's own variables, which modules only register with. */
function isOwn({ kernel }: Call, head: number): boolean {
  return kernel.space.isKernel(head) && kernel.space.find(head) === undefined;
}

function blocksAt({ bus }: Call, first: number): number[] {
  const blocks = [];
  for (let block = u32(bus.read32(first)); block !== 0; block = u32(bus.read32(block + BLOCK.next))) blocks.push(block);
  return blocks;
}

/** Writes the chain's links. */
function link({ bus }: Call, first: number, blocks: readonly number[]): void {
  for (const [i, block] of blocks.entries()) {
    bus.write32(i === 0 ? first : blocks[i - 1] + BLOCK.next, block);
    bus.write32(block + BLOCK.next, blocks[i + 1] ?? 0);
  }
  if (blocks.length === 0) bus.write32(first, 0);
}

function register(offset: number): Service {
  return (call) => {
    const [head, block] = words(call, 2);
    const blocks = isOwn(call, head) ? call.state(Chains).chain(head).blocks : blocksAt(call, head + offset);
    blocks.splice(placeOf(call, blocks, block), 0, block);
    if (!isOwn(call, head)) link(call, head + offset, blocks);
    return 0;
  };
}

function unregister(offset: number): Service {
  return (call) => {
    const [head, block] = words(call, 2);
    const blocks = isOwn(call, head) ? call.state(Chains).chain(head).blocks : blocksAt(call, head + offset);
    const at = blocks.indexOf(block);
    if (at < 0) return -ENOENT;
    blocks.splice(at, 1);
    if (!isOwn(call, head)) link(call, head + offset, blocks);
    return 0;
  };
}

/** notifier_call_chain(). */
function callChain(offset: number): Service {
  return (call) => {
    const [head, value, data] = words(call, 3);
    if (isOwn(call, head)) throw new NotModelled("a call of one of the kernel's own notifier chains");
    let result = 0;
    for (const block of blocksAt(call, head + offset)) {
      result = call.invoke(u32(call.bus.read32(block + BLOCK.call)), block, value, data);
      if ((result & NOTIFY_STOP_MASK) !== 0) break;
    }
    return result;
  };
}

/** The kernel's own chains, by the last words of the functions that register with them. */
const OWN_CHAINS = [
  "reboot_notifier",
  "pm_notifier",
  "die_notifier",
  "oom_notifier",
  "module_notifier",
  "restart_handler",
  "vt_notifier",
  "keyboard_notifier",
  "cpu_pm_notifier",
] as const;

/** A kernel's chain without a head that a module could see. */
function ownServices(name: string): Services {
  const [noun, prefix] = name.startsWith("cpu_pm") ? ["notifier", "cpu_pm_"] : [name, ""];
  return {
    [`${prefix}register_${noun}`]: (call: Call) => {
      const block = call.args.word();
      const { blocks } = call.state(Chains).chain(name);
      blocks.splice(placeOf(call, blocks, block), 0, block);
      return 0;
    },
    [`${prefix}unregister_${noun}`]: (call: Call) => {
      const { blocks } = call.state(Chains).chain(name);
      const at = blocks.indexOf(call.args.word());
      if (at < 0) return -ENOENT;
      blocks.splice(at, 1);
      return 0;
    },
  };
}

export const NOTIFIER: Services = {
  raw_notifier_chain_register: register(HEAD.raw),
  raw_notifier_chain_unregister: unregister(HEAD.raw),
  raw_notifier_call_chain: callChain(HEAD.raw),
  atomic_notifier_chain_register: register(HEAD.atomic),
  atomic_notifier_chain_unregister: unregister(HEAD.atomic),
  atomic_notifier_call_chain: callChain(HEAD.atomic),
  blocking_notifier_chain_register: register(HEAD.blocking),
  blocking_notifier_chain_unregister: unregister(HEAD.blocking),
  blocking_notifier_call_chain: callChain(HEAD.blocking),
  srcu_notifier_chain_register: register(HEAD.srcu),
  srcu_notifier_chain_unregister: unregister(HEAD.srcu),
  srcu_notifier_call_chain: callChain(HEAD.srcu),
  ...Object.assign({}, ...OWN_CHAINS.map(ownServices)) as Services,
};
