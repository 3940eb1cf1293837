/*
 * The end of dom0's boot, as far as guests go: init is told that it may go on, and the supervisor
 * leaves the initramfs. That is when every guest has been tried once, or when the time for it is
 * over; guests that are not up by then come up behind the boot.
 */
#ifndef EARLYDOM_BOOT_END_H
#define EARLYDOM_BOOT_END_H

#include "builder/host/own_root.h"
#include "leave_initramfs.h"
#include "supervise_options.h"
#include "unit.h"

struct boot_end {
	bool bounded;
	uint64_t until; /* ns; when init is told at the latest, if bounded */
	unsigned wait_s;
	int status_fd; /* -1: init was told */
	const struct own_root *own_root;
	struct kept *kept; /* has the file of status_fd; or NULL */
	bool ending;       /* init is to be told, when that is done: */
	bool failed;       /* what it is told */
	struct leaving leaving;
	bool begun;  /* that is */
	bool left;   /* the initramfs, and the own root is entered */
	bool raised; /* dom0's weight is */
	size_t bad;  /* guests that failed before there was a supervisor */
};

/* now is when the supervisor began, ns; status_fd becomes this one's. */
void boot_end_begin(struct boot_end *b, const struct supervise_options *o, size_t bad,
		    uint64_t now);

/* While the boot lasts, dom0 goes before the guests (dom0_weight.h): from the first build on, until
 * every guest has been tried, for two minutes, or until boot_end_close. What can't be had of that
 * is said. */
void boot_end_raise(struct boot_end *b, const struct units *all);
void boot_end_close(struct boot_end *b, const struct units *all);

/*
 * Does what is due: to be called on each turn of the loop. trouble is what went wrong with other
 * things than guests. all->over is set when every guest has been tried.
 */
void boot_end_look(struct boot_end *b, struct units *all, size_t trouble, uint64_t now);

/* When that has something to do though nothing happens, ns, 0 for soon; UINT64_MAX for no time. */
uint64_t boot_end_due(const struct boot_end *b, const struct units *all);

/* For a supervisor that takes over, before it opens a file: all->began is that of the first one,
 * and it may begin where the one before had gone. */
void boot_end_adopt(struct boot_end *b, struct units *all);

#endif
