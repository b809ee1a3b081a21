// SPDX-License-Identifier: GPL-2.0
/*
 * insmod internals example module
 * 面向i.MX6ULL (ARM Cortex-A7)
 *
 * 编译命令:
 * arm-linux-gnueabihf-gcc -Wall -Wextra -O2 -D__KERNEL__ \
 * -I/path/to/kernel/include \
 * -fno-strict-aliasing -fno-common -fno-delete-null-pointer-checks \
 * -fno-stack-protector -ffreestanding \
 * -c insmod_example.c -o insmod_example.o
 * arm-linux-gnueabihf-ld -r insmod_example.o -o insmod_example.ko
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/sysfs.h>
#include <linux/kobject.h>

/* 模块参数 */
static int debug_level = 0;
module_param(debug_level, int, 0644);
MODULE_PARM_DESC(debug_level, "Debug level (0-3)");

static char *greeting = "Hello";
module_param(greeting, charp, 0644);
MODULE_PARM_DESC(greeting, "Greeting message");

/* 全局变量,用于演示重定位 */
int global_counter = 0;

/* 导出符号,供其他模块使用 */
EXPORT_SYMBOL(global_counter);

/* Init段数据 - 初始化后释放 */
static int __initdata init_only_var = 42;

/*
 * 演示重定位的函数 - 内部调用
 */
static void internal_function(void)
{
	pr_info("insmod_example: internal_function called\n");
	global_counter++;
}

/*
 * 模块初始化函数 - 标记为__init,会被放入.init.text段
 *
 * 这个函数在模块加载时调用一次,执行完后
 * 所在的内存段会被释放。
 */
static int __init insmod_example_init(void)
{
	pr_info("========== insmod_example module loading ==========\n");
	pr_info("insmod_example: init function address: %px\n",
		insmod_example_init);
	pr_info("insmod_example: greeting parameter: %s\n", greeting);
	pr_info("insmod_example: debug_level parameter: %d\n", debug_level);
	pr_info("insmod_example: init_only_var: %d (will be freed)\n",
		init_only_var);

	/* 调用内部函数,演示R_ARM_CALL重定位 */
	internal_function();

	/* 打印模块信息 */
	pr_info("insmod_example: THIS_MODULE: %px\n", THIS_MODULE);
	pr_info("insmod_example: module name: %s\n", THIS_MODULE->name);
	pr_info("insmod_example: module state: %d\n", THIS_MODULE->state);

	/*
	 * THIS_MODULE->state的可能值:
	 * 0 = MODULE_STATE_LIVE (正常运行)
	 * 1 = MODULE_STATE_COMING (正在加载)
	 * 2 = MODULE_STATE_GOING (正在卸载)
	 * 3 = MODULE_STATE_UNFORMED (未形成)
	 */

	pr_info("========== insmod_example init complete ==========\n");
	return 0;
}

/*
 * 模块清理函数
 *
 * 注意:这个函数不在init段,会一直驻留在内存中
 */
static void __exit insmod_example_exit(void)
{
	pr_info("========== insmod_example module unloading ==========\n");
	pr_info("insmod_example: global_counter final value: %d\n",
		global_counter);
	pr_info("========== insmod_example exit complete ==========\n");
}

/* 注册模块的入口和出口点 */
module_init(insmod_example_init);
module_exit(insmod_example_exit);

/* 模块元数据 */
MODULE_AUTHOR("IMX-Forge Tutorial");
MODULE_DESCRIPTION("Example module demonstrating insmod internals");
MODULE_LICENSE("GPL v2");
MODULE_VERSION("1.0");

/* 模块别名 */
MODULE_ALIAS("insmod_example_alias");
