/* What the files of the fake share. */
#ifndef EARLYDOM_FAKE_STATE_H
#define EARLYDOM_FAKE_STATE_H

#include "fake.h"

struct xc_interface_core {
	xentoollog_logger *logger;
};

/*
 * Begins a call: takes the lock and counts it. False when it is to fail, with errno set. fake_leave
 * ends it and returns rc, with errno as it was; fake_leave_ptr likewise.
 */
bool fake_enter(const char *name);
/* The same, and finds the domain: ESRCH when it is not there (or is dying). */
struct fake_domain *fake_enter_domain(const char *name, uint32_t domid);
int fake_leave(int rc);
void *fake_leave_ptr(void *p);

/* For calls that can't fail. */
void fake_lock(void);
void fake_unlock(void);

/* Fails a call that broke no rule: sets errno, unlocks, returns -1. */
int fake_refuse(int errnum);

/* Notes a broken rule of order. */
void fake_broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says an error to the logger of xch, as libxenguest does. */
void fake_log(xc_interface *xch, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The pool with that number, or NULL. */
const struct fake_pool *fake_pool(uint32_t id);

/*
 * Called under the lock: these take and give back memory of the host, and end a domain that nothing
 * holds any more.
 */
bool fake_take(struct fake_domain *d, uint64_t kib);
struct fake_domain *fake_find(uint32_t domid);
void fake_image_count(int change);
unsigned fake_evtchn_leaks(FILE *to);
void fake_evtchn_reset(void);
unsigned fake_call_leaks(FILE *to);
void fake_call_reset(void);
unsigned fake_store_leaks(FILE *to);
void fake_store_reset(void);
unsigned fake_devices_leaks(FILE *to);
void fake_devices_reset(void);
void fake_store_empty(void);            /* every node, and what it knows of domains */
void fake_store_forget(uint32_t domid); /* every node of a domain */
void fake_store_ended(uint32_t domid);  /* xenstored hears that it has shut down, or is gone */
void fake_raise(uint32_t domid, uint32_t remote_port);

/* Zeroed memory that is not counted and does not fail on request. */
void *fake_calloc(size_t n, size_t size);
int __real_munmap(void *addr, size_t length);

#endif
