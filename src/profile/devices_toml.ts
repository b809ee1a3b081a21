// SPDX-License-Identifier: GPL-2.0-only
/**
 * Writes the text of a profile's `devices.toml` from what the booted guest's agent reports.
 *
 * @module
 */

const LINE = 128;

function quoted(texts: readonly string[]): string[] {
  return texts.map((text) => JSON.stringify(text));
}

/** A list in brackets, as many items to a line as it takes. */
function list(items: readonly string[]): string {
  if (items.length === 0) return "[]";
  const lines = [""];
  for (const item of items) {
    const last = lines.length - 1;
    if (lines[last] !== "" && lines[last].length + item.length + 4 > LINE) lines.push(` ${item},`);
    else lines[last] += ` ${item},`;
  }
  return `[\n${lines.map((line) => ` ${line}\n`).join("")}]`;
}

function bus(report: string, name: string): string {
  const rows = (kind: string) =>
    report.split("\n").map((line) => line.split("\t")).filter(([a, b]) => a === kind && b === name);
  const drivers = rows("driver").map(([, , driver]) => driver).sort();
  const devices = rows("device").map(([, , device, driver, modalias]) => [device, modalias, ...(driver === "" ? [] : [driver])])
    .sort(([a], [b]) => a < b ? -1 : 1);
  const lines = devices.map((device) => `  [${quoted(device).join(", ")}],\n`).join("");
  return `
[bus.${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}]
drivers = ${list(quoted(drivers))}
devices = ${lines === "" ? "[]" : `[\n${lines}]`}
`;
}

/** The input devices: name, numbers, and the bitmaps that say what they can do. */
function inputs(report: string): string {
  const lines = [...report.matchAll(/^input (.+)$/gm)].map(([, line]) => line);
  let text = "";
  for (const line of lines) {
    const [, key, rest] = /^(.): (.*)$/.exec(line) ?? [];
    if (key === "I") {
      text += `\n[[input]]\nid = ${JSON.stringify([...rest.matchAll(/=(\w+)/g)].map(([, number]) => number).join(":"))}\n`;
    }
    if (key === "N") text += `name = ${rest.replace(/^Name=/, "")}\n`;
    if (key === "B") text += `${rest.replace(/^(\w+)=(.*)$/, (_, name, bits) => `${name} = ${JSON.stringify(bits)}`)}\n`;
  }
  return text;
}

/** The part of /proc/devices behind a heading, each line once. */
function majors(report: string, heading: string): string[] {
  const lines = [...report.matchAll(/^numbers +(.+)$/gm)].map(([, line]) => line.trim());
  const start = lines.indexOf(heading) + 1;
  const end = lines.findIndex((line, at) => at >= start && line.endsWith(":"));
  return [...new Set(lines.slice(start, end < 0 ? undefined : end))];
}

/**
 * The text of `devices.toml`.
 *
 * @param report the text of the agent's `facts`
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { devicesToml } from "./devices_toml.ts";
 * const report = "bus platform\ndevice\tplatform\tpsci\t\tof:NpsciT(null)Carm,psci\nnumbers Character devices:\nnumbers   1 mem\n";
 * const text = devicesToml(report);
 * assertStringIncludes(text, 'char_majors = [\n  "1 mem",\n]');
 * assertStringIncludes(text, '[bus.platform]\ndrivers = []\ndevices = [\n  ["psci", "of:NpsciT(null)Carm,psci"],\n]');
 * ```
 */
export function devicesToml(report: string): string {
  const names = (kind: string) => [...report.matchAll(new RegExp(`^${kind} +(.+)$`, "gm"))].map(([, name]) => name).sort();
  const misc = names("misc").map((line) => line.trim().replace(/\s+/, " "));
  return `# The devices and drivers of the booted kernel, as /sys/bus, /sys/class, /proc/devices and /proc/misc show them before any module.
# Made by \`deno task kernel:devices\`; not edited by hand.

classes = ${list(quoted(names("class")))}
char_majors = ${list(quoted(majors(report, "Character devices:")))}
block_majors = ${list(quoted(majors(report, "Block devices:")))}
misc_minors = ${list(quoted(misc))}
${inputs(report)}
# Devices: name, modalias, and the driver that has it.
${names("bus").map((name) => bus(report, name)).join("").trimStart()}`;
}
