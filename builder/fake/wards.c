#include "wards.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* Nobody is attached to any console. */
static void to_nobody(void *arg, const struct ward *w, const char *buf, size_t n)
{
	(void)arg;
	(void)w;
	(void)buf;
	(void)n;
}

void kit_wards_open(struct kit_wards *k, const struct guest_config *cfgs, size_t n)
{
	struct err e;
	size_t i;

	memset(k, 0, sizeof(*k));
	KIT_CHECK(!host_open(&k->host, false, &e), "%s", e.msg);
	KIT_CHECK(!host_open(&k->worker_host, false, &e), "%s", e.msg);
	KIT_CHECK(!rundir_open(&k->run, kit_path("run"), &e), "%s", e.msg);
	KIT_CHECK(!worker_start(&k->worker, &k->worker_host, &e), "%s", e.msg);
	k->report.fd = open(kit_path("report"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	k->report.log.fd = -1;
	assert_true(k->report.fd >= 0);
	k->all.host = &k->host;
	k->all.xce = xenevtchn_open(NULL, 0);
	k->all.worker = &k->worker;
	k->all.images = &k->images;
	k->all.disks = &k->disks;
	k->all.tails_fd = -1;
	k->all.run = &k->run;
	k->all.report = &k->report;
	k->all.output = to_nobody;
	k->all.echo = ECHO_CONSOLE;
	k->all.echo_fd = open(kit_path("echo"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(k->all.echo_fd >= 0);
	k->all.list = calloc(n, sizeof(*k->all.list));
	assert_non_null(k->all.list);
	for (i = 0; i < n; i++, k->all.n++) {
		unlink(kit_path("run/console/web.log"));
		KIT_CHECK(!ward_init(&k->all, &k->all.list[i], &cfgs[i], &e), "%s", e.msg);
	}
}

void kit_wards_close(struct kit_wards *k)
{
	size_t i;

	worker_stop(&k->worker);
	for (i = 0; i < k->all.n; i++)
		ward_release(&k->all, &k->all.list[i]);
	free(k->all.list);
	assert_null(k->images.files);
	xenevtchn_close(k->all.xce);
	close(k->all.echo_fd);
	close(k->report.fd);
	rundir_close(&k->run);
	host_close(&k->worker_host);
	host_close(&k->host);
	kit_nothing_held(false);
}

static struct ward *of_job(struct kit_wards *k, const struct job *j)
{
	size_t i;

	for (i = 0; i < k->all.n; i++)
		if (&k->all.list[i].job == j)
			return &k->all.list[i];
	return NULL;
}

static bool busy(const struct kit_wards *k)
{
	size_t i;

	for (i = 0; i < k->all.n; i++)
		if (k->all.list[i].busy)
			return true;
	return false;
}

void kit_wards_jobs(struct kit_wards *k)
{
	struct pollfd p = {.fd = k->worker.done_fd, .events = POLLIN};
	struct job *j;

	while (busy(k)) {
		assert_int_equal(poll(&p, 1, 20000), 1);
		while ((j = worker_take(&k->worker)))
			ward_job_done(&k->all, of_job(k, j));
	}
}

void kit_wards_look(struct kit_wards *k, size_t i)
{
	const uint32_t domid = k->all.list[i].guest.domid;
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(k->host.xch, domid, 1, &info);

	ward_look(&k->all, &k->all.list[i], n == 1 && info.domain == domid ? &info : NULL);
}

const char *kit_wards_said(struct kit_wards *k)
{
	static char text[8192];

	kit_read("report", text, sizeof(text));
	assert_int_equal(ftruncate(k->report.fd, 0), 0);
	return text;
}
