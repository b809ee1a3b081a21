// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/netfilter.h and of net/netfilter/nf_log.h and nf_queue.h: hooks, options of sockets, loggers.
 *
 * Models: nf_register_net_hooks() of net/netfilter/core.c, nf_register_sockopt(), nf_log_register(), nf_log_set() and
 * nf_register_queue_handler().
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EBUSY, EINVAL, EOPNOTSUPP } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

class Hooks extends Registry {}
class SockoptRanges extends Registry {}
class Loggers extends Registry {}
class NamespaceLoggers extends Registry {}
class QueueHandlers extends Registry {}

const NFPROTO = { UNSPEC: 0, INET: 1, IPV4: 2, ARP: 3, BRIDGE: 7, IPV6: 10 };
const NFPROTO_NUMPROTO = 11;
/** Places of hooks by protocol. */
const HOOKS: ReadonlyMap<number, number> = new Map([
  [NFPROTO.IPV4, 5],
  [NFPROTO.IPV6, 5],
  [NFPROTO.INET, 5],
  [NFPROTO.ARP, 3],
  [NFPROTO.BRIDGE, 6],
]);
/** struct nf_hook_ops. */
const HOOK_OPS = { protocol: 12, hook: 16, size: 24 };
/** struct nf_sockopt_ops: the two ranges are from the first to below the second. */
const SOCKOPT = { protocol: 8, setMin: 12, setMax: 16, getMin: 24, getMax: 28 };
/** struct nf_logger. */
const LOGGER_TYPE = 4;

function registerHook(call: Call, ops: number): number {
  const { bus } = call;
  const [protocol, hook] = [bus.read8(ops + HOOK_OPS.protocol), u32(bus.read32(ops + HOOK_OPS.hook))];
  const places = HOOKS.get(protocol);
  if (places === undefined || hook >= places) {
    throw new NotModelled(`nf_register_net_hook() for protocol ${protocol}, hook ${hook}`);
  }
  call.state(Hooks).add(call, ops);
  return 0;
}

const unregisterHook = (call: Call, ops: number) => void call.state(Hooks).remove(call, ops);

/** The next arguments but the namespace: hooks and their number. */
function hooksOf({ args }: Call): number[] {
  const [, first, count] = [args.word(), args.word(), args.word()];
  return Array.from({ length: count }, (_, i) => first + i * HOOK_OPS.size);
}

function registerHooks(call: Call): number {
  for (const ops of hooksOf(call)) registerHook(call, ops);
  return 0;
}

/** The ops of the next arguments, a namespace and they. */
function opsArgument({ args }: Call): number {
  args.word();
  return args.word();
}

function registerSockopt(call: Call): number {
  const { bus } = call;
  const ops = call.args.word();
  const word = (address: number, offset: number) => s32(bus.read32(address + offset));
  const overlap = (other: number, min: number, max: number) =>
    word(ops, max) > word(other, min) && word(ops, min) < word(other, max);
  const ranges = call.state(SockoptRanges);
  const isTaken = ranges.entries(call).some(({ address }) =>
    bus.read8(address + SOCKOPT.protocol) === bus.read8(ops + SOCKOPT.protocol) &&
    (overlap(address, SOCKOPT.setMin, SOCKOPT.setMax) || overlap(address, SOCKOPT.getMin, SOCKOPT.getMax))
  );
  if (isTaken) return -EBUSY;
  ranges.add(call, ops);
  return 0;
}

/** Protocols that a logger is for: all for NFPROTO_UNSPEC. */
function protocolsOf(protocol: number): number[] {
  return protocol === NFPROTO.UNSPEC ? Array.from({ length: NFPROTO_NUMPROTO }, (_, i) => i) : [protocol];
}

function registerLogger(call: Call): number {
  const [protocol, logger] = [call.args.word() & 255, call.args.word()];
  if (protocol >= NFPROTO_NUMPROTO) return -EINVAL;
  const type = u32(call.bus.read32(logger + LOGGER_TYPE));
  const loggers = call.state(Loggers);
  const keys = protocolsOf(protocol).map((each) => `${each} ${type}`);
  if (keys.some((key) => loggers.find(call, key) !== undefined)) return -EBUSY;
  for (const key of keys) loggers.add(call, logger, key);
  return 0;
}

export const NETFILTER: Services = {
  nf_register_net_hook: (call) => registerHook(call, opsArgument(call)),
  nf_unregister_net_hook: (call) => unregisterHook(call, opsArgument(call)),
  nf_register_net_hooks: registerHooks,
  nf_unregister_net_hooks: (call) => {
    for (const ops of hooksOf(call)) unregisterHook(call, ops);
  },
  nf_register_sockopt: registerSockopt,
  nf_unregister_sockopt: (call) => void call.state(SockoptRanges).remove(call, call.args.word()),
  nf_log_register: registerLogger,
  nf_log_unregister: (call) => void call.state(Loggers).remove(call, call.args.word()),
  nf_log_set: (call) => {
    const [, protocol, logger] = [call.args.word(), call.args.word() & 255, call.args.word()];
    if (protocol === NFPROTO.UNSPEC || protocol >= NFPROTO_NUMPROTO) return -EOPNOTSUPP;
    const loggers = call.state(NamespaceLoggers);
    if (loggers.find(call, String(protocol)) === undefined) loggers.add(call, logger, String(protocol));
    return 0;
  },
  nf_log_unset: (call) => {
    const [, logger] = [call.args.word(), call.args.word()];
    call.state(NamespaceLoggers).remove(call, logger);
  },
  nf_register_queue_handler: (call) => {
    const handlers = call.state(QueueHandlers);
    if (handlers.entries(call).length > 0) throw new NotModelled("the warning of nf_register_queue_handler()");
    handlers.add(call, call.args.word());
  },
  nf_unregister_queue_handler: (call) => {
    const handlers = call.state(QueueHandlers);
    for (const { address } of handlers.entries(call)) handlers.remove(call, address);
  },
};
