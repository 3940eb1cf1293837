#include "boot_end.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/build/holdings.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/host/dom0_weight.h"
#include "free_initramfs.h"

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

/* What needs the initramfs's files by path and may be wanted later: modules, and the files of the
 * device models of guests that were not selected (those of the others are kept already). */
static void take_along(const struct units *all, const struct own_root *r)
{
	unsigned modules = 0;
	struct err e;

	for (size_t i = 0; i < all->n; i++) {
		const struct guest *g = &all->list[i].guest;

		/* One that holds its devices has its modules; a thread's guest has, too. */
		if (!unit_busy(&all->list[i]) && !g->disks && !g->vifs)
			modules |= guest_modules(g->cfg);
	}
	for (size_t i = 0; i < all->nr_others; i++) {
		modules |= guest_modules(&all->others[i]);
		if (devmodel_files_keep(r, &all->others[i], &e) < 0)
			report_line(all->report, "%s, if it is started later: %s",
				    all->others[i].name, e.msg);
	}
	if (guest_modules_load(modules, &e) < 0)
		report_line(all->report, "for guests that are started later: %s", e.msg);
}

static void enter_own_root(struct boot_end *b, struct units *all)
{
	struct err e;

	b->left = true;
	if (!b->own_root)
		return;
	if (own_root_enter(b->own_root, &e) < 0) {
		report_line(all->report,
			    "after the switch to the real root, devices are out of reach: %s",
			    e.msg);
		return;
	}
	/* What is opened from here on is the real root's, which process 1 has, or will have. */
	all->images->root = all->disks->root = REAL_ROOT;
}

/* The files of the initramfs go away soon, and with them what is mounted on its directories. */
static void leave_initramfs(struct boot_end *b, struct units *all)
{
	take_along(all, b->own_root);
	free_initramfs(all, all->report);
	enter_own_root(b, all);
}

static void tell_init(struct boot_end *b, struct units *all, bool failed)
{
	const unsigned char status = failed ? 1 : 0;

	if (!b->left)
		leave_initramfs(b, all);
	if (b->status_fd < 0)
		return;
	if (write(b->status_fd, &status, 1) < 0)
		report_line(all->report, "cannot tell init that the boot is over: %s",
			    strerror(errno));
	kept_drop(b->kept, "status");
	close(b->status_fd);
	b->status_fd = -1;
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

void boot_end_look(struct boot_end *b, struct units *all, size_t trouble, uint64_t now)
{
	char names[NAMES_MAX], failed_names[NAMES_MAX];
	size_t failed;

	if (all->over)
		return;
	if (now - all->began >= RAISED_NS)
		boot_end_close(b, all);
	failed = name_those(all, unit_failed_so_far, failed_names) + b->bad;
	if (name_those(all, unit_undecided, names) == 0)
		say_over(b, all, now, failed, failed_names);
	else if (b->status_fd >= 0 && b->bounded && now >= b->until)
		say_late(b, all);
	else
		return;
	tell_init(b, all, failed || trouble);
}

void boot_end_adopt(struct boot_end *b, struct units *all)
{
	if (!b->left)
		return;
	b->left = false;
	enter_own_root(b, all);
	tell_init(b, all, false);
}

uint64_t boot_end_due(const struct boot_end *b, const struct units *all)
{
	const uint64_t raised = b->raised ? all->began + RAISED_NS : UINT64_MAX;

	if (all->over)
		return UINT64_MAX;
	return b->status_fd >= 0 && b->bounded && b->until < raised ? b->until : raised;
}
