// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/kernel.h>

int exported_function(int x)
{
	pr_info("exported_function called with %d\n", x);
	return x * 2;
}
EXPORT_SYMBOL(exported_function);

static int __init exporter_init(void)
{
	pr_info("symbol_exporter module loaded\n");
	return 0;
}

static void __exit exporter_exit(void)
{
	pr_info("symbol_exporter module unloaded\n");
}

module_init(exporter_init);
module_exit(exporter_exit);
MODULE_LICENSE("GPL");
