// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the guest's agent wrote, step by step. The format is described at the head of agent/agent.c.
 *
 * @module
 */

import { parseModuleLine } from "../../suite/module_line.ts";
import type { ModuleEntry } from "../../suite/outcome.ts";
import { type LogRecord, parseKmsg } from "./log_record.ts";

/** How the system call came back: with a value, not at all (the worker was killed), or not in time. */
export type CallEnd = { kind: "returned"; rc: number } | { kind: "killed"; signal: number } | { kind: "hung" };

/** The agent's report of one step. */
export interface AgentStep {
  /** Undefined where the guest was gone before the call came back. */
  end: CallEnd | undefined;
  records: LogRecord[];
  taint: number;
  modules: ModuleEntry[];
  /** /sys/module/NAME/sections. */
  sysfsSections: Map<string, string>;
  /** Whether all of the report is there. */
  complete: boolean;
}

function emptyStep(): AgentStep {
  return { end: undefined, records: [], taint: 0, modules: [], sysfsSections: new Map(), complete: false };
}

function addLine(step: AgentStep, key: string, rest: string): void {
  if (key === "rc") step.end = { kind: "returned", rc: Number(rest) };
  else if (key === "signal") step.end = { kind: "killed", signal: Number(rest) };
  else if (key === "hang") step.end = { kind: "hung" };
  else if (key === "kmsg") step.records.push(parseKmsg(rest));
  else if (key === "taint") step.taint = Number(rest);
  else if (key === "modules") {
    const module = parseModuleLine(rest);
    if (module) step.modules.push(module);
  } else if (key === "section") {
    const space = rest.lastIndexOf(" ");
    step.sysfsSections.set(rest.slice(0, space), rest.slice(space + 1));
  } else if (key === "done") step.complete = true;
  else if (key === "bad") throw new Error(`The guest's agent cannot read step ${rest} of its plan`);
}

/** The steps that were begun. `text` may break off anywhere: a guest can die at any time. */
export function parseAgentReport(text: string): AgentStep[] {
  const steps: AgentStep[] = [];
  const lines = text.split("\n");
  lines.pop();
  for (const line of lines) {
    const space = line.indexOf(" ");
    const [key, rest] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
    if (key === "step") steps.push(emptyStep());
    else addLine(steps.at(-1) ?? emptyStep(), key, rest);
  }
  return steps;
}
