// SPDX-License-Identifier: GPL-2.0
// layout_example.c
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>

/* 声明外部符号,用于查看地址 */
extern char __start_rodata[];
extern char __end_rodata[];

static int __init layout_init(void)
{
	pr_info("Module: %s\n", THIS_MODULE->name);
	pr_info("Module size: %lu bytes\n",
		THIS_MODULE->mem[MOD_TEXT].size +
		THIS_MODULE->mem[MOD_DATA].size +
		THIS_MODULE->mem[MOD_RODATA].size);
	pr_info("Text section: %px - %px (size: %lu)\n",
		THIS_MODULE->mem[MOD_TEXT].base,
		THIS_MODULE->mem[MOD_TEXT].base + THIS_MODULE->mem[MOD_TEXT].size,
		THIS_MODULE->mem[MOD_TEXT].size);
	pr_info("Data section: %px - %px (size: %lu)\n",
		THIS_MODULE->mem[MOD_DATA].base,
		THIS_MODULE->mem[MOD_DATA].base + THIS_MODULE->mem[MOD_DATA].size,
		THIS_MODULE->mem[MOD_DATA].size);
	pr_info("Rodata section: %px - %px (size: %lu)\n",
		THIS_MODULE->mem[MOD_RODATA].base,
		THIS_MODULE->mem[MOD_RODATA].base + THIS_MODULE->mem[MOD_RODATA].size,
		THIS_MODULE->mem[MOD_RODATA].size);
	pr_info("Init text: %px (size: %lu)\n",
		THIS_MODULE->mem[MOD_INIT_TEXT].base,
		THIS_MODULE->mem[MOD_INIT_TEXT].size);
	return 0;
}

static void __exit layout_exit(void)
{
	pr_info("Layout example unloaded\n");
}

module_init(layout_init);
module_exit(layout_exit);
MODULE_LICENSE("GPL");
