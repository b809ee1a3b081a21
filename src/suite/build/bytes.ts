// SPDX-License-Identifier: GPL-2.0-only
/**
 * Small operations on bytes that the builder's files share.
 *
 * @module
 */

/** All parts, one behind the other, in fresh bytes. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A view for reading and writing numbers in `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The part of a path up to its last slash, that slash included; empty without one. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** `name` relative to the folder of `path`, with `.` and `..` resolved. */
export function besidePath(path: string, name: string): string {
  if (name.startsWith("/")) return name;
  const parts: string[] = [];
  for (const part of (folderOf(path) + name).split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") {
      if (parts.at(-1) !== "") parts.pop();
    } else if (part !== "." && (part !== "" || parts.length === 0)) parts.push(part);
  }
  return parts.join("/");
}
