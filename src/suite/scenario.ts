// SPDX-License-Identifier: GPL-2.0-only
/**
 * A scenario: the system calls that are tried, one after the other, on one freshly booted kernel. A `case.toml` and the JSON that
 * `insmodel run` reads are two spellings of it.
 *
 * @module
 */

/** Flags of finit_module(2): `MODULE_INIT_IGNORE_MODVERSIONS` and its kin. */
export const INSMOD_FLAGS = { ignore_modversions: 1, ignore_vermagic: 2, compressed_file: 4 } as const;
/** Flags of delete_module(2). */
export const RMMOD_FLAGS = { nonblock: 0o4000, trunc: 0o1000 } as const;

export type InsmodFlag = keyof typeof INSMOD_FLAGS;
export type RmmodFlag = keyof typeof RMMOD_FLAGS;

/** How the file descriptor that finit_module(2) gets was opened. */
export type OpenedAs = "read-only" | "write-only" | "read-write" | "closed" | "terminal" | "directory";

export interface InsmodStep {
  /** Path of the module file. */
  insmod: string;
  /** The parameter string that the system call gets. */
  params: string;
  /** Given: the flags passed, exactly these. Absent: as kmod's insmod does, which unpacks a compressed file first. */
  flags?: InsmodFlag[];
  /** What the module's init function is taken to return, or "run", as where it is absent: the function runs, and says so itself. */
  init?: number | "run";
  /** The system call; finit_module unless given (kmod calls init_module for a file that it unpacked itself). */
  syscall?: "init_module" | "finit_module";
  /** Without CAP_SYS_MODULE. */
  unprivileged?: boolean;
  /** finit_module's descriptor, "read-only" unless given. */
  opened?: OpenedAs;
  /** `flags` as a number, for values that have no name. */
  raw_flags?: number;
}

export interface RmmodStep {
  /** The module's name. */
  rmmod: string;
  /** Given: exactly these. Absent: nonblock, as rmmod(8). */
  flags?: RmmodFlag[];
  unprivileged?: boolean;
}

export type Step = InsmodStep | RmmodStep;

/** A function of the kernel that a module's code may call because the scenario answers for it: it does nothing and returns a number. */
export interface ServiceAnswer {
  name: string;
  /** r0, 32 bits, signed or unsigned. */
  returns: number;
}

export interface Scenario {
  /** Release or alias of a kernel profile. */
  kernel?: string;
  /** Words added to the kernel's command line: `module_blacklist=`, `module.sig_enforce=1`, `nomodule`. */
  cmdline: string;
  /** Functions that the scenario answers for; it goes before what the model itself has. */
  services?: ServiceAnswer[];
  steps: Step[];
}
