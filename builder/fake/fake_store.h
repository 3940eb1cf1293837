/*
 * A store for the tests: the calls of libxenstore that the program makes, over one tree in memory
 * with permissions and transactions, and dom0's kernel with its back ends behind it.
 *
 * Calls are counted and fail on request like all others of the fake (fake.h). fake_leaks tells of
 * handles and transactions that are open, and of nodes that belong to a domain that is no more.
 * fake_reset leaves no store: xs_open fails until `running` is set.
 */
#ifndef EARLYDOM_FAKE_STORE_H
#define EARLYDOM_FAKE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenstore.h>

struct fake_store {
	bool running; /* xenstored is there; taken away, every call fails */
	/*
	 * What dom0's kernel does with back ends: new ones go to InitWait (true after fake_reset);
	 * they connect when their front ends have, and close when these are gone and it is
	 * asked for; `stuck` keeps them from closing.
	 */
	bool back_ends, stuck;
	const char
		*real_watch; /* where a xenstored of the test's listens, whose watches are real */
	unsigned collisions; /* so many commits fail with EAGAIN */
	/* What xenstored of Xen 4.21 and later was told of domains: "1:features=12 1:nodes=9 ".
	 * It has the features 13, and the quotas "nodes" and "watches". */
	char told[128];
};
struct fake_store *fake_store(void);

/* What others do, the guest or dom0's kernel or a toolstack. */
void fake_store_write(const char *path, const char *value);
void fake_store_remove(const char *path);
void fake_store_connect(uint32_t domid); /* all front ends of a guest say Connected */

/* A node's value, in one of a few buffers that take turns; NULL where there is no such node. */
const char *fake_store_read(const char *path);
/* Whether xenstored was told of the domain (XS_INTRODUCE): true until the domain is gone. */
bool fake_store_introduced(uint32_t domid);
/*
 * The nodes at and below a path, sorted, as `xenstore-ls -fp` prints them: a line
 * `PATH = "VALUE"   (PERMISSIONS)` each. For free().
 */
char *fake_store_list(const char *path);

#endif
