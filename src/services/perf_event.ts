// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/perf_event.h.
 *
 * Models: perf_pmu_register() and perf_pmu_unregister() of kernel/events/core.c: the number of a unit's type. What it does for a unit's
 * missing functions is not written.
 *
 * @module
 */

import { s32 } from "../elf/word.ts";
import { ENOENT } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import { offsetOf } from "./layout.ts";
import { builtin, Registry } from "./registry.ts";
import type { Call, Services } from "./service.ts";
import { unexported } from "./unexported.ts";

/** Their keys are the numbers of their types. */
class Pmus extends Registry {}

/** PERF_TYPE_MAX: the first number that is handed out. */
const TYPE_MAX = 6;

function registerPmu(call: Call): number {
  const { bus, args } = call;
  const [pmu, name, asked] = [args.word(), args.word(), s32(args.word())];
  if (name === 0) throw new NotModelled("the warning of perf_pmu_register()");
  const pmus = call.state(Pmus);
  const own = builtin(call, "perf_types");
  let type = asked >= 0 ? asked : TYPE_MAX;
  while (own.has(String(type)) || pmus.find(call, String(type)) !== undefined) type++;
  if (asked >= 0 && type !== asked) throw new NotModelled("the warning of perf_pmu_register() for a type that is taken");
  const write = (field: string, value: number) => bus.write32(pmu + offsetOf(call, "pmu", field), value);
  write("name", name);
  write("type", type);
  write("dev", unexported(call, `struct device of perf type ${type}`));
  pmus.add(call, pmu, String(type));
  return 0;
}

export const PERF_EVENT: Services = {
  perf_pmu_register: registerPmu,
  perf_pmu_unregister: (call) => {
    if (!call.state(Pmus).remove(call, call.args.word())) return -ENOENT;
  },
};
