// SPDX-License-Identifier: GPL-2.0-only
/**
 * Every function of the kernel that a module's code can call.
 *
 * @module
 */

import { BUG } from "./bug.ts";
import { CORE } from "./core/core.ts";
import { DRIVERS } from "./drivers/drivers.ts";
import { LIBGCC } from "./libgcc.ts";
import { MODULE } from "./module.ts";
import { PRINTK } from "./printk.ts";
import type { Services } from "./service.ts";
import { SLAB } from "./slab.ts";
import { STRING } from "./string.ts";
import { SUBSYSTEMS } from "./subsystems.ts";

export const SERVICES: Services = {
  ...CORE,
  ...BUG,
  ...PRINTK,
  ...STRING,
  ...LIBGCC,
  ...SLAB,
  ...MODULE,
  ...DRIVERS,
  ...SUBSYSTEMS,
};
