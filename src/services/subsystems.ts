// SPDX-License-Identifier: GPL-2.0-only
/**
 * The functions by which modules register with the kernel's subsystems.
 *
 * @module
 */

import { BLK_CGROUP } from "./block/blk_cgroup.ts";
import { ELEVATOR } from "./block/elevator.ts";
import { GENHD } from "./block/genhd.ts";
import { BPF } from "./bpf.ts";
import { CONNECTOR } from "./connector.ts";
import { ALGAPI } from "./crypto/algapi.ts";
import { HASH } from "./crypto/hash.ts";
import { DMAENGINE } from "./dmaengine.ts";
import { FIRMWARE } from "./firmware.ts";
import { FS } from "./fs/fs.ts";
import { NLS } from "./fs/nls.ts";
import { GOVERNORS } from "./governors.ts";
import { CRED } from "./keys/cred.ts";
import { KEY } from "./keys/key.ts";
import { KEY_TYPE } from "./keys/key_type.ts";
import { LED_EVENTS } from "./led_events.ts";
import { MTD } from "./mtd/mtd.ts";
import { ACT_API } from "./net/act_api.ts";
import { FLOW_DISSECTOR } from "./net/flow_dissector.ts";
import { GENETLINK } from "./net/genetlink.ts";
import { NET_HOOKS } from "./net/hooks.ts";
import { INET } from "./net/inet.ts";
import { NET_DEVICE } from "./net/net_device.ts";
import { NET_NAMESPACE } from "./net/net_namespace.ts";
import { NETDEVICE } from "./net/netdevice.ts";
import { NETFILTER } from "./net/netfilter.ts";
import { NETLINK } from "./net/netlink.ts";
import { PKT_CLS } from "./net/pkt_cls.ts";
import { PKT_SCHED } from "./net/pkt_sched.ts";
import { PROTOCOL } from "./net/protocol.ts";
import { RTNETLINK } from "./net/rtnetlink.ts";
import { SOCK } from "./net/sock.ts";
import { TCP } from "./net/tcp.ts";
import { XFRM } from "./net/xfrm.ts";
import { NOTIFIERS } from "./notifiers.ts";
import { PERF_EVENT } from "./perf_event.ts";
import type { Services } from "./service.ts";
import { SKBUFF } from "./skbuff.ts";
import { TEXTSEARCH } from "./textsearch.ts";
import { TRANSPORT_CLASS } from "./transport_class.ts";
import { USER_NAMESPACE } from "./user_namespace.ts";

export const SUBSYSTEMS: Services = {
  ...ACT_API,
  ...ALGAPI,
  ...BLK_CGROUP,
  ...BPF,
  ...CONNECTOR,
  ...CRED,
  ...DMAENGINE,
  ...ELEVATOR,
  ...FIRMWARE,
  ...FLOW_DISSECTOR,
  ...FS,
  ...GENETLINK,
  ...GENHD,
  ...GOVERNORS,
  ...HASH,
  ...INET,
  ...KEY,
  ...KEY_TYPE,
  ...LED_EVENTS,
  ...MTD,
  ...NETDEVICE,
  ...NETFILTER,
  ...NETLINK,
  ...NET_DEVICE,
  ...NET_HOOKS,
  ...NET_NAMESPACE,
  ...NLS,
  ...NOTIFIERS,
  ...PERF_EVENT,
  ...PKT_CLS,
  ...PKT_SCHED,
  ...PROTOCOL,
  ...RTNETLINK,
  ...SKBUFF,
  ...SOCK,
  ...TCP,
  ...TEXTSEARCH,
  ...TRANSPORT_CLASS,
  ...USER_NAMESPACE,
  ...XFRM,
};
