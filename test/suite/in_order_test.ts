// SPDX-License-Identifier: GPL-2.0-only
/** Several at once, reported in order. */

import { assertEquals, assertRejects } from "@std/assert";
import { staleGuests } from "../../src/oracle/guest/stale.ts";
import { inOrder } from "../../src/suite/in_order.ts";

/** Work whose items are finished by hand, and in which order they were begun. */
function work() {
  const begun: number[] = [];
  const ends = new Map<number, PromiseWithResolvers<number>>();
  const end = (item: number) => ends.getOrInsertComputed(item, () => Promise.withResolvers<number>());
  return { begun, end, run: (item: number) => (begun.push(item), end(item).promise) };
}

Deno.test("results come in the items' order, whichever is done first", async () => {
  const { begun, end, run } = work();
  const results = inOrder([1, 2, 3], 3, run);
  const all = Array.fromAsync(results);
  for (const item of [3, 1, 2]) end(item).resolve(10 * item);
  assertEquals(await all, [10, 20, 30]);
  assertEquals(begun, [1, 2, 3]);
});

Deno.test("no more run at once than there are jobs, and a slow one holds up no other", async () => {
  const { begun, end, run } = work();
  const all = Array.fromAsync(inOrder([1, 2, 3, 4], 2, run));
  assertEquals(begun, [1, 2]);
  end(2).resolve(2);
  end(3).resolve(3);
  await end(3).promise;
  await Promise.resolve();
  assertEquals(begun, [1, 2, 3, 4]);
  end(4).resolve(4);
  end(1).resolve(1);
  assertEquals(await all, [1, 2, 3, 4]);
});

Deno.test("after a failure nothing is begun; what came before it is still reported", async () => {
  const { begun, end, run } = work();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const result of inOrder([1, 2, 3, 4], 2, run)) seen.push(result);
  })();
  end(2).reject(new Error("two is broken"));
  end(1).resolve(1);
  await assertRejects(() => reading, Error, "two is broken");
  assertEquals(seen, [1]);
  assertEquals(begun.slice(0, 2), [1, 2]);
  assertEquals(begun.includes(4), false);
});

Deno.test("of the kept guests, the last used ones stay, and what is not a guest stays", () => {
  const guest = (index: number) => ({ name: `boot-${index.toString(16).padStart(12, "0")}`, used: index });
  const guests = Array.from({ length: 72 }, (_, index) => guest(index));
  const others = [{ name: "modules", used: 0 }, { name: "boot-0123456789ab.half-made", used: 0 }];
  assertEquals(staleGuests([...others, ...guests], 72).toSorted(), guests.slice(0, 8).map(({ name }) => name));
});
