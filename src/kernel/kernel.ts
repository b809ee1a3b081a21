// SPDX-License-Identifier: GPL-2.0-only
/**
 * One booted kernel: what the loader's calls read and change, from the first insmod to the last.
 *
 * @module
 */

import { CharPointer, nextArg, skipSpaces } from "./cmdline.ts";
import { Execmem } from "./execmem.ts";
import type { Host } from "./host.ts";
import { kstrtobool } from "./kstrtox.ts";
import { KERN_WARNING, KernelLog } from "./log.ts";
import { AddressSpace } from "./memory.ts";
import { fortifyPanic, UnknownFact } from "./fault.ts";
import { type KernelModule, MODULE_NAME_LEN, MODULE_STATE } from "./module.ts";
import { SymbolSearch } from "./module_exports.ts";
import { PercpuReserve } from "./percpu.ts";
import { heapArea, type KernelProfile, type SystemCall } from "./profile.ts";
import { Slab } from "./slab.ts";
import { TraceEventList } from "./trace_event_list.ts";

/** What the kernel's command line says to the loader. */
export interface BootParameters {
  /** nomodule, or kernel.modules_disabled. */
  readonly modulesDisabled: boolean;
  /** module_blacklist=, by name. */
  readonly blacklist: readonly string[];
  /** module.sig_enforce, or CONFIG_MODULE_SIG_FORCE. */
  readonly sigEnforce: boolean;
  /** module.async_probe. */
  readonly asyncProbe: boolean;
  /** lockdown=integrity or lockdown=confidentiality. */
  readonly lockedDown: boolean;
}

/**
 * Reads a command line as parse_args() does, up to "--"; words that do not concern the loader, and values that are neither yes nor no, are
 * passed over. Of two words for one parameter the last counts, but param_set_bool_enable_only() takes no no after a yes.
 */
function parseCmdline(cmdline: string, config: ReadonlySet<string>): BootParameters {
  const flags = { nomodule: false, "module.sig_enforce": false, "module.async_probe": false };
  let blacklist = "";
  let lockedDown = false;
  const bytes = Array.from(new TextEncoder().encode(cmdline), (byte) => String.fromCharCode(byte)).join("");
  for (let rest = skipSpaces(CharPointer.to(bytes)); rest.get(0) !== 0;) {
    const { param, val, rest: next } = nextArg(rest);
    rest = next;
    const word = param.toString();
    if (word === "--" && val === undefined) break;
    const name = word.replaceAll("-", "_");
    if (name === "module_blacklist") blacklist = val?.toString() ?? blacklist;
    if (name === "lockdown" && config.has("SECURITY_LOCKDOWN_LSM")) {
      lockedDown ||= /^(integrity|confidentiality)$/.test(val?.toString() ?? "");
    }
    if (!Object.hasOwn(flags, name)) continue;
    const flag = name as keyof typeof flags;
    const value = kstrtobool(val?.toString() ?? "1");
    if (typeof value === "boolean") flags[flag] = value || (flag === "module.sig_enforce" && flags[flag]);
  }
  return {
    modulesDisabled: flags.nomodule,
    blacklist: blacklist.split(",").filter((name) => name !== ""),
    get sigEnforce() {
      return flags["module.sig_enforce"] || config.has("MODULE_SIG_FORCE");
    },
    asyncProbe: flags["module.async_probe"],
    lockedDown,
  };
}

export class Kernel {
  readonly log = new KernelLog();
  readonly space: AddressSpace;
  readonly execmem: Execmem;
  readonly percpu: PercpuReserve;
  readonly symbols: SymbolSearch;
  readonly slab: Slab;
  /** Undefined where the profile does not know the kernel's own. */
  readonly traceEvents: TraceEventList | undefined;
  /** kmalloced_params: values of charp parameters that were allocated for them. */
  readonly kmallocedParams = new Set<number>();
  /** The kernel's own static keys that modules have switched: by address, whether they are on now. */
  readonly switchedKeys = new Map<number, boolean>();
  /** Oldest first. */
  readonly #modules: KernelModule[] = [];
  readonly #modulesByName = new Map<string, KernelModule>();
  /** Whether a module came whose name has no end: from then on a search by name has to look at each in turn. */
  #hasEndlessName = false;
  /** tainted_mask. */
  taint = 0;
  /** Whether ftrace has met what cannot be, and is off. */
  ftraceDisabled = false;
  /** Name and taints of the module that was removed last, for reports. */
  lastUnloaded = "";
  /** The system call that was made last. */
  systemCall: SystemCall = "finit_module";
  /** Oopses so far, die_counter. */
  oopses = 0;
  /** Keys of the messages that were printed once and not again (pr_warn_once and its kin). */
  readonly once = new Set<string>();
  readonly boot: BootParameters;
  #isThumb2: boolean | undefined;

  constructor(readonly profile: KernelProfile, public host: Host, readonly cmdline = "") {
    const { pageOffset, vmalloc, machine, config } = profile;
    this.boot = parseCmdline(cmdline, config);
    this.space = new AddressSpace(pageOffset, vmalloc.start);
    this.execmem = new Execmem(
      this.space,
      profile,
      () => hasFallback(profile),
      machine.vmallocTaken,
      machine.freePages,
    );
    this.slab = new Slab(this.space, heapArea(profile).start);
    this.percpu = new PercpuReserve(machine, (level, text) => this.printk(level, text));
    this.traceEvents = machine.traceEvents && new TraceEventList(this.space, machine.traceEvents);
    this.symbols = new SymbolSearch(profile.exports);
  }

  /** IS_ENABLED(CONFIG_THUMB2_KERNEL): whether code is T32. Asked for each relocation, so that it is kept. */
  get isThumb2(): boolean {
    return this.#isThumb2 ??= this.profile.config.has("THUMB2_KERNEL");
  }

  /** The list `modules`, newest first. */
  get modules(): readonly KernelModule[] {
    return this.#modules.toReversed();
  }

  /** IS_ENABLED(CONFIG_name). */
  readonly config = (name: string): boolean => this.profile.config.has(name);

  /**
   * add_taint().
   *
   * @param lockdep whether lock debugging can still be trusted; where not, a line says once that it is off
   */
  addTaint(flag: number, lockdep: "still ok" | "now unreliable" = "still ok"): void {
    if (lockdep === "now unreliable") {
      this.printkOnce(KERN_WARNING, "debug_locks", "Disabling lock debugging due to kernel taint");
    }
    this.taint |= 1 << flag;
  }

  /** test_taint(). */
  testTaint(flag: number): boolean {
    return (this.taint & (1 << flag)) !== 0;
  }

  printk(level: number, text: string): void {
    this.log.printk(level, text);
  }

  /** Prints a line the first time only. */
  printkOnce(level: number, key: string, text: string): void {
    if (this.once.has(key)) return;
    this.once.add(key);
    this.printk(level, text);
  }

  /** list_add_rcu() of a module, whose name no other in the list has. */
  addModule(mod: KernelModule): void {
    this.#modules.push(mod);
    this.#modulesByName.set(mod.name, mod);
    this.#hasEndlessName ||= isEndless(mod);
  }

  /** From here on the module's name is what its memory says: a relocation may have written over it. */
  rereadName(mod: KernelModule): void {
    const name = mod.nameInMemory();
    if (name === mod.name) return;
    this.#modulesByName.delete(mod.name);
    mod.name = name;
    this.#modulesByName.set(name, mod);
    this.#hasEndlessName ||= isEndless(mod);
  }

  /** list_del_rcu() of a module. */
  removeModule(mod: KernelModule): void {
    this.#modules.splice(this.#modules.indexOf(mod), 1);
    this.#modulesByName.delete(mod.name);
  }

  /** find_module_all(). A module whose name has no end makes strlen() panic (CONFIG_FORTIFY_SOURCE) when the search comes to it. */
  findModule(name: string, evenUnformed: boolean): KernelModule | undefined {
    const isSeen = (module: KernelModule) => evenUnformed || module.state !== MODULE_STATE.UNFORMED;
    const found = this.#modulesByName.get(name);
    if (this.#hasEndlessName && this.config("FORTIFY_SOURCE")) {
      const first = this.#modules.findLast((module) => isSeen(module) && (module === found || isEndless(module)));
      if (first !== undefined && isEndless(first)) throw fortifyPanic(this.config);
    }
    return found !== undefined && isSeen(found) ? found : undefined;
  }
}

/** Whether a module that has no room among the modules goes to vmalloc space. */
function hasFallback({ config, isLearnt }: KernelProfile): boolean {
  if (!config.has("ARM_MODULE_PLTS")) return false;
  if (isLearnt) throw new UnknownFact("where the booted kernel has room in vmalloc space", "a recording of it");
  return true;
}

function isEndless({ name }: KernelModule): boolean {
  return name.length >= MODULE_NAME_LEN;
}
