// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/leds.h: events of triggers that no LED follows, as the machine has none.
 *
 * Models: led_trigger_event() and its like of drivers/leds/led-triggers.c.
 *
 * @module
 */

import type { Services } from "./service.ts";

export const LED_EVENTS: Services = {
  led_trigger_event: () => {},
  led_trigger_blink: () => {},
  led_trigger_blink_oneshot: () => {},
};
