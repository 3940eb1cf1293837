#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

static int run(struct job *j, struct host *h)
{
	j->old_left = false;
	if (j->kind == JOB_START)
		return guest_build(j->guest, h, &j->err);
	if (guest_destroy(j->guest, h, &j->err) < 0) {
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

/* The next job that is to be begun, once there is one; NULL when there will be none. */
static struct job *begin(struct worker *w, struct host *h)
{
	struct job *j;

	pthread_mutex_lock(&w->lock);
	while ((!w->todo || w->waits) && !w->stop)
		pthread_cond_wait(&w->wake, &w->lock);
	j = w->todo;
	if (j) {
		w->todo = j->next;
		if (!w->todo)
			w->todo_end = &w->todo;
		reserve(w, j, h);
	}
	pthread_mutex_unlock(&w->lock);
	return j;
}

static void finish(struct worker *w, struct job *j, struct host *h)
{
	reservation_end(&w->shared.memory, &h->reservation);
	pthread_mutex_lock(&w->lock);
	append(&w->done_end, j);
	eventfd_write(w->done_fd, 1);
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	const struct worker_thread *t = arg;
	struct job *j;

	while ((j = begin(t->worker, t->host))) {
		store_handle(t->host);
		j->rc = run(j, t->host);
		finish(t->worker, j, t->host);
		host_tidy(t->host);
	}
	return NULL;
}

static void end_threads(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++) {
		pthread_join(w->threads[i].id, NULL);
		w->threads[i].host->shared = NULL;
	}
}

static void give_back(struct worker *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	build_locks_destroy(&w->shared);
	close(w->done_fd);
}

static int start_thread(struct worker *w, struct host *host)
{
	struct worker_thread *t = &w->threads[w->n];
	int rc;

	*t = (struct worker_thread){.worker = w, .host = host};
	host->shared = &w->shared;
	rc = pthread_create(&t->id, NULL, work, t);
	if (rc)
		host->shared = NULL;
	else
		w->n++;
	return rc;
}

int worker_start(struct worker *w, struct host *hosts, unsigned n, struct err *e)
{
	sigset_t all, old;
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
	/* Signals are the supervisor's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!rc && w->n < n)
		rc = start_thread(w, &hosts[w->n]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	err_set(e, "cannot start a thread: %s", strerror(rc));
	if (!rc || w->n)
		return 0;
	end_threads(w);
	give_back(w);
	return -1;
}

void worker_stop(struct worker *w)
{
	end_threads(w);
	give_back(w);
}

void worker_give(struct worker *w, struct job *j)
{
	pthread_mutex_lock(&w->lock);
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
	return j;
}
