#include "seccomp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The numbers of all calls, as intervals with one verdict: a call that is looked at closer has one
 * of its own. The program is a tree: a node asks whether the call's number is below that of the
 * middle interval, and a leaf goes through LEAF of them. It is short, because the kernel translates
 * it when it is installed, and goes through it once for each number that there is, to remember
 * those that are always allowed (seccomp_cache_prepare): with a line for each call that takes a
 * millisecond for the supervisor.
 */
#define LEAF 8

struct interval {
	uint32_t first; /* it ends where the next one begins */
	uint32_t verdict;
	const struct seccomp_rule *rule; /* NULL: verdict is all of it */
};

struct build {
	const struct seccomp_rule *rules[SECCOMP_RULES_MAX]; /* by number */
	size_t n;
	struct interval intervals[2 * SECCOMP_RULES_MAX + 1];
	size_t nr_intervals;
	uint32_t unlisted; /* what becomes of calls that are on no list */
	uint32_t refused;  /* and of those whose arguments are others */
	struct seccomp_filter *out;
	bool full;
};

static void put(struct build *b, struct sock_filter i)
{
	if (b->out->n == SECCOMP_CODE_MAX) {
		b->full = true;
		return;
	}
	b->out->code[b->out->n++] = i;
}

static void put_return(struct build *b, uint32_t what)
{
	put(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

static void put_load(struct build *b, size_t offset)
{
	put(b, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Goes on behind the next n instructions unless the comparison holds. */
static void put_unless(struct build *b, int how, uint32_t value, uint8_t n)
{
	put(b, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | how | BPF_K), value, 0, n));
}

/* The lower half of an argument: numbers are little-endian on all that Xen runs on. */
static void put_load_argument(struct build *b, unsigned arg)
{
	put_load(b, offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t));
}

/* What becomes of a call with this number, where its arguments do not matter. */
static bool is_simple(const struct seccomp_rule *r, uint32_t *verdict)
{
	switch (r->check) {
	case SECCOMP_ANY:
		*verdict = SECCOMP_RET_ALLOW;
		return true;
	case SECCOMP_NOTHING:
		*verdict = SECCOMP_RET_ERRNO | EPERM;
		return true;
	case SECCOMP_UNKNOWN:
		*verdict = SECCOMP_RET_ERRNO | ENOSYS;
		return true;
	case SECCOMP_ASK:
		*verdict = SECCOMP_RET_USER_NOTIF;
		return true;
	case SECCOMP_NEVER:
		*verdict = SECCOMP_END;
		return true;
	case SECCOMP_WITHOUT:
	case SECCOMP_ONE_OF:
		break;
	}
	return false;
}

/* Looks at an argument. Ends in a return in any case. */
static void put_look(struct build *b, const struct seccomp_rule *r)
{
	const bool without = r->check == SECCOMP_WITHOUT;

	put_load_argument(b, r->arg);
	if (without) {
		put_unless(b, BPF_JSET, r->values[0], 1);
		put_return(b, b->refused);
		put_return(b, SECCOMP_RET_ALLOW);
		return;
	}
	/* Each that is equal jumps over the rest, and over the first return. */
	b->full |= r->n > UINT8_MAX;
	for (size_t i = 0; i < r->n; i++)
		put(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->values[i],
						    (uint8_t)(r->n - i), 0));
	put_return(b, b->refused);
	put_return(b, SECCOMP_RET_ALLOW);
}

/* A jump over what comes next, whose length is not known yet: its place. */
static size_t put_jump(struct build *b)
{
	const size_t at = b->out->n;

	put(b, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	return at;
}

static void jump_to_here(struct build *b, size_t jump)
{
	if (!b->full)
		b->out->code[jump].k = (uint32_t)(b->out->n - jump - 1);
}

/* The returns of a leaf: one for each verdict, to which its questions jump. */
static void put_returns(struct build *b, size_t first, const size_t questions[LEAF], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_there = b->intervals[first + i].rule;

		for (size_t k = 0; k < i && !is_there; k++)
			is_there =
				!b->intervals[first + k].rule &&
				b->intervals[first + k].verdict == b->intervals[first + i].verdict;
		if (is_there)
			continue;
		for (size_t k = i; k < n && !b->full; k++)
			if (!b->intervals[first + k].rule &&
			    b->intervals[first + k].verdict == b->intervals[first + i].verdict)
				b->out->code[questions[k]].jf =
					(uint8_t)(b->out->n - questions[k] - 1);
		put_return(b, b->intervals[first + i].verdict);
	}
}

/* Each interval but the last asks whether the number is behind it. */
static void put_leaf(struct build *b, size_t first, size_t n)
{
	const struct interval *last = &b->intervals[first + n - 1];
	size_t questions[LEAF], looks[LEAF];

	for (size_t i = 0; i + 1 < n; i++) {
		const struct interval *v = &b->intervals[first + i];

		questions[i] = b->out->n;
		put(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, v[1].first,
						    v->rule ? 1 : 0, 0));
		if (v->rule)
			looks[i] = put_jump(b);
	}
	if (last->rule)
		put_look(b, last->rule);
	else
		put_return(b, last->verdict);
	put_returns(b, first, questions, n - 1);
	for (size_t i = 0; i + 1 < n; i++) {
		if (!b->intervals[first + i].rule)
			continue;
		jump_to_here(b, looks[i]);
		put_look(b, b->intervals[first + i].rule);
	}
}

static void put_tree(struct build *b, size_t first, size_t n)
{
	const size_t low = n / 2;
	size_t jump;

	if (n <= LEAF) {
		put_leaf(b, first, n);
		return;
	}
	put_unless(b, BPF_JGE, b->intervals[first + low].first, 1);
	jump = put_jump(b);
	put_tree(b, first, low);
	jump_to_here(b, jump);
	put_tree(b, first + low, n - low);
}

/* Begins an interval, unless the one before has the same verdict. */
static void begin_interval(struct build *b, uint32_t first, uint32_t verdict,
			   const struct seccomp_rule *rule)
{
	struct interval *v;

	if (b->nr_intervals && b->intervals[b->nr_intervals - 1].first == first)
		b->nr_intervals--; /* it was empty */
	v = &b->intervals[b->nr_intervals];
	if (b->nr_intervals && !rule && !v[-1].rule && v[-1].verdict == verdict)
		return;
	*v = (struct interval){first, verdict, rule};
	b->nr_intervals++;
}

static void list_intervals(struct build *b)
{
	b->nr_intervals = 0;
	begin_interval(b, 0, b->unlisted, NULL);
	for (size_t i = 0; i < b->n; i++) {
		const uint32_t nr = (uint32_t)b->rules[i]->nr;
		uint32_t verdict = 0;
		const bool simple = is_simple(b->rules[i], &verdict);

		begin_interval(b, nr, verdict, simple ? NULL : b->rules[i]);
		begin_interval(b, nr + 1, b->unlisted, NULL);
	}
}

/* Adds a rule in its place, unless there is one for its number. */
static void add(struct build *b, const struct seccomp_rule *r)
{
	size_t at = b->n;

	for (size_t i = 0; i < b->n; i++)
		if (b->rules[i]->nr == r->nr)
			return;
	if (b->n == SECCOMP_RULES_MAX) {
		b->full = true;
		return;
	}
	for (; at > 0 && b->rules[at - 1]->nr > r->nr; at--)
		b->rules[at] = b->rules[at - 1];
	b->rules[at] = r;
	b->n++;
}

/* strange: what becomes of calls of another kind. */
static bool build(struct build *b, const struct seccomp_list *lists, size_t n, uint32_t strange)
{
	b->out->n = b->n = 0;
	b->full = false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lists[i].n; k++)
			add(b, &lists[i].rules[k]);
	put_load(b, offsetof(struct seccomp_data, arch));
	put(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch, 1, 0));
	put_return(b, strange);
	put_load(b, offsetof(struct seccomp_data, nr));
	if (b->unlisted != strange) {
		put_unless(b, BPF_JGE, seccomp_beyond, 1);
		put_return(b, strange);
	}
	list_intervals(b);
	put_tree(b, 0, b->nr_intervals);
	return !b->full;
}

bool seccomp_build(const struct seccomp_list *lists, size_t n, uint32_t otherwise,
		   struct seccomp_filter *out)
{
	struct build b; /* large: not cleared */

	b.unlisted = b.refused = otherwise;
	b.out = out;
	return build(&b, lists, n, otherwise);
}

bool seccomp_build_denying(const struct seccomp_list *lists, size_t n, struct seccomp_filter *out)
{
	struct build b; /* large: not cleared */

	b.unlisted = SECCOMP_RET_ALLOW;
	b.refused = SECCOMP_RET_ERRNO | EPERM;
	b.out = out;
	return build(&b, lists, n, SECCOMP_END);
}

/* Returns what the call does, with errno set where that is -1. */
static long install(const struct seccomp_filter *f, unsigned flags)
{
	const struct sock_fprog program = {.len = (unsigned short)f->n,
					   .filter = (struct sock_filter *)(uintptr_t)f->code};

	if (!f->n) {
		errno = EINVAL;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

bool seccomp_install(const struct seccomp_filter *f, bool all_threads)
{
	const long rc = install(f, all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0);

	if (rc > 0) /* the thread that could not be taken along */
		errno = ESRCH;
	return rc == 0;
}

int seccomp_install_asking(const struct seccomp_filter *f)
{
	return (int)install(f, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/* The kernel's structures may be longer than those that are known here. */
union room {
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;
	char bytes[1024];
};

static bool there_is_room(void)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return false;
	errno = E2BIG;
	return sizes.seccomp_notif <= sizeof(union room) &&
	       sizes.seccomp_notif_resp <= sizeof(union room);
}

static bool wait_for_call(int listener, int end)
{
	struct pollfd p[2] = {{.fd = listener, .events = POLLIN}, {.fd = end, .events = POLLIN}};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	errno = EPIPE;
	return p[0].revents & POLLIN;
}

bool seccomp_let_one(int listener, int end)
{
	union room call = {.bytes = {0}}, answer = {.bytes = {0}};

	if (!there_is_room() || !wait_for_call(listener, end))
		return false;
	while (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		if (errno != EINTR)
			return false;
	answer.answer.id = call.call.id;
	answer.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}
