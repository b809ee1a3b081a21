// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/kernel.h>

extern int exported_function(int x);

static int __init user_init(void)
{
	int result = exported_function(21);
	pr_info("exported_function(21) = %d\n", result);
	return 0;
}

static void __exit user_exit(void)
{
	pr_info("symbol_user module unloaded\n");
}

module_init(user_init);
module_exit(user_exit);
MODULE_LICENSE("GPL");
