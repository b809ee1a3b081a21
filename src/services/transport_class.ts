// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/transport_class.h and linux/attribute_container.h.
 *
 * Models: transport_class_register() and anon_transport_class_register() of drivers/base/transport_class.c, attribute_container_register() of
 * drivers/base/attribute_container.c, for devices that nobody has yet.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import { DEVICE_CLASS } from "./drivers/class.ts";
import { Registry } from "./registry.ts";
import type { Call, Services } from "./service.ts";
import { unexported } from "./unexported.ts";

class Containers extends Registry {}

/** struct attribute_container; struct anon_transport_class. */
const CONTAINER = { node: 0, class: 28, flags: 44, noClassdevs: 1 };
const ANONYMOUS = { class: 0, setup: 48, remove: 56, container: 60 };

function registerContainer(call: Call, container: number): number {
  call.bus.write32(container + CONTAINER.node, container);
  call.bus.write32(container + CONTAINER.node + 4, container);
  call.state(Containers).add(call, container);
  return 0;
}

/** The devices' own part: a container that holds a device is in use. */
function unregisterContainer(call: Call, container: number): number {
  if (!call.state(Containers).remove(call, container)) throw new NotModelled("attribute_container_unregister() of none");
  return 0;
}

/** struct transport_class begins with its struct class, so that these are the functions of classes. */
export const TRANSPORT_CLASS: Services = {
  transport_class_register: DEVICE_CLASS.class_register,
  transport_class_unregister: DEVICE_CLASS.class_unregister,
  attribute_container_register: (call) => registerContainer(call, call.args.word()),
  attribute_container_unregister: (call) => unregisterContainer(call, call.args.word()),
  anon_transport_class_register: (call) => {
    const { bus } = call;
    const anonymous = call.args.word();
    const container = anonymous + ANONYMOUS.container;
    bus.write32(container + CONTAINER.class, anonymous + ANONYMOUS.class);
    bus.write32(container + CONTAINER.flags, bus.read32(container + CONTAINER.flags) | CONTAINER.noClassdevs);
    const nothing = unexported(call, "anon_transport_dummy_function");
    bus.write32(anonymous + ANONYMOUS.setup, nothing);
    bus.write32(anonymous + ANONYMOUS.remove, nothing);
    return registerContainer(call, container);
  },
  anon_transport_class_unregister: (call) => void unregisterContainer(call, call.args.word() + ANONYMOUS.container),
};
