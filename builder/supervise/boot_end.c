#include "boot_end.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/host/dom0_weight.h"

/* How long dom0 goes before the guests at most: one may wait for a disk for hours. */
#define RAISED_NS (120 * NS_PER_S)

/* What a line about guests can name of them. */
#define NAMES_MAX 256

void boot_end_begin(struct boot_end *b, const struct supervise_options *o, size_t bad, uint64_t now)
{
	*b = (struct boot_end){
		.bounded = o->bounded,
		.wait_s = o->wait_s,
		.until = now + o->wait_s * NS_PER_S,
		.status_fd = o->status_fd,
		.own_root = o->own_root,
		.kept = o->kept,
		.bad = bad,
	};
}

void boot_end_raise(struct boot_end *b, const struct units *all)
{
	struct err e;

	b->raised = true;
	if (dom0_weight_raise(all->host, all->run, &e) < 0)
		report_line(all->report, "%s", e.msg);
}

void boot_end_close(struct boot_end *b, const struct units *all)
{
	struct err e;

	if (b->raised && dom0_weight_restore(all->host, all->run, &e) < 0)
		report_line(all->report, "%s", e.msg);
	b->raised = false;
}

/* Names those for which `is` is true, a blank in front of each. Returns how many there are. */
static size_t name_those(const struct units *all, bool (*is)(const struct unit *u),
			 char names[NAMES_MAX])
{
	size_t n = 0, len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < all->n; i++) {
		if (!is(&all->list[i]))
			continue;
		n++;
		if (len < NAMES_MAX)
			len += (size_t)snprintf(names + len, NAMES_MAX - len, " %s",
						unit_name(&all->list[i]));
	}
	return n;
}

/* What is opened from here on is the real root's, which process 1 has, or will have. */
static void use_real_root(struct units *all)
{
	all->images->root = all->disks->root = REAL_ROOT;
}

static void enter_own_root(struct boot_end *b, struct units *all)
{
	struct err e;

	b->left = true;
	if (!b->own_root)
		return;
	if (own_root_enter(b->own_root, all->starter, &e) < 0) {
		report_line(all->report,
			    "after the switch to the real root, devices are out of reach: %s",
			    e.msg);
		return;
	}
	use_real_root(all);
	/* It could start no other supervisor in a root that is emptied. One that is not told is
	 * replaced. */
	kept_tell(b->kept, KEPT_LEFT);
}

/* The files of the initramfs go away soon, and with them what is mounted on its directories.
 * Returns whether it is left; else again, when an errand has come back. */
static bool leave_initramfs(struct boot_end *b, struct units *all)
{
	if (b->left)
		return true;
	all->root_moves = true;
	if (!b->begun) {
		if (errands_by_path(all->errands))
			return false;
		leaving_begin(&b->leaving, all);
		b->begun = true;
	}
	if (!leaving_over(&b->leaving))
		return false;
	enter_own_root(b, all);
	all->root_moves = false;
	return true;
}

/* Goes on with it until init is told. */
static void tell_init(struct boot_end *b, struct units *all)
{
	const unsigned char status = b->failed ? 1 : 0;

	if (!leave_initramfs(b, all))
		return;
	b->ending = false;
	if (b->status_fd < 0)
		return;
	/* EPIPE: who waited for it waits no longer, by its own limit or because it was killed. */
	if (write(b->status_fd, &status, 1) < 0 && errno != EPIPE)
		report_line(all->report, "cannot tell init that the boot is over: %s",
			    strerror(errno));
	kept_drop(b->kept, "status");
	close(b->status_fd);
	b->status_fd = -1;
}

static void end_boot(struct boot_end *b, struct units *all, bool failed)
{
	b->ending = true;
	b->failed = failed;
	tell_init(b, all);
}

/* Every guest has been tried once. */
static void say_over(struct boot_end *b, struct units *all, uint64_t now, size_t failed,
		     const char *names)
{
	const size_t total = all->n + b->bad;

	all->over = now;
	boot_end_close(b, all);
	report_line(all->report, "%zu of %zu guest%s %s in %llu ms%s%s", total - failed, total,
		    total == 1 ? "" : "s", all->paused ? "built" : "started",
		    (unsigned long long)((all->over - all->began) / NS_PER_MS),
		    names[0] ? "; failed:" : "", names);
}

/* Some have not, and init waits no longer. */
static void say_late(const struct boot_end *b, const struct units *all)
{
	char names[NAMES_MAX], within[32] = "";
	const size_t n = name_those(all, unit_undecided, names);

	if (b->wait_s)
		snprintf(within, sizeof(within), " within %u s", b->wait_s);
	report_line(all->report, "dom0's boot goes on; %zu of %zu guest%s not up%s:%s", n,
		    all->n + b->bad, all->n + b->bad == 1 ? "" : "s", within, names);
}

/* The supervisor before may have ended just when every guest had been tried. */
static void resume(struct boot_end *b, struct units *all, size_t trouble)
{
	char names[NAMES_MAX];

	if (b->ending || (b->left && b->status_fd < 0))
		return;
	end_boot(b, all, name_those(all, unit_failed_so_far, names) + b->bad + trouble);
}

void boot_end_look(struct boot_end *b, struct units *all, size_t trouble, uint64_t now)
{
	char names[NAMES_MAX], failed_names[NAMES_MAX];
	size_t failed;

	if (b->ending)
		tell_init(b, all);
	if (all->over) {
		resume(b, all, trouble);
		return;
	}
	if (now - all->began >= RAISED_NS)
		boot_end_close(b, all);
	failed = name_those(all, unit_failed_so_far, failed_names) + b->bad;
	if (name_those(all, unit_undecided, names) == 0)
		say_over(b, all, now, failed, failed_names);
	else if (!b->ending && b->status_fd >= 0 && b->bounded && now >= b->until)
		say_late(b, all);
	else
		return;
	end_boot(b, all, failed || trouble);
}

void boot_end_adopt(struct boot_end *b, struct units *all)
{
	b->until = all->began + b->wait_s * NS_PER_S;
	if (!b->own_root || !own_root_entered(b->own_root))
		return;
	b->left = true;
	use_real_root(all);
}

uint64_t boot_end_due(const struct boot_end *b, const struct units *all)
{
	const uint64_t raised = b->raised ? all->began + RAISED_NS : UINT64_MAX;

	if (all->leaving)
		return UINT64_MAX;
	if (b->ending && leaving_over(&b->leaving) && !errands_by_path(all->errands))
		return 0;
	if (all->over)
		return UINT64_MAX;
	return b->status_fd >= 0 && b->bounded && b->until < raised ? b->until : raised;
}
