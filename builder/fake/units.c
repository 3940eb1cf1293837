#include "units.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/build/holdings.h"
#include "builder/store/store.h"
#include "builder/describe/vif_spec.h"

/* Nobody is attached to any console. */
static void to_nobody(void *arg, const struct unit *u, const char *buf, size_t n)
{
	(void)arg;
	(void)u;
	(void)buf;
	(void)n;
}

void kit_units_open(struct kit_units *k, const struct guest_config *cfgs, size_t n)
{
	struct err e;

	memset(k, 0, sizeof(*k));
	KIT_CHECK(host_open(&k->host, false, &e) == 0, "%s", e.msg);
	KIT_CHECK(host_open(&k->worker_host, false, &e) == 0, "%s", e.msg);
	KIT_CHECK(rundir_open(&k->run, kit_path("run"), &e) == 0, "%s", e.msg);
	KIT_CHECK(worker_start(&k->worker, &k->worker_host, 1, &e) == 0, "%s", e.msg);
	k->worker.report = &k->report;
	KIT_CHECK(errands_open(&k->errands, &k->report, false, &e) == 0, "%s", e.msg);
	k->report.out.fd = open(kit_path("report"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	k->report.log.fd = -1;
	assert_true(k->report.out.fd >= 0);
	k->ledger.fd = -1;
	k->all.host = &k->host;
	KIT_CHECK(devmodels_open(&k->all.models, &k->run, kit_path("run"), NULL, &e) == 0, "%s",
		  e.msg);
	k->all.xce = xenevtchn_open(NULL, 0);
	k->all.worker = &k->worker;
	k->all.errands = &k->errands;
	k->all.images = &k->images;
	k->all.disks = &k->disks;
	k->all.pcis = &k->pcis;
	k->all.tails_fd = -1;
	k->all.run = &k->run;
	k->all.report = &k->report;
	k->all.output = to_nobody;
	k->all.echo = ECHO_CONSOLE;
	k->echo.fd = open(kit_path("echo"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(k->echo.fd >= 0);
	k->all.echo_out = &k->echo;
	k->all.room = n + KIT_MORE_UNITS;
	k->all.list = calloc(k->all.room, sizeof(*k->all.list));
	assert_non_null(k->all.list);
	unlink(kit_path("run/console/web.log"));
	unlink(kit_path("run/model/web.log"));
	for (size_t i = 0; i < n; i++, k->all.n++)
		KIT_CHECK(unit_init(&k->all, &k->all.list[i], &cfgs[i], &e) == 0, "%s", e.msg);
}

void kit_units_store(struct kit_units *k)
{
	struct err e;

	fake_store()->running = true;
	fake_devices()->on = true;
	KIT_CHECK(store_open(&k->host.xsh, &e) == 0, "%s", e.msg);
	KIT_CHECK(store_open(&k->worker_host.xsh, &e) == 0, "%s", e.msg);
	k->all.store = STORE_SERVES;
	errands_store(&k->errands, true);
}

void kit_units_consoled(struct kit_units *k)
{
	const char *dir = kit_path("tails");

	assert_true(mkdir(dir, 0700) == 0 || errno == EEXIST);
	unlink(kit_path("tails/guest-web.log"));
	k->all.tails_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(k->all.tails_fd >= 0);
	k->all.consoles = CONSOLES_LOGGED;
}

void kit_units_ledger(struct kit_units *k)
{
	bool in_memory;
	struct err e;

	KIT_CHECK(ledger_make(&k->ledger, k->run.dir, LEDGER_UNITS + k->all.n, &in_memory, &e) == 0,
		  "%s", e.msg);
	assert_false(in_memory);
	k->all.ledger = &k->ledger;
}

size_t kit_units_adopt(struct kit_units *k)
{
	size_t n;
	struct err e;

	KIT_CHECK(ledger_open(&k->ledger, k->run.dir, -1, &e) == 0, "%s", e.msg);
	k->all.ledger = &k->ledger;
	KIT_CHECK(adopt_units(&k->all, &k->ledger, &n, &e) == 0, "%s", e.msg);
	adopt_consoles(&k->all);
	adopt_commands(&k->all);
	return n;
}

/* What the hypervisor does not say is asked again in the next tick. */
static void look_at_all(struct kit_units *k)
{
	for (size_t i = 0; i < k->all.n; i++) {
		struct unit *u = &k->all.list[i];
		xc_domaininfo_t info;
		int n;

		if (unit_busy(u) || u->guest.domid == NO_DOMAIN)
			continue;
		n = xc_domain_getinfolist(k->host.xch, u->guest.domid, 1, &info);
		if (n >= 0)
			unit_look(&k->all, u, n && info.domain == u->guest.domid ? &info : NULL);
	}
}

static bool restless(const struct kit_units *k)
{
	for (size_t i = 0; i < k->all.n; i++)
		if (unit_busy(&k->all.list[i]) || unit_undecided(&k->all.list[i]) ||
		    clock_ns() < k->all.list[i].end_again)
			return true;
	return k->errands.away;
}

void kit_units_settle(struct kit_units *k)
{
	const uint64_t deadline = clock_ns() + 30 * NS_PER_S;
	unsigned quiet = 0;

	/* Twice: what one round leads to is seen in the next. */
	while (quiet < 2) {
		kit_units_jobs(k);
		look_at_all(k);
		kit_units_tick(k, clock_ns());
		kit_units_jobs(k);
		quiet = restless(k) ? 0 : quiet + 1;
		KIT_CHECK(clock_ns() < deadline, "there is no end of it");
	}
}

void kit_devices(struct guest_config *cfg)
{
	static char target[2][16] = {"/dev/fake-a", "/dev/fake-b"}, vdev[2][5] = {"xvda", "xvdb"};
	static char bridge[] = "xenbr0";
	static struct disk_spec disks[2] = {
		{.target = target[0], .vdev = vdev[0], .vdev_number = 51712, .readwrite = true},
		{.target = target[1], .vdev = vdev[1], .vdev_number = 51728},
	};
	static struct vif_spec vif = {
		.has_mac = true, .mac = {0x00, 0x16, 0x3e, 1, 2, 3}, .bridge = bridge};

	cfg->disks = disks;
	cfg->nr_disks = 2;
	cfg->vifs = &vif;
	cfg->nr_vifs = 1;
}

/* Lets all errands come back, at that time, and what waited for them go on. */
static void run_errands(struct kit_units *k, uint64_t now)
{
	struct pollfd p = {.fd = k->errands.done_fd, .events = POLLIN};

	units_proceed_waiting(&k->all, now);
	while (k->errands.away) {
		assert_int_equal(poll(&p, 1, 20000), 1);
		units_take_errands(&k->all);
		units_proceed_waiting(&k->all, now);
	}
}

void kit_unit_hold(struct kit_units *k, size_t i)
{
	struct unit *u = &k->all.list[i];
	struct err e;

	KIT_CHECK(guest_hold_images(&u->guest, &k->images, &e) == 0, "%s", e.msg);
	unit_enter(&k->all, u, UNIT_WAITING);
}

void kit_units_start(struct kit_units *k)
{
	for (size_t i = 0; i < k->all.n; i++)
		unit_enter(&k->all, &k->all.list[i], UNIT_WAITING);
	for (size_t i = 0; i < k->all.n; i++)
		unit_proceed(&k->all, &k->all.list[i], clock_ns());
	run_errands(k, clock_ns());
}

void kit_units_tick(struct kit_units *k, uint64_t now)
{
	for (size_t i = 0; i < k->all.n; i++)
		unit_tick(&k->all, &k->all.list[i], now);
	run_errands(k, now);
}

void kit_units_record(struct kit_units *k, size_t i, const char *part)
{
	char name[128], text[2048];

	snprintf(name, sizeof(name), "run/guests/%s", k->all.list[i].guest.cfg->name);
	kit_read(name, text, sizeof(text));
	KIT_CHECK(strstr(text, part), "no '%s' in the record:\n%s", part, text);
}

void kit_units_drop(struct kit_units *k)
{
	while (k->errands.away) {
		poll(&(struct pollfd){.fd = k->errands.done_fd, .events = POLLIN}, 1, 20000);
		units_take_errands(&k->all);
	}
	worker_stop(&k->worker);
	for (size_t i = 0; i < k->all.n; i++)
		unit_release(&k->all, &k->all.list[i]);
	assert_true(errands_close(&k->errands));
	ledger_close(&k->ledger);
	free(k->all.list);
	assert_null(k->images.files);
	xenevtchn_close(k->all.xce);
	close(k->echo.fd);
	close(k->report.out.fd);
	devmodels_close(&k->all.models);
	rundir_close(&k->run);
	if (k->all.tails_fd >= 0)
		close(k->all.tails_fd);
	if (k->host.xsh)
		xs_close(k->host.xsh);
	if (k->worker_host.xsh)
		xs_close(k->worker_host.xsh);
	host_close(&k->worker_host);
	host_close(&k->host);
}

void kit_units_close(struct kit_units *k)
{
	kit_units_drop(k);
	kit_nothing_held(false);
}

static struct unit *of_job(struct kit_units *k, const struct job *j)
{
	for (size_t i = 0; i < k->all.n; i++)
		if (&k->all.list[i].job == j)
			return &k->all.list[i];
	return NULL;
}

static bool busy(const struct kit_units *k)
{
	for (size_t i = 0; i < k->all.n; i++)
		if (unit_busy(&k->all.list[i]))
			return true;
	return false;
}

void kit_units_jobs(struct kit_units *k)
{
	struct pollfd p[2] = {{.fd = k->worker.done_fd, .events = POLLIN},
			      {.fd = k->errands.done_fd, .events = POLLIN}};
	struct job *j;

	while (busy(k) || k->errands.away) {
		assert_in_range(poll(p, 2, 20000), 1, 2);
		while ((j = worker_take(&k->worker)))
			unit_job_done(&k->all, of_job(k, j));
		units_take_errands(&k->all);
	}
}

int kit_units_hand_over(struct kit_units *k, struct err *e)
{
	units_hand_over(&k->all);
	kit_units_jobs(k);
	if (k->all.hand_over.rc < 0)
		*e = k->all.hand_over.err;
	return k->all.hand_over.rc;
}

void kit_units_look(struct kit_units *k, size_t i)
{
	const uint32_t domid = k->all.list[i].guest.domid;
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(k->host.xch, domid, 1, &info);

	unit_look(&k->all, &k->all.list[i], n == 1 && info.domain == domid ? &info : NULL);
}

const char *kit_units_said(struct kit_units *k)
{
	static char text[8192];

	kit_read("report", text, sizeof(text));
	assert_int_equal(ftruncate(k->report.out.fd, 0), 0);
	return text;
}
