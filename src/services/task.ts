// SPDX-License-Identifier: GPL-2.0-only
/**
 * The task that calls init_module(2), as far as a module's code sees it.
 *
 * Models: get_current() of arch/arm/include/asm/current.h, where TPIDRURO holds the task, the stack protector's canary in it, and
 * struct thread_info at its start: no flag is set, nothing is disabled, the CPU is 0.
 *
 * @module
 */

import type { Kernel } from "../kernel/kernel.ts";
import type { KernelObjects } from "./kernel_objects.ts";

/** Room for a struct task_struct of any configuration, bytes. */
const TASK_SIZE = 8192;
/** The canary is random on a real kernel; code compares it with itself. */
const CANARY = 0x5ac3_7e00;
/** Offsets in struct thread_info, with which struct task_struct begins (CONFIG_THREAD_INFO_IN_TASK). */
export const THREAD_INFO = { flags: 0, preemptCount: 4, cpu: 8 };

/** What the task has beside itself: the credentials of root, as the first task's, and the namespaces, of which the network's is init_net. */
export function equipTask(
  { profile }: Kernel,
  objects: KernelObjects,
  task: number,
  images: ReadonlyMap<string, number>,
): void {
  const [fields, nsproxy] = ["task_struct", "nsproxy"].map((name) => profile.offsets.get(name));
  const [credential, net] = ["init_cred", "init_net"].map((name) => images.get(name));
  const at = (field: string) => task + (fields?.get(field) ?? 0);
  const size = profile.objects.get("init_cred")?.size ?? 0;
  if (fields === undefined || nsproxy === undefined || credential === undefined || net === undefined) return;
  const cred = objects.reserve("struct cred of the current task", size);
  for (let i = 0; i < size; i++) {
    const page = objects.page(credential + i);
    if (page !== undefined) objects.know(cred + i, [page.bytes[(credential + i) % page.bytes.length]]);
  }
  for (const field of ["cred", "real_cred"]) objects.know32(at(field), cred);
  const namespaces = objects.reserve("struct nsproxy", nsproxy.get("size") ?? 0);
  objects.know32(namespaces + (nsproxy.get("net_ns") ?? 0), net);
  objects.know32(at("nsproxy"), namespaces);
}

/** Makes the current task. @returns its address */
export function currentTask({ profile }: Kernel, objects: KernelObjects): number {
  const task = objects.reserve("struct task_struct", TASK_SIZE);
  for (const offset of Object.values(THREAD_INFO)) objects.know32(task + offset, 0);
  const { stackCanary } = profile.taskStruct;
  if (stackCanary !== undefined) objects.know32(task + stackCanary, CANARY);
  return task;
}
