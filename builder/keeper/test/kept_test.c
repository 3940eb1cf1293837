/*
 * Files that go from one process to another: both ends are the test's own.
 */
#include "builder/keeper/kept.h"

#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A new file, that is known again by its number. */
static int new_file(void)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	assert_int_equal(fstat(a, &x), 0);
	assert_int_equal(fstat(b, &y), 0);
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* How many files this process has open. */
static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += is_open(fd);
	return n;
}

struct pair {
	int ends[2];
	struct kept k; /* at ends[0] */
	unsigned files;
};

static void begin(struct pair *p)
{
	p->files = open_files();
	assert_int_equal(kept_new_channel(p->ends), 0);
	kept_init(&p->k, p->ends[0]);
}

static void end(struct pair *p)
{
	kept_free(&p->k);
	close(p->ends[0]);
	close(p->ends[1]);
	assert_int_equal(open_files(), p->files);
}

/* The next message at the other end. */
static struct kept_message *next(struct pair *p)
{
	static struct kept_message m;

	assert_int_equal(poll(&(struct pollfd){.fd = p->ends[1], .events = POLLIN}, 1, 0), 1);
	assert_int_equal(kept_receive(p->ends[1], &m), 1);
	return &m;
}

static void next_is(struct pair *p, char verb, const char *text, int like)
{
	const struct kept_message *m = next(p);

	assert_int_equal(m->verb, verb);
	assert_string_equal(m->text, text);
	assert_int_equal(m->fd >= 0, like >= 0);
	if (like < 0)
		return;
	assert_true(same_file(m->fd, like));
	assert_int_equal(fcntl(m->fd, F_GETFD), FD_CLOEXEC);
	close(m->fd);
}

static void no_more(const struct pair *p)
{
	assert_int_equal(poll(&(struct pollfd){.fd = p->ends[1], .events = POLLIN}, 1, 0), 0);
}

static void test_hold_and_drop(void **state)
{
	const int a = new_file(), b = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	kept_hold(&p.k, "disk web xvda", a);
	next_is(&p, KEPT_HOLD, "disk web xvda", a);
	/* Another file instead of the first; both stay the caller's. */
	kept_hold(&p.k, "disk web xvda", b);
	next_is(&p, KEPT_HOLD, "disk web xvda", b);
	assert_int_equal(p.k.n, 1);
	kept_drop(&p.k, "disk web xvda");
	next_is(&p, KEPT_DROP, "disk web xvda", -1);
	assert_int_equal(p.k.n, 0);
	assert_true(is_open(a) && is_open(b));
	/* What is not kept is no change. */
	kept_drop(&p.k, "disk web xvda");
	no_more(&p);
	assert_false(p.k.cut);
	end(&p);
	close(a);
	close(b);
}

static void test_nowhere(void **state)
{
	struct pair p;
	const int a = new_file();

	(void)state;
	begin(&p);
	kept_hold(NULL, "a", a);
	kept_drop(NULL, "a");
	kept_sweep(NULL);
	assert_int_equal(kept_take(NULL, "a"), -1);
	/* Without another process the list is kept all the same, for one that comes. */
	p.k.channel = -1;
	kept_hold(&p.k, "a", a);
	assert_int_equal(p.k.n, 1);
	assert_false(p.k.cut);
	no_more(&p);
	end(&p);
	assert_true(is_open(a));
	close(a);
}

static void test_take_and_sweep(void **state)
{
	const int held = new_file(), came = new_file(), left = new_file(), again = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	kept_hold(&p.k, "held", held);
	assert_int_equal(kept_came(&p.k, "came", came), 0);
	assert_int_equal(kept_came(&p.k, "left", left), 0);
	next_is(&p, KEPT_HOLD, "held", held);
	no_more(&p); /* the other process has what came from it */
	/* Only what came can be taken, and once. */
	assert_int_equal(kept_take(&p.k, "held"), -1);
	assert_int_equal(kept_take(&p.k, "none"), -1);
	assert_int_equal(kept_take(&p.k, "came"), came);
	assert_int_equal(kept_take(&p.k, "came"), -1);
	/* A second one of a name takes the place of the first, which nobody has taken. */
	assert_int_equal(kept_came(&p.k, "left", again), 0);
	assert_false(is_open(left));
	kept_sweep(&p.k);
	assert_false(is_open(again));
	next_is(&p, KEPT_DROP, "left", -1);
	no_more(&p);
	assert_int_equal(p.k.n, 2);
	assert_true(is_open(held) && is_open(came));
	kept_sweep(&p.k);
	no_more(&p);
	close(came); /* the caller's since it was taken */
	close(held);
	p.files -= 3;
	p.files -= 1;
	end(&p);
}

static void test_held_or_dropped_before_taken(void **state)
{
	const int first = new_file(), own = new_file(), second = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	assert_int_equal(kept_came(&p.k, "a", first), 0);
	kept_hold(&p.k, "a", own);
	assert_false(is_open(first));
	assert_int_equal(kept_take(&p.k, "a"), -1);
	assert_int_equal(kept_came(&p.k, "b", second), 0);
	kept_drop(&p.k, "b");
	assert_false(is_open(second));
	next_is(&p, KEPT_HOLD, "a", own);
	next_is(&p, KEPT_DROP, "b", -1);
	p.files -= 2;
	end(&p);
	assert_true(is_open(own));
	close(own);
}

/* Whoever waits for it is freed with the list. */
static void test_free_closes_what_waits(void **state)
{
	const int came = new_file(), taken = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	kept_came(&p.k, "came", came);
	kept_came(&p.k, "taken", taken);
	assert_int_equal(kept_take(&p.k, "taken"), taken);
	kept_free(&p.k);
	assert_false(is_open(came));
	assert_true(is_open(taken));
	close(taken);
	p.files -= 2;
	end(&p);
}

/* As much as goes into the socket, then the rest as it is read, in the order of the list. */
static void test_pump(void **state)
{
	char name[64];
	const int a = new_file();
	const struct kept_message *m;
	unsigned n = 0, sent;
	struct pair p;

	(void)state;
	begin(&p);
	kept_init(&p.k, -1);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		kept_hold(&p.k, name, a);
	}
	assert_int_equal(kept_begin(&p.k, p.ends[0], "again because"), 0);
	assert_false(p.k.cut);
	sent = (unsigned)p.k.sent;
	assert_in_range(sent, 1, 2999);
	assert_int_equal(kept_pump(&p.k), 0); /* it is still full */
	assert_int_equal(p.k.sent, sent);

	/* Changes meanwhile: what is not there yet is told of when it is sent. */
	kept_drop(&p.k, "file 2999");
	kept_hold(&p.k, "file 2998", p.ends[1]);
	assert_false(p.k.cut);
	for (; n < 100; n++) {
		snprintf(name, sizeof(name), "file %u", n);
		next_is(&p, KEPT_HOLD, name, a);
	}
	/* What was sent and is dropped is told; the rest does not move. */
	kept_drop(&p.k, "file 0");
	assert_false(p.k.cut);
	for (;;) {
		kept_pump(&p.k);
		m = next(&p);
		if (m->verb != KEPT_HOLD)
			break;
		snprintf(name, sizeof(name), "file %u", n++);
		assert_string_equal(m->text, name);
		assert_true(same_file(m->fd, n == 2999 ? p.ends[1] : a));
		close(m->fd);
		if (n == sent)
			next_is(&p, KEPT_DROP, "file 0", -1);
	}
	assert_int_equal(n, 2999);
	assert_int_equal(m->verb, KEPT_BEGIN);
	assert_string_equal(m->text, "again because");
	assert_true(p.k.begun);
	assert_int_equal(kept_pump(&p.k), 1);
	no_more(&p);
	end(&p);
	close(a);
}

/* A receiver that does not read is no one to wait for. */
static void test_full(void **state)
{
	const int a = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	for (unsigned i = 0; i < 100000 && !p.k.cut; i++)
		kept_hold(&p.k, "a", a);
	assert_true(p.k.cut);
	assert_int_equal(p.k.n, 1);
	/* Nothing more is said to it, not even when it reads again: it would be incomplete. */
	while (poll(&(struct pollfd){.fd = p.ends[1], .events = POLLIN}, 1, 0) > 0)
		next_is(&p, KEPT_HOLD, "a", a);
	kept_drop(&p.k, "a");
	no_more(&p);
	/* Another one is given everything. */
	kept_hold(&p.k, "b", a);
	assert_int_equal(kept_begin(&p.k, p.ends[0], "keep"), 1);
	assert_false(p.k.cut);
	next_is(&p, KEPT_HOLD, "b", a);
	next_is(&p, KEPT_BEGIN, "keep", -1);
	end(&p);
	close(a);
}

static void test_receiver_gone(void **state)
{
	const int a = new_file();
	struct kept_message m;
	struct pair p;

	(void)state;
	begin(&p);
	close(p.ends[1]);
	kept_hold(&p.k, "a", a);
	assert_true(p.k.cut);
	assert_int_equal(kept_begin(&p.k, p.ends[0], "again"), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(kept_pump(&p.k), -1);
	assert_int_equal(kept_send(p.ends[0], KEPT_UP, "", -1), -1);
	assert_int_equal(kept_receive(p.ends[0], &m), 0);
	assert_int_equal(m.fd, -1);
	p.ends[1] = dup(p.ends[0]);
	end(&p);
	close(a);
}

static void test_long_names(void **state)
{
	static char name[KEPT_TEXT_MAX + 2];
	const int a = new_file();
	struct pair p;

	(void)state;
	begin(&p);
	memset(name, 'n', KEPT_TEXT_MAX);
	kept_hold(&p.k, name, a);
	assert_false(p.k.cut);
	next_is(&p, KEPT_HOLD, name, a);
	name[KEPT_TEXT_MAX] = 'n';
	assert_int_equal(kept_send(p.ends[0], KEPT_DROP, name, -1), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	kept_hold(&p.k, name, a);
	assert_true(p.k.cut);
	no_more(&p);
	end(&p);
	close(a);
}

/* Any bytes, with so many files: what a sender with other rules would send. */
static void say(const struct pair *p, const void *data, size_t len, unsigned files)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} rights;
	struct iovec part = {(void *)(uintptr_t)data, len};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	int *fds = (int *)(void *)CMSG_DATA(&rights.head);

	memset(&rights, 0, sizeof(rights));
	if (files) {
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(files * sizeof(int));
		for (unsigned i = 0; i < files; i++)
			fds[i] = p->ends[0];
		h.msg_control = &rights;
		h.msg_controllen = CMSG_SPACE(files * sizeof(int));
	}
	assert_int_equal(sendmsg(p->ends[0], &h, 0), (ssize_t)len);
}

static void is_none(const struct pair *p)
{
	const unsigned files = open_files();
	struct kept_message m;

	assert_int_equal(kept_receive(p->ends[1], &m), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(m.fd, -1);
	assert_int_equal(open_files(), files);
}

/* Nothing of what is no message stays open, and the next one is taken. */
static void test_no_messages(void **state)
{
	static char bytes[KEPT_TEXT_MAX + 100];
	struct pair p;

	(void)state;
	begin(&p);
	say(&p, "hname", 5, 0); /* a file that is none */
	is_none(&p);
	say(&p, "dname", 5, 1); /* a file where there is to be none */
	is_none(&p);
	say(&p, "u", 1, 1);
	is_none(&p);
	for (unsigned files = 2; files <= 4; files++) {
		say(&p, "hname", 5, files);
		is_none(&p);
		say(&p, "dname", 5, files);
		is_none(&p);
	}
	memset(bytes, 'd', sizeof(bytes));
	say(&p, bytes, KEPT_TEXT_MAX + 2, 0); /* cut */
	is_none(&p);
	say(&p, bytes, KEPT_TEXT_MAX + 100, 1);
	is_none(&p);
	say(&p, bytes, KEPT_TEXT_MAX + 1, 0);
	assert_int_equal(strlen(next(&p)->text), KEPT_TEXT_MAX);
	/* A verb of another version is the receiver's to pass over. */
	say(&p, "?what", 5, 0);
	assert_int_equal(next(&p)->verb, '?');
	/* What is behind a NUL is none of the name. */
	say(&p, "da\0b", 4, 0);
	assert_string_equal(next(&p)->text, "a");
	no_more(&p);
	end(&p);
}

static void test_nobody_says_anything(void **state)
{
	struct kept_message m;
	struct pair p;

	(void)state;
	begin(&p);
	assert_int_equal(fcntl(p.ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(kept_receive(p.ends[1], &m), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(kept_receive(p.ends[0] + 1000, &m), -1);
	assert_int_equal(errno, EBADF);
	end(&p);
}

static void test_receive_all(void **state)
{
	const int a = new_file(), b = new_file();
	static char why[KEPT_TEXT_MAX + 1];
	struct kept other;
	struct pair p;
	struct err e;
	int fd;

	(void)state;
	begin(&p);
	kept_init(&p.k, -1);
	kept_hold(&p.k, "a", a);
	kept_hold(&p.k, "b", b);
	assert_int_equal(kept_begin(&p.k, p.ends[0], "fell did not come up"), 1);
	kept_init(&other, -1);
	assert_int_equal(kept_receive_all(&other, p.ends[1], why, &e), 0);
	assert_string_equal(why, "fell did not come up");
	assert_int_equal(other.n, 2);
	fd = kept_take(&other, "b");
	assert_true(same_file(fd, b));
	close(fd);
	kept_free(&other);

	/* Half of it, and no more comes. */
	kept_send(p.ends[0], KEPT_HOLD, "a", a);
	shutdown(p.ends[0], SHUT_WR);
	assert_int_equal(kept_receive_all(&other, p.ends[1], why, &e), -1);
	assert_string_equal(e.msg, "what is kept did not come: the other end has closed");
	assert_int_equal(other.n, 1);
	kept_free(&other);
	end(&p);

	begin(&p);
	say(&p, "hname", 5, 0);
	assert_int_equal(kept_receive_all(&other, p.ends[1], why, &e), -1);
	kit_good_message(&e);
	end(&p);
	close(a);
	close(b);
}

/* Memory that is short loses what it is short for, and is known. */
static void test_no_memory(void **state)
{
	const int a = new_file();
	struct pair p;

	(void)state;
	for (unsigned n = 1; n < 3; n++) {
		begin(&p);
		fake_alloc_fail_at(n);
		kept_hold(&p.k, "a", a);
		assert_true(fake_alloc_failed());
		assert_true(p.k.cut);
		assert_int_equal(p.k.n, 0);
		fake_alloc_fail_at(n);
		assert_int_equal(kept_came(&p.k, "a", dup(a)), -1);
		assert_int_equal(p.k.n, 0);
		/* The other process would wait for ever. */
		fake_alloc_fail_at(1);
		assert_int_equal(kept_begin(&p.k, p.ends[0], "keep"), 1);
		fake_alloc_fail_at(0);
		end(&p);
	}
	close(a);
}

static void try_channel(struct err *e)
{
	int ends[2];

	child_refuse(SYS_socketpair, EMFILE);
	if (kept_new_channel(ends) < 0)
		err_set(e, "%s", strerror(errno));
}

static void *hold_and_drop(void *arg)
{
	struct pair *p = arg;
	const int fd = new_file();

	for (unsigned i = 0; i < 200; i++) {
		kept_hold(&p->k, "disk web xvda", fd);
		kept_drop(&p->k, "disk web xvda");
	}
	close(fd);
	return NULL;
}

/* Threads go on holding files while there is no other process any more: what gets the number of the
 * channel's file next is none of theirs. */
static void test_left_while_used(void **state)
{
	struct kept_message m;
	struct pair p;
	pthread_t threads[3];
	int channel, other[2];

	(void)state;
	begin(&p);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, &p), 0);
	while (kept_receive(p.ends[1], &m) > 0 && m.verb != KEPT_DROP)
		if (m.fd >= 0)
			close(m.fd);
	channel = kept_leave(&p.k);
	assert_int_equal(channel, p.ends[0]);
	assert_true(kept_is_cut(&p.k));
	assert_int_equal(kept_leave(&p.k), -1);
	close(channel);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, other), 0);
	assert_true(other[0] == channel || other[1] == channel);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(recv(other[i], &m, sizeof(m), MSG_DONTWAIT), -1);
	p.ends[0] = other[0];
	close(other[1]);
	end(&p);
}

static void test_no_channel(void **state)
{
	(void)state;
	assert_string_equal(child_says(try_channel), strerror(EMFILE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_and_drop),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_take_and_sweep),
		cmocka_unit_test(test_held_or_dropped_before_taken),
		cmocka_unit_test(test_free_closes_what_waits),
		cmocka_unit_test(test_pump),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_receiver_gone),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_no_messages),
		cmocka_unit_test(test_nobody_says_anything),
		cmocka_unit_test(test_receive_all),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_left_while_used),
		cmocka_unit_test(test_no_channel),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
