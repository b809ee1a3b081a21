// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/rbtree.h: red-black trees whose nodes stand in the memory that the CPU sees.
 *
 * Models: lib/rbtree.c. The parent's address has the node's colour in bit 0.
 *
 * @module
 */

import type { Bus } from "../../cpu/bus.ts";
import { u32 } from "../../elf/word.ts";
import type { Service, Services } from "../service.ts";
import { words } from "./words.ts";

const RED = 0;
const BLACK = 1;
type Side = "left" | "right";
/** Offsets in struct rb_node. */
const CHILD: Readonly<Record<Side, number>> = { right: 4, left: 8 };
const OTHER: Readonly<Record<Side, Side>> = { left: "right", right: "left" };

/** A tree. */
class Tree {
  /** @param root address of the struct rb_root */
  constructor(readonly bus: Bus, readonly root: number) {}

  child(node: number, side: Side): number {
    return u32(this.bus.read32(node + CHILD[side]));
  }

  setChild(node: number, side: Side, child: number): void {
    this.bus.write32(node + CHILD[side], child);
  }

  parent(node: number): number {
    return u32(this.bus.read32(node) & ~3);
  }

  colour(node: number): number {
    return node === 0 ? BLACK : this.bus.read32(node) & 1;
  }

  setParent(node: number, parent: number): void {
    this.bus.write32(node, parent | this.colour(node));
  }

  setColour(node: number, colour: number): void {
    this.bus.write32(node, this.parent(node) | colour);
  }

  sideOf(node: number): Side {
    return this.child(this.parent(node), "left") === node ? "left" : "right";
  }

  /** Puts another node, or none, into a node's place below its parent. */
  replace(node: number, parent: number, by: number): void {
    if (parent === 0) this.bus.write32(this.root, by);
    else this.setChild(parent, this.child(parent, "left") === node ? "left" : "right", by);
    if (by !== 0) this.setParent(by, parent);
  }

  /** The child of the other side comes up, the node goes down to this side. */
  rotate(node: number, side: Side): void {
    const up = this.child(node, OTHER[side]);
    const inner = this.child(up, side);
    this.replace(node, this.parent(node), up);
    this.setChild(node, OTHER[side], inner);
    if (inner !== 0) this.setParent(inner, node);
    this.setChild(up, side, node);
    this.setParent(node, up);
  }

  /** rb_insert_color(): the node hangs in its place already. */
  insert(inserted: number): void {
    let node = inserted;
    for (;;) {
      let parent = this.parent(node);
      if (parent === 0 || this.colour(parent) === BLACK) break;
      const grandparent = this.parent(parent);
      const side = this.sideOf(parent);
      const uncle = this.child(grandparent, OTHER[side]);
      if (this.colour(uncle) === RED) {
        this.setColour(parent, BLACK);
        this.setColour(uncle, BLACK);
        this.setColour(grandparent, RED);
        node = grandparent;
        continue;
      }
      if (this.sideOf(node) !== side) {
        this.rotate(parent, side);
        parent = node;
      }
      this.setColour(parent, BLACK);
      this.setColour(grandparent, RED);
      this.rotate(grandparent, OTHER[side]);
      break;
    }
    const root = u32(this.bus.read32(this.root));
    this.setColour(root, BLACK);
  }

  /** The outermost node below one. */
  outermost(node: number, side: Side): number {
    let at = node;
    while (at !== 0 && this.child(at, side) !== 0) at = this.child(at, side);
    return at;
  }

  /** rb_next() and rb_prev(). */
  neighbour(node: number, side: Side): number {
    if (this.parent(node) === node) return 0;
    const below = this.child(node, side);
    if (below !== 0) return this.outermost(below, OTHER[side]);
    let at = node;
    let parent = this.parent(at);
    while (parent !== 0 && this.child(parent, side) === at) [at, parent] = [parent, this.parent(parent)];
    return parent;
  }

  erase(node: number): void {
    const [left, right] = [this.child(node, "left"), this.child(node, "right")];
    if (left !== 0 && right !== 0) this.#swapWithNext(node, this.outermost(right, "left"));
    const child = this.child(node, "left") || this.child(node, "right");
    const parent = this.parent(node);
    const side = parent === 0 ? "left" : this.sideOf(node);
    const colour = this.colour(node);
    this.replace(node, parent, child);
    if (colour === BLACK) this.#rebalance(child, parent, side);
  }

  /** A node with two children and the next one change their places, and their colours. */
  #swapWithNext(node: number, next: number): void {
    const [parent, left, right] = [this.parent(node), this.child(node, "left"), this.child(node, "right")];
    const [nextParent, nextRight, colour] = [this.parent(next), this.child(next, "right"), this.colour(next)];
    this.replace(node, parent, next);
    this.setColour(next, this.colour(node));
    this.setChild(next, "left", left);
    this.setParent(left, next);
    if (next === right) {
      this.setChild(next, "right", node);
      this.bus.write32(node, next | colour);
    } else {
      this.setChild(next, "right", right);
      this.setParent(right, next);
      this.setChild(nextParent, "left", node);
      this.bus.write32(node, nextParent | colour);
    }
    this.setChild(node, "left", 0);
    this.setChild(node, "right", nextRight);
    if (nextRight !== 0) this.setParent(nextRight, node);
  }

  /** A black node has gone from one side of a parent. */
  #rebalance(from: number, below: number, gone: Side): void {
    let [node, parent, side] = [from, below, gone];
    while (parent !== 0 && this.colour(node) === BLACK) {
      let sibling = this.child(parent, OTHER[side]);
      if (this.colour(sibling) === RED) {
        this.setColour(sibling, BLACK);
        this.setColour(parent, RED);
        this.rotate(parent, side);
        sibling = this.child(parent, OTHER[side]);
      }
      const outer = this.child(sibling, OTHER[side]);
      const inner = this.child(sibling, side);
      if (this.colour(outer) === BLACK && this.colour(inner) === BLACK) {
        this.setColour(sibling, RED);
        node = parent;
        parent = this.parent(node);
        if (parent !== 0) side = this.sideOf(node);
        continue;
      }
      if (this.colour(outer) === BLACK) {
        this.setColour(inner, BLACK);
        this.setColour(sibling, RED);
        this.rotate(sibling, OTHER[side]);
        sibling = this.child(parent, OTHER[side]);
      }
      this.setColour(sibling, this.colour(parent));
      this.setColour(parent, BLACK);
      this.setColour(this.child(sibling, OTHER[side]), BLACK);
      this.rotate(parent, side);
      return;
    }
    if (node !== 0) this.setColour(node, BLACK);
  }
}

const end = (side: Side): Service => ({ bus, args }) => {
  const root = args.word();
  return new Tree(bus, root).outermost(u32(bus.read32(root)), side);
};
const neighbour = (side: Side): Service => ({ bus, args }) => new Tree(bus, 0).neighbour(args.word(), side);

export const RBTREE: Services = {
  rb_insert_color: (call) => {
    const [node, root] = words(call, 2);
    new Tree(call.bus, root).insert(node);
  },
  rb_erase: (call) => {
    const [node, root] = words(call, 2);
    new Tree(call.bus, root).erase(node);
  },
  rb_first: end("left"),
  rb_last: end("right"),
  rb_next: neighbour("right"),
  rb_prev: neighbour("left"),
  rb_replace_node: (call) => {
    const [victim, by, root] = words(call, 3);
    const tree = new Tree(call.bus, root);
    for (const at of [0, CHILD.left, CHILD.right]) call.bus.write32(by + at, call.bus.read32(victim + at));
    for (const side of ["left", "right"] as const) {
      const child = tree.child(by, side);
      if (child !== 0) tree.setParent(child, by);
    }
    tree.replace(victim, tree.parent(victim), by);
  },
};
