// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/net_namespace.h.
 *
 * Models: register_pernet_subsys(), register_pernet_device() and their opposites of net/core/net_namespace.c, with init_net as the one
 * namespace that there is.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import { u32 } from "../../elf/word.ts";
import { offsetOf } from "../layout.ts";
import { withWordsOnStack } from "../on_stack.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unregisterQueued } from "./net_device.ts";
import { underRtnl } from "./rtnetlink.ts";

/** Their keys are the numbers of the namespaces' data, "" where there are none. */
class PernetOperations extends Registry {
  /** struct net_generic of init_net; 0 before there is one of ours. */
  generic = 0;
}

/** struct pernet_operations. */
const OPS = { init: 8, preExit: 12, exit: 16, exitBatch: 20, exitBatchRtnl: 24, id: 28, size: 32 };
/** Pointers that a struct net_generic of the model has room for. */
const GENERIC_ROOM = 1024;

/** init_net. */
export function initNet({ images }: Call): number {
  const address = images.get("init_net");
  if (address === undefined) throw new NotModelled("init_net: the profile does not have it");
  return address;
}

/** The lowest number that neither the kernel nor a module has: ida_alloc_min() of net_generic_ids. */
function freeId(call: Call): number {
  const taken = builtin(call, "pernet_ids");
  const operations = call.state(PernetOperations);
  let id = 3;
  while (taken.has(String(id)) || operations.find(call, String(id)) !== undefined) id++;
  if (id >= GENERIC_ROOM) throw new NotModelled(`more than ${GENERIC_ROOM} pernet_operations with data`);
  return id;
}

/** net_assign_generic(): from now on net_generic(&init_net, id) finds these data. */
function assignGeneric(call: Call, id: number, data: number): void {
  const operations = call.state(PernetOperations);
  if (operations.generic === 0) {
    operations.generic = call.objects.reserve("struct net_generic", 4 * GENERIC_ROOM);
    call.bus.write32(initNet(call) + offsetOf(call, "net", "gen"), operations.generic);
  }
  call.objects.know32(operations.generic + 4 * id, data);
}

/** register_pernet_operations(). */
export function registerPernet(call: Call, ops: number): number {
  const { bus } = call;
  const [init, idPointer, size] = [OPS.init, OPS.id, OPS.size].map((offset) => u32(bus.read32(ops + offset)));
  if ((idPointer === 0) !== (size === 0)) throw new NotModelled("the warning of register_pernet_operations()");
  const net = initNet(call);
  let key = "";
  let data = 0;
  if (idPointer !== 0) {
    const id = freeId(call);
    key = String(id);
    bus.write32(idPointer, id);
    data = call.kernel.slab.kmalloc(size);
    assignGeneric(call, id, data);
  }
  call.state(PernetOperations).add(call, ops, key);
  const error = init === 0 ? 0 : call.invoke(init, net);
  if (error !== 0) {
    call.state(PernetOperations).remove(call, ops);
    freeGeneric(call, key);
  }
  return error;
}

function freeGeneric(call: Call, key: string): void {
  if (key === "") return;
  const entry = call.state(PernetOperations).generic + 4 * Number(key);
  call.kernel.slab.kfree(u32(call.bus.read32(entry)));
  call.objects.know32(entry, 0);
}

/** A list of namespaces with init_net on it, for the time of a call. */
function withNetOnList(call: Call, action: (head: number) => void): void {
  const link = initNet(call) + offsetOf(call, "net", "exit_list");
  withWordsOnStack(call, [link, link], (head) => {
    call.bus.write32(link, head);
    call.bus.write32(link + 4, head);
    action(head);
  });
}

/** unregister_pernet_operations(). */
export function unregisterPernet(call: Call, ops: number): void {
  const { bus } = call;
  const operations = call.state(PernetOperations);
  const key = operations.entries(call).find(({ address }) => address === ops)?.key ?? "";
  operations.remove(call, ops);
  const net = initNet(call);
  const [preExit, exit, exitBatch, exitBatchRtnl] = [OPS.preExit, OPS.exit, OPS.exitBatch, OPS.exitBatchRtnl].map((offset) =>
    u32(bus.read32(ops + offset))
  );
  if (preExit !== 0) call.invoke(preExit, net);
  if (exitBatchRtnl !== 0) {
    underRtnl(call, () =>
      withNetOnList(call, (head) =>
        withWordsOnStack(call, [0, 0], (devices) => {
          bus.write32(devices, devices);
          bus.write32(devices + 4, devices);
          call.invoke(exitBatchRtnl, head, devices);
          unregisterQueued(call, devices);
        })));
  }
  if (exit !== 0) call.invoke(exit, net);
  if (exitBatch !== 0) withNetOnList(call, (head) => void call.invoke(exitBatch, head));
  freeGeneric(call, key);
}

const register = (call: Call) => registerPernet(call, call.args.word());
const unregister = (call: Call) => unregisterPernet(call, call.args.word());

export const NET_NAMESPACE: Services = {
  net_ns_barrier: () => {},
  register_pernet_subsys: register,
  register_pernet_device: register,
  unregister_pernet_subsys: unregister,
  unregister_pernet_device: unregister,
};
