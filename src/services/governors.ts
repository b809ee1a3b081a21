// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/cpufreq.h and linux/watchdog.h: governors are registered.
 *
 * Models: cpufreq_register_governor() of drivers/cpufreq/cpufreq.c where no driver scales a processor's frequency, and
 * watchdog_register_governor() of drivers/watchdog/watchdog_pretimeout.c where no watchdog waits for one.
 *
 * @module
 */

import { EBUSY, EINVAL } from "../kernel/errno.ts";
import { stringAt } from "./memory.ts";
import { type Kind, registerUnique, Registry } from "./registry.ts";
import type { Services } from "./service.ts";

class CpufreqGovernors extends Registry {}
class WatchdogGovernors extends Registry {}
const CPUFREQ_GOVERNORS: Kind = { type: CpufreqGovernors, builtin: "cpufreq_governors", taken: EBUSY };
const WATCHDOG_GOVERNORS: Kind = { type: WatchdogGovernors, builtin: "watchdog_governors", taken: EBUSY };

export const GOVERNORS: Services = {
  cpufreq_register_governor: (call) => {
    const governor = call.args.word();
    if (governor === 0) return -EINVAL;
    return registerUnique(call, CPUFREQ_GOVERNORS, governor, stringAt(call.bus, governor, 16).toLowerCase());
  },
  cpufreq_unregister_governor: (call) => void call.state(CpufreqGovernors).remove(call, call.args.word()),
  watchdog_register_governor: (call) => {
    const governor = call.args.word();
    return registerUnique(call, WATCHDOG_GOVERNORS, governor, stringAt(call.bus, governor, 20));
  },
  watchdog_unregister_governor: (call) => void call.state(WatchdogGovernors).remove(call, call.args.word()),
};
