// SPDX-License-Identifier: GPL-2.0-only
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NotModelled } from "../../src/kernel/fault.ts";
import { AddressSpace } from "../../src/kernel/memory.ts";
import { Slab, ZERO_SIZE_PTR } from "../../src/kernel/slab.ts";

const newSlab = () => new Slab(new AddressSpace(0xc0000000, 0xe0800000), 0xc2000000);

Deno.test("Objects do not overlap, are aligned and zeroed, and come back after kfree", () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 20000 }), fc.constantFrom(1, 64, 65, 192, 193, 8192, 8193), fc.constant(0));
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (sizes) => {
    const slab = newSlab();
    const live: { start: number; end: number }[] = [];
    for (const size of sizes) {
      if (size === 0) {
        const freed = live.shift();
        if (freed === undefined) continue;
        slab.kfree(freed.start);
        assertEquals(slab.ksize(freed.start), 0);
        continue;
      }
      const start = slab.kmalloc(size);
      const end = start + slab.ksize(start);
      assert(start % 64 === 0 && end - start >= size);
      assert(live.every((each) => end <= each.start || each.end <= start));
      const ends = [start, start + size - 1];
      assertEquals(ends.map((at) => slab.space.read8(at)), [0, 0]);
      for (const at of ends) slab.space.write8(at, 0xff);
      live.push({ start, end });
    }
  }));
});

Deno.test("The last freed object is the next, and freed memory stays readable", () => {
  const slab = newSlab();
  const [first, second] = [slab.kmalloc(100), slab.kmalloc(100)];
  assertEquals(second, first + 128);
  slab.kfree(first);
  assertEquals(slab.space.read8(first), 0);
  assertEquals(slab.kmalloc(128), first);
});

Deno.test("Sizes at the edges", () => {
  const slab = newSlab();
  assertEquals(slab.kmalloc(0), ZERO_SIZE_PTR);
  assertEquals(slab.kmalloc((4 << 20) + 1), 0);
  slab.kfree(0);
  slab.kfree(ZERO_SIZE_PTR);
  assertThrows(() => slab.kfree(0xc2000000), NotModelled, "kfree() of c2000000");
  assertEquals(new Slab(new AddressSpace(0xc0000000, 0xc0001000), 0xc0001000).kmalloc(1), 0);
});
