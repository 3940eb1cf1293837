#include "control.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pass_file.h"
#include "builder/keeper/kept.h"
#include "timeline.h"
#include "unit_console.h"
#include "unit_hand_over.h"
#include "unit_media.h"
#include "unit_others.h"
#include "unit_record.h"
#include "unit_table.h"

/* How long nobody is let in after that has failed: the socket stays readable meanwhile. */
#define DEAF_NS NS_PER_S

/* What a newly attached client sees of the past. */
#define ATTACH_TAIL 4096

static int address(struct sockaddr_un *a, const char *rundir, struct err *e)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (snprintf(a->sun_path, sizeof(a->sun_path), "%s/control", rundir) >=
	    (int)sizeof(a->sun_path))
		return err_set(e, "the path %s/control is too long for a socket", rundir);
	return 0;
}

int control_connect(const char *rundir, struct err *e)
{
	struct sockaddr_un a;
	int fd, cause;

	if (address(&a, rundir, e) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	cause = errno;
	if (fd >= 0)
		close(fd);
	if (cause == ENOENT || cause == ECONNREFUSED)
		return err_set(e, "no supervisor is running (%s does not answer)", a.sun_path);
	return err_set(e, "cannot reach the supervisor at %s: %s", a.sun_path, strerror(cause));
}

int control_open(struct control *c, const char *rundir, int listen_fd, struct err *e)
{
	struct sockaddr_un a;
	int fd;

	c->listen_fd = listen_fd;
	c->deaf_until = 0;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	if (listen_fd >= 0)
		return 0;
	if (address(&a, rundir, e) < 0)
		return -1;
	fd = control_connect(rundir, e);
	if (fd >= 0) {
		close(fd);
		return err_set(e, "another earlydom is running (%s answers)", a.sun_path);
	}
	unlink(a.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    chmod(a.sun_path, 0600) == 0 && listen(fd, CONTROL_CLIENTS) == 0) {
		c->listen_fd = fd;
		return 0;
	}
	err_set(e, "cannot listen at %s: %s", a.sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void drop(struct control_client *k)
{
	if (k->file >= 0)
		close(k->file);
	close(k->fd);
	k->fd = k->file = -1;
}

void control_close(struct control *c)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			drop(&c->clients[i]);
	if (c->listen_fd >= 0)
		close(c->listen_fd);
	c->listen_fd = -1;
}

/* A client that does not take what it asked for loses it; the supervisor waits for nobody. */
static void say(struct control_client *k, const char *buf, size_t n)
{
	while (n > 0) {
		const ssize_t done = send(k->fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done <= 0)
			return;
		buf += done;
		n -= (size_t)done;
	}
}

static void answer(struct control_client *k, const char *text)
{
	say(k, text, strlen(text));
}

static void refuse(struct control_client *k, const char *why)
{
	answer(k, "error: ");
	answer(k, why);
	answer(k, "\n");
	drop(k);
}

/* What a request for rows is answered with. */
static void list(const struct units *all, FILE *f)
{
	const uint64_t now = clock_ns();

	for (size_t i = 0; i < all->n; i++)
		unit_print_row(&all->list[i], now, f);
	fprintf(f, "\t%llu\n", (unsigned long long)all->longest_turn);
}

static void report(const struct units *all, FILE *f)
{
	timeline_write_boot(all->began, all->over, all->longest_turn, f);
	for (size_t i = 0; i < all->n; i++)
		unit_print_phases(&all->list[i], f);
}

static void send_rows(struct control_client *k, const struct units *all,
		      void (*print)(const struct units *all, FILE *f))
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f) {
		refuse(k, "out of memory");
		return;
	}
	print(all, f);
	if (fclose(f) == 0)
		say(k, text, len);
	free(text);
	drop(k);
}

/* Whether the guest's console is xenconsoled's alone. */
static bool is_elsewhere(const struct units *all, const struct unit *u)
{
	return u->state == UNIT_RELEASED ||
	       (all->consoles == CONSOLES_ELSEWHERE && !u->console.ring && !unit_over(u));
}

static void attach(struct control_client *k, const struct units *all)
{
	const struct unit *u = k->unit;
	char tail[ATTACH_TAIL];
	struct err e;
	size_t n;

	if (is_elsewhere(all, u)) {
		err_set(&e, "the console of %.127s is served by xenconsoled: `xl console %.127s`",
			u->guest.cfg->name, u->guest.cfg->name);
		refuse(k, e.msg);
		return;
	}
	n = bounded_log_tail(&k->unit->log, tail, sizeof(tail));

	k->state = CLIENT_ATTACHED;
	answer(k, "ok\n");
	say(k, tail, n);
}

/* Answers a request that was carried out at once. */
static void done(struct control_client *k, int rc, const struct err *e)
{
	if (rc < 0) {
		refuse(k, e->msg);
		return;
	}
	answer(k, "ok\n");
	drop(k);
}

static void upgrade(struct control_client *k, struct units *all)
{
	const int program = k->file;
	struct err e;

	k->file = -1;
	if (program < 0)
		refuse(k, "no program came with the request");
	else if (all->upgrade(all->upgrade_arg, program, &e) < 0)
		refuse(k, e.msg);
	else
		k->state = CLIENT_UPGRADING;
}

/* Whether this supervisor's program is the one of the newest upgrade. */
static int was_upgraded(const struct units *all, struct err *e)
{
	const char *began = all->why_began ? all->why_began : "";

	if (!strcmp(began, BEGIN_UPGRADED))
		return 0;
	if (!strncmp(began, BEGIN_FELL " ", strlen(BEGIN_FELL) + 1))
		return err_set(e, "the new version %.200s; the one before goes on",
			       began + strlen(BEGIN_FELL) + 1);
	return err_set(e, "there was no upgrade");
}

static void ask_start(struct control_client *k, struct units *all, const char *name)
{
	struct err e;

	k->unit = units_start(all, name, clock_ns(), &e);
	if (k->unit)
		k->state = CLIENT_STARTING;
	else
		refuse(k, e.msg);
}

/* Cuts the text at its first blank. Returns what is behind that, or NULL where there is none. */
static char *cut_word(char *text)
{
	char *blank = strchr(text, ' ');

	if (blank)
		*blank++ = '\0';
	return blank;
}

/* "NAME VDEV eject" or "NAME VDEV insert PATH". */
static void ask_media(struct control_client *k, struct units *all, char *name)
{
	char *vdev = cut_word(name), *what = vdev ? cut_word(vdev) : NULL;
	char *path = what ? cut_word(what) : NULL;
	struct err e;

	if (!what || strcmp(what, path ? "insert" : "eject") != 0 || (path && !*path)) {
		refuse(k, "unknown request");
		return;
	}
	k->unit = units_find(all, name);
	if (!k->unit)
		err_set(&e, "no guest has the name %.127s", name);
	else
		k->media_changes = k->unit->media_changes;
	if (!k->unit || unit_media_begin(all, k->unit, vdev, path, &e) < 0)
		refuse(k, e.msg);
	else
		k->state = CLIENT_MEDIA;
}

/* "SECONDS" or "SECONDS force". */
static void ask_stop_all(struct control_client *k, const char *arguments)
{
	unsigned seconds;
	char word[8] = "";
	int end = 0;

	if (!isdigit((unsigned char)arguments[0]) ||
	    sscanf(arguments, "%5u%n %7s%n", &seconds, &end, word, &end) < 1 || arguments[end] ||
	    !seconds || (word[0] && strcmp(word, "force") != 0)) {
		refuse(k, "unknown request");
		return;
	}
	stop_all_begin(&k->stop_all, seconds, word[0], clock_ns());
	k->state = CLIENT_STOPPING;
}

/* What is asked of one guest, by its name. */
static void ask_guest(struct control_client *k, struct units *all, const char *request,
		      const char *name)
{
	struct err e;
	int rc;

	k->unit = units_find(all, name);
	if (!k->unit && !strcmp(request, "end") && units_have_other(all, name)) {
		done(k, 0, NULL);
		return;
	}
	if (!k->unit) {
		err_set(&e, "no guest has the name %.127s", name);
		refuse(k, e.msg);
		return;
	}
	if (!strcmp(request, "console")) {
		attach(k, all);
		return;
	}
	k->refusals = k->unit->refusals;
	if (!strcmp(request, "end") && unit_over(k->unit))
		rc = 0;
	else if (!strcmp(request, "stop") || !strcmp(request, "end"))
		rc = unit_event(all, k->unit, EVENT_ASK_STOP, clock_ns(), &e);
	else if (!strcmp(request, "destroy"))
		rc = unit_event(all, k->unit, EVENT_ASK_DESTROY, clock_ns(), &e);
	else if (!strcmp(request, "release"))
		rc = unit_event(all, k->unit, EVENT_ASK_RELEASE, clock_ns(), &e);
	else
		rc = err_set(&e, "unknown request");
	if (rc < 0)
		refuse(k, e.msg);
	else
		k->state = CLIENT_WAITING;
}

static void ask(struct control_client *k, struct units *all, char *request)
{
	char *name = strchr(request, ' ');
	struct err e;
	int rc;

	if (!strcmp(request, "list")) {
		send_rows(k, all, list);
		return;
	}
	if (!strcmp(request, "report")) {
		send_rows(k, all, report);
		return;
	}
	if (!strcmp(request, "upgrade")) {
		upgrade(k, all);
		return;
	}
	if (!strcmp(request, "upgraded")) {
		rc = was_upgraded(all, &e);
		done(k, rc, &e);
		return;
	}
	if (!strcmp(request, "handover")) {
		k->unit = NULL;
		units_hand_over(all);
		k->state = CLIENT_WAITING;
		return;
	}
	if (!name) {
		refuse(k, "unknown request");
		return;
	}
	*name++ = '\0';
	if (!strcmp(request, "start"))
		ask_start(k, all, name);
	else if (!strcmp(request, "stop-all"))
		ask_stop_all(k, name);
	else if (!strcmp(request, "media"))
		ask_media(k, all, name);
	else
		ask_guest(k, all, request, name);
}

static void type(struct control_client *k, struct units *all)
{
	const size_t n = unit_type(all, k->unit, k->in, k->in_len);

	k->in_len -= n;
	memmove(k->in, k->in + n, k->in_len);
}

/* What the client sends, with a file where it is a request that has one. */
static ssize_t receive(struct control_client *k)
{
	struct iovec part = {k->in + k->in_len, sizeof(k->in) - 1 - k->in_len};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;
	ssize_t n;
	int file;

	pass_file_expect(&h, &room);
	n = recvmsg(k->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	file = n > 0 ? pass_file_take(&h) : -1;
	if (file >= 0) {
		if (k->file >= 0)
			close(k->file);
		k->file = file;
	}
	return n;
}

static void client_input(struct control_client *k, struct units *all)
{
	const ssize_t n = receive(k);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(k);
		return;
	}
	k->in_len += (size_t)n;
	k->in[k->in_len] = '\0';
	switch (k->state) {
	case CLIENT_ASKING:
		end = memchr(k->in, '\n', k->in_len);
		if (end) {
			*end = '\0';
			k->in_len = 0;
			ask(k, all, k->in);
		} else if (k->in_len == sizeof(k->in) - 1) {
			refuse(k, "the request is too long");
		}
		break;
	case CLIENT_ATTACHED:
		type(k, all);
		break;
	default:
		k->in_len = 0;
		break;
	}
}

static void take_client(struct control *c)
{
	const int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client full = {.fd = fd, .file = -1};

	if (fd < 0) {
		/* There are no more files to be had, or no memory: the client waits. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			c->deaf_until = clock_ns() + DEAF_NS;
		return;
	}
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].fd >= 0)
			continue;
		memset(&c->clients[i], 0, sizeof(c->clients[i]));
		c->clients[i].fd = fd;
		c->clients[i].file = -1;
		return;
	}
	refuse(&full, "too many connections");
}

void control_poll(const struct control *c, struct pollfd fds[CONTROL_FDS])
{
	const bool deaf = clock_ns() < c->deaf_until;

	fds[0] = (struct pollfd){.fd = deaf ? -1 : c->listen_fd, .events = POLLIN};
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *k = &c->clients[i];
		/* Input that the ring has no room for stays in the socket. */
		const bool room = k->state != CLIENT_ATTACHED || k->in_len == 0;

		fds[1 + i] = (struct pollfd){.fd = k->fd, .events = room ? POLLIN : 0};
	}
}

void control_act(struct control *c, struct units *all, const struct pollfd fds[CONTROL_FDS])
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *k = &c->clients[i];

		if (k->fd < 0 || fds[1 + i].fd != k->fd)
			continue;
		if (fds[1 + i].revents & POLLIN)
			client_input(k, all);
		else if (fds[1 + i].revents & (POLLHUP | POLLERR))
			drop(k);
	}
	if (fds[0].revents & POLLIN)
		take_client(c);
}

void control_output(void *arg, const struct unit *u, const char *buf, size_t n)
{
	struct control *c = arg;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0 && c->clients[i].state == CLIENT_ATTACHED &&
		    c->clients[i].unit == u)
			say(&c->clients[i], buf, n);
}

void control_upgraded(struct control *c)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0 && c->clients[i].state == CLIENT_UPGRADING)
			answer(&c->clients[i], "ok\n");
}

/* Answers who waits for a start, once it is known what came of it. */
static void settle_start(struct control_client *k, uint64_t now)
{
	const struct unit *u = k->unit;
	struct err e;

	if (unit_busy(u) || u->state == UNIT_WAITING || u->state == UNIT_CONNECTING)
		return;
	if (u->state == UNIT_RETRYING) {
		err_set(&e, "%s; tried again in %u s", u->why, unit_pause_s(u, now));
		refuse(k, e.msg);
	} else if (unit_over(u) || unit_failed(u)) {
		refuse(k, u->why);
	} else {
		done(k, 0, NULL);
	}
}

static void settle_stop_all(struct control_client *k, struct units *all, uint64_t now)
{
	struct err e;

	switch (stop_all_look(&k->stop_all, all, now, &e)) {
	case STOP_ALL_GOES_ON:
		break;
	case STOP_ALL_DONE:
		done(k, 0, NULL);
		break;
	case STOP_ALL_FAILED:
		refuse(k, e.msg);
		break;
	}
}

uint64_t control_due(const struct control *c, uint64_t now)
{
	uint64_t due = now < c->deaf_until ? c->deaf_until : UINT64_MAX;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *k = &c->clients[i];

		if (k->fd >= 0 && k->state == CLIENT_STOPPING && k->stop_all.next < due)
			due = k->stop_all.next;
	}
	return due;
}

void control_settle(struct control *c, struct units *all)
{
	const uint64_t now = clock_ns();

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *k = &c->clients[i];

		if (k->fd < 0)
			continue;
		if (k->state == CLIENT_STARTING) {
			settle_start(k, now);
			continue;
		}
		if (k->state == CLIENT_STOPPING) {
			settle_stop_all(k, all, now);
			continue;
		}
		if (k->state == CLIENT_MEDIA) {
			/* The next one may be under way already. */
			if (k->media_changes != k->unit->media_changes)
				done(k, k->unit->media.rc, &k->unit->media.err);
			continue;
		}
		if (k->state == CLIENT_ATTACHED && k->in_len)
			type(k, all);
		/* Nothing more can come from a guest that is over, or was given away. */
		if (k->state == CLIENT_ATTACHED &&
		    (unit_over(k->unit) || is_elsewhere(all, k->unit))) {
			drop(k);
			continue;
		}
		if (k->state == CLIENT_UPGRADING) {
			if (!all->upgrading)
				refuse(k, "a guest is about to start; try again when it is up");
			continue;
		}
		if (k->state == CLIENT_WAITING && !k->unit) {
			if (!all->hand_over.under_way)
				done(k, all->hand_over.rc, &all->hand_over.err);
			continue;
		}
		if (k->state == CLIENT_WAITING && k->refusals != k->unit->refusals) {
			refuse(k, k->unit->refusal);
			continue;
		}
		if (k->state != CLIENT_WAITING || !unit_settled(k->unit))
			continue;
		if (unit_failed(k->unit)) {
			refuse(k, k->unit->why);
			continue;
		}
		answer(k, "ok\n");
		drop(k);
	}
}
