/*
 * A hypervisor with one domain, in place of Xen's libraries. Its state is in shared memory, so that
 * a test can play the guest while the device model runs in another process.
 */
#ifndef EARLYDOM_MODEL_FAKE_H
#define EARLYDOM_MODEL_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/xen.h>
#include <xen/hvm/ioreq.h>

#define FAKE_DOMID  7
#define FAKE_VCPUS  2
#define FAKE_PAGES  2      /* of memory, from FAKE_GFN on */
#define FAKE_GFN    0x1000 /* page frame of the first */
#define FAKE_REMOTE 40     /* vcpu 0's event channel in the guest; vcpu 1 has the next */
#define FAKE_RANGES 8

struct fake {
	struct ioreq slots[128];
	uint8_t memory[FAKE_PAGES * 4096];

	unsigned vcpus;
	bool gone; /* the domain is being destroyed */
	unsigned calls;
	unsigned fail_at; /* the n-th call fails (from 1), with that errno; 0: none */
	int fail_errno;

	bool created, enabled, restricted, mapped, shut_down;
	unsigned handles, pages;
	unsigned nr_ranges;
	uint16_t first[FAKE_RANGES], last[FAKE_RANGES];
	unsigned bound;
	bool masked[FAKE_VCPUS];

	uint8_t irq;
	bool level, level_set;
	unsigned edges; /* changes from low to high */
	unsigned reason;

	int event[2];  /* pipe: ports that are pending */
	int notice[2]; /* pipe: a byte for each vcpu that is notified, its number */
	pid_t owner;   /* whose these are: a model that has closed all files has them from there */

	/* Whether powers and system calls are given up for real. With the sanitizers, or in a
	 * process that is not root's, they can't be; then it is only known that they were. */
	bool confines;
	bool gave_up, filtered;
	bool breaks_out; /* the libraries make a call that is nobody's business at the next notice
			  */
};

extern struct fake *fake;

/* Everything as after the domain was made, and nothing confines. */
void fake_reset(void);

/* Whether it can be confined for real here: with musl alone, and by root. Says so where the latter
 * is missing. */
bool fake_may_confine(void);

/* In place of model_config_parse; NULL for that itself. */
struct model_config;
struct diag;
typedef size_t fake_parse(const char *file, const char *text, size_t len, struct model_config *out,
			  struct diag *d);
extern fake_parse *fake_parses;

/* Whether nothing is held any more. */
bool fake_clean(void);

/* The vcpu's event channel fires. */
void fake_fire(unsigned vcpu);

/* Puts a request into the vcpu's slot, as Xen does. */
void fake_request(unsigned vcpu, struct ioreq r);

/* The same, fires, and waits for at most 10 s for the answer. Returns its data. */
uint64_t fake_io(unsigned vcpu, struct ioreq r);

/* One port access of a guest. */
uint64_t fake_in(uint16_t port, unsigned size);
void fake_out(uint16_t port, unsigned size, uint64_t value);

#endif
