// SPDX-License-Identifier: GPL-2.0-only
/**
 * Objects of the kernel whose bytes a profile has from the booted kernel: init_net, the loopback device.
 *
 * One in the kernel's image keeps its address, and so does what it points to there. One in the heap lies at an address of the model's own,
 * as does all that points into the heap: such a pointer is as good as the real one until code follows it, which is not modelled.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { heapArea, type KernelProfile, type ObjectImage } from "../kernel/profile.ts";
import { PER_CPU_OFFSET } from "./core/percpu.ts";
import type { KernelObjects } from "./kernel_objects.ts";

/** The CPU's own count of references to lo, which code counts up and down. */
function knowReferences(
  { objects: images, offsets }: KernelProfile,
  objects: KernelObjects,
  places: ReadonlyMap<string, number>,
): void {
  const offset = offsets.get("net_device")?.get("pcpu_refcnt");
  const pointer = offset === undefined ? undefined : images.get("loopback")?.words.get(offset);
  if (pointer !== undefined && places.has("loopback")) objects.know32(u32(pointer + PER_CPU_OFFSET), 1);
}

/** Makes the objects of the profile known. @returns where they are */
export function placeImages({ profile }: Kernel, objects: KernelObjects): Map<string, number> {
  const heap = heapArea(profile);
  const inHeap = (address: number) => address >= heap.start && address < heap.end;
  const places = new Map<ObjectImage, number>();
  for (const [name, image] of profile.objects) {
    places.set(image, inHeap(image.address) ? objects.reserve(name, image.size) : image.address);
  }
  const moved = (value: number, what: string): number => {
    if (!inHeap(value)) return value;
    for (const [{ address, size }, place] of places) {
      if (value >= address && value < address + size) return place + (value - address);
    }
    return objects.reserve(what, 4);
  };
  const addresses = new Map<string, number>();
  for (const [name, image] of profile.objects) {
    const place = places.get(image) ?? image.address;
    objects.know(place, new Uint8Array(image.size));
    for (const [offset, value] of image.words) {
      objects.know32(place + offset, moved(value, `what ${name}+0x${offset.toString(16)} points to`));
    }
    addresses.set(name, place);
  }
  knowReferences(profile, objects, addresses);
  return addresses;
}
