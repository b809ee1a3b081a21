// SPDX-License-Identifier: GPL-2.0-only
/**
 * The functions by which modules register with the kernel's subsystems.
 *
 * @module
 */

import { ELEVATOR } from "./block/elevator.ts";
import { ALGAPI } from "./crypto/algapi.ts";
import { FS } from "./fs/fs.ts";
import { NLS } from "./fs/nls.ts";
import { GOVERNORS } from "./governors.ts";
import { KEY_TYPE } from "./keys/key_type.ts";
import { MTD } from "./mtd/mtd.ts";
import { ACT_API } from "./net/act_api.ts";
import { NET_NAMESPACE } from "./net/net_namespace.ts";
import { NETDEVICE } from "./net/netdevice.ts";
import { PKT_CLS } from "./net/pkt_cls.ts";
import { PKT_SCHED } from "./net/pkt_sched.ts";
import { RTNETLINK } from "./net/rtnetlink.ts";
import { SOCK } from "./net/sock.ts";
import { TCP } from "./net/tcp.ts";
import type { Services } from "./service.ts";
import { TEXTSEARCH } from "./textsearch.ts";

export const SUBSYSTEMS: Services = {
  ...ACT_API,
  ...ALGAPI,
  ...ELEVATOR,
  ...FS,
  ...GOVERNORS,
  ...KEY_TYPE,
  ...MTD,
  ...NETDEVICE,
  ...NET_NAMESPACE,
  ...NLS,
  ...PKT_CLS,
  ...PKT_SCHED,
  ...RTNETLINK,
  ...SOCK,
  ...TCP,
  ...TEXTSEARCH,
};
