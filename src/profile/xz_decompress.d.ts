// SPDX-License-Identifier: GPL-2.0-only
/** The part of xz-decompress that is used here; the package's own types do not match how it exports. */
declare const xz: {
  XzReadableStream: new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
};
export default xz;
