#include "kept.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/pass_file.h"

void kept_init(struct kept *k, int channel)
{
	memset(k, 0, sizeof(*k));
	pthread_mutex_init(&k->lock, NULL);
	k->channel = channel;
	k->begun = true;
}

void kept_free(struct kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i].waits)
			close(k->v[i].fd);
		free(k->v[i].name);
	}
	free(k->v);
	pthread_mutex_destroy(&k->lock);
	kept_init(k, -1);
}

/* ---- the list, with the lock held ---- */

static struct kept_file *find(const struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].name, name))
			return &k->v[i];
	return NULL;
}

static struct kept_file *add(struct kept *k, const char *name)
{
	struct kept_file *more = realloc(k->v, (k->n + 1) * sizeof(*more));
	char *copy = strdup(name);

	if (more)
		k->v = more;
	if (!more || !copy) {
		free(copy);
		return NULL;
	}
	k->v[k->n] = (struct kept_file){.name = copy, .fd = -1};
	return &k->v[k->n++];
}

static void take_out(struct kept *k, struct kept_file *f)
{
	const size_t i = (size_t)(f - k->v);

	free(f->name);
	memmove(f, f + 1, (k->n - i - 1) * sizeof(*f));
	k->n--;
	if (!k->begun && k->sent > i)
		k->sent--;
}

/* Tells the other process of a change to f, unless it is going to be sent f anyway. */
static void tell(struct kept *k, enum kept_verb verb, const struct kept_file *f)
{
	const bool has = k->begun || (size_t)(f - k->v) < k->sent;

	if (k->channel >= 0 && !k->cut && has &&
	    kept_send(k->channel, verb, f->name, verb == KEPT_HOLD ? f->fd : -1) < 0)
		k->cut = true;
}

static int put(struct kept *k, const char *name, int fd, bool waits)
{
	struct kept_file *f = find(k, name);

	if (f && f->waits)
		close(f->fd);
	if (!f)
		f = add(k, name);
	if (!f)
		return -1;
	f->fd = fd;
	f->waits = waits;
	return 0;
}

/* ---- for its users ---- */

void kept_hold(struct kept *k, const char *name, int fd)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	if (put(k, name, fd, false) < 0)
		k->cut = true;
	else
		tell(k, KEPT_HOLD, find(k, name));
	pthread_mutex_unlock(&k->lock);
}

void kept_drop(struct kept *k, const char *name)
{
	struct kept_file *f;

	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	f = find(k, name);
	if (f) {
		if (f->waits)
			close(f->fd);
		tell(k, KEPT_DROP, f);
		take_out(k, f);
	}
	pthread_mutex_unlock(&k->lock);
}

void kept_tell(struct kept *k, enum kept_verb verb)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	if (kept_send(k->channel, verb, "", -1) < 0)
		k->cut = true;
	pthread_mutex_unlock(&k->lock);
}

void kept_give_up(struct kept *k)
{
	pthread_mutex_lock(&k->lock);
	k->cut = true;
	pthread_mutex_unlock(&k->lock);
}

bool kept_is_cut(struct kept *k)
{
	bool cut;

	pthread_mutex_lock(&k->lock);
	cut = k->cut || k->channel < 0;
	pthread_mutex_unlock(&k->lock);
	return cut;
}

int kept_leave(struct kept *k)
{
	int channel;

	pthread_mutex_lock(&k->lock);
	channel = k->channel;
	k->channel = -1;
	pthread_mutex_unlock(&k->lock);
	return channel;
}

int kept_take(struct kept *k, const char *name)
{
	struct kept_file *f;
	int fd = -1;

	if (!k)
		return -1;
	pthread_mutex_lock(&k->lock);
	f = find(k, name);
	if (f && f->waits) {
		f->waits = false;
		fd = f->fd;
	}
	pthread_mutex_unlock(&k->lock);
	return fd;
}

void kept_sweep(struct kept *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	for (size_t i = k->n; i-- > 0;) {
		if (!k->v[i].waits)
			continue;
		close(k->v[i].fd);
		tell(k, KEPT_DROP, &k->v[i]);
		take_out(k, &k->v[i]);
	}
	pthread_mutex_unlock(&k->lock);
}

int kept_came(struct kept *k, const char *name, int fd)
{
	int rc;

	pthread_mutex_lock(&k->lock);
	rc = put(k, name, fd, true);
	pthread_mutex_unlock(&k->lock);
	if (rc < 0)
		close(fd);
	return rc;
}

/* ---- a new process at the other end ---- */

int kept_new_channel(int ends[2])
{
	/* Room for the files of some hundred guests, for an end that is slow to read. */
	const int room = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return 0;
}

/* With the lock held. */
static int pump(struct kept *k)
{
	while (!k->begun && k->sent < k->n) {
		const struct kept_file *f = &k->v[k->sent];

		if (kept_send(k->channel, KEPT_HOLD, f->name, f->fd) < 0)
			return errno == EAGAIN ? 0 : -1;
		k->sent++;
	}
	if (!k->begun && kept_send(k->channel, KEPT_BEGIN, k->why, -1) < 0)
		return errno == EAGAIN ? 0 : -1;
	k->begun = true;
	return 1;
}

int kept_pump(struct kept *k)
{
	int rc;

	pthread_mutex_lock(&k->lock);
	rc = pump(k);
	pthread_mutex_unlock(&k->lock);
	return rc;
}

int kept_begin(struct kept *k, int channel, const char *why)
{
	int rc;

	pthread_mutex_lock(&k->lock);
	snprintf(k->why, sizeof(k->why), "%s", why);
	k->channel = channel;
	k->cut = k->begun = false;
	k->sent = 0;
	rc = pump(k);
	pthread_mutex_unlock(&k->lock);
	return rc;
}

/* ---- messages ---- */

int kept_send(int channel, enum kept_verb verb, const char *text, int fd)
{
	char letter = (char)verb;
	struct iovec parts[] = {
		{&letter, 1},
		{(void *)(uintptr_t)text, strlen(text)},
	};
	union pass_file file;
	struct msghdr h = {.msg_iov = parts, .msg_iovlen = 2};

	if (parts[1].iov_len > KEPT_TEXT_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (fd >= 0)
		pass_file_add(&h, &file, fd);
	return sendmsg(channel, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int kept_receive(int channel, struct kept_message *m)
{
	struct iovec parts[] = {{&m->verb, 1}, {m->text, KEPT_TEXT_MAX}};
	union pass_file file;
	struct msghdr h = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;

	m->fd = -1;
	pass_file_expect(&h, &file);
	do
		n = recvmsg(channel, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -1 : 0;
	m->text[n - 1] = '\0';
	m->fd = pass_file_take(&h);
	if (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || (m->verb == KEPT_HOLD) != (m->fd >= 0)) {
		if (m->fd >= 0)
			close(m->fd);
		m->fd = -1;
		errno = EBADMSG;
		return -1;
	}
	return 1;
}

int kept_receive_all(struct kept *k, int channel, char why[KEPT_TEXT_MAX + 1], struct err *e)
{
	struct kept_message m;
	int rc;

	for (;;) {
		rc = kept_receive(channel, &m);
		if (rc == 0)
			return err_set(e, "what is kept did not come: the other end has closed");
		if (rc < 0)
			return err_set(e, "what is kept did not come: %s", strerror(errno));
		if (m.verb == KEPT_BEGIN) {
			memcpy(why, m.text, sizeof(m.text));
			return 0;
		}
		if (m.verb == KEPT_HOLD && kept_came(k, m.text, m.fd) < 0)
			return err_set(e, "what is kept did not come: out of memory");
	}
}
