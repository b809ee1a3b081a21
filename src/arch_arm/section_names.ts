// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which sections belong to init and to exit, by name. ARM counts the unwind tables of such code to it.
 *
 * Models: module_init_section() and module_exit_section() of arch/arm/kernel/module.c.
 *
 * @module
 */

/** module_init_section(). */
export function moduleInitSection(name: string): boolean {
  return name.startsWith(".init") || name.startsWith(".ARM.extab.init") || name.startsWith(".ARM.exidx.init");
}

/** module_exit_section(). */
export function moduleExitSection(name: string): boolean {
  return name.startsWith(".exit") || name.startsWith(".ARM.extab.exit") || name.startsWith(".ARM.exidx.exit");
}
