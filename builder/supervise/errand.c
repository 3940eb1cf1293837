#include "errand.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "builder/store/store.h"

/* musl's threads have 128 KiB unless told otherwise; libblkid and paths take more. */
#define STACK_BYTES (2u << 20)

int errands_open(struct errands *a, struct report *r, bool verbose, struct err *e)
{
	pthread_condattr_t monotonic;

	memset(a, 0, sizeof(*a));
	a->report = r;
	a->verbose = verbose;
	a->todo_end = &a->todo;
	a->back_end = &a->back;
	a->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->done_fd < 0)
		return err_set(e, "cannot make an eventfd: %s", strerror(errno));
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake, NULL);
	pthread_cond_init(&a->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

void errands_store(struct errands *a, bool store)
{
	atomic_store(&a->store, store);
}

/* ---- in the threads ---- */

static void append(struct errand ***end, struct errand *e)
{
	e->next = NULL;
	**end = e;
	*end = &e->next;
}

static struct errand *take_first(struct errand **list, struct errand ***end)
{
	struct errand *e = *list;

	if (!e)
		return NULL;
	*list = e->next;
	if (!*list)
		*end = list;
	return e;
}

/* The next errand that is to be done, once there is one; NULL when there will be none. */
static struct errand *begin(struct errands *a)
{
	struct errand *e;

	pthread_mutex_lock(&a->lock);
	while (!a->todo && !a->stop)
		pthread_cond_wait(&a->wake, &a->lock);
	e = take_first(&a->todo, &a->todo_end);
	if (e) {
		a->waiting--;
		a->idle--;
	}
	pthread_mutex_unlock(&a->lock);
	return e;
}

static void come_back(struct errands *a, struct errand *e)
{
	pthread_mutex_lock(&a->lock);
	append(&a->back_end, e);
	a->idle++;
	eventfd_write(a->done_fd, 1);
	pthread_mutex_unlock(&a->lock);
}

/* What the thread asks with. */
static int equip(struct errand_thread *t, struct err *e)
{
	struct host *h = &t->host;

	if (!h->xch && host_open(h, t->errands->verbose, e) < 0)
		return -1;
	if (t->errands->link) {
		h->link = t->errands->link;
		store_handle(h);
		return 0;
	}
	if (atomic_load(&t->errands->store) == (h->xsh != NULL))
		return 0;
	if (!h->xsh)
		return store_open(&h->xsh, e);
	xs_close(h->xsh);
	h->xsh = NULL;
	return 0;
}

static void *work(void *arg)
{
	struct errand_thread *t = arg;
	struct errands *a = t->errands;
	struct errand *e;

	while ((e = begin(a))) {
		e->rc = e->alone ? 0 : equip(t, &e->err);
		if (!e->rc)
			e->run(e, &t->host);
		come_back(a, e);
	}
	store_handle_close(&t->host);
	host_close(&t->host);
	pthread_mutex_lock(&a->lock);
	a->live--;
	pthread_cond_signal(&a->ended);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- in the loop ---- */

/* Under the lock. Returns 0 or an errno value. */
static int start_thread(struct errands *a)
{
	struct errand_thread *t = &a->threads[a->n];
	int rc;

	t->errands = a;
	rc = thread_start(&t->id, STACK_BYTES, work, t);
	if (rc)
		return rc;
	a->n++;
	a->live++;
	a->idle++;
	return 0;
}

/* There is no thread at all that could ever do what waits. */
static void give_up(struct errands *a, int cause)
{
	struct errand *e;

	while ((e = take_first(&a->todo, &a->todo_end))) {
		e->rc = err_set_passing(&e->err, "cannot start a thread: %s", strerror(cause));
		append(&a->back_end, e);
	}
	a->waiting = 0;
	eventfd_write(a->done_fd, 1);
}

void errand_give(struct errands *a, struct errand *e)
{
	int cause = 0;

	e->given = clock_ns();
	e->away = true;
	e->late = false;
	e->rc = 0;
	e->err.msg[0] = '\0';
	e->other_away = a->away;
	a->away = e;
	pthread_mutex_lock(&a->lock);
	append(&a->todo_end, e);
	a->waiting++;
	if (a->waiting > a->idle && a->n < ERRANDS_USUAL)
		cause = start_thread(a);
	if (!a->n)
		give_up(a, cause);
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
}

struct errand *errand_take(struct errands *a)
{
	struct errand *e, **p;
	eventfd_t n;

	pthread_mutex_lock(&a->lock);
	e = take_first(&a->back, &a->back_end);
	if (!e)
		eventfd_read(a->done_fd, &n); /* nothing more: quiet until the next one */
	pthread_mutex_unlock(&a->lock);
	if (!e)
		return NULL;
	for (p = &a->away; *p != e; p = &(*p)->other_away)
		;
	*p = e->other_away;
	e->away = false;
	if (e->late)
		report_line(a->report, "%s: %s has come to its end, after %llu s", e->who, e->what,
			    (unsigned long long)((clock_ns() - e->given) / NS_PER_S));
	e->late = false;
	return e;
}

bool errands_by_path(const struct errands *a)
{
	for (const struct errand *e = a->away; e; e = e->other_away)
		if (e->by_path && !e->late)
			return true;
	return false;
}

/* Says it of each that is late, once. Returns when the next one will be. */
static uint64_t look_for_late(struct errands *a, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (struct errand *e = a->away; e; e = e->other_away) {
		const uint64_t due = e->given + ERRAND_LATE_NS;

		if (e->late)
			continue;
		if (now < due) {
			next = clock_earlier(due, next);
			continue;
		}
		e->late = true;
		report_line(a->report, "%s: %s has not answered for %llu s", e->who, e->what,
			    (unsigned long long)(ERRAND_LATE_NS / NS_PER_S));
	}
	return next;
}

/* Starts a thread for an errand that waits too long to be begun. Returns when to look again. */
static uint64_t look_for_waiting(struct errands *a, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	pthread_mutex_lock(&a->lock);
	if (a->todo && a->n < ERRANDS_MAX) {
		next = a->todo->given + ERRAND_WAIT_NS;
		if (now >= next) {
			start_thread(a); /* without one: tried again, and threads come back */
			next = now + ERRAND_WAIT_NS;
		}
	}
	pthread_mutex_unlock(&a->lock);
	return next;
}

uint64_t errands_tick(struct errands *a, uint64_t now)
{
	uint64_t late, waiting;

	if (!a->away)
		return UINT64_MAX;
	late = look_for_late(a, now);
	waiting = look_for_waiting(a, now);
	return clock_earlier(late, waiting);
}

/* True when every thread has ended. */
static bool wait_for_threads(struct errands *a)
{
	struct timespec until;
	unsigned late = 0;
	bool all;

	for (const struct errand *e = a->away; e; e = e->other_away)
		late += e->late;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ERRANDS_END_MS / 1000;
	pthread_mutex_lock(&a->lock);
	for (const struct errand *e = a->back; e; e = e->next)
		late -= e->late;
	a->stop = true;
	pthread_cond_broadcast(&a->wake);
	while (a->live > late && pthread_cond_timedwait(&a->ended, &a->lock, &until) == 0)
		;
	all = !a->live;
	pthread_mutex_unlock(&a->lock);
	return all;
}

bool errands_close(struct errands *a)
{
	struct errand *e;

	if (!wait_for_threads(a))
		return false;
	for (unsigned i = 0; i < a->n; i++)
		pthread_join(a->threads[i].id, NULL);
	while ((e = take_first(&a->back, &a->back_end)))
		if (e->discard)
			e->discard(e);
	pthread_cond_destroy(&a->ended);
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	close(a->done_fd);
	return true;
}
