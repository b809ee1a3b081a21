// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/genetlink.h.
 *
 * Models: genl_register_family() and genl_unregister_family() of net/netlink/genetlink.c. Nobody listens to the events that they send.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EEXIST, EINVAL, ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { builtin, type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

class GenericFamilies extends Registry {
  /** idr_next of genl_fam_idr; 0 before a module has registered one. */
  nextId = 0;
  /** Groups of each family: the number of the first, and how many. */
  readonly groups = new Map<number, readonly [first: number, count: number]>();
}
const FAMILIES: Kind = { type: GenericFamilies, builtin: "genl_families", taken: EEXIST };

/** struct genl_family. */
const FAMILY = {
  name: 4,
  nOps: 29,
  nSmallOps: 30,
  nSplitOps: 31,
  nGroups: 32,
  ops: 56,
  smallOps: 60,
  splitOps: 64,
  groups: 68,
  privateSize: 76,
  id: 88,
  groupOffset: 92,
  privates: 96,
};
/** struct genl_ops, struct genl_small_ops and struct genl_split_ops: bytes, their functions, their command and flags. */
const OPS = { size: 28, doit: 0, dumpit: 8, command: 24 };
const SMALL_OPS = { size: 12, doit: 0, dumpit: 4, command: 8 };
const SPLIT_OPS = { size: 24, command: 20, flags: 22 };
const GROUP_SIZE = 17;
const CAP_DO = 2;
const CAP_DUMP = 4;
const MAX_ID = 1023;
/** Bytes of a struct xarray. */
const XARRAY_SIZE = 12;

type LegacyOps = typeof OPS | typeof SMALL_OPS;

/** The commands of operations that have both functions in one struct; undefined where one has neither. */
function legacyCommands({ bus }: Call, table: number, count: number, layout: LegacyOps): number[] | undefined {
  const commands: number[] = [];
  for (let i = 0; i < count; i++) {
    const ops = table + i * layout.size;
    if (bus.read32(ops + layout.doit) === 0 && bus.read32(ops + layout.dumpit) === 0) return undefined;
    commands.push(bus.read8(ops + layout.command));
  }
  return commands;
}

/** The commands of split operations, a do and a dump of the same command as one; undefined where they are not in order. */
function splitCommands({ bus }: Call, table: number, count: number): number[] | undefined {
  const commands: number[] = [];
  let before: { command: number; kind: number } | undefined;
  for (let i = 0; i < count; i++) {
    const ops = table + i * SPLIT_OPS.size;
    const [command, kind] = [bus.read8(ops + SPLIT_OPS.command), bus.read8(ops + SPLIT_OPS.flags) & (CAP_DO | CAP_DUMP)];
    if (kind !== CAP_DO && kind !== CAP_DUMP) return undefined;
    const isPair = before?.command === command && before.kind === CAP_DO && kind === CAP_DUMP;
    if (before !== undefined && before.command >= command && !isPair) return undefined;
    if (!isPair) commands.push(command);
    before = { command, kind };
  }
  return commands;
}

/** genl_validate_ops(). */
function hasValidOps(call: Call, family: number): boolean {
  const { bus } = call;
  const tables = [[FAMILY.nOps, FAMILY.ops], [FAMILY.nSmallOps, FAMILY.smallOps], [FAMILY.nSplitOps, FAMILY.splitOps]];
  const [full, small, split] = tables.map(([count, table]) => ({
    count: bus.read8(family + count),
    table: u32(bus.read32(family + table)),
  }));
  if ([full, small, split].some(({ count, table }) => count !== 0 && table === 0)) {
    throw new NotModelled("the warning of genl_register_family()");
  }
  const commands = [
    legacyCommands(call, full.table, full.count, OPS),
    legacyCommands(call, small.table, small.count, SMALL_OPS),
    splitCommands(call, split.table, split.count),
  ];
  const all = commands.flatMap((each) => each ?? []);
  return !commands.includes(undefined) && new Set(all).size === all.length;
}

/** idr_alloc_cyclic() of genl_fam_idr: the number after the newest. */
function allocateId(call: Call, name: string): number {
  if (name === "pmcraid") return 18;
  const families = call.state(GenericFamilies);
  const id = families.nextId === 0 ? Math.max(...[...builtin(call, "genl_ids")].map(Number)) + 1 : families.nextId;
  if (id > MAX_ID) throw new NotModelled(`more than ${MAX_ID} generic netlink families`);
  families.nextId = id + 1;
  return id;
}

/** genl_allocate_reserve_groups(): the first run of numbers that is free. */
function allocateGroups(call: Call, name: string, count: number): number {
  if (name === "NET_DM") return 1;
  if (name === "pmcraid") return 18;
  const taken = new Set([...builtin(call, "genl_groups")].map(Number));
  for (const [first, count] of call.state(GenericFamilies).groups.values()) {
    for (let i = 0; i < count; i++) taken.add(first + i);
  }
  let first = 0;
  while (Array.from({ length: count }, (_, i) => first + i).some((group) => taken.has(group))) first++;
  return first;
}

/** genl_validate_assign_mc_groups(). */
function assignGroups(call: Call, family: number, name: string): void {
  const { bus } = call;
  const count = bus.read8(family + FAMILY.nGroups);
  if (count === 0) return;
  const groups = u32(bus.read32(family + FAMILY.groups));
  for (let i = 0; i < count; i++) {
    const length = stringAt(bus, groups + i * GROUP_SIZE, 16).length;
    if (length === 0 || length === 16) throw new NotModelled("the warning of genl_register_family() for a group's name");
  }
  const first = allocateGroups(call, name, count);
  call.state(GenericFamilies).groups.set(family, [first, count]);
  bus.write32(family + FAMILY.groupOffset, first);
}

function registerFamily(call: Call): number {
  const { bus } = call;
  const family = call.args.word();
  if (!hasValidOps(call, family)) return -EINVAL;
  const name = stringAt(bus, family + FAMILY.name, 16);
  const error = registerUnique(call, FAMILIES, family, name);
  if (error !== 0) return error;
  if (bus.read32(family + FAMILY.privateSize) !== 0) {
    bus.write32(family + FAMILY.privates, call.kernel.slab.kmalloc(XARRAY_SIZE));
  }
  bus.write32(family + FAMILY.id, allocateId(call, name));
  assignGroups(call, family, name);
  return 0;
}

export const GENETLINK: Services = {
  genl_lock: () => {},
  genl_unlock: () => {},
  genl_register_family: registerFamily,
  genl_unregister_family: (call) => {
    const family = call.args.word();
    const families = call.state(GenericFamilies);
    if (!families.remove(call, family)) return -ENOENT;
    families.groups.delete(family);
    if (s32(call.bus.read32(family + FAMILY.privateSize)) !== 0) {
      call.kernel.slab.kfree(u32(call.bus.read32(family + FAMILY.privates)));
    }
    return 0;
  },
};
