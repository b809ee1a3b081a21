// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first and only process of the guest. It reads a plan from the host, makes the system calls that the plan lists, and writes
 * what the kernel said about each to the host.
 *
 * Files are exchanged through ARM semihosting, from user space: no driver, module or console takes part. The paths are relative
 * to the directory that QEMU was started in.
 *
 *   watch    in, before the snapshot: names of functions of the kernel, one a line
 *   addresses  out, before the snapshot: for each name that /proc/kallsyms has, a line NAME ADDRESS
 *   facts    out, before the snapshot: lines "meminfo LINE" and "vmallocinfo LINE", with addresses, "builtin NAME", "class NAME",
 *            "bus NAME", "numbers LINE" of /proc/devices, "misc LINE" of /proc/misc, "input LINE" of /proc/bus/input/devices; between tabs "device BUS NAME DRIVER MODALIAS" (each of
 *            the last two may be empty) and "driver BUS NAME"
 *   plan     in, one step a line, strings in hex ("-": empty):
 *                insmod FILE finit|init FLAGS OPENED UNPRIVILEGED PARAMS
 *                rmmod NAME FLAGS UNPRIVILEGED
 *   result   out, lines:
 *                ready N                              the plan's number of steps
 *                vmcoreinfo ADDRESS SIZE              /sys/kernel/vmcoreinfo
 *                step I                               just before the system call
 *                rc N | signal N | hang               how it came back
 *                kmsg RECORD                          a record of /dev/kmsg, as read
 *                taint N, modules LINE, section NAME ADDRESS
 *                done I
 *                end                                  the plan is finished or given up
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE = 5, SYS_READ = 6, SYS_FLEN = 12, SYS_EXIT = 0x18 };
enum { MODE_READ = 1, MODE_WRITE = 5 };

#define CALL_LIMIT_MS 40000 /* a call that takes longer hangs */
#define READ_LIMIT_MS 8000 /* a file of /proc that takes longer is left out: its lock is held by a worker that died */
#define SETTLE_SLEEP_US 2000
#define SETTLE_SLEEPS 750 /* counted, not timed: on a busy host time passes in which nothing runs here */

static const char module_path[] = "/module.ko";

/* ---- the host ---- */

static long semihosting(long operation, void *arguments)
{
	register long r0 asm("r0") = operation;
	register void *r1 asm("r1") = arguments;

	asm volatile(".inst 0xe10f0070" /* hlt #0xf000 */ : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static long host_open(const char *path, long mode)
{
	long block[3] = { (long)path, mode, (long)strlen(path) };

	return semihosting(SYS_OPEN, block);
}

static long host_call(long operation, long handle, void *buffer, long length)
{
	long block[3] = { handle, (long)buffer, length };

	return semihosting(operation, block);
}

/* The whole of a host file, with a NUL after it, or NULL where there is none. */
static char *host_file(const char *path, long *length)
{
	long handle = host_open(path, MODE_READ);
	char *bytes;

	if (handle < 0)
		return NULL;
	*length = host_call(SYS_FLEN, handle, NULL, 0);
	/* QEMU writes to the pages behind the kernel's back: they have to be there, and ours alone. */
	bytes = malloc(*length + 1);
	memset(bytes, 1, *length + 1);
	if (*length)
		host_call(SYS_READ, handle, bytes, *length);
	bytes[*length] = 0;
	host_call(SYS_CLOSE, handle, NULL, 0);
	return bytes;
}

static long result_handle;
static char *result_buffer;
static size_t result_length;
#define RESULT_BUFFER 65536

static void flush_result(void)
{
	if (result_length)
		host_call(SYS_WRITE, result_handle, result_buffer, result_length);
	result_length = 0;
}

static void result_bytes(const char *bytes, size_t length)
{
	if (result_length + length > RESULT_BUFFER)
		flush_result();
	memcpy(result_buffer + result_length, bytes, length);
	result_length += length;
}

static void result(const char *format, ...)
{
	char line[16384];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	result_bytes(line, length < (int)sizeof(line) ? length : (int)sizeof(line) - 1);
}

static _Noreturn void leave(void)
{
	flush_result();
	for (;;)
		semihosting(SYS_EXIT, (void *)0x20026 /* ADP_Stopped_ApplicationExit */);
}

/* ---- workers ---- */

#define SHARED_SIZE (1024 * 1024)
/* What a worker leaves to us. */
static struct shared {
	int rc;
	size_t length;
	char bytes[SHARED_SIZE];
} *shared;

static void sleep_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

static long long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Runs `work` in a process of its own. Returns its wait status, or -1 where it did not come back in time. */
static int in_worker(void (*work)(const void *), const void *argument, int limit_ms)
{
	long long end = now_ms() + limit_ms, left;
	pid_t pid;
	int status;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	pid = fork();
	if (pid == 0) {
		work(argument);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) != pid) {
		left = end - now_ms();
		if (left <= 0) {
			kill(pid, SIGKILL);
			return -1;
		}
		sigtimedwait(&child, NULL, &(struct timespec){ left / 1000, left % 1000 * 1000000 });
	}
	return status;
}

/* ---- the three system calls ---- */

/* The kernel's return value as it is: libc turns some of them into -1 and errno, and others not. */
static int system_call(long number, long a, long b, long c)
{
	register long r7 asm("r7") = number;
	register long r0 asm("r0") = a;
	register long r1 asm("r1") = b;
	register long r2 asm("r2") = c;

	asm volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
	return r0;
}

static void drop_cap_sys_module(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	syscall(SYS_capget, &header, data);
	data[0].effective &= ~(1u << CAP_SYS_MODULE);
	data[0].permitted &= ~(1u << CAP_SYS_MODULE);
	syscall(SYS_capset, &header, data);
}

struct step {
	bool insmod, init_module, unprivileged;
	long flags;
	char *opened;
	char *text; /* the parameters, or the name */
	char *image;
	long image_length;
};

static int open_module(const char *opened)
{
	int fd;

	if (!strcmp(opened, "directory"))
		return open("/", O_RDONLY | O_DIRECTORY);
	if (!strcmp(opened, "terminal"))
		return open("/dev/console", O_RDWR | O_NOCTTY);
	fd = open(module_path, !strcmp(opened, "write-only") ? O_WRONLY : !strcmp(opened, "read-write") ? O_RDWR : O_RDONLY);
	if (!strcmp(opened, "closed"))
		close(fd);
	return fd;
}

static void make_call(const void *argument)
{
	const struct step *step = argument;
	int fd = step->insmod && !step->init_module ? open_module(step->opened) : -1;

	/* The kernel names the caller in some lines. */
	prctl(PR_SET_NAME, step->insmod ? "insmod" : "rmmod");
	if (step->unprivileged)
		drop_cap_sys_module();
	if (!step->insmod)
		shared->rc = system_call(SYS_delete_module, (long)step->text, step->flags, 0);
	else if (step->init_module)
		shared->rc = system_call(SYS_init_module, (long)step->image, step->image_length, (long)step->text);
	else
		shared->rc = system_call(SYS_finit_module, fd, (long)step->text, step->flags);
}

/* ---- what the kernel says ---- */

static void read_shared(const void *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t length;

	shared->length = 0;
	while ((length = read(fd, shared->bytes + shared->length, SHARED_SIZE - 1 - shared->length)) > 0)
		shared->length += length;
	shared->bytes[shared->length] = 0;
	close(fd);
}

/* Whether a worker was killed in the kernel: a lock that it held is held for good. */
static bool worker_died;

/* The text of a file of /proc or /sys in `shared->bytes`, empty where it cannot be read. */
static char *text_of(const char *path)
{
	if (!worker_died)
		read_shared(path);
	else if (in_worker(read_shared, path, READ_LIMIT_MS) != 0)
		shared->bytes[0] = 0;
	return shared->bytes;
}

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "agent: cannot write %s\n", path);
	close(fd);
}

static void report_lines(const char *key, const char *path)
{
	char *rest = text_of(path), *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line)
			result("%s %s\n", key, line);
}

/* /proc/vmallocinfo before the first step. */
static char *first_areas;

/*
 * Whether an area is the loader's. /proc/vmallocinfo hides addresses, but names the function that asked for the area: load_module(),
 * or one that the compiler has not made a part of it. A kernel without CONFIG_KALLSYMS gives an address in that function instead:
 * one that nothing had asked from before the first module.
 */
static bool is_loaders(const char *caller)
{
	return strstr(caller, "module") || (!strncmp(caller, "0x", 2) && !strstr(first_areas, caller));
}

/* Whether the areas that the loader allocated are those of the loaded modules, and no more. */
static bool init_regions_are_gone(void)
{
	unsigned long areas = 0, modules = 0, size;
	char *rest, *line, caller[64];

	read_shared("/proc/vmallocinfo");
	for (rest = shared->bytes; (line = strsep(&rest, "\n")) != NULL;)
		if (sscanf(line, "%*s %lu %63s", &size, caller) == 2 && is_loaders(caller))
			areas += size - 4096;
	read_shared("/proc/modules");
	for (rest = shared->bytes; (line = strsep(&rest, "\n")) != NULL;)
		if (sscanf(line, "%*s %lu", &size) == 1)
			modules += size;
	return areas == modules;
}

/* The init regions are freed by a work item after the call has returned. */
static void settle(void)
{
	for (int sleeps = 0; sleeps < SETTLE_SLEEPS && !init_regions_are_gone(); sleeps++)
		sleep_us(SETTLE_SLEEP_US);
}

static int kmsg;

/* A line that was printed without a newline becomes a record when the next line is printed: ours. */
static void mark_log(const char *format, int index)
{
	char line[64];
	int length = snprintf(line, sizeof(line), format, index);

	if (write(kmsg, line, length) < 0)
		fprintf(stderr, "agent: cannot write /dev/kmsg\n");
}

static void report_log(void)
{
	char record[8192];
	ssize_t length;

	for (;;) {
		length = read(kmsg, record, sizeof(record));
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length <= 0)
			return;
		length = (char *)memchr(record, '\n', length) - record;
		result("kmsg %.*s\n", (int)length, record);
	}
}

static void report_sections(const char *module)
{
	char directory[256], path[600];
	struct dirent *entry;
	DIR *list;

	snprintf(directory, sizeof(directory), "/sys/module/%s/sections", module);
	list = opendir(directory);
	while (list && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, "..")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		read_shared(path);
		result("section %s %s", entry->d_name, shared->bytes);
	}
	if (list)
		closedir(list);
}

/* ---- where the kernel's functions are ---- */

/* Whether the line of `length` characters is one of the lines of `names`. */
static bool is_listed(const char *names, const char *line, size_t length)
{
	const char *end;

	for (; (end = strchr(names, '\n')) != NULL; names = end + 1)
		if ((size_t)(end - names) == length && !memcmp(names, line, length))
			return true;
	return false;
}

/* Of two functions with one name, the first: modules come last, and there are none yet. */
static void report_addresses(void)
{
	char line[1024], *name;
	long length;
	char *names = host_file("watch", &length);
	FILE *symbols = fopen("/proc/kallsyms", "r");

	result_handle = host_open("addresses", MODE_WRITE);
	while (names && symbols && fgets(line, sizeof(line), symbols)) {
		/* ADDRESS TYPE NAME */
		name = strchr(line, ' ');
		if (!name || strlen(name) < 4 || !is_listed(names, name + 3, strcspn(name + 3, "\t\n")))
			continue;
		*name = 0;
		name[3 + strcspn(name + 3, "\t\n")] = 0;
		result("%s %s\n", name + 3, line);
	}
	flush_result();
	host_call(SYS_CLOSE, result_handle, NULL, 0);
	if (symbols)
		fclose(symbols);
	free(names);
}

/* ---- what a profile of the kernel needs to know ---- */

/* Calls `report` for each entry of a directory, with a name that the caller passes on. */
static void for_each_entry(const char *directory, void (*report)(const char *, const char *), const char *name)
{
	DIR *list = opendir(directory);
	struct dirent *entry;

	while (list && (entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.')
			report(name, entry->d_name);
	if (list)
		closedir(list);
}

static void report_name(const char *what, const char *name)
{
	result("%s %s\n", what, name);
}

static void report_driver(const char *bus, const char *driver)
{
	result("driver\t%s\t%s\n", bus, driver);
}

static void report_device(const char *bus, const char *device)
{
	static const char key[] = "MODALIAS=";
	char path[600], driver[300], *modalias;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/driver", bus, device);
	length = readlink(path, driver, sizeof(driver) - 1);
	driver[length < 0 ? 0 : length] = 0;
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/uevent", bus, device);
	read_shared(path);
	modalias = strstr(shared->bytes, key);
	modalias = modalias ? modalias + strlen(key) : "";
	result("device\t%s\t%s\t%s\t%.*s\n", bus, device, strrchr(driver, '/') ? strrchr(driver, '/') + 1 : "",
	       (int)strcspn(modalias, "\n"), modalias);
}

static void report_bus(const char *what, const char *bus)
{
	char path[300];

	report_name(what, bus);
	snprintf(path, sizeof(path), "/sys/bus/%s/devices", bus);
	for_each_entry(path, report_device, bus);
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers", bus);
	for_each_entry(path, report_driver, bus);
}

static void report_facts(void)
{
	result_handle = host_open("facts", MODE_WRITE);
	report_lines("meminfo", "/proc/meminfo");
	/* 1: addresses are for us alone, but as they are. */
	put_text("/proc/sys/kernel/kptr_restrict", "1");
	report_lines("vmallocinfo", "/proc/vmallocinfo");
	put_text("/proc/sys/kernel/kptr_restrict", "0");
	for_each_entry("/sys/module", report_name, "builtin");
	for_each_entry("/sys/bus", report_bus, "bus");
	for_each_entry("/sys/class", report_name, "class");
	report_lines("numbers", "/proc/devices");
	report_lines("misc", "/proc/misc");
	report_lines("input", "/proc/bus/input/devices");
	flush_result();
	host_call(SYS_CLOSE, result_handle, NULL, 0);
}

/* ---- the plan ---- */

static char *from_hex(const char *hex)
{
	size_t length = *hex == '-' ? 0 : strlen(hex) / 2;
	char *text = calloc(length + 1, 1);

	for (size_t i = 0; i < length; i++)
		sscanf(hex + 2 * i, "%2hhx", (unsigned char *)&text[i]);
	return text;
}

static void write_module(const struct step *step)
{
	int fd;
	long done = 0;
	ssize_t length;

	unlink(module_path);
	fd = open(module_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	while (done < step->image_length && (length = write(fd, step->image + done, step->image_length - done)) > 0)
		done += length;
	close(fd);
}

static bool parse_step(char *line, struct step *step)
{
	char *words[8] = { 0 };
	int count = 0;

	memset(step, 0, sizeof(*step));
	while (count < 8 && (words[count] = strsep(&line, " ")) != NULL)
		count++;
	step->insmod = !strcmp(words[0], "insmod");
	if (count != (step->insmod ? 7 : 4))
		return false;
	if (step->insmod) {
		step->init_module = !strcmp(words[2], "init");
		step->flags = strtoul(words[3], NULL, 0);
		step->opened = words[4];
		step->unprivileged = *words[5] == '1';
		step->text = from_hex(words[6]);
		step->image = host_file(words[1], &step->image_length);
		if (!step->image)
			return false;
		if (!step->init_module)
			write_module(step);
	} else {
		step->text = from_hex(words[1]);
		step->flags = strtoul(words[2], NULL, 0);
		step->unprivileged = *words[3] == '1';
	}
	return true;
}

/* Returns whether the kernel is still sane. */
static bool run_step(int index, struct step *step)
{
	int status, rc;

	result("step %d\n", index);
	flush_result();
	status = in_worker(make_call, step, CALL_LIMIT_MS);
	rc = shared->rc;
	worker_died = status != 0;
	if (status == -1)
		result("hang\n");
	else if (WIFSIGNALED(status))
		result("signal %d\n", WTERMSIG(status));
	else
		result("rc %d\n", rc);
	if (status == 0)
		settle();
	else
		sleep_us(50000);
	mark_log("<7>insmodel: end of step %d\n", index);
	report_log();
	report_lines("taint", "/proc/sys/kernel/tainted");
	flush_result();
	report_lines("modules", "/proc/modules");
	if (status == 0 && step->insmod && rc == 0) {
		char newest[64] = "";

		sscanf(text_of("/proc/modules"), "%63s", newest);
		report_sections(newest);
	}
	result("done %d\n", index);
	flush_result();
	return status == 0;
}

static int count_lines(const char *text)
{
	int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

int main(void)
{
	char *plan, *line;
	long length;
	int index = 0;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL)) {
		mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
		mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11));
	}
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	put_text("/proc/sys/kernel/kptr_restrict", "0");
	put_text("/sys/kernel/rcu_expedited", "1");
	/* With tracepoints, the lines about init functions come from probes that stay, and this ends those of the driver core. */
	if (!access("/sys/kernel/tracing", F_OK))
		put_text("/sys/module/kernel/parameters/initcall_debug", "N");
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK);

	mlockall(MCL_CURRENT | MCL_FUTURE);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(shared, 0, sizeof(*shared));
	result_buffer = malloc(RESULT_BUFFER);
	memset(result_buffer, 1, RESULT_BUFFER);

	report_addresses();
	report_facts();
	read_shared("/proc/vmallocinfo");
	first_areas = strdup(shared->bytes);
	/* Here a snapshot may be taken: nothing is open on the host. */
	length = host_open("ready", MODE_WRITE);
	host_call(SYS_CLOSE, length, NULL, 0);
	while ((plan = host_file("plan", &length)) == NULL)
		sleep_us(5000);
	mark_log("<7>insmodel: begin\n", 0);
	lseek(kmsg, 0, SEEK_END);
	result_handle = host_open("result", MODE_WRITE);
	result("ready %d\n", count_lines(plan));
	report_lines("vmcoreinfo", "/sys/kernel/vmcoreinfo");

	while ((line = strsep(&plan, "\n")) != NULL && *line) {
		struct step step;

		if (!parse_step(line, &step)) {
			result("bad %d\n", index);
			break;
		}
		if (!run_step(index++, &step))
			break;
		free(step.image);
		free(step.text);
	}
	result("end\n");
	leave();
}
