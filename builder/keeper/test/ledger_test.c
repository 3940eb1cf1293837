/*
 * The ledger: what is read is always a text that was written, whatever a writer's end or damage has
 * left of the file.
 */
#include "builder/keeper/ledger.h"

#include "builder/fake/child.h"
#include "builder/fake/kit.h"
#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The file's layout, by which a test finds a place: a head of 16 bytes and a number; then records
 * of a number and two places, each of a sum, a turn, a length and the text. */
#define HEAD       24
#define PLACE_HEAD 20
#define PLACE      ((PLACE_HEAD + LEDGER_TEXT_MAX + 7) / 8 * 8)
#define RECORD     (8 + 2 * PLACE)

static char text[LEDGER_TEXT_MAX + 1];

static int run_dir(void)
{
	const int dir = open(kit_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

static void make(struct ledger *l, int dir, size_t n)
{
	bool in_memory;
	struct err e;

	KIT_CHECK(ledger_make(l, dir, n, &in_memory, &e) == 0, "%s", e.msg);
	assert_false(in_memory);
}

static void put(struct ledger *l, size_t i, const char *what)
{
	ledger_write(l, i, what, strlen(what));
}

static void has(const struct ledger *l, size_t i, const char *want)
{
	assert_int_equal(ledger_read(l, i, text), strlen(want));
	assert_string_equal(text, want);
}

static void test_records(void **state)
{
	const int dir = run_dir();
	struct ledger l, again;
	struct err e;

	(void)state;
	make(&l, dir, 3);
	has(&l, 0, "");
	put(&l, 0, "first");
	put(&l, 2, "third");
	put(&l, 3, "there is none");
	put(&l, 0, "first, changed");
	has(&l, 0, "first, changed");
	has(&l, 1, "");
	has(&l, 2, "third");
	has(&l, 3, "");
	assert_int_equal(ledger_noted(&l, 1), 0);
	ledger_note(&l, 1, 4711);
	ledger_note(&l, 3, 1);
	/* Another process, by the name and by the open file. */
	assert_int_equal(ledger_open(&again, dir, -1, &e), 0);
	assert_int_equal(again.n, 3);
	has(&again, 0, "first, changed");
	assert_int_equal(ledger_noted(&again, 1), 4711);
	assert_int_equal(ledger_noted(&again, 3), 0);
	ledger_close(&again);
	assert_int_equal(ledger_open(&again, -1, dup(l.fd), &e), 0);
	has(&again, 2, "third");
	ledger_close(&again);
	/* A new one has nothing of the one before. */
	make(&again, dir, 3);
	has(&again, 0, "");
	has(&l, 0, "first, changed");
	ledger_close(&again);
	ledger_close(&l);
	has(&l, 0, "");
	put(&l, 0, "closed");
	ledger_note(&l, 0, 1);
	assert_int_equal(ledger_noted(&l, 0), 0);
	ledger_close(&l);
	close(dir);
}

static void test_long_text(void **state)
{
	static char big[LEDGER_TEXT_MAX + 10];
	const int dir = run_dir();
	struct ledger l;

	(void)state;
	make(&l, dir, 1);
	memset(big, 'x', sizeof(big));
	ledger_write(&l, 0, big, LEDGER_TEXT_MAX);
	assert_int_equal(ledger_read(&l, 0, text), LEDGER_TEXT_MAX);
	big[LEDGER_TEXT_MAX - 1] = 'y';
	ledger_write(&l, 0, big, sizeof(big));
	assert_int_equal(ledger_read(&l, 0, text), LEDGER_TEXT_MAX);
	assert_int_equal(text[LEDGER_TEXT_MAX - 1], 'y');
	assert_int_equal(text[LEDGER_TEXT_MAX], '\0');
	ledger_close(&l);
	close(dir);
}

/* Reads what the file has. */
static uint8_t *bytes_of(const struct ledger *l, size_t *size)
{
	struct stat st;
	uint8_t *p;

	assert_int_equal(fstat(l->fd, &st), 0);
	*size = (size_t)st.st_size;
	p = malloc(*size);
	assert_non_null(p);
	assert_int_equal(pread(l->fd, p, *size, 0), st.st_size);
	return p;
}

static bool is_place(const uint8_t *place, const char *want)
{
	return !memcmp(place + PLACE_HEAD, want, strlen(want));
}

/* What is the newest is not written again: neither place changes. */
static void test_same_again(void **state)
{
	const int dir = run_dir();
	struct ledger l;
	uint8_t *a, *b;
	size_t size;

	(void)state;
	make(&l, dir, 1);
	put(&l, 0, "one");
	put(&l, 0, "two");
	a = bytes_of(&l, &size);
	assert_int_equal(size, HEAD + RECORD);
	assert_true(is_place(a + HEAD + 8, "one"));
	assert_true(is_place(a + HEAD + 8 + PLACE, "two"));
	put(&l, 0, "two");
	b = bytes_of(&l, &size);
	assert_memory_equal(a, b, size);
	free(a);
	free(b);
	ledger_close(&l);
	close(dir);
}

/* Whatever byte of the newest place is another than was written: the older text is read, and the
 * next one goes to the damaged place. */
static void test_each_byte_damaged(void **state)
{
	static const char one[] = "state running\ndomid 1\n", two[] = "state ending\ndomid 12\n";
	const size_t used = PLACE_HEAD + sizeof(two) - 1;
	const int dir = run_dir();
	struct ledger l, other;
	struct err e;
	uint8_t byte;

	(void)state;
	for (unsigned newest = 0; newest < 2; newest++)
		for (size_t i = 0; i < used; i++)
			for (unsigned bit = 0; bit < 8; bit++) {
				const off_t at = (off_t)(HEAD + 8 + newest * PLACE + i);

				make(&l, dir, 1);
				if (!newest)
					put(&l, 0, "older");
				put(&l, 0, one);
				put(&l, 0, two);
				assert_int_equal(pread(l.fd, &byte, 1, at), 1);
				byte ^= (uint8_t)(1u << bit);
				assert_int_equal(pwrite(l.fd, &byte, 1, at), 1);
				assert_int_equal(ledger_open(&other, dir, -1, &e), 0);
				has(&other, 0, one);
				put(&other, 0, "three");
				has(&other, 0, "three");
				put(&other, 0, "four");
				has(&other, 0, "four");
				ledger_close(&other);
				ledger_close(&l);
			}
	close(dir);
}

/* The older place does not matter, and with both damaged there is none. */
static void test_older_damaged(void **state)
{
	const int dir = run_dir();
	struct ledger l;
	uint8_t byte;

	(void)state;
	make(&l, dir, 1);
	put(&l, 0, "one");
	put(&l, 0, "two");
	for (unsigned place = 0; place < 2; place++) {
		const off_t at = (off_t)(HEAD + 8 + place * PLACE);

		has(&l, 0, "two");
		assert_int_equal(pread(l.fd, &byte, 1, at), 1);
		byte ^= 0xff;
		assert_int_equal(pwrite(l.fd, &byte, 1, at), 1);
	}
	has(&l, 0, "");
	put(&l, 0, "anew");
	has(&l, 0, "anew");
	ledger_close(&l);
	close(dir);
}

static void is_refused(int dir, const char *part)
{
	struct ledger l;
	struct err e;

	assert_int_equal(ledger_open(&l, dir, -1, &e), -1);
	KIT_CHECK(strstr(e.msg, part), "%s", e.msg);
	kit_good_message(&e);
	assert_null(l.file);
	assert_int_equal(l.fd, -1);
	ledger_close(&l);
}

static void test_not_one(void **state)
{
	static const char other[] =
		"the state of the guests is of another version of earlydom, or ";
	const int dir = run_dir();
	struct ledger l;
	struct err e;
	uint8_t *good, *bad;
	size_t size;

	(void)state;
	unlink(kit_path(LEDGER_FILE));
	assert_int_equal(ledger_open(&l, dir, -1, &e), 1);
	assert_null(l.file);
	make(&l, dir, 2);
	put(&l, 1, "second");
	good = bytes_of(&l, &size);
	ledger_close(&l);
	/* Any other length. */
	for (size_t len = 0; len < size; len += len < 64 ? 1 : 1009) {
		kit_write(LEDGER_FILE, good, len);
		is_refused(dir, other);
	}
	bad = malloc(size + 1);
	assert_non_null(bad);
	memcpy(bad, good, size);
	bad[size] = 0;
	kit_write(LEDGER_FILE, bad, size + 1);
	is_refused(dir, other);
	/* Each byte of the head counts, the number of records too. */
	for (size_t i = 0; i < HEAD; i++) {
		bad[i] ^= 0x80;
		kit_write(LEDGER_FILE, bad, size);
		is_refused(dir, other);
		bad[i] ^= 0x80;
	}
	kit_write(LEDGER_FILE, bad, size);
	/* Not through a link that somebody has put there. */
	assert_int_equal(rename(kit_path(LEDGER_FILE), kit_path("elsewhere")), 0);
	assert_int_equal(symlink("elsewhere", kit_path(LEDGER_FILE)), 0);
	is_refused(dir, "cannot open the state of the guests: ");
	make(&l, dir, 1); /* takes its place, and leaves what it led to */
	ledger_close(&l);
	assert_int_equal(access(kit_path("elsewhere"), F_OK), 0);
	free(good);
	free(bad);
	close(dir);
}

/* ---- no room ---- */

static int child_dir;

static void make_in(struct err *e)
{
	bool in_memory = false;
	struct ledger l, again;

	if (ledger_make(&l, child_dir, 2, &in_memory, e) < 0)
		return;
	put(&l, 1, "text");
	ledger_open(&again, -1, dup(l.fd), e);
	ledger_read(&again, 1, text);
	err_set(e, "%s %s %s", in_memory ? "in memory" : "file", text,
		faccessat(child_dir, LEDGER_FILE, F_OK, 0) == 0 ? "and there" : "and not there");
}

static void make_without_room(struct err *e)
{
	child_short_files(100);
	/* That holds for memory, too. */
	make_in(e);
}

static void make_in_full_directory(struct err *e)
{
	close(child_dir);
	child_dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_in(e);
}

static void make_without_memory(struct err *e)
{
	child_refuse(SYS_memfd_create, EMFILE);
	make_in_full_directory(e);
}

static void make_without_map(struct err *e)
{
	child_refuse(SYS_mmap, ENOMEM);
	make_in(e);
}

static void test_no_room(void **state)
{
	(void)state;
	child_dir = run_dir();
	unlink(kit_path(LEDGER_FILE));
	assert_string_equal(child_says(make_in), "file text and there");
	assert_string_equal(child_says(make_in_full_directory), "in memory text and not there");
	unlink(kit_path(LEDGER_FILE));
	assert_string_equal(child_says(make_without_room),
			    "cannot make a file for the state of the guests: File too large");
	/* Nor is there half of one. */
	assert_int_equal(access(kit_path(LEDGER_FILE), F_OK), -1);
	assert_int_equal(access(kit_path(LEDGER_FILE ".new"), F_OK), -1);
	assert_string_equal(child_says(make_without_memory),
			    "cannot make a file for the state of the guests: Too many open files");
	assert_string_equal(child_says(make_without_map),
			    "cannot map the state of the guests: Cannot allocate memory");
	close(child_dir);
}

/* ---- a writer that is killed ---- */

#define KILLS 1000

/* Texts by number, of lengths that differ: what is read must be one of them as a whole. */
static size_t numbered(unsigned n, char *out)
{
	const size_t len = 12 + n * 37 % 4000;

	snprintf(out, LEDGER_TEXT_MAX, "%010u\n", n);
	memset(out + 11, 'a' + (int)(n % 26), len - 11);
	return len;
}

static void write_for_ever(struct ledger *l, _Atomic unsigned *written, unsigned from)
{
	static char out[LEDGER_TEXT_MAX + 1];

	for (unsigned n = from + 1;; n++) {
		const size_t len = numbered(n, out);

		ledger_write(l, 0, out, len);
		*written = n;
	}
}

static unsigned check_written(int dir, unsigned at_least)
{
	static char want[LEDGER_TEXT_MAX + 1];
	struct ledger l;
	struct err e;
	unsigned n;
	size_t len;

	assert_int_equal(ledger_open(&l, dir, -1, &e), 0);
	len = ledger_read(&l, 0, text);
	ledger_close(&l);
	n = (unsigned)strtoul(text, NULL, 10);
	KIT_CHECK(len == numbered(n, want) && !memcmp(text, want, len), "%u is no whole text", n);
	KIT_CHECK(n == at_least || n == at_least + 1, "%u, and %u was written", n, at_least);
	return n;
}

static void test_killed(void **state)
{
	const int dir = run_dir();
	_Atomic unsigned *written =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seed = (unsigned)clock_ns(), last = 0;
	struct ledger l;
	struct err e;

	(void)state;
	assert_true(written != MAP_FAILED);
	print_message("# seed %u\n", seed);
	make(&l, dir, 1);
	ledger_close(&l);
	for (unsigned i = 0; i < KILLS; i++) {
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			if (ledger_open(&l, dir, -1, &e) < 0)
				_exit(1);
			write_for_ever(&l, written, last);
		}
		/* Somewhere in its first texts, or later. */
		while (*written == last)
			sched_yield();
		for (seed = seed * 1103515245 + 12345; seed >> 16 & 15; seed += 1u << 16)
			sched_yield();
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		last = check_written(dir, *written);
		*written = last;
	}
	munmap(written, 4096);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),       cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_same_again),    cmocka_unit_test(test_each_byte_damaged),
		cmocka_unit_test(test_older_damaged), cmocka_unit_test(test_not_one),
		cmocka_unit_test(test_no_room),       cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests_name("ledger", tests, kit_begin, kit_end);
}
