// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/dmaengine.h.
 *
 * Models: dmaengine_get() and dmaengine_put() of drivers/dma/dmaengine.c where no device has channels, as on the machine.
 *
 * @module
 */

import type { Services } from "./service.ts";

export const DMAENGINE: Services = { dmaengine_get: () => {}, dmaengine_put: () => {} };
