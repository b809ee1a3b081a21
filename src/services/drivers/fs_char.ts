// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/fs.h and linux/cdev.h for character devices: numbers, and who answers for them.
 *
 * Models: fs/char_dev.c. Of the numbers that the kernel itself has, the profile tells the majors; that a module asks for minors of one of
 * those is not modelled.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EBUSY, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { kobjectInit } from "../core/struct_kobject.ts";
import { Owned } from "./owned.ts";

const MINORBITS = 20;
const MINORMASK = (1 << MINORBITS) - 1;
/** include/linux/fs.h: where majors are looked for, and what there is at most. */
const CHRDEV_MAJOR_MAX = 512;
const HASH_SIZE = 255;
const DYNAMIC_END = 234;
const [EXTENDED_START, EXTENDED_END] = [511, 384];

/** struct cdev. */
const CDEV = { size: 60, owner: 36, ops: 40, list: 44, dev: 52, count: 56 };

interface Region {
  readonly major: number;
  readonly first: number;
  readonly count: number;
}

/** The regions that modules have, and the cdevs that answer for them. */
class CharDevices {
  readonly regions = new Owned<Region>();
  readonly cdevs = new Set<number>();
}

/** The majors that the kernel itself has. */
function ownMajors({ profile }: Kernel): ReadonlySet<number> {
  const { devices } = profile.machine;
  if (devices === undefined) throw new NotModelled("the kernel's character devices, which the profile does not tell");
  return new Set(devices.charMajors.map(([major]) => major));
}

/** find_dynamic_major(). */
function dynamicMajor(call: Call): number | undefined {
  const taken = new Set([...ownMajors(call.kernel), ...call.state(CharDevices).regions.all(call).map(({ major }) => major)]);
  const usedBuckets = new Set([...taken].map((major) => major % HASH_SIZE));
  for (let major = HASH_SIZE - 1; major >= DYNAMIC_END; major--) if (!usedBuckets.has(major)) return major;
  for (let major = EXTENDED_START; major >= EXTENDED_END; major--) if (!taken.has(major)) return major;
  return undefined;
}

/** __register_chrdev_region(). @param asked the major, or 0 for any. @returns the major, or a negative errno */
export function registerRegion(call: Call, asked: number, first: number, count: number, nameAddress: number): number {
  const { kernel } = call;
  const name = stringAt(call.bus, nameAddress);
  const fail = (errno: number, text: string) => {
    kernel.printk(KERN_ERR, `CHRDEV "${name}" ${text}`);
    return -errno;
  };
  if (asked >= CHRDEV_MAJOR_MAX) {
    return fail(EINVAL, `major requested (${asked}) is greater than the maximum (${CHRDEV_MAJOR_MAX - 1})`);
  }
  if (count > MINORMASK + 1 - first) {
    const range = `(${first}-${u32(first + count - 1)})`;
    return fail(EINVAL, `minor range requested ${range} is out of range of maximum range (0-${MINORMASK}) for a single major`);
  }
  const major = asked === 0 ? dynamicMajor(call) : asked;
  if (major === undefined) return fail(EBUSY, "dynamic allocation region is full");
  if (ownMajors(kernel).has(major)) throw new NotModelled(`minors of the kernel's own character device ${major}`);
  const devices = call.state(CharDevices);
  const overlaps = (region: Region) =>
    region.major === major && region.first < first + count && first < region.first + region.count;
  if (devices.regions.all(call).some(overlaps)) return -EBUSY;
  devices.regions.add(call, { major, first, count }, nameAddress);
  return major;
}

/** __unregister_chrdev_region(): the region that is exactly this one, if there is one. */
export function unregisterRegion(call: Call, major: number, first: number, count: number): void {
  const { regions } = call.state(CharDevices);
  const found = regions.all(call).find((each) => each.major === major && each.first === first && each.count === count);
  if (found !== undefined) regions.remove(found);
}

/** The parts of a range of device numbers that are of one major each. */
function* partsOf(from: number, count: number): Generator<Region> {
  for (let at = from; at < from + count;) {
    const major = at >>> MINORBITS;
    const next = Math.min((major + 1) * (MINORMASK + 1), from + count);
    yield { major, first: at & MINORMASK, count: next - at };
    at = next;
  }
}

/** MKDEV(). */
export function mkdev(major: number, minor: number): number {
  return u32((major << MINORBITS) | minor);
}

function registerRange(call: Call): number {
  const { args } = call;
  const [from, count, name] = [args.word(), args.word(), args.word()];
  const done: Region[] = [];
  for (const part of partsOf(from, count)) {
    const major = registerRegion(call, part.major, part.first, part.count, name);
    if (major < 0) {
      for (const each of done) unregisterRegion(call, each.major, each.first, each.count);
      return major;
    }
    done.push({ ...part, major });
  }
  return 0;
}

function allocateRange(call: Call): number {
  const { args, bus } = call;
  const [dev, first, count, name] = [args.word(), args.word(), args.word(), args.word()];
  const major = registerRegion(call, 0, first, count, name);
  if (major < 0) return major;
  bus.write32(dev, mkdev(major, first));
  return 0;
}

/** __register_chrdev(): a region with a cdev of the kernel's own. @returns the major where any was asked for, or 0, or a negative errno */
function registerChrdev(call: Call): number {
  const { args } = call;
  const [asked, first, count, name] = [args.word(), args.word(), args.word(), args.word()];
  const major = registerRegion(call, asked, first, count, name);
  return major < 0 || asked === 0 ? major : 0;
}

/** cdev_init(). */
function initialize(call: Call, cdev: number, ops: number): void {
  const { bus } = call;
  for (let at = 0; at < CDEV.size; at += 4) bus.write32(cdev + at, 0);
  bus.write32(cdev + CDEV.list, cdev + CDEV.list);
  bus.write32(cdev + CDEV.list + 4, cdev + CDEV.list);
  kobjectInit(call, cdev);
  bus.write32(cdev + CDEV.ops, ops);
}

/** cdev_add(): kobj_map() takes any range of numbers, registered or not. */
export function cdevAdd(call: Call, cdev: number, dev: number, count: number): number {
  call.bus.write32(cdev + CDEV.dev, dev);
  call.bus.write32(cdev + CDEV.count, count);
  if (dev === 0xffffffff) throw new NotModelled("cdev_add() of the device number -1: a warning");
  call.state(CharDevices).cdevs.add(cdev);
  return 0;
}

export const FS_CHAR: Services = {
  register_chrdev_region: registerRange,
  alloc_chrdev_region: allocateRange,
  unregister_chrdev_region: (call) => {
    for (const { major, first, count } of partsOf(call.args.word(), call.args.word())) {
      unregisterRegion(call, major, first, count);
    }
  },
  __register_chrdev: registerChrdev,
  __unregister_chrdev: (call) => unregisterRegion(call, call.args.word(), call.args.word(), call.args.word()),
  cdev_init: (call) => initialize(call, call.args.word(), call.args.word()),
  cdev_alloc: (call) => {
    const cdev = call.kernel.slab.kmalloc(CDEV.size);
    initialize(call, cdev, 0);
    return cdev;
  },
  cdev_add: (call) => cdevAdd(call, call.args.word(), call.args.word(), call.args.word()),
  cdev_del: (call) => {
    call.state(CharDevices).cdevs.delete(call.args.word());
  },
};
