// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/regmap.h.
 *
 * Models: dev_get_regmap() of drivers/base/regmap/regmap.c. No device has a register map: whoever makes one calls a function that the
 * model does not have.
 *
 * @module
 */

import type { Services } from "../service.ts";

export const REGMAP: Services = { dev_get_regmap: () => 0 };
