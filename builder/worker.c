#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int run(struct worker *w, struct job *j)
{
	if (j->kind == JOB_START)
		return guest_build(j->guest, w->host, &j->err);
	if (guest_destroy(j->guest, w->host, &j->err) < 0)
		return -1;
	if (j->kind == JOB_DESTROY)
		return 0;
	guest_plan_restart(j->guest);
	return guest_build(j->guest, w->host, &j->err);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct job *j;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->todo && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		j = w->todo;
		if (!j)
			break;
		w->todo = j->next;
		if (!w->todo)
			w->todo_end = &w->todo;
		pthread_mutex_unlock(&w->lock);
		j->rc = run(w, j);
		pthread_mutex_lock(&w->lock);
		j->next = NULL;
		*w->done_end = j;
		w->done_end = &j->next;
		eventfd_write(w->done_fd, 1);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker_start(struct worker *w, struct host *host, struct err *e)
{
	sigset_t all, old;
	int rc;

	memset(w, 0, sizeof(*w));
	w->todo_end = &w->todo;
	w->done_end = &w->done;
	w->host = host;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->done_fd < 0)
		return err_set(e, "cannot make an eventfd: %s", strerror(errno));
	/* Signals are the supervisor's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!rc)
		return 0;
	close(w->done_fd);
	return err_set(e, "cannot start a thread: %s", strerror(rc));
}

void worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	close(w->done_fd);
}

void worker_give(struct worker *w, struct job *j)
{
	j->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->todo_end = j;
	w->todo_end = &j->next;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
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
		eventfd_read(w->done_fd, &n); /* nothing left: quiet until the next one */
	}
	pthread_mutex_unlock(&w->lock);
	return j;
}
