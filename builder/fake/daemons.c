/* xenstored and xenconsoled, as daemons.h has them. */
#include "daemons.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/supervise/daemons.h"
#include "fake_store.h"
#include "state.h"

static struct fake_daemons daemons = {.store_life = -1, .console_life = -1};

struct fake_daemons *fake_daemons(void)
{
	return &daemons;
}

void fake_daemons_reset(void)
{
	if (daemons.store_life >= 0)
		close(daemons.store_life);
	if (daemons.console_life >= 0)
		close(daemons.console_life);
	memset(&daemons, 0, sizeof(daemons));
	daemons.store_life = daemons.console_life = -1;
}

bool __real_daemons_there(const struct daemons_where *at);
bool __wrap_daemons_there(const struct daemons_where *at);
bool __real_daemons_store_answers(const struct daemons_where *at);
bool __wrap_daemons_store_answers(const struct daemons_where *at);
bool __real_daemons_store_hangs(const struct daemons_where *at);
bool __wrap_daemons_store_hangs(const struct daemons_where *at);
bool __real_daemons_end_console(struct daemon *d, const struct daemons_where *at);
bool __wrap_daemons_end_console(struct daemon *d, const struct daemons_where *at);
bool __real_daemons_console_runs(const struct daemons_where *at);
bool __wrap_daemons_console_runs(const struct daemons_where *at);
int __real_daemons_store(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
			 struct err *e);
int __wrap_daemons_store(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
			 struct err *e);
int __real_daemons_console(struct daemon *d, const struct daemons_where *at,
			   const struct own_root *r, struct err *e);
int __wrap_daemons_console(struct daemon *d, const struct daemons_where *at,
			   const struct own_root *r, struct err *e);

void fake_daemons_start(void)
{
	fake_lock();
	daemons.store = daemons.console = fake_store()->running = true;
	fake_unlock();
}

static void end(bool *runs, int *life)
{
	fake_lock();
	*runs = false;
	if (*life >= 0)
		close(*life);
	*life = -1;
	fake_unlock();
}

void fake_daemons_end_store(void)
{
	fake_lock();
	fake_store()->running = false;
	fake_store_empty();
	fake_unlock();
	end(&daemons.store, &daemons.store_life);
}

void fake_daemons_end_console(void)
{
	end(&daemons.console, &daemons.console_life);
}

static void set(bool *what, bool to)
{
	fake_lock();
	*what = to;
	fake_unlock();
}

void fake_daemons_start_store(void)
{
	fake_lock();
	daemons.store = fake_store()->running = true;
	fake_unlock();
}

void fake_daemons_hang(bool hangs)
{
	set(&daemons.hangs, hangs);
}

void fake_daemons_console_bad(bool bad)
{
	set(&daemons.console_bad, bad);
}

unsigned fake_daemons_consoles(void)
{
	unsigned n;

	fake_lock();
	n = daemons.consoles;
	fake_unlock();
	return n;
}

/* What another thread may be changing. */
static bool locked(const bool *what)
{
	bool is;

	fake_lock();
	is = *what;
	fake_unlock();
	return is;
}

bool __wrap_daemons_there(const struct daemons_where *at)
{
	return daemons.on ? daemons.programs : __real_daemons_there(at);
}

bool __wrap_daemons_store_answers(const struct daemons_where *at)
{
	if (!daemons.on)
		return __real_daemons_store_answers(at);
	return locked(&daemons.store) && !locked(&daemons.hangs);
}

bool __wrap_daemons_store_hangs(const struct daemons_where *at)
{
	if (!daemons.on)
		return __real_daemons_store_hangs(at);
	return locked(&daemons.store) && locked(&daemons.hangs);
}

bool __wrap_daemons_end_console(struct daemon *d, const struct daemons_where *at)
{
	if (!daemons.on)
		return __real_daemons_end_console(d, at);
	fake_daemons_end_console();
	daemon_close(d);
	return true;
}

bool __wrap_daemons_console_runs(const struct daemons_where *at)
{
	return daemons.on ? locked(&daemons.console) : __real_daemons_console_runs(at);
}

/* A process that lives until the test closes its end. */
static int live(int *other)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	*other = fds[1];
	return fds[0];
}

int __wrap_daemons_store(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
			 struct err *e)
{
	if (!daemons.on)
		return __real_daemons_store(d, at, r, e);
	d->life = -1;
	if (locked(&daemons.hangs))
		return err_set(e, "the xenstored that runs, process 7, does not answer");
	if (locked(&daemons.store_bad))
		return err_set(e, "xenstored ended with status 1");
	fake_lock();
	if (!daemons.store) {
		d->life = live(&daemons.store_life);
		daemons.stores++;
	}
	daemons.store = fake_store()->running = true;
	fake_unlock();
	return 0;
}

int __wrap_daemons_console(struct daemon *d, const struct daemons_where *at,
			   const struct own_root *r, struct err *e)
{
	if (!daemons.on)
		return __real_daemons_console(d, at, r, e);
	d->life = -1;
	if (locked(&daemons.console_bad))
		return err_set(e, "xenconsoled ended with status 1");
	fake_lock();
	if (!daemons.console) {
		d->life = live(&daemons.console_life);
		daemons.consoles++;
	}
	daemons.console = true;
	fake_unlock();
	return 0;
}
