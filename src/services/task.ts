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

/** Makes the current task. @returns its address */
export function currentTask({ profile }: Kernel, objects: KernelObjects): number {
  const task = objects.reserve("struct task_struct", TASK_SIZE);
  for (const offset of Object.values(THREAD_INFO)) objects.know32(task + offset, 0);
  const { stackCanary } = profile.taskStruct;
  if (stackCanary !== undefined) objects.know32(task + stackCanary, CANARY);
  return task;
}
