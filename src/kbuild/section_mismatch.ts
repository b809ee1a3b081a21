// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which sections may refer to which.
 *
 * Models: section_white_list[], sectioncheck[], section_mismatch() and secref_whitelist() of scripts/mod/modpost.c.
 *
 * @module
 */

import { Patterns } from "./glob.ts";

/** Sections that are not looked at. */
export const UNCHECKED_SECTIONS: Patterns = new Patterns(
  ".comment*",
  ".debug*",
  ".zdebug*",
  ".GCC.command.line",
  ".mdebug*",
  ".pdr",
  ".stab*",
  ".note*",
  ".got*",
  ".toc*",
  ".xt.prop",
  ".xt.lit",
  ".arcextmap*",
  ".gnu.linkonce.arcext*",
  ".cmem*",
  ".fmt_slot*",
  ".gnu.lto*",
  ".discard.*",
  ".llvm.call-graph-profile",
);

const INIT = [".init.*"];
const EXIT = [".exit.*"];
const INIT_DATA = [".init.setup", ".init.rodata", ".init.data"];
const DATA = [".data", ".data.rel"];
const PCI_INIT = [
  ".pci_fixup_early",
  ".pci_fixup_header",
  ".pci_fixup_final",
  ".pci_fixup_enable",
  ".pci_fixup_resume",
  ".pci_fixup_resume_early",
  ".pci_fixup_suspend",
];
const TEXT = [".text", ".text.*", ".sched.text", ".kprobes.text", ".cpuidle.text", ".noinstr.text", ".ltext", ".ltext.*"];
const OTHER_TEXT = [
  ".ref.text",
  ".head.text",
  ".spinlock.text",
  ".fixup",
  ".entry.text",
  ".exception.text",
  ".coldtext",
  ".softirqentry.text",
  ".irqentry.text",
];
const ALL_TEXT = [".init.text", ".exit.text", ...TEXT, ...OTHER_TEXT];

/** ALL_INIT_SECTIONS and ALL_EXIT_SECTIONS. */
export const INIT_SECTIONS: Patterns = new Patterns(...INIT);
export const EXIT_SECTIONS: Patterns = new Patterns(...EXIT);

/** struct sectioncheck: what sections of some names must not refer to, or must refer to nothing but. */
export interface SectionCheck {
  readonly from: Patterns;
  readonly bad: Patterns;
  readonly good?: Patterns;
  /** EXTABLE_TO_NON_TEXT: what else is said of it. */
  readonly isExceptionTable?: true;
}

const CHECKS: readonly SectionCheck[] = [
  { from: new Patterns(...TEXT, ...DATA), bad: new Patterns(...INIT, ...EXIT) },
  { from: INIT_SECTIONS, bad: EXIT_SECTIONS },
  { from: EXIT_SECTIONS, bad: INIT_SECTIONS },
  { from: new Patterns(...PCI_INIT), bad: INIT_SECTIONS },
  {
    from: new Patterns("__ex_table"),
    bad: new Patterns(".altinstr_replacement"),
    good: new Patterns(...ALL_TEXT),
    isExceptionTable: true,
  },
];

/** The checks that are for sections of this name. */
export function checksFor(fromSection: string): readonly SectionCheck[] {
  return CHECKS.filter(({ from }) => from.matches(fromSection));
}

/** section_mismatch(): the check that a reference to a section of this name fails. */
export function sectionMismatch(checks: readonly SectionCheck[], toSection: string): SectionCheck | undefined {
  if (toSection === "") return undefined;
  return checks.find(({ bad, good }) => bad.matches(toSection) || good !== undefined && !good.matches(toSection));
}

/** Both ends of a reference. */
export interface Reference {
  readonly fromSection: string;
  readonly fromSymbol: string;
  readonly toSection: string;
  readonly toSymbol: string;
}

const DATA_SECTIONS = new Patterns(...DATA);
const INIT_DATA_SECTIONS = new Patterns(...INIT_DATA);
const INIT_OR_EXIT_SECTIONS = new Patterns(...INIT, ...EXIT);
const TEXT_SECTIONS = new Patterns(...ALL_TEXT);
const MAY_POINT_ANYWHERE = new Patterns("*_ops", "*_probe", "*_console");
const BOUNDARIES = new Patterns("__init_begin", "_sinittext", "_einittext");
const CONSTANT_PROPAGATED = new Patterns("*.constprop.*");

/** secref_whitelist(), turned round: references that are no mistake though a check fails, each with the source's name for it. */
const ALLOWED: readonly ((reference: Reference) => boolean)[] = [
  // Pattern 1: a parameter whose variable is __initdata, with permissions 0.
  ({ fromSection, fromSymbol, toSection }) =>
    INIT_DATA_SECTIONS.matches(toSection) && DATA_SECTIONS.matches(fromSection) && fromSymbol.startsWith("__param"),
  // Pattern 1a: the __init function of a parameter's operations.
  ({ fromSection, fromSymbol, toSection }) =>
    toSection === ".init.text" && DATA_SECTIONS.matches(fromSection) && fromSymbol.startsWith("__param_ops_"),
  // Operations, probe functions and consoles.
  ({ fromSection, fromSymbol, toSection }) =>
    DATA_SECTIONS.matches(fromSection) && INIT_OR_EXIT_SECTIONS.matches(toSection) && MAY_POINT_ANYWHERE.matches(fromSymbol),
  // Pattern 3.
  ({ fromSection, toSection }) => fromSection.startsWith(".head.text") && INIT_SECTIONS.matches(toSection),
  // Pattern 4: boundaries of the init sections.
  ({ toSymbol }) => BOUNDARIES.matches(toSymbol),
  // Pattern 5: a static inline function that the compiler specialised for an argument of __init code.
  ({ fromSection, fromSymbol, toSection }) =>
    TEXT_SECTIONS.matches(fromSection) && INIT_SECTIONS.matches(toSection) && CONSTANT_PROPAGATED.matches(fromSymbol),
];

/** Whether a reference that fails a check is one of those that are allowed all the same. */
export function isAllowedReference(reference: Reference): boolean {
  return ALLOWED.some((allows) => allows(reference));
}
