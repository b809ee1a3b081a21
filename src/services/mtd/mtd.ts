// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/mtd/: users of memory technology devices, parsers of their partitions, drivers of chips.
 *
 * Models: register_mtd_user() of drivers/mtd/mtdcore.c where there is no device, __register_mtd_parser() of drivers/mtd/mtdpart.c,
 * register_mtd_chip_driver() of drivers/mtd/chips/chipreg.c.
 *
 * @module
 */

import { Registry } from "../registry.ts";
import type { Services } from "../service.ts";
import { unexported } from "../unexported.ts";

class MtdUsers extends Registry {}
class MtdParsers extends Registry {}
class MtdChipDrivers extends Registry {}

/** struct mtd_part_parser. */
const PARSER = { owner: 8, cleanup: 24 };

export const MTD: Services = {
  register_mtd_user: (call) => call.state(MtdUsers).add(call, call.args.word()),
  unregister_mtd_user: (call) => {
    call.state(MtdUsers).remove(call, call.args.word());
    return 0;
  },
  __mtd_next_device: () => 0,
  __register_mtd_parser: (call) => {
    const { bus } = call;
    const [parser, owner] = [call.args.word(), call.args.word()];
    bus.write32(parser + PARSER.owner, owner);
    if (bus.read32(parser + PARSER.cleanup) === 0) {
      bus.write32(parser + PARSER.cleanup, unexported(call, "mtd_part_parser_cleanup_default"));
    }
    call.state(MtdParsers).add(call, parser);
    return 0;
  },
  deregister_mtd_parser: (call) => void call.state(MtdParsers).remove(call, call.args.word()),
  register_mtd_chip_driver: (call) => call.state(MtdChipDrivers).add(call, call.args.word()),
  unregister_mtd_chip_driver: (call) => void call.state(MtdChipDrivers).remove(call, call.args.word()),
};
