/*
 * A decoder that an attacker has got hold of: it stands in front of kernel_open (-Wl,--wrap) in the
 * unit tests and in build/earlydom-evil, and does what the file says, in the place of the decoder:
 * in the jail.
 *
 * Such a file begins with 64 bytes, "earlydom evil: NAME" and NULs, and a good kernel of any kind
 * follows. All other files are opened as ever. NAME is one of
 *
 *   open-privcmd   opens /dev/xen/privcmd
 *   open-file      opens /etc/passwd
 *   socket         makes a socket
 *   fork, exec     makes a process, becomes another program
 *   ptrace, kill   attaches to its parent, ends it
 *   write-input    writes to the kernel's file
 *   write-output   writes to the output with a call
 *   grow-output    makes the output longer
 *   beside         writes behind the output's end, by a mapping of it
 *   code           maps memory that can be run
 *   crash          reads at address 0
 *   loop           computes for ever
 *   stall          waits for ever
 *   memory         takes memory as long as there is some, and says how much
 *   exit           ends as if all were well, with nothing said
 *   status         ends with a status of its own
 *
 * and, with an answer that is wrong in one thing:
 *
 *   wraps          a segment whose end is before its beginning
 *   overlap        two segments at one address
 *   outside        a segment's bytes are behind the kernel's
 *   bare           the kernel is behind the file's end
 *   span           memory for 2^40 bytes
 *   segments       more segments than there is room for
 *   text           a text without end
 *   escape         a text with control characters
 *   bool           a truth value that is 2
 *   symbols        symbols that are written before the kernel's memory
 *   codec          a codec's number that there is none of
 *   message        an error with control characters, of several lines, without end
 *   silent         an error without words
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builder/jail/jail_request.h"
#include "loaders/kernel.h"

#define HEAD  64
#define MAGIC "earlydom evil: "
#define MIB   ((size_t)1 << 20)

int __real_kernel_open(const uint8_t *file, size_t len, bool paged, const struct room *to,
		       struct kernel_facts *out, struct err *e);
int __wrap_kernel_open(const uint8_t *file, size_t len, bool paged, const struct room *to,
		       struct kernel_facts *out, struct err *e);

/* ---- what it tries ---- */

static void open_privcmd(void)
{
	open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
}

static void open_file(void)
{
	open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void make_socket(void)
{
	socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void make_process(void)
{
	if (syscall(SYS_fork) == 0)
		for (;;)
			;
}

static void run_program(void)
{
	execl("/bin/sh", "sh", "-c", "id", (char *)NULL);
}

static void attach(void)
{
	ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void end_parent(void)
{
	syscall(SYS_kill, -1, SIGKILL);
}

static void write_input(void)
{
	syscall(SYS_pwrite64, JAIL_INPUT, "evil", 4, 0);
}

static void write_output(void)
{
	syscall(SYS_pwrite64, JAIL_OUTPUT, "evil", 4, 0);
}

static void grow_output(void)
{
	syscall(SYS_ftruncate, JAIL_OUTPUT, INT64_MAX);
}

static void write_beside(void)
{
	const off_t end = lseek(JAIL_OUTPUT, 0, SEEK_END);
	volatile char *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, JAIL_OUTPUT, end);

	*at = 1;
}

static void map_code(void)
{
	mmap(NULL, MIB, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Not one that a sanitizer finds first. */
__attribute__((no_sanitize("address", "undefined", "thread"))) static void crash(void)
{
	const volatile uintptr_t nowhere = 0;

	(void)*(volatile char *)nowhere;
}

static void loop(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void stall(void)
{
	int word = 0;

	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
}

static void end_well(void)
{
	syscall(SYS_exit_group, JAIL_EXIT_DONE);
}

static void end_otherwise(void)
{
	syscall(SYS_exit_group, 77);
}

/* ---- what it says ---- */

static void say_wraps(struct kernel_facts *k)
{
	k->info.segments[0].memsz = UINT64_MAX - k->info.segments[0].paddr + 2;
}

static void say_overlap(struct kernel_facts *k)
{
	struct elf_info *i = &k->info;

	i->segments[i->nr_segments++] = i->segments[0];
	i->load_bytes += i->segments[0].memsz;
}

static void say_outside(struct kernel_facts *k)
{
	k->info.segments[0].offset = k->bare_size;
}

static void say_bare(struct kernel_facts *k)
{
	k->bare_offset = UINT64_MAX - 4096;
}

static void say_span(struct kernel_facts *k)
{
	k->info.pend = k->info.pstart + (UINT64_C(1) << 40);
}

static void say_segments(struct kernel_facts *k)
{
	k->info.nr_segments = UINT32_MAX;
}

static void say_text(struct kernel_facts *k)
{
	memset(k->info.guest_os, 'x', sizeof(k->info.guest_os));
}

static void say_escape(struct kernel_facts *k)
{
	memcpy(k->info.guest_os, "\x1b[2J", 5);
}

static void say_bool(struct kernel_facts *k)
{
	*(unsigned char *)&k->info.has_notes = 2;
}

static void say_symbols(struct kernel_facts *k)
{
	k->info.symtab.paddr = 0;
	k->info.symtab.memsz = k->info.pend;
}

static void say_codec(struct kernel_facts *k)
{
	k->codec = 1000;
}

/* A GiB at most, of a machine that others use, too. */
static void take_memory(struct err *e)
{
	size_t n = 0;
	char *p;

	for (; n < 1024; n++) {
		p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			break;
		for (size_t k = 0; k < MIB; k += 4096)
			p[k] = 1;
	}
	err_set(e, "it has taken %zu MiB", n);
}

static void say_message(struct err *e)
{
	memset(e->msg, '\n', sizeof(e->msg));
	memcpy(e->msg, "\x1b[2J evil", 9);
}

static void say_nothing(struct err *e)
{
	e->msg[0] = '\0';
}

static const struct evil {
	const char *name;
	void (*act)(void);
	void (*lie)(struct kernel_facts *k);
	void (*complain)(struct err *e);
} evils[] = {
	{"open-privcmd", .act = open_privcmd},
	{"open-file", .act = open_file},
	{"socket", .act = make_socket},
	{"fork", .act = make_process},
	{"exec", .act = run_program},
	{"ptrace", .act = attach},
	{"kill", .act = end_parent},
	{"write-input", .act = write_input},
	{"write-output", .act = write_output},
	{"grow-output", .act = grow_output},
	{"beside", .act = write_beside},
	{"code", .act = map_code},
	{"crash", .act = crash},
	{"loop", .act = loop},
	{"stall", .act = stall},
	{"exit", .act = end_well},
	{"status", .act = end_otherwise},
	{"wraps", .lie = say_wraps},
	{"overlap", .lie = say_overlap},
	{"outside", .lie = say_outside},
	{"bare", .lie = say_bare},
	{"span", .lie = say_span},
	{"segments", .lie = say_segments},
	{"text", .lie = say_text},
	{"escape", .lie = say_escape},
	{"bool", .lie = say_bool},
	{"symbols", .lie = say_symbols},
	{"codec", .lie = say_codec},
	{"memory", .complain = take_memory},
	{"message", .complain = say_message},
	{"silent", .complain = say_nothing},
};

static const struct evil *find(const uint8_t *file, size_t len)
{
	const char *name = (const char *)file + strlen(MAGIC);

	if (len <= HEAD || memcmp(file, MAGIC, strlen(MAGIC)) || file[HEAD - 1])
		return NULL;
	for (size_t i = 0; i < sizeof(evils) / sizeof(evils[0]); i++)
		if (!strcmp(evils[i].name, name))
			return &evils[i];
	return NULL;
}

/* The kernel behind the head. */
static int open_good(const uint8_t *file, size_t len, const struct room *to,
		     struct kernel_facts *out, struct err *e)
{
	if (__real_kernel_open(file + HEAD, len - HEAD, true, to, out, e) < 0)
		return -1;
	if (out->where == KERNEL_IN_FILE)
		out->bare_offset += HEAD;
	return 0;
}

/* Only the jail has the file's bytes mapped (`paged`): nobody else is to be harmed. */
int __wrap_kernel_open(const uint8_t *file, size_t len, bool paged, const struct room *to,
		       struct kernel_facts *out, struct err *e)
{
	const struct evil *evil = paged ? find(file, len) : NULL;

	if (!evil)
		return __real_kernel_open(file, len, paged, to, out, e);
	if (evil->complain) {
		evil->complain(e);
		return -1;
	}
	if (evil->act)
		evil->act();
	if (open_good(file, len, to, out, e) < 0)
		return -1;
	if (evil->lie)
		evil->lie(out);
	return 0;
}
