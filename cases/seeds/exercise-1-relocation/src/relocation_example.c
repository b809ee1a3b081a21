// SPDX-License-Identifier: GPL-2.0
// relocation_example.c
#include <linux/module.h>
#include <linux/kernel.h>

static int (*printk_ptr)(const char *fmt, ...) = _printk;

static int __init relocation_init(void)
{
	printk_ptr("Hello from function pointer!\n");
	return 0;
}

static void __exit relocation_exit(void)
{
	printk_ptr("Goodbye from function pointer!\n");
}

module_init(relocation_init);
module_exit(relocation_exit);
MODULE_LICENSE("GPL");
