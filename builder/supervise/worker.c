#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "builder/build/create.h"
#include "builder/build/life.h"
#include "builder/store/store_link.h"

/* What a thread may take of dom0's memory: an unpacked kernel is some 64 MiB, and dom0 needs the
 * rest for its own start. */
#define MIB_EACH 256

unsigned worker_number(unsigned vcpus, uint64_t mib, size_t guests)
{
	/* Rounded: dom0's kernel has kept some of what dom0_mem= gave it. */
	const uint64_t by_memory = (mib + MIB_EACH / 2) / MIB_EACH;
	uint64_t n = vcpus < WORKERS_MAX ? vcpus : WORKERS_MAX;

	if (n > by_memory)
		n = by_memory;
	if (n > guests)
		n = guests;
	return n ? (unsigned)n : 1;
}

/* The store can be lost after the job took hold of it. The end of a domain that has shut down is
 * put off then (unit_look.c). Any other is to go all the same: with the store as it is known now.
 */
static int destroy(struct job *j, struct host *h)
{
	const int rc = guest_destroy(j->guest, h, &j->err);

	if (rc == 0 || !j->err.passing || !j->guest->in_store || guest_has_shut_down(j->guest, h))
		return rc;
	store_handle(h);
	return guest_destroy(j->guest, h, &j->err);
}

static int run(struct job *j, struct host *h)
{
	j->old_left = false;
	if (j->kind == JOB_START)
		return guest_build(j->guest, h, &j->err);
	if (destroy(j, h) < 0) {
		j->old_left = j->guest->domid != NO_DOMAIN;
		return -1;
	}
	if (j->kind == JOB_DESTROY)
		return 0;
	guest_plan_restart(j->guest);
	return guest_build(j->guest, h, &j->err);
}

/* Reserves memory for the job that begins: under the lock, so in the jobs' order. A restart
 * reserves before its old domain is destroyed, so that nobody else gets the memory that this frees.
 */
static void reserve(struct worker *w, const struct job *j, struct host *h)
{
	const bool builds = j->kind != JOB_DESTROY;

	reservation_make(&w->shared.memory, &h->reservation,
			 builds ? create_need_kib(j->guest->cfg, h) : 0);
}

static void append(struct job ***end, struct job *j)
{
	j->next = NULL;
	**end = j;
	*end = &j->next;
}

/* Threads whose job is late, and those whose job is not. Under the lock. */
static unsigned count(const struct worker *w, bool late)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n; i++)
		n += w->threads[i].job && w->threads[i].job->late == late;
	return n;
}

/* Whether the next job is to wait. Under the lock. */
static bool waits(const struct worker *w)
{
	return !w->todo || w->waits || count(w, false) >= w->usual;
}

/* The next job that is to be begun, once there is one; NULL when there will be none. */
static struct job *begin(struct worker_thread *t)
{
	struct worker *w = t->worker;
	struct job *j;

	pthread_mutex_lock(&w->lock);
	while (waits(w) && !w->stop)
		pthread_cond_wait(&w->wake, &w->lock);
	j = w->todo;
	if (j) {
		w->todo = j->next;
		if (!w->todo)
			w->todo_end = &w->todo;
		reserve(w, j, t->host);
		j->began = clock_ns();
	}
	t->job = j;
	pthread_mutex_unlock(&w->lock);
	return j;
}

static void finish(struct worker_thread *t)
{
	struct worker *w = t->worker;

	reservation_end(&w->shared.memory, &t->host->reservation);
	pthread_mutex_lock(&w->lock);
	append(&w->done_end, t->job);
	t->job = NULL;
	eventfd_write(w->done_fd, 1);
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	struct worker_thread *t = arg;
	struct worker *w = t->worker;
	struct job *j;

	while ((j = begin(t))) {
		store_handle(t->host);
		j->rc = run(j, t->host);
		finish(t);
		host_tidy(t->host);
	}
	pthread_mutex_lock(&w->lock);
	w->live--;
	pthread_cond_signal(&w->ended);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Returns false when a thread hangs. */
static bool end_threads(struct worker *w)
{
	bool all;

	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->wake);
	while (w->live > count(w, true))
		pthread_cond_wait(&w->ended, &w->lock);
	all = !w->live;
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; all && i < w->n; i++) {
		pthread_join(w->threads[i].id, NULL);
		w->threads[i].host->shared = NULL;
	}
	return all;
}

static void give_back(struct worker *w)
{
	while (w->nr_more) {
		store_handle_close(&w->more[--w->nr_more]);
		host_close(&w->more[w->nr_more]);
	}
	pthread_cond_destroy(&w->ended);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	build_locks_destroy(&w->shared);
	close(w->done_fd);
}

/* Under the lock. Returns 0 or an errno value. */
static int start_thread(struct worker *w, struct host *host)
{
	struct worker_thread *t = &w->threads[w->n];
	int rc;

	*t = (struct worker_thread){.worker = w, .host = host};
	host->shared = &w->shared;
	rc = thread_start(&t->id, 0, work, t);
	if (rc) {
		host->shared = NULL;
		return rc;
	}
	w->n++;
	w->live++;
	return 0;
}

int worker_start(struct worker *w, struct host *hosts, unsigned n, struct err *e)
{
	int rc = 0;

	memset(w, 0, sizeof(*w));
	w->todo_end = &w->todo;
	w->done_end = &w->done;
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->done_fd < 0)
		return err_set(e, "cannot make an eventfd: %s", strerror(errno));
	build_locks_init(&w->shared);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->ended, NULL);
	pthread_mutex_lock(&w->lock);
	while (!rc && w->n < n)
		rc = start_thread(w, &hosts[w->n]);
	w->usual = w->n;
	pthread_mutex_unlock(&w->lock);
	err_set(e, "cannot start a thread: %s", strerror(rc));
	if (!rc || w->n)
		return 0;
	end_threads(w);
	give_back(w);
	return -1;
}

bool worker_stop(struct worker *w)
{
	if (!end_threads(w))
		return false;
	give_back(w);
	return true;
}

void worker_give(struct worker *w, struct job *j)
{
	pthread_mutex_lock(&w->lock);
	j->late = false;
	append(&w->todo_end, j);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void worker_wait(struct worker *w, bool waits)
{
	pthread_mutex_lock(&w->lock);
	w->waits = waits;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool worker_withdraw(struct worker *w, struct job *j)
{
	struct job **p;
	bool found;

	pthread_mutex_lock(&w->lock);
	for (p = &w->todo; *p && *p != j; p = &(*p)->next)
		;
	found = *p;
	if (found) {
		*p = j->next;
		if (!*p)
			w->todo_end = p;
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

/* For messages. */
static const char *work_of(const struct job *j)
{
	if (j->kind == JOB_DESTROY)
		return "destroying its domain";
	return j->kind == JOB_START ? "its build" : "its restart";
}

struct job *worker_take(struct worker *w)
{
	struct job *j;
	eventfd_t n;

	pthread_mutex_lock(&w->lock);
	j = w->done;
	if (j) {
		w->done = j->next;
		if (!w->done)
			w->done_end = &w->done;
	} else {
		eventfd_read(w->done_fd, &n); /* nothing more: quiet until the next one */
	}
	pthread_mutex_unlock(&w->lock);
	if (j && j->late)
		report_line(w->report, "%s: %s has come to its end, after %llu s",
			    j->guest->cfg->name, work_of(j),
			    (unsigned long long)((clock_ns() - j->began) / NS_PER_S));
	if (j)
		j->late = false;
	return j;
}

/* Says it of each that is late, once. Returns when the next one will be, at the latest. Under the
 * lock. */
static uint64_t look_for_late(struct worker *w, uint64_t now)
{
	/* When one is begun that waits nobody tells. */
	uint64_t next = w->todo ? now + JOB_LATE_NS : UINT64_MAX;

	for (unsigned i = 0; i < w->n; i++) {
		struct job *j = w->threads[i].job;
		const uint64_t due = j ? j->began + JOB_LATE_NS : 0;

		if (!j || j->late)
			continue;
		if (now < due) {
			next = clock_earlier(due, next);
			continue;
		}
		j->late = true;
		pthread_cond_broadcast(&w->wake); /* there is room for one that waits */
		report_line(w->report, "%s: %s has not come to an end for %llu s",
			    j->guest->cfg->name, work_of(j),
			    (unsigned long long)(JOB_LATE_NS / NS_PER_S));
	}
	return next;
}

/* Starts a thread in the place of one that hangs. Under the lock. Returns 0, or -1 with e set. */
static int start_more(struct worker *w, struct err *e)
{
	const struct host *other = w->threads[0].host;
	struct host *h = &w->more[w->nr_more];
	int rc;

	if (host_open(h, other->log.verbose, e) < 0)
		return -1;
	h->link = other->link;
	rc = start_thread(w, h);
	if (rc) {
		host_close(h);
		return err_set(e, "cannot start a thread: %s", strerror(rc));
	}
	w->nr_more++;
	return 0;
}

uint64_t worker_tick(struct worker *w, uint64_t now)
{
	uint64_t next;
	struct err e;

	pthread_mutex_lock(&w->lock);
	next = look_for_late(w, now);
	while (w->n - count(w, true) < w->usual && w->n < WORKERS_MAX) {
		if (start_more(w, &e) == 0)
			continue;
		report_line(w->report, "one thread less builds: %s", e.msg);
		next = clock_earlier(next, now + JOB_LATE_NS); /* the next try */
		break;
	}
	pthread_mutex_unlock(&w->lock);
	return next;
}
