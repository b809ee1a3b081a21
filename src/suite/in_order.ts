// SPDX-License-Identifier: GPL-2.0-only
/**
 * Work that runs several at once and reports in order.
 *
 * @module
 */

/**
 * Does `work` for each item, at most `jobs` at once, and gives the results in the items' order, each as soon as those before it are
 * there. After a failure, or when no more results are asked for, nothing new is begun, and what runs is waited for.
 *
 * @throws what `work` threw, in the place of its result
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inOrder } from "./in_order.ts";
 * const doubled = inOrder([1, 2, 3], 2, (number) => Promise.resolve(2 * number));
 * assertEquals(await Array.fromAsync(doubled), [2, 4, 6]);
 * ```
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const results = items.map(() => Promise.withResolvers<Result>());
  for (const { promise } of results) promise.catch(() => {});
  let next = 0;
  let stopped = false;
  const worker = async () => {
    while (!stopped && next < items.length) {
      const index = next++;
      try {
        results[index].resolve(await work(items[index]));
      } catch (error) {
        stopped = true;
        results[index].reject(error);
      }
    }
  };
  const workers = Array.from({ length: Math.min(jobs, items.length) }, worker);
  try {
    for (const { promise } of results) yield await promise;
  } finally {
    stopped = true;
    await Promise.all(workers);
  }
}
