// SPDX-License-Identifier: GPL-2.0
// init_free_example.c
#include <linux/module.h>
#include <linux/kernel.h>

/* Init段变量 - 初始化后释放 */
static int __initdata init_value = 12345;

/* 保存init变量的地址,用于演示 */
static int *saved_init_ptr;

static int __init init_free_init(void)
{
	pr_info("init_value address: %px, value: %d\n", &init_value, init_value);
	saved_init_ptr = &init_value;
	pr_info("saved_init_ptr: %px\n", saved_init_ptr);
	return 0;
}

static void __exit init_free_exit(void)
{
	/* 这里访问已释放的内存 - 可能导致崩溃 */
	pr_info("Attempting to access freed init memory...\n");
	pr_info("Value at saved_init_ptr: %d\n", *saved_init_ptr);
	pr_info("If you see this, the memory is still accessible\n");
}

module_init(init_free_init);
module_exit(init_free_exit);
MODULE_LICENSE("GPL");
