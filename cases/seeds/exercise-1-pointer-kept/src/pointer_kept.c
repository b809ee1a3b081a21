// SPDX-License-Identifier: GPL-2.0
// relocation_example.c of exercise 1 with a pointer that is not static, and so not folded into direct calls
#include <linux/module.h>
#include <linux/kernel.h>

extern int (*printk_ptr)(const char *fmt, ...);
int (*printk_ptr)(const char *fmt, ...) = _printk;

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
