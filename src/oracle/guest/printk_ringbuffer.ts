// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel log of a stopped guest, read from its memory: what is left to read where the guest's own processes can no longer run.
 *
 * Source: the layout of struct printk_ringbuffer (kernel/printk/printk_ringbuffer.h), whose address and offsets the kernel publishes
 * in its vmcoreinfo note.
 *
 * @module
 */

import { latin1 } from "../../elf/latin1.ts";
import type { Gdb } from "./gdb.ts";
import type { LogRecord } from "./log_record.ts";

/** Bits of a descriptor's state variable that hold its id, and the states in which a record can be read. */
const ID_MASK = 0x3fffffff;
const STATE_SHIFT = 30;
const COMMITTED = 1;
const FINALIZED = 2;
/** The id that stands in front of each text. */
const BLOCK_ID_SIZE = 4;

/** Address and size of the note, as /sys/kernel/vmcoreinfo gives them. */
export interface VmcoreinfoPlace {
  physical: number;
  size: number;
}

type Vmcoreinfo = (key: string) => number;

async function readVmcoreinfo(gdb: Gdb, place: VmcoreinfoPlace): Promise<Vmcoreinfo> {
  const bytes = await gdb.physicalMemory(place.physical, place.size);
  if (!bytes) throw new Error(`Cannot read the vmcoreinfo note at 0x${place.physical.toString(16)}`);
  const values = new Map<string, number>();
  for (const line of new TextDecoder("latin1").decode(bytes).split("\n")) {
    const found = /^(?:.*\0)?([A-Z]+\([\w.]+\))=([0-9a-f]+)$/.exec(line);
    if (found) values.set(found[1], parseInt(found[2], found[1].startsWith("SYMBOL") ? 16 : 10));
  }
  return (key) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`The kernel's vmcoreinfo note has no ${key}`);
    return value;
  };
}

/** The guest's log is not where it has to be: a guest that is lost may have overwritten anything. */
export class UnreadableLog extends Error {
  override readonly name = "UnreadableLog";
}

async function view(gdb: Gdb, address: number, size: number): Promise<DataView> {
  const bytes = await gdb.memory(address, size);
  if (!bytes) throw new UnreadableLog(`Cannot read the guest's log at 0x${address.toString(16)}`);
  return new DataView(bytes.buffer);
}

/** The last `count` records, oldest first. @throws {UnreadableLog} */
export async function readLastRecords(gdb: Gdb, place: VmcoreinfoPlace, count: number): Promise<LogRecord[]> {
  const info = await readVmcoreinfo(gdb, place);
  const prb = (await view(gdb, info("SYMBOL(prb)"), 4)).getUint32(0, true);
  const ring = await view(gdb, prb, info("SIZE(printk_ringbuffer)"));
  const field = (path: string, inner: string) =>
    ring.getUint32(info(`OFFSET(printk_ringbuffer.${path})`) + info(`OFFSET(${inner})`), true);
  const descs = field("desc_ring", "prb_desc_ring.descs");
  const infos = field("desc_ring", "prb_desc_ring.infos");
  const entries = 2 ** field("desc_ring", "prb_desc_ring.count_bits");
  const head = field("desc_ring", "prb_desc_ring.head_id");
  const tail = field("desc_ring", "prb_desc_ring.tail_id");
  const data = field("text_data_ring", "prb_data_ring.data");
  const dataSize = 2 ** field("text_data_ring", "prb_data_ring.size_bits");
  const descSize = info("SIZE(prb_desc)");
  const infoSize = info("SIZE(printk_info)");
  const blockAt = info("OFFSET(prb_desc.text_blk_lpos)");
  const lengthAt = info("OFFSET(printk_info.text_len)");
  const records: LogRecord[] = [];
  const available = ((head - tail) & ID_MASK) + 1;
  for (let back = Math.min(count, available) - 1; back >= 0; back--) {
    const index = ((head - back) & ID_MASK) % entries;
    const desc = await view(gdb, descs + index * descSize, descSize);
    const state = desc.getUint32(info("OFFSET(prb_desc.state_var)"), true) >>> STATE_SHIFT;
    if (state !== COMMITTED && state !== FINALIZED) continue;
    const begin = desc.getUint32(blockAt + info("OFFSET(prb_data_blk_lpos.begin)"), true);
    const next = desc.getUint32(blockAt + info("OFFSET(prb_data_blk_lpos.next)"), true);
    const about = await view(gdb, infos + index * infoSize, infoSize);
    const level = about.getUint8(lengthAt + 3) >> 5;
    const kernel = about.getUint8(lengthAt + 2) === 0;
    const length = about.getUint16(lengthAt, true);
    // An odd position stands for a record without text; a block that would not fit before the end begins at the start.
    const hasText = length > 0 && !(begin & 1);
    const start = begin % dataSize > next % dataSize ? 0 : begin % dataSize;
    const text = hasText
      ? latin1(new Uint8Array((await view(gdb, data + start + BLOCK_ID_SIZE, length)).buffer), 0, length)
      : "";
    records.push({ level, kernel, text });
  }
  return records;
}
