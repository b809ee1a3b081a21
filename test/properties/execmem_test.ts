// SPDX-License-Identifier: GPL-2.0-only
/** Memory for modules, and their per-CPU memory: first fit, against a map that is searched one page, or one word, at a time. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AddressRange, Execmem, PAGE_SIZE, pageAlign } from "../../src/kernel/execmem.ts";
import { AddressSpace, type MappedArea } from "../../src/kernel/memory.ts";
import { PercpuReserve } from "../../src/kernel/percpu.ts";
import { PROFILE, word } from "./arbitraries.ts";

const MODULES: AddressRange = { start: 0xbf000000, end: 0xbf000000 + 40 * PAGE_SIZE };
const VMALLOC: AddressRange = { start: 0xe0800000, end: 0xe0800000 + 60 * PAGE_SIZE };

/** Taking memory of so many pages (as a module's region, or as the copy of a file of so many bytes), or giving some back. */
type Step =
  | { readonly kind: "alloc"; readonly pages: number }
  | { readonly kind: "copy"; readonly bytes: number }
  | { readonly kind: "free"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("alloc" as const), pages: fc.oneof(fc.nat(4), fc.nat(64)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("copy" as const), bytes: fc.nat(9 * PAGE_SIZE) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("free" as const), which: fc.nat(1000) }) },
);

/** The oracle: what is taken, page by page. An area owns its pages and the guard page behind them. */
class PageMap {
  readonly taken = new Set<number>();
  pages = 0;

  constructor(readonly limit: number) {}

  take(range: AddressRange, pages: number): number | undefined {
    if (pages === 0 || this.pages + pages > this.limit) return undefined;
    for (let base = range.start; base + (pages + 1) * PAGE_SIZE <= range.end; base += PAGE_SIZE) {
      const run = Array.from({ length: pages + 1 }, (_, i) => base + i * PAGE_SIZE);
      if (run.some((page) => this.taken.has(page))) continue;
      for (const page of run) this.taken.add(page);
      this.pages += pages;
      return base;
    }
    return undefined;
  }

  give(base: number, pages: number): void {
    for (let i = 0; i <= pages; i++) this.taken.delete(base + i * PAGE_SIZE);
    this.pages -= pages;
  }
}

/** Areas of vmalloc space that are taken before the first step: each second or third page, say. */
const held = fc.uniqueArray(fc.nat(14), { maxLength: 5 })
  .map((slots) =>
    slots.map((slot) => ({ start: VMALLOC.start + slot * 4 * PAGE_SIZE, end: VMALLOC.start + (slot * 4 + 3) * PAGE_SIZE }))
  );

Deno.test("memory goes to the lowest hole that has room for it and its guard page, first among modules, then in vmalloc space", () => {
  let fellBack = 0;
  let failed = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), held, fc.boolean(), fc.constantFrom(20, 60, 1000), (...given) => {
      const [steps, taken, fallback, limit] = given;
      const space = new AddressSpace(0xc0000000, VMALLOC.start);
      const execmem = new Execmem(space, { modules: MODULES, vmalloc: VMALLOC }, () => fallback, taken, limit);
      const map = new PageMap(limit);
      for (const { start, end } of taken) for (let page = start; page < end; page += PAGE_SIZE) map.taken.add(page);
      const before = [...map.taken].sort();
      const live: MappedArea[] = [];
      const copies = new Set<MappedArea>();
      const giveBack = (area: MappedArea) => {
        if (copies.delete(area)) execmem.freeCopy(area);
        else execmem.free(area);
        map.give(area.base, area.bytes.length / PAGE_SIZE);
        assertEquals(space.find(area.base), undefined);
      };
      for (const each of steps) {
        if (each.kind === "free") {
          if (live.length > 0) giveBack(live.splice(each.which % live.length, 1)[0]);
          continue;
        }
        const copied = each.kind === "copy";
        const pages = copied ? Math.ceil((each.bytes || 1) / PAGE_SIZE) : each.pages;
        const area = copied ? execmem.copyPages(new Uint8Array(each.bytes)) : execmem.alloc(pages * PAGE_SIZE);
        const near = copied ? undefined : map.take(MODULES, pages);
        const wanted = near ?? (copied || fallback ? map.take(VMALLOC, pages) : undefined);
        assertEquals(area?.base, wanted, `${pages} pages`);
        if (area === undefined) {
          failed++;
          continue;
        }
        if (near === undefined && !copied) fellBack++;
        live.push(area);
        if (copied) copies.add(area);
        assertEquals(area.bytes.length, pages * PAGE_SIZE);
        assert(area.bytes.every((byte) => byte === 0), "memory that was in use before comes zeroed");
        area.bytes.fill(0xa5);
        assertEquals(space.find(area.base + area.bytes.length - 1), area);
        assertEquals(space.find(area.base + area.bytes.length), undefined, "the guard page is not mapped");
      }
      for (const area of live.splice(0)) giveBack(area);
      assertEquals([...map.taken].sort(), before);
      assertEquals(map.pages, 0);
      // Everything came back: the whole of an empty range can be taken at once.
      const whole = MODULES.end - MODULES.start - PAGE_SIZE;
      assertEquals(execmem.alloc(whole)?.base, whole / PAGE_SIZE <= limit ? MODULES.start : undefined);
    }),
    { numRuns: 300 },
  );
  assert(fellBack > 0 && failed > 0, "some allocations fall back, some fail");
});

Deno.test("an address is found in the area that maps it, and in no other", () => {
  const layout = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 })), { maxLength: 12 });
  fc.assert(
    fc.property(layout, fc.array(fc.nat(80 * PAGE_SIZE), { maxLength: 30 }), fc.boolean(), (gaps, probes, backwards) => {
      const space = new AddressSpace(0xc0000000, 0xe0800000);
      let base = 0xbf000000;
      const wanted = gaps.map(([gap, pages]) => {
        base += gap * PAGE_SIZE;
        const area = { base, end: base + pages * PAGE_SIZE };
        base = area.end;
        return area;
      });
      for (const { base, end } of backwards ? wanted.toReversed() : wanted) space.map(base, end - base);
      for (
        const probe of [
          ...probes,
          ...wanted.flatMap(({ base, end }) => [base - 0xbf000001, base - 0xbf000000, end - 0xbf000000]),
        ]
      ) {
        const address = 0xbf000000 + probe;
        const home = wanted.find(({ base, end }) => address >= base && address < end);
        assertEquals(space.find(address)?.base, home?.base);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a size rounded up to pages is the next multiple, modulo 2^32", () => {
  fc.assert(fc.property(word, (size) => {
    assertEquals(pageAlign(size), Number(BigInt.asUintN(32, (BigInt(size) + 4095n) / 4096n * 4096n)));
  }));
});

Deno.test("per-CPU memory goes to the lowest aligned place that has room", () => {
  const { start, end } = PROFILE.machine.percpuReserved;
  const request = fc.record({
    size: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3000 })),
    alignment: fc.constantFrom(0, 1, 2, 4, 8, 64, 4096),
    free: fc.option(fc.nat(1000), { freq: 1 }),
  });
  let failed = 0;
  fc.assert(
    fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
      const reserve = new PercpuReserve({ percpuReserved: { start, end } });
      const taken = new Set<number>();
      const live: number[][] = [];
      for (const { size, alignment, free } of requests) {
        if (free !== null && live.length > 0) {
          const words = live.splice(free % live.length, 1)[0];
          reserve.free(words[0]);
          for (const each of words) taken.delete(each);
        }
        let wanted: number[] | undefined;
        for (let at = start; at + size <= end && wanted === undefined; at += 4) {
          const words = Array.from({ length: Math.ceil(size / 4) }, (_, i) => at + 4 * i);
          if (at % Math.max(alignment, 4) === 0 && !words.some((each) => taken.has(each))) wanted = words;
        }
        assertEquals(reserve.alloc(size, alignment), wanted?.[0], `${size} bytes, aligned to ${alignment}`);
        if (wanted === undefined) failed++;
        else live.push(wanted);
        for (const each of wanted ?? []) taken.add(each);
      }
    }),
    { numRuns: 60 },
  );
  assert(failed > 0, "some allocations fail");
});

Deno.test("memory that is foreseen in vmalloc space lies there, is nobody else's, and what is left is found as before", () => {
  const execmem = new Execmem(
    new AddressSpace(0xc0000000, 0xe0800000),
    { modules: MODULES, vmalloc: VMALLOC },
    () => true,
    [],
    1000,
  );
  const page = (index: number) => VMALLOC.start + index * PAGE_SIZE;
  assertEquals(execmem.alloc(39 * PAGE_SIZE)?.base, MODULES.start);
  execmem.foresee([{ start: page(3), end: page(5) }, { start: page(1), end: page(2) }]);
  assertEquals(execmem.copyPages(new Uint8Array(PAGE_SIZE))?.base, page(6));
  const areas = [2, 1, 1].map((pages) => execmem.alloc(pages * PAGE_SIZE));
  assertEquals(areas.map((area) => area?.base), [page(3), page(1), page(8)]);
  for (const area of areas) execmem.free(area!);
  assertEquals(execmem.alloc(2 * PAGE_SIZE)?.base, page(8));
});
