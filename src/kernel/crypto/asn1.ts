// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's ASN.1 decoder.
 *
 * Models: asn1_ber_decoder() and asn1_find_indefinite_length() in lib/asn1_decoder.c.
 *
 * It is not a general decoder: it walks a pattern and calls the pattern's actions as it goes, so the first action or structure
 * that fails decides the errno. A library's decoder answers differently for damaged signatures: this one takes a primitive
 * SEQUENCE (0x10 for 0x30), never looks into a value that the pattern calls "any", refuses lengths of more than two bytes, and
 * ignores what follows the pattern.
 *
 * @module
 */

import { EBADMSG } from "../errno.ts";

/** include/uapi/asm-generic/errno.h; only the decoder's limit of 65,535 bytes gives it. */
export const EMSGSIZE = 90;

/** The element that an action is called for. `value` is where its contents begin in `data`. */
export interface Element {
  readonly data: Uint8Array;
  /** The tag byte of the last element that was looked at. */
  tag: number;
  /** Bytes of tag and length, as the decoder counts them. */
  hdrlen: number;
  value: number;
  vlen: number;
}

/** What a pattern does with an element: 0, or minus an errno, which ends the decoding. */
export type Action<C> = (context: C, element: Element) => number;

/** Any tag. */
export const ANY = -1;

/** One operation of a pattern. `Match` takes an element, the others only look at what was matched. */
export type Step<C> = Match<C> | Act<C> | "fail unless matched";

export interface Match<C> {
  /** Tag byte with class and constructed bit, or ANY. */
  readonly tag: number;
  /** Optional: skip the step where the tag differs or the enclosing element ends. */
  readonly skip?: boolean;
  /** A later arm of a choice: skip the step where an earlier one matched. */
  readonly cond?: boolean;
  readonly act?: Action<C>;
  /** The members of a constructed element; without it, its contents are not looked at. */
  readonly body?: readonly Step<C>[];
  /** SEQUENCE OF, SET OF: the body repeats to the element's end. */
  readonly of?: boolean;
  /** The pattern's compiler made the body a subroutine; its return counts as a match. */
  readonly jump?: boolean;
  readonly endAct?: Action<C>;
}

/** An action of its own, called with the last element matched or ended. `maybe`: only after a subroutine's return. */
export interface Act<C> {
  readonly run: Action<C>;
  readonly maybe?: boolean;
}

const LONG_TAG = 0x1f;
const CONSTRUCTED = 0x20;
const INDEFINITE = 0x80;

class Decoder<C> implements Element {
  tag = 0;
  hdrlen = 0;
  value = 0;
  vlen = 0;
  #at = 0;
  #end: number;
  #matched = false;
  #lastMatched = false;

  constructor(readonly data: Uint8Array, readonly context: C) {
    this.#end = data.length;
  }

  run(steps: readonly Step<C>[]): number {
    for (const step of steps) {
      let err = 0;
      if (step === "fail unless matched") err = this.#matched ? 0 : -EBADMSG;
      else if ("tag" in step) err = this.#match(step);
      else if (!step.maybe || this.#lastMatched) err = step.run(this.context, this);
      if (err < 0) return err;
    }
    return 0;
  }

  #match(step: Match<C>): number {
    if ((step.cond && this.#matched) || (step.skip && this.#at === this.#end)) {
      this.#lastMatched = false;
      return 0;
    }
    this.#matched = false;
    this.#lastMatched = false;
    this.hdrlen = 2;
    if (this.#end - this.#at < 2) return -EBADMSG;
    const tag = this.tag = this.data[this.#at++];
    if ((tag & LONG_TAG) === LONG_TAG) return -EBADMSG;
    if (step.tag !== ANY && ((step.tag ^ tag) & ~(step.tag & CONSTRUCTED)) !== 0) {
      if (!step.skip) return -EBADMSG;
      this.#at--;
      return 0;
    }
    this.#matched = true;
    const indefinite = this.data[this.#at] === INDEFINITE;
    const err = this.#length(tag);
    if (err < 0) return err;
    this.value = this.#at;
    if (step.body) return this.#constructed(step, step.body, indefinite);
    if (indefinite) {
      const length = this.#findIndefiniteLength(this.#at);
      if (length < 0) return -EBADMSG;
      this.vlen = length;
    }
    const refused = step.act ? step.act(this.context, this) : 0;
    this.#at += this.vlen;
    return refused;
  }

  #length(tag: number): number {
    let length = this.data[this.#at++];
    if (length === INDEFINITE) {
      if (!(tag & CONSTRUCTED) || this.#end - this.#at < 2) return -EBADMSG;
    } else {
      if (length > 0x7f) {
        let count = length - 0x80;
        if (count > 2 || count > this.#end - this.#at) return -EBADMSG;
        this.hdrlen += count;
        for (length = 0; count > 0; count--) length = (length << 8) | this.data[this.#at++];
      }
      if (length > this.#end - this.#at) return -EBADMSG;
    }
    this.vlen = length;
    return 0;
  }

  #constructed(step: Match<C>, body: readonly Step<C>[], indefinite: boolean): number {
    const { value, hdrlen } = this;
    const outerEnd = this.#end;
    if (!indefinite) this.#end = this.#at + this.vlen;
    for (;;) {
      const err = this.run(body);
      if (err < 0) return err;
      if (!indefinite) {
        if (step.of && this.#at < this.#end) continue;
        if (this.#at !== this.#end) return -EBADMSG;
        break;
      }
      if (this.#end - this.#at < 2) return -EBADMSG;
      if (this.data[this.#at] !== 0) {
        if (step.of) continue;
        return -EBADMSG;
      }
      if (this.data[this.#at + 1] !== 0) return -EBADMSG;
      this.#at += 2;
      break;
    }
    this.vlen = this.#at - value - (indefinite ? 2 : 0);
    this.#end = outerEnd;
    this.value = value;
    this.hdrlen = hdrlen;
    if (step.endAct) {
      this.tag = 0;
      const err = step.endAct(this.context, this);
      if (err < 0) return err;
    }
    if (step.jump) this.#matched = this.#lastMatched = true;
    return 0;
  }

  /** The length of the contents at `at` with the end-of-contents bytes, or -1 where they are malformed. */
  #findIndefiniteLength(at: number): number {
    const { data } = this;
    const start = at;
    let level = 1;
    for (;;) {
      if (this.#end - at < 2) return -1;
      const tag = data[at++];
      if (tag === 0) {
        if (data[at++] !== 0) return -1;
        if (--level <= 0) return at - start;
        continue;
      }
      if ((tag & LONG_TAG) === LONG_TAG) {
        do {
          if (this.#end - at < 2) return -1;
        } while (data[at++] & 0x80);
      }
      let length = data[at++];
      if (length === INDEFINITE) {
        if (!(tag & CONSTRUCTED)) return -1;
        level++;
        continue;
      }
      if (length > 0x7f) {
        let count = length - 0x80;
        if (count > 3 || count > this.#end - at) return -1;
        for (length = 0; count > 0; count--) length = (length << 8) | data[at++];
      }
      if (length > this.#end - at) return -1;
      at += length;
    }
  }
}

/**
 * Walks `data` by a pattern.
 *
 * @returns 0; -EBADMSG where the structure does not fit; -EMSGSIZE over 65,535 bytes; or what the first failing action returned
 */
export function asn1BerDecoder<C>(pattern: readonly Step<C>[], context: C, data: Uint8Array): number {
  if (data.length > 65535) return -EMSGSIZE;
  return new Decoder(data, context).run(pattern);
}

/** The contents of an element. */
export function contents(element: Element): Uint8Array {
  return element.data.subarray(element.value, element.value + element.vlen);
}
