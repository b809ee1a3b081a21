// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/jump_label.h: keys that are switched while code runs, which patches the branches of modules on them.
 *
 * Models: static_key_slow_inc(), static_key_slow_dec(), static_key_enable(), static_key_disable() and static_key_count() of
 * kernel/jump_label.c.
 *
 * @module
 */

import { s32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { jumpLabelUpdate } from "../../module/jump_label.ts";
import type { Call, Services } from "../service.ts";

function countOf({ bus }: Call, key: number): number {
  return s32(bus.read32(key));
}

/** Sets the count, and patches where that switches the key. */
function setCount(call: Call, key: number, count: number): void {
  const wasOn = countOf(call, key) > 0;
  call.bus.write32(key, count);
  if (wasOn === count > 0) return;
  // The kernel's own code is not there to be patched; modules that come later ask how its key stands.
  if (call.kernel.space.isKernel(key)) call.kernel.switchedKeys.set(key, count > 0);
  for (const address of jumpLabelUpdate(call.kernel, key, count > 0)) call.bus.codeChanged(address, 4);
}

/** @param change from a count to the next */
function changeBy(change: (count: number) => number) {
  return (call: Call) => {
    const key = call.args.word();
    setCount(call, key, change(countOf(call, key)));
    return 1;
  };
}

const increment = changeBy((count) => count + 1);
const decrement = changeBy((count) => {
  if (count < 1) throw new NotModelled("WARN() of static_key_slow_dec(): jump label: negative count!");
  return count - 1;
});
const enable = changeBy(() => 1);
const disable = changeBy(() => 0);

export const STATIC_KEY: Services = {
  static_key_count: (call) => countOf(call, call.args.word()),
  static_key_slow_inc: increment,
  static_key_slow_inc_cpuslocked: increment,
  static_key_slow_dec: decrement,
  static_key_slow_dec_cpuslocked: decrement,
  static_key_enable: enable,
  static_key_enable_cpuslocked: enable,
  static_key_disable: disable,
  static_key_disable_cpuslocked: disable,
};
