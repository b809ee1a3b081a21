// SPDX-License-Identifier: GPL-2.0-only
/** Managed resources, and lines about a device. */

import { assertEquals } from "@std/assert";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);

/** A device of a module's class, and functions that note what is released. */
function withDevice() {
  const caller = new Caller(profile);
  const ofClass = caller.call("class_create", caller.string("toys")) >>> 0;
  const device = caller.call("device_create", ofClass, 0, 0, 0, caller.string("toy0")) >>> 0;
  const released: string[] = [];
  const noting = (what: string) => caller.function(() => void released.push(what));
  return { caller, device, released, noting };
}

Deno.test("what a device holds goes with it, the last first", () => {
  const { caller, device, released, noting } = withDevice();
  const resource = caller.call("__devres_alloc_node", noting("resource"), 16, 0, 0, 0) >>> 0;
  caller.call("devres_add", device, resource);
  caller.call("devm_kmalloc", device, 100, 0);
  caller.call("__devm_add_action", device, noting("action"), 7, 0);
  caller.call("device_unregister", device);
  assertEquals(released, ["action", "resource"]);
});

Deno.test("a resource is found by its release function, and destroyed without a call of it", () => {
  const { caller, device, released, noting } = withDevice();
  const release = noting("resource");
  const resource = caller.call("__devres_alloc_node", release, 16, 0, 0, 0);
  caller.call("devres_add", device, resource);
  assertEquals(caller.call("devres_find", device, release, 0, 0), resource);
  assertEquals([1, 2].map(() => caller.call("devres_destroy", device, release, 0, 0)), [0, -2]);
  assertEquals(released, []);
});

Deno.test("a group is released by itself; what came before it and after it stays", () => {
  const { caller, device, released, noting } = withDevice();
  const action = (what: string) => caller.call("__devm_add_action", device, noting(what), 0, 0);
  action("before");
  const group = caller.call("devres_open_group", device, 0, 0);
  action("first");
  action("second");
  caller.call("devres_close_group", device, group);
  action("after");
  assertEquals(caller.call("devres_release_group", device, group), 2);
  assertEquals(released, ["second", "first"]);
});

Deno.test("a line about a device begins with its driver, bus or class, and its name", () => {
  const { caller, device } = withDevice();
  caller.call("_dev_warn", device, caller.string("%d of them\n"), 3);
  caller.call("_dev_info", 0, caller.string("nobody\n"));
  assertEquals([-12, -517, -22].map((error) => caller.call("dev_err_probe", device, error, caller.string("no clock\n"))), [
    -12,
    -517,
    -22,
  ]);
  assertEquals(caller.lines(), [
    "<4> toys toy0: 3 of them",
    "<6> (NULL device *): nobody",
    "<3> toys toy0: error -EINVAL: no clock",
  ]);
});
