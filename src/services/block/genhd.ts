// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/blkdev.h: major numbers of block devices.
 *
 * Models: __register_blkdev() and unregister_blkdev() of block/genhd.c.
 *
 * @module
 */

import { EBUSY, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR, KERN_WARNING } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

/** By major number; the address is that of the name that was given. */
class BlockMajors extends Registry {
  readonly names = new Map<string, string>();
}

/** Buckets of major_names, which bounds the numbers that are handed out; one more than the highest number. */
const BUCKETS = 255;
const MAJOR_MAX = 512;

/** The number for who asks for any: the highest bucket that is empty. */
function freeMajor(isTaken: (major: number) => boolean): number {
  for (let index = BUCKETS - 1; index > 0; index--) {
    if (!isTaken(index) && !isTaken(index + BUCKETS)) return index;
  }
  throw new NotModelled("register_blkdev() where no number is left");
}

function registerBlkdev(call: Call): number {
  const { kernel, args } = call;
  const [asked, namePointer] = [args.word(), args.word()];
  const name = stringAt(call.bus, namePointer);
  const majors = call.state(BlockMajors);
  const own = builtin(call, "block_majors");
  const isTaken = (major: number) => own.has(String(major)) || majors.find(call, String(major)) !== undefined;
  if (asked >= MAJOR_MAX) {
    const text = `__register_blkdev: major requested (${asked}) is greater than the maximum (${MAJOR_MAX - 1}) for ${name}`;
    kernel.printk(KERN_ERR, text);
    return -EINVAL;
  }
  const major = asked === 0 ? freeMajor(isTaken) : asked;
  if (isTaken(major)) {
    kernel.printk(KERN_WARNING, `register_blkdev: cannot get major ${major} for ${name}`);
    return -EBUSY;
  }
  majors.add(call, namePointer, String(major));
  majors.names.set(String(major), name);
  return asked === 0 ? major : 0;
}

export const GENHD: Services = {
  __register_blkdev: registerBlkdev,
  unregister_blkdev: (call) => {
    const [major, name] = [String(call.args.word()), stringAt(call.bus, call.args.word())];
    const majors = call.state(BlockMajors);
    const entry = majors.find(call, major);
    if (entry === undefined || majors.names.get(major) !== name) throw new NotModelled("the warning of unregister_blkdev()");
    majors.drop(entry);
  },
};
