// SPDX-License-Identifier: GPL-2.0
// What a driver does wrong, one thing at a time: the parameter says which, and whether init does it or exit.
#include <linux/bug.h>
#include <linux/module.h>

static char *what = "";
static char *when = "init";
module_param(what, charp, 0444);
module_param(when, charp, 0444);

static const int constant = 1;
static int variable = 2;

struct device_state {
	int unused[4];
	int value;
};

static noinline int deeper(int depth)
{
	volatile int room[64];

	room[depth & 63] = depth;
	return deeper(depth + 1) + room[(depth + 1) & 63];
}

static noinline int act(const char *name)
{
	struct device_state *state = NULL;
	int (*call)(void) = NULL;

	OPTIMIZER_HIDE_VAR(state);
	OPTIMIZER_HIDE_VAR(call);
	if (!strcmp(name, "null-read"))
		return state->value;
	if (!strcmp(name, "null-write"))
		state->value = 1;
	if (!strcmp(name, "null-call"))
		return call();
	if (!strcmp(name, "wild-read"))
		return *(volatile int *)0xbfd00000;
	if (!strcmp(name, "write-rodata"))
		*(volatile int *)&constant = 3;
	if (!strcmp(name, "write-text"))
		*(volatile int *)((unsigned long)act & ~3ul) = 3;
	if (!strcmp(name, "run-data"))
		return ((int (*)(void))&variable)();
	if (!strcmp(name, "undefined"))
#ifdef CONFIG_THUMB2_KERNEL
		asm volatile(".inst.n 0xde00");
#else
		asm volatile(".inst 0xe7f000f0");
#endif
	if (!strcmp(name, "bug"))
		BUG();
	if (!strcmp(name, "warn"))
		WARN(1, "%s of %d\n", name, variable);
	if (!strcmp(name, "warn-on"))
		WARN_ON(variable == 2);
	if (!strcmp(name, "warn-once")) {
		WARN_ON_ONCE(variable == 2);
		WARN_ONCE(variable == 2, "once\n");
	}
	if (!strcmp(name, "dump-stack"))
		dump_stack();
	if (!strcmp(name, "divide"))
		return 7 / (*(volatile int *)&variable - 2);
	if (!strcmp(name, "deep"))
		return deeper(0);
	return 0;
}

static noinline int step(const char *name)
{
	int ret = act(name);

	pr_info("faulty: %s done\n", name);
	return ret;
}

static int __init faulty_init(void)
{
	pr_info("faulty: init\n");
	if (!strcmp(when, "init"))
		return step(what) & 0;
	return 0;
}

static void __exit faulty_exit(void)
{
	pr_info("faulty: exit\n");
	if (!strcmp(when, "exit"))
		step(what);
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("does one thing wrong");
