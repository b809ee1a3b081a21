// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tags of .modinfo.
 *
 * Models: get_modinfo(), get_next_modinfo() and module_next_tag_pair() of kernel/module/main.c.
 *
 * @module
 */

import { copyStringForCompare, type LoadInfo } from "./load_info.ts";

type ModinfoSource = Pick<LoadInfo, "copy" | "sechdrs" | "index" | "modinfo">;

/**
 * The strings of .modinfo in their order. Padding zeros between them are skipped; the last string may run past the section's end, as the
 * kernel's does.
 */
function modinfoStrings(info: ModinfoSource): readonly string[] {
  if (info.modinfo !== undefined) return info.modinfo;
  const { sh_offset, sh_size } = info.sechdrs[info.index.info];
  const { bytes } = info.copy.area;
  const strings = [copyStringForCompare(info.copy, sh_offset)];
  let at = sh_offset;
  let left = sh_size;
  const step = () => {
    at++;
    return left-- > 1;
  };
  for (;;) {
    let more = true;
    while (more && bytes[at] !== 0) more = step();
    while (more && bytes[at] === 0) more = step();
    if (!more) break;
    strings.push(copyStringForCompare(info.copy, at));
  }
  return info.modinfo = strings;
}

/** get_modinfo(): the value of the first `tag=value`. */
export function modinfoValue(info: ModinfoSource, tag: string): string | undefined {
  const prefix = `${tag}=`;
  return modinfoStrings(info).find((text) => text.startsWith(prefix))?.slice(prefix.length);
}

/** for_each_modinfo_entry(): the values of all `tag=value`. */
export function modinfoValues(info: ModinfoSource, tag: string): string[] {
  const prefix = `${tag}=`;
  return modinfoStrings(info).filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
}
