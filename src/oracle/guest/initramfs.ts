// SPDX-License-Identifier: GPL-2.0-only
/**
 * The guest's initramfs: the agent as /init, and nothing else.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { commandOf, COMPILER, needProgram } from "../programs.ts";
import { sha256Hex } from "../verify.ts";

const AGENT_SOURCE = new URL("./agent/agent.c", import.meta.url);

/** One regular file or directory of a cpio archive in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). */
function cpioEntry(name: string, mode: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const fields = [0, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join("") + name + "\0";
  const headerSize = (header.length + 3) & ~3;
  const entry = new Uint8Array(headerSize + ((bytes.length + 3) & ~3));
  entry.set(new TextEncoder().encode(header));
  entry.set(bytes, headerSize);
  return entry;
}

/** Compiles the agent into `<cache>/agent-*`, once for each text of its source. Returns its bytes. */
export async function buildAgent(cache: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await Deno.readFile(AGENT_SOURCE);
  const flags = ["-static", "-Os", "-marm", "-s", "-Wall", "-Wextra", "-Werror"];
  const sum = await sha256Hex(new Uint8Array([...source, ...new TextEncoder().encode(flags.join(" "))]));
  const agent = `${cache}/agent-${sum.slice(0, 12)}`;
  const built = await Deno.readFile(agent).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  if (built) return built;
  await Deno.mkdir(cache, { recursive: true });
  const made = `${agent}.${crypto.randomUUID()}`;
  const args = [...flags, "-o", made, fromFileUrl(AGENT_SOURCE)];
  const { success, stderr } = await commandOf(await needProgram(COMPILER, cache), args).output();
  if (!success) throw new Error(`Cannot compile the guest's agent: ${new TextDecoder().decode(stderr)}`);
  await Deno.rename(made, agent);
  return await Deno.readFile(agent);
}

/** The bytes of the initramfs for this agent. */
export function initramfs(agent: Uint8Array): Uint8Array<ArrayBuffer>[] {
  return [
    cpioEntry("dev", 0o040755, new Uint8Array()),
    cpioEntry("init", 0o100755, agent),
    cpioEntry("TRAILER!!!", 0, new Uint8Array()),
  ];
}
