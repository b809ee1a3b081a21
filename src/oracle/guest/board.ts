// SPDX-License-Identifier: GPL-2.0-only
/**
 * The board that QEMU gives a kernel, as the table `qemu` of its `kernel.toml` has it:
 *
 *     [qemu]
 *     machine = "mcimx6ul-evk"         # QEMU's -M
 *     cpu = "cortex-a7"                # absent where the board has its own
 *     memory = 512                     # MB
 *     console = "ttymxc0,115200"       # of the kernel's command line
 *     dtb = "imx6ul-14x14-evk.dtb"     # absent where QEMU makes the device tree; else it lies beside the image in the cache
 *
 * @module
 */

import { parse } from "smol-toml";
import { GOLDEN_DIR } from "../../profile/load_profile.ts";
import { InputError } from "../../suite/input_error.ts";

export interface Board {
  machine: string;
  cpu?: string;
  /** In MB. */
  memory: number;
  console: string;
  /** Name of a file. */
  dtb?: string;
}

/**
 * Reads the table.
 *
 * @throws {InputError} naming the key that is missing or wrong
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseBoard } from "./board.ts";
 * const toml = '[qemu]\nmachine = "virt"\nmemory = 512\nconsole = "ttyAMA0"\n';
 * assertEquals(parseBoard("6.12.0", toml), { machine: "virt", memory: 512, console: "ttyAMA0" });
 * assertThrows(() => parseBoard("6.12.0", "[qemu]\nmachine = 1"), Error, "qemu.machine must be a string");
 * ```
 */
export function parseBoard(release: string, toml: string): Board {
  const fail = (what: string): never => {
    throw new InputError(`Cannot boot ${release}: golden/${release}/kernel.toml: ${what}`);
  };
  const { qemu } = parse(toml);
  if (typeof qemu !== "object" || qemu === null || Array.isArray(qemu)) return fail("qemu must be a table");
  const values: Readonly<Record<string, unknown>> = { ...qemu };
  const text = (key: string): string => {
    const value = values[key];
    return typeof value === "string" && value !== "" ? value : fail(`qemu.${key} must be a string`);
  };
  const machine = text("machine");
  const { memory } = values;
  if (typeof memory !== "number" || !(memory > 0)) return fail("qemu.memory must be a number of MB");
  return {
    machine,
    ...(values.cpu === undefined ? {} : { cpu: text("cpu") }),
    memory,
    console: text("console"),
    ...(values.dtb === undefined ? {} : { dtb: text("dtb") }),
  };
}

/** The board of a kernel under `golden/`. */
export async function readBoard(release: string): Promise<Board> {
  return parseBoard(release, await Deno.readTextFile(new URL(`${release}/kernel.toml`, GOLDEN_DIR)));
}

/** QEMU's arguments for a board with one processor. */
export function boardArguments({ machine, cpu, memory }: Board): string[] {
  return ["-M", machine, ...(cpu === undefined ? [] : ["-cpu", cpu]), "-smp", "1", "-m", `${memory}`];
}
