// SPDX-License-Identifier: GPL-2.0-only
/**
 * The arguments of functions of the kernel, for a trace: what each of them is. A function that is not listed shows the first four words.
 *
 * Source: the prototypes of the headers named.
 *
 * @module
 */

/** What an argument is: a string, a format with its arguments, a number (signed, unsigned, in hex) or an address. */
type Kind = "string" | "format" | "signed" | "unsigned" | "hex" | "pointer";

const KINDS: Readonly<Record<string, Kind>> = {
  s: "string",
  f: "format",
  d: "signed",
  u: "unsigned",
  x: "hex",
  p: "pointer",
};

/** A letter for each argument. */
const PROTOTYPES: Readonly<Record<string, string>> = {
  // linux/printk.h, linux/sprintf.h, asm-generic/bug.h
  _printk: "f",
  sprintf: "pf",
  snprintf: "puf",
  scnprintf: "puf",
  kasprintf: "xf",
  warn_slowpath_fmt: "sduf",
  dump_stack: "",
  panic: "f",
  // linux/string.h
  strlen: "s",
  strnlen: "su",
  strcmp: "ss",
  strncmp: "ssu",
  strcasecmp: "ss",
  strncasecmp: "ssu",
  strcpy: "ps",
  strncpy: "psu",
  strscpy: "psu",
  sized_strscpy: "psu",
  strlcat: "psu",
  strcat: "ps",
  strncat: "psu",
  strchr: "sd",
  strrchr: "sd",
  strstr: "ss",
  strsep: "ps",
  strim: "s",
  sysfs_streq: "ss",
  match_string: "pus",
  memcpy: "ppu",
  memmove: "ppu",
  memset: "pxu",
  memcmp: "ppu",
  kstrdup: "sx",
  kstrndup: "sux",
  kmemdup_noprof: "pux",
  kstrtoint: "sup",
  kstrtouint: "sup",
  kstrtobool: "sp",
  // linux/slab.h, linux/vmalloc.h
  __kmalloc_noprof: "ux",
  __kmalloc_large_noprof: "ux",
  __kmalloc_cache_noprof: "pxu",
  krealloc_noprof: "pux",
  kfree: "p",
  kfree_sensitive: "p",
  kvfree: "p",
  vmalloc_noprof: "u",
  vzalloc_noprof: "u",
  vfree: "p",
  __kmem_cache_create_args: "supx",
  kmem_cache_destroy: "p",
  kmem_cache_alloc_noprof: "px",
  kmem_cache_free: "pp",
  // linux/module.h, linux/kmod.h
  try_module_get: "p",
  module_put: "p",
  // linux/mutex.h, linux/workqueue.h, linux/timer.h
  __mutex_init: "psp",
  mutex_lock: "p",
  mutex_unlock: "p",
  alloc_workqueue: "sxdf",
  destroy_workqueue: "p",
  // linux/device.h and the buses
  __platform_driver_register: "pp",
  platform_driver_unregister: "p",
  i2c_register_driver: "pp",
  i2c_del_driver: "p",
  __spi_register_driver: "pp",
  driver_unregister: "p",
  __pci_register_driver: "pps",
  usb_register_driver: "pps",
  misc_register: "p",
  misc_deregister: "p",
  class_create: "s",
  class_destroy: "p",
  alloc_chrdev_region: "puus",
  register_chrdev_region: "xus",
  unregister_chrdev_region: "xu",
  __register_chrdev: "uuusp",
  __unregister_chrdev: "uuus",
  // linux/proc_fs.h, linux/debugfs.h
  proc_create: "sxpp",
  proc_mkdir: "sp",
  remove_proc_entry: "sp",
  debugfs_create_dir: "sp",
};

/** The kinds of a function's arguments; undefined for one that is not listed. */
export function prototypeOf(name: string): readonly Kind[] | undefined {
  const letters = PROTOTYPES[name];
  return letters === undefined ? undefined : [...letters].map((letter) => KINDS[letter]);
}
