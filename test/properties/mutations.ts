// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files that somebody damaged: edits of bytes and of fields, by values that loaders stumble over.
 *
 * @module
 */

import fc from "fast-check";
import { nameOf, SHT } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { EHDR, fieldOffset, REL, SHDR, SYM } from "../../src/elf/records.ts";
import { u32 } from "../../src/elf/word.ts";

/** Takes a file apart a little further; the argument is not changed. */
export type Mutation = (bytes: Uint8Array) => Uint8Array;

/** Where the fields of a file are, and how wide. */
interface FieldPlace {
  readonly name: string;
  readonly offset: number;
  readonly width: 1 | 2 | 4;
}

/** Every field of the ELF header, the section headers, the symbols and the relocations. */
function fieldsOf(file: Uint8Array): FieldPlace[] {
  const { header, sections } = readImage(file);
  const places: FieldPlace[] = EHDR.fields.map(([name, offset, width]) => ({ name, offset, width }));
  for (const [i, section] of sections.entries()) {
    for (const [name, offset, width] of SHDR.fields) {
      places.push({ name, offset: header.e_shoff + i * SHDR.size + offset, width });
    }
    const record = section.header.sh_type === SHT.SYMTAB ? SYM : section.header.sh_type === SHT.REL ? REL : undefined;
    if (record === undefined) continue;
    for (let at = 0; at + record.size <= section.data.length; at += record.size) {
      for (const [name, offset, width] of record.fields) {
        places.push({ name, offset: section.header.sh_offset + at + offset, width });
      }
    }
  }
  return places;
}

/** The words at which sizes, offsets, indices and flags turn over. */
function temptingValues(file: Uint8Array): fc.Arbitrary<number> {
  const { sections } = readImage(file);
  const own = sections.flatMap((
    { header },
  ) => [header.sh_offset, header.sh_size, header.sh_name, header.sh_flags, header.sh_type]);
  return fc.oneof(
    fc.constantFrom(
      0,
      1,
      2,
      3,
      4,
      7,
      8,
      9,
      16,
      64,
      0x1000,
      0x7fffffff,
      0x80000000,
      0xfffffff0,
      0xfffffffc,
      0xffffffff,
      0x10000000,
    ),
    fc.constantFrom(0xff00, 0xff20, 0xfff1, 0xfff2, 0xffff, 0x00200000, 0x00100000, 0x00200003, 0xfffff000, 0x03ffffff),
    fc.constantFrom(
      file.length,
      file.length - 1,
      file.length + 1,
      sections.length,
      sections.length - 1,
      sections.length + 1,
      ...own,
    ),
    fc.nat(0xffffffff),
    fc.nat(64),
  );
}

function edited(bytes: Uint8Array, change: (view: DataView, copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer), copy);
  return copy;
}

function put(view: DataView, { offset, width }: FieldPlace, change: (old: number) => number): void {
  if (offset + width > view.byteLength) return;
  if (width === 4) view.setUint32(offset, change(view.getUint32(offset, true)), true);
  else if (width === 2) view.setUint16(offset, change(view.getUint16(offset, true)), true);
  else view.setUint8(offset, change(view.getUint8(offset)));
}

/** A mutation that fast-check prints as what it does. */
function mutation(what: string, mutate: Mutation): Mutation {
  return Object.assign(mutate, { [fc.toStringMethod]: () => what });
}

const hex = (value: number) => "0x" + value.toString(16);

/** One mutation of a file: of its structure, more often than of any of its bytes. */
export function mutationOf(file: Uint8Array): fc.Arbitrary<Mutation> {
  const { header, sections } = readImage(file);
  const fields = fieldsOf(file);
  const tempting = temptingValues(file);
  const position = fc.nat(file.length - 1);
  const sectionField = fc.tuple(fc.nat(sections.length - 1), fc.constantFrom(...SHDR.fields))
    .map(([i, [name, offset, width]]): FieldPlace => ({
      name: `${name} of section ${i}`,
      offset: header.e_shoff + i * SHDR.size + offset,
      width,
    }));
  const field = fc.oneof(fc.nat(fields.length - 1).map((i) => fields[i]), sectionField);
  const index = fc.nat(sections.length - 1);
  const headerAt = (i: number) => header.e_shoff + i * SHDR.size;
  const edit = (what: string, place: FieldPlace, change: (old: number) => number) =>
    mutation(`${place.name} ${what}`, (bytes) => edited(bytes, (view) => put(view, place, change)));
  return fc.oneof(
    fc.tuple(field, tempting).map(([place, value]) => edit(`= ${hex(value)}`, place, () => value)),
    fc.tuple(field, tempting).map(([place, by]) => edit(`+= ${hex(by)}`, place, (old) => u32(old + by))),
    fc.tuple(field, fc.nat(31)).map(([place, bit]) => edit(`^= bit ${bit}`, place, (old) => old ^ (1 << bit))),
    fc.tuple(index, index, fc.constantFrom(4, SHDR.size)).map(([from, to, length]) =>
      mutation(
        `section ${to} gets the ${length === 4 ? "name" : "header"} of section ${from}`,
        (bytes) =>
          edited(bytes, (_, copy) => {
            const [source, target] = [headerAt(from), headerAt(to)];
            if (Math.max(source, target) + length <= copy.length) copy.copyWithin(target, source, source + length);
          }),
      )
    ),
    // A section becomes memory without bytes, of any size: nothing checks its offset then.
    fc.tuple(index, tempting, fc.constantFrom(SHT.NULL, SHT.NOBITS)).map(([i, size, type]) =>
      mutation(`section ${i} becomes ${nameOf(SHT, type)} of ${hex(size)} bytes`, (bytes) =>
        edited(bytes, (view) => {
          put(view, { name: "", offset: headerAt(i) + fieldOffset(SHDR, "sh_type"), width: 4 }, () => type);
          put(view, { name: "", offset: headerAt(i) + fieldOffset(SHDR, "sh_size"), width: 4 }, () => size);
        }))
    ),
    fc.tuple(position, fc.nat(7)).map(([at, bit]) =>
      edit(`^= bit ${bit}`, { name: `byte ${hex(at)}`, offset: at, width: 1 }, (old) => old ^ (1 << bit))
    ),
    fc.tuple(position, tempting).map(([at, value]) =>
      edit(`= ${hex(value)}`, { name: `word ${hex(at & ~3)}`, offset: at & ~3, width: 4 }, () => value)
    ),
    fc.tuple(position, position, fc.nat(200)).map(([from, to, length]) =>
      mutation(
        `${length} bytes from ${hex(from)} to ${hex(to)}`,
        (bytes) => edited(bytes, (_, copy) => copy.copyWithin(to, from, from + length)),
      )
    ),
    position.map((length) => mutation(`cut off at ${hex(length)}`, (bytes) => bytes.slice(0, length))),
    fc.tuple(fc.nat(9000), fc.nat(255)).map(([length, fill]) =>
      mutation(`${length} more bytes ${hex(fill)}`, (bytes) => {
        const longer = new Uint8Array(bytes.length + length).fill(fill);
        longer.set(bytes);
        return longer;
      })
    ),
  );
}
