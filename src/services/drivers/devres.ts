// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/device/devres.h: what goes when a device loses its driver, or goes itself.
 *
 * Models: drivers/base/devres.c. A resource's data lies behind a node that only the driver core looks into.
 *
 * @module
 */

import { ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { ZERO_SIZE_PTR } from "../../kernel/slab.ts";
import { bytesAt, putBytes, putString, stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { vsprintf } from "../vsprintf.ts";

/** offsetof(struct devres, data): ARCH_DMA_MINALIGN. */
const DATA = 64;

/** A resource, or one of the two ends of a group. */
interface Resource {
  /** Of the data; of a group its identifier. */
  readonly data: number;
  readonly kind: "resource" | "open" | "close";
  /** The function that gives the resource back, with its arguments; 0 for memory alone. */
  readonly release: number;
  /** An action instead: called with this alone. */
  readonly action?: number;
}

class ManagedResources {
  /** Those that are allocated and of no device yet: their release functions, by their data. */
  readonly loose = new Map<number, number>();
  readonly #ofDevice = new Map<number, Resource[]>();

  of(device: number): Resource[] {
    const known = this.#ofDevice.get(device) ?? [];
    this.#ofDevice.set(device, known);
    return known;
  }

  forget(device: number): void {
    this.#ofDevice.delete(device);
  }
}

function allocate({ kernel }: Call, size: number): number {
  const node = kernel.slab.kmalloc(DATA + size);
  if (node === 0) throw new NotModelled(`devres_alloc() of ${size} bytes`);
  return node + DATA;
}

function releaseOne(call: Call, device: number, { data, kind, release, action }: Resource): void {
  if (kind !== "resource") return;
  if (action !== undefined) call.invoke(release, action);
  else if (release !== 0) call.invoke(release, device, data);
  call.kernel.slab.kfree(data - DATA);
}

/** devres_release_all(): the last that came goes first. */
export function releaseAll(call: Call, device: number): void {
  const resources = call.state(ManagedResources);
  const all = [...resources.of(device)].reverse();
  resources.forget(device);
  for (const resource of all) releaseOne(call, device, resource);
}

/** A device that begins anew has none. */
export function forgetResources(call: Call, device: number): void {
  call.state(ManagedResources).forget(device);
}

/** devm_kmalloc(), whose memory is zeroed in any case. */
function managedMemory(call: Call, device: number, size: number): number {
  if (size === 0) return ZERO_SIZE_PTR;
  const data = allocate(call, size);
  call.state(ManagedResources).of(device).push({ data, kind: "resource", release: 0 });
  return data;
}

function managedString(call: Call, device: number, text: string): number {
  const data = managedMemory(call, device, text.length + 1);
  putString(call.bus, data, text);
  return data;
}

/** The last resource of a device with this release function that the match function likes. */
function find(call: Call): { device: number; resource: Resource | undefined } {
  const { args } = call;
  const [device, release, match, matchData] = [args.word(), args.word(), args.word(), args.word()];
  const resource = call.state(ManagedResources).of(device).findLast((each) =>
    each.kind === "resource" && each.release === release &&
    (match === 0 || call.invoke(match, device, each.data, matchData) !== 0)
  );
  return { device, resource };
}

/** Takes the resource that {@link find} finds off its device. */
function take(call: Call): { device: number; resource: Resource | undefined } {
  const found = find(call);
  const resources = call.state(ManagedResources).of(found.device);
  if (found.resource !== undefined) resources.splice(resources.indexOf(found.resource), 1);
  return found;
}

function addAction(call: Call): number {
  const [device, action, data] = [call.args.word(), call.args.word(), call.args.word()];
  const resource = { data: allocate(call, 8), kind: "resource", release: action, action: data } as const;
  call.state(ManagedResources).of(device).push(resource);
  return 0;
}

/** Where a group begins and ends: the last that is open, or the one of an identifier. */
function groupOf(call: Call, device: number, id: number): [number, number] {
  const resources = call.state(ManagedResources).of(device);
  const isClosed = (data: number) => resources.some((each) => each.kind === "close" && each.data === data);
  const start = resources.findLastIndex(({ kind, data }) => kind === "open" && (id === 0 ? !isClosed(data) : data === id));
  if (start < 0) throw new NotModelled("a group of managed resources that is not there: a warning");
  const end = resources.findIndex(({ kind, data }) => kind === "close" && data === resources[start].data);
  return [start, end < 0 ? resources.length : end + 1];
}

/** devres_open_group(): a group without an identifier has its own address as one. */
function openGroup(call: Call): number {
  const device = call.args.word();
  const id = call.args.word() || call.kernel.slab.kmalloc(DATA);
  call.state(ManagedResources).of(device).push({ data: id, kind: "open", release: 0 });
  return id;
}

function releaseGroup(call: Call): number {
  const [device, id] = [call.args.word(), call.args.word()];
  const [start, end] = groupOf(call, device, id);
  const gone = call.state(ManagedResources).of(device).splice(start, end - start).reverse();
  for (const resource of gone) releaseOne(call, device, resource);
  return gone.filter(({ kind }) => kind === "resource").length;
}

function removeGroup(call: Call): void {
  const [device, id] = [call.args.word(), call.args.word()];
  const [start, end] = groupOf(call, device, id);
  const resources = call.state(ManagedResources).of(device);
  const inner = resources.slice(start + 1, end).filter(({ kind, data }) => kind !== "close" || data !== resources[start].data);
  resources.splice(start, end - start, ...inner);
}

export const DEVRES: Services = {
  __devres_alloc_node: (call) => {
    const [release, size] = [call.args.word(), call.args.word()];
    const data = allocate(call, size);
    call.state(ManagedResources).loose.set(data, release);
    return data;
  },
  devres_add: (call) => {
    const [device, data] = [call.args.word(), call.args.word()];
    const resources = call.state(ManagedResources);
    resources.of(device).push({ data, kind: "resource", release: resources.loose.get(data) ?? 0 });
    resources.loose.delete(data);
  },
  devres_free: (call) => {
    const data = call.args.word();
    call.state(ManagedResources).loose.delete(data);
    if (data !== 0) call.kernel.slab.kfree(data - DATA);
  },
  devres_find: (call) => find(call).resource?.data ?? 0,
  devres_remove: (call) => take(call).resource?.data ?? 0,
  devres_destroy: (call) => {
    const { resource } = take(call);
    if (resource === undefined) return -ENOENT;
    call.kernel.slab.kfree(resource.data - DATA);
    return 0;
  },
  devres_release: (call) => {
    const { device, resource } = take(call);
    if (resource === undefined) return -ENOENT;
    releaseOne(call, device, resource);
    return 0;
  },
  __devm_add_action: addAction,
  devres_open_group: openGroup,
  devres_close_group: (call) => {
    const [device, id] = [call.args.word(), call.args.word()];
    const resources = call.state(ManagedResources).of(device);
    resources.push({ ...resources[groupOf(call, device, id)[0]], kind: "close" });
  },
  devres_release_group: releaseGroup,
  devres_remove_group: removeGroup,
  devm_kmalloc: (call) => managedMemory(call, call.args.word(), call.args.word()),
  devm_kmemdup: (call) => {
    const [device, from, size] = [call.args.word(), call.args.word(), call.args.word()];
    const data = managedMemory(call, device, size);
    putBytes(call.bus, data, bytesAt(call.bus, from, size));
    return data;
  },
  devm_kstrdup: (call) => {
    const [device, from] = [call.args.word(), call.args.word()];
    return from === 0 ? 0 : managedString(call, device, stringAt(call.bus, from));
  },
  devm_kasprintf: (call) => {
    const [device, , format] = [call.args.word(), call.args.word(), call.args.word()];
    return managedString(call, device, vsprintf(call.kernel, call.bus, stringAt(call.bus, format), call.args));
  },
};
