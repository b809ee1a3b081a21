// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/nls.h.
 *
 * Models: __register_nls(), unregister_nls(), load_nls() and unload_nls() of fs/nls/nls_base.c. load_nls() asks a program for a module that
 * is not there; the model has no such program, as the machine that it is held to.
 *
 * @module
 */

import { EBUSY, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { modulePut, tryModuleGet } from "../../module/references.ts";
import { stringAt } from "../memory.ts";
import { Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

class NlsTables extends Registry {}

/** struct nls_table. */
const TABLE = { charset: 0, alias: 4, owner: 24, next: 28 };

/** CONFIG_NLS_DEFAULT, as distributions have it; the kernel's own table stands for it where no module has brought it. */
const DEFAULT_CHARSET = "utf8";

function registerNls(call: Call): number {
  const { bus } = call;
  const [table, owner] = [call.args.word(), call.args.word()];
  const tables = call.state(NlsTables);
  if (bus.read32(table + TABLE.next) !== 0 || tables.has(call, table)) return -EBUSY;
  bus.write32(table + TABLE.owner, owner);
  bus.write32(table + TABLE.next, tables.entries(call).at(-1)?.address ?? 0);
  tables.add(call, table);
  return 0;
}

function unregisterNls(call: Call): number {
  const table = call.args.word();
  const tables = call.state(NlsTables);
  const entries = tables.entries(call);
  const index = entries.findIndex(({ address }) => address === table);
  if (index < 0) return -EINVAL;
  const newer = entries.at(index + 1);
  if (newer !== undefined) call.bus.write32(newer.address + TABLE.next, entries[index - 1]?.address ?? 0);
  tables.remove(call, table);
  return 0;
}

/** find_nls(): the newest table of a name. */
function findNls(call: Call, charset: string): number {
  const { bus } = call;
  const isCalled = (pointer: number) => bus.read32(pointer) !== 0 && stringAt(bus, bus.read32(pointer) >>> 0) === charset;
  const found = call.state(NlsTables).entries(call).toReversed().find(({ address }) =>
    isCalled(address + TABLE.charset) || isCalled(address + TABLE.alias)
  );
  if (found === undefined) return 0;
  if (found.owner !== undefined && !tryModuleGet(found.owner)) return 0;
  return found.address;
}

export const NLS: Services = {
  __register_nls: registerNls,
  unregister_nls: unregisterNls,
  load_nls: (call) => {
    const charset = stringAt(call.bus, call.args.word());
    if (charset === "default") throw new NotModelled("load_nls() of the kernel's own table");
    return findNls(call, charset);
  },
  load_nls_default: (call) => findNls(call, DEFAULT_CHARSET) || unexported(call, "default_table"),
  unload_nls: (call) => {
    const table = call.args.word();
    const entry = call.state(NlsTables).entries(call).find(({ address }) => address === table);
    if (entry?.owner !== undefined) modulePut(entry.owner);
  },
};
