/*
 * libFuzzer entry: clients of the supervisor's socket that say what they like, while their guests
 * are in any state. The first bytes are the guests' states; then come steps: who does what, a
 * length, and so many bytes that are said.
 */
#include "builder/supervise/control.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/io/console.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/fake/fake.h"
#include "builder/supervise/unit_look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GUESTS  3
#define CLIENTS 4
#define SAID    1024

/* What one client has said and heard. */
struct client {
	int fd;
	char said[SAID], heard[65536];
	size_t nr_said, nr_heard;
	bool over;
};

struct scene {
	struct host host;
	struct rundir run;
	struct report report;
	struct image_cache images;
	struct disk_table disks;
	struct worker worker;
	struct errands errands;
	struct units all;
	struct unit units[GUESTS];
	struct guest_config cfgs[GUESTS];
	struct xencons_interface rings[GUESTS];
	struct control c;
	struct client clients[CLIENTS];
	char dir[64];
};

static int no_store(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, "no xenstored runs");
}

/* What does not change: directories and handles. */
static void open_once(struct scene *s)
{
	struct err e;

	strcpy(s->dir, "/tmp/earlydom-fuzz.XXXXXX");
	assert(mkdtemp(s->dir));
	assert(rundir_open(&s->run, s->dir, &e) == 0);
	s->report.out.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	s->report.log.fd = -1;
}

/* A worker without a thread: what it was given is done when the input says so. */
static void open_scene(struct scene *s)
{
	struct err e;

	fake_reset();
	memset(&s->all, 0, sizeof(s->all));
	assert(host_open(&s->host, false, &e) == 0);
	assert(worker_start(&s->worker, &s->host, 0, &e) == 0);
	s->all.host = &s->host;
	s->all.run = &s->run;
	s->all.report = &s->report;
	s->all.images = &s->images;
	s->all.disks = &s->disks;
	s->all.worker = &s->worker;
	assert(errands_open(&s->errands, &s->report, false, &e) == 0);
	s->all.errands = &s->errands;
	s->all.xce = xenevtchn_open(NULL, 0);
	s->all.tails_fd = -1;
	s->all.find_store = no_store;
	s->all.output = control_output;
	s->all.output_arg = &s->c;
	s->all.list = s->units;
	s->all.n = GUESTS;
}

static void begin_unit(struct scene *s, size_t i, uint8_t how)
{
	static const char *const names[GUESTS] = {"web", "db", "a"};
	static const enum unit_state states[] = {UNIT_WAITING, UNIT_CONNECTING, UNIT_RUNNING,
						 UNIT_RUNNING, UNIT_STOPPING,   UNIT_PRESERVED,
						 UNIT_FAILED,  UNIT_RELEASED,   UNIT_RETRYING};
	static char vdev[] = "hdc";
	static struct disk_spec drive = {.vdev = vdev, .vdev_number = 5632, .cdrom = true};
	struct unit *u = &s->units[i];
	struct err e;

	s->cfgs[i] = (struct guest_config){
		.name = (char *)(uintptr_t)names[i],
		.image = (char *)(uintptr_t) "linux",
		.kernel = (char *)(uintptr_t) "/no/kernel",
		.type = i ? GUEST_PVH : GUEST_PV,
		.memory_kib = 65536,
		.vcpus = 1,
		.has_uuid = true,
	};
	/* One has a drive, of which nothing is held. */
	if (i == 2) {
		s->cfgs[i].type = GUEST_HVM;
		s->cfgs[i].disks = &drive;
		s->cfgs[i].nr_disks = 1;
	}
	assert(unit_init(&s->all, u, &s->cfgs[i], &e) == 0);
	u->state = states[how % 9];
	if (u->state != UNIT_WAITING && u->state != UNIT_RETRYING)
		u->guest.domid = (uint32_t)i + 1;
	if (how & 8 && u->state == UNIT_RUNNING)
		u->console.ring = &s->rings[i];
	if (u->state == UNIT_FAILED && !(how & 16)) {
		u->state = UNIT_STUCK; /* its domain is left */
	} else if (u->state == UNIT_FAILED) {
		u->guest.domid = NO_DOMAIN;
		strcpy(u->why, "cannot read kernel /k: No such file or directory");
	}
}

static void connect_client(struct scene *s, size_t i)
{
	struct control_client *k = &s->c.clients[i];
	int fds[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	memset(k, 0, sizeof(*k));
	k->fd = fds[0];
	k->file = -1;
	s->clients[i].fd = fds[1];
	s->clients[i].nr_said = s->clients[i].nr_heard = 0;
	s->clients[i].over = false;
}

static void turn(struct scene *s)
{
	struct pollfd fds[CONTROL_FDS];

	control_settle(&s->c, &s->all);
	control_poll(&s->c, fds);
	if (poll(fds, CONTROL_FDS, 0) > 0)
		control_act(&s->c, &s->all, fds);
}

static void hear(struct client *c)
{
	ssize_t n = 1;

	while (!c->over && n > 0) {
		n = recv(c->fd, c->heard + c->nr_heard, sizeof(c->heard) - c->nr_heard, 0);
		if (n > 0)
			c->nr_heard += (size_t)n;
		c->over = n == 0 || (n < 0 && errno == ECONNRESET);
	}
}

static bool begins(const struct client *c, const char *text)
{
	return c->nr_heard >= strlen(text) && !memcmp(c->heard, text, strlen(text));
}

static size_t lines(const char *text, size_t len)
{
	size_t n = 0;

	while (len--)
		n += *text++ == '\n';
	return n;
}

/* The request, when all of it was said. */
static const char *request(const struct client *c, char buf[SAID])
{
	const char *end = memchr(c->said, '\n', c->nr_said);

	if (!end)
		return NULL;
	memcpy(buf, c->said, (size_t)(end - c->said));
	buf[end - c->said] = '\0';
	return buf;
}

/* What may be heard as an answer to what was said. */
static void check(const struct client *c)
{
	char buf[SAID];
	const char *asked = request(c, buf);
	const size_t n = lines(c->heard, c->nr_heard);
	const bool whole = c->nr_heard && c->heard[c->nr_heard - 1] == '\n';

	if (!c->nr_heard)
		return;
	if (begins(c, "error: ")) {
		assert(whole && n == 1 && c->nr_heard > strlen("error: \n"));
		assert(c->over);
		return;
	}
	assert(asked);
	if (!strcmp(asked, "list") || !strcmp(asked, "report")) {
		assert(c->over && whole && n == GUESTS + 1);
		return;
	}
	assert(begins(c, "ok\n"));
	if (!strncmp(asked, "console ", 8))
		return;
	assert(c->over && c->nr_heard == 3);
	assert(!strncmp(asked, "stop ", 5) || !strncmp(asked, "end ", 4) ||
	       !strncmp(asked, "start ", 6) || !strncmp(asked, "stop-all ", 9) ||
	       !strncmp(asked, "destroy ", 8) || !strncmp(asked, "release ", 8) ||
	       !strcmp(asked, "handover"));
}

static void say(struct client *c, const uint8_t *bytes, size_t n)
{
	if (n > sizeof(c->said) - c->nr_said)
		n = sizeof(c->said) - c->nr_said;
	if (c->over || send(c->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		return;
	memcpy(c->said + c->nr_said, bytes, n);
	c->nr_said += n;
}

static void hang_up(struct scene *s, size_t i)
{
	close(s->clients[i].fd);
	turn(s);
	turn(s);
	assert(s->c.clients[i].fd < 0);
	connect_client(s, i);
}

/* The worker's answers, the first of which fails where that is wanted. */
static void finish_jobs(struct scene *s, bool fail)
{
	struct job *j;
	size_t i;

	/* No thread has taken them. */
	s->worker.todo = NULL;
	s->worker.todo_end = &s->worker.todo;
	for (i = 0; i < GUESTS; i++) {
		j = &s->units[i].job;
		if (!unit_has_job(&s->units[i]))
			continue;
		j->rc = fail ? err_set(&j->err, "cannot destroy domain 1: Permission denied") : 0;
		if (!fail)
			s->units[i].guest.domid = NO_DOMAIN;
		fail = false;
		unit_job_done(&s->all, &s->units[i]);
	}
}

static void step(struct scene *s, uint8_t what, const uint8_t *bytes, size_t n)
{
	static const char output[] = "a line of the guest's\nand half a";
	const size_t i = what % CLIENTS;

	switch (what / CLIENTS % 8) {
	case 0:
		hang_up(s, i);
		break;
	case 1:
		finish_jobs(s, what & 0x80);
		break;
	case 2:
		control_output(&s->c, &s->units[i % GUESTS], output, sizeof(output) - 1);
		break;
	case 3:
		unit_tick(&s->all, &s->units[i % GUESTS], clock_ns());
		break;
	default:
		say(&s->clients[i], bytes, n);
		break;
	}
	turn(s);
	turn(s);
}

static void close_scene(struct scene *s)
{
	size_t i;

	finish_jobs(s, false);
	for (i = 0; i < CLIENTS; i++)
		close(s->clients[i].fd);
	control_close(&s->c);
	for (i = 0; i < GUESTS; i++) {
		s->units[i].console.ring = NULL; /* not mapped */
		unit_release(&s->all, &s->units[i]);
	}
	worker_stop(&s->worker);
	assert(errands_close(&s->errands));
	xenevtchn_close(s->all.xce);
	host_close(&s->host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene s;
	size_t i, n;

	if (size < GUESTS + 1)
		return 0;
	if (!s.dir[0])
		open_once(&s);
	open_scene(&s);
	s.all.consoles = data[GUESTS] % 3;
	memset(s.rings, 0, sizeof(s.rings));
	for (i = 0; i < GUESTS; i++)
		begin_unit(&s, i, data[i]);
	s.c.listen_fd = -1;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		s.c.clients[i].fd = -1;
	for (i = 0; i < CLIENTS; i++)
		connect_client(&s, i);
	data += GUESTS + 1;
	size -= GUESTS + 1;
	while (size >= 2) {
		n = data[1] < size - 2 ? data[1] : size - 2;
		step(&s, data[0], data + 2, n);
		for (i = 0; i < CLIENTS; i++) {
			hear(&s.clients[i]);
			check(&s.clients[i]);
		}
		data += 2 + n;
		size -= 2 + n;
	}
	close_scene(&s);
	return 0;
}
