#include "qmp.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pass_file.h"

/* The longest message that is taken: far above what is asked for here. */
#define MESSAGE_MAX ((size_t)1 << 20)
#define ROOM_MIN    4096

/* Of QEMU's words, what a message of ours has room for. */
#define WORDS_MAX 300

static int no_answer(struct err *e, const char *command, const char *why)
{
	return err_set_passing(e, "QEMU does not answer %s: %s", command, why);
}

/* Waits for the socket to be readable or writable. */
static int wait_for(const struct qmp *q, short events, uint64_t deadline, const char *command,
		    struct err *e)
{
	struct pollfd p = {.fd = q->fd, .events = events};
	uint64_t now;
	int n;

	do {
		now = clock_ns();
		n = now < deadline ? poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1) : 0;
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return no_answer(e, command, n < 0 ? strerror(errno) : "it takes too long");
}

static int receive(struct qmp *q, uint64_t deadline, const char *command, struct err *e)
{
	char *more;
	ssize_t n;

	if (q->len >= MESSAGE_MAX)
		return no_answer(e, command, "it says too much");
	/* In steps of ROOM_MIN, where there is none left. */
	if (q->len % ROOM_MIN == 0) {
		more = realloc(q->buf, q->len + ROOM_MIN);
		if (!more)
			return no_answer(e, command, "out of memory");
		q->buf = more;
	}
	if (wait_for(q, POLLIN, deadline, command, e) < 0)
		return -1;
	n = recv(q->fd, q->buf + q->len, ROOM_MIN - q->len % ROOM_MIN, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return no_answer(e, command, n < 0 ? strerror(errno) : "it has hung up");
	q->len += (size_t)n;
	return 0;
}

/* Takes the next message, which is a line. */
static int next_message(struct qmp *q, uint64_t deadline, const char *command,
			struct json_value *out, struct err *e)
{
	const char *end;

	if (q->message) {
		q->len -= q->message;
		memmove(q->buf, q->buf + q->message, q->len);
		q->message = 0;
	}
	while (!(end = q->len ? memchr(q->buf, '\n', q->len) : NULL))
		if (receive(q, deadline, command, e) < 0)
			return -1;
	q->message = (size_t)(end - q->buf) + 1;
	if (!json_parse(q->buf, q->message, out))
		return no_answer(e, command, "what it says is no JSON");
	return 0;
}

static int refused(const struct json_value *error, const char *command, struct err *e)
{
	char words[WORDS_MAX] = "";
	struct json_value desc;

	if (!json_member(error, "desc", &desc) || !json_string(&desc, words, sizeof(words)))
		strcpy(words, "it does not say why");
	for (char *p = words; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	return err_set(e, "QEMU refuses %s: %s", command, words);
}

/* Events come in between whenever something happens in QEMU. */
static int answer_to(struct qmp *q, uint64_t deadline, const char *command,
		     struct json_value *answer, struct err *e)
{
	struct json_value message, part;

	for (;;) {
		if (next_message(q, deadline, command, &message, e) < 0)
			return -1;
		if (json_member(&message, "error", &part))
			return refused(&part, command, e);
		if (!json_member(&message, "return", &part))
			continue;
		if (answer)
			*answer = part;
		return 0;
	}
}

/* The command, for free(); NULL without memory. */
static char *request(const char *command, const char *const *args, size_t *len)
{
	struct json j = {.rows = true};
	char *text = NULL;

	j.to = open_memstream(&text, len);
	if (!j.to)
		return NULL;
	json_open(&j, NULL, '{');
	json_text(&j, "execute", command);
	if (args) {
		json_open(&j, "arguments", '{');
		for (; *args; args += 2)
			json_text(&j, args[0], args[1]);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	if (fclose(j.to) == 0)
		return text;
	free(text);
	return NULL;
}

/* With a file, which goes with the first byte, unless it is -1. */
static ssize_t send_some(const struct qmp *q, const char *text, size_t len, int file)
{
	struct iovec part = {(char *)(uintptr_t)text, len};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;

	if (file >= 0)
		pass_file_add(&h, &room, file);
	return sendmsg(q->fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_all(const struct qmp *q, const char *text, size_t len, int file, uint64_t deadline,
		    const char *command, struct err *e)
{
	ssize_t n;

	while (len) {
		if (wait_for(q, POLLOUT, deadline, command, e) < 0)
			return -1;
		n = send_some(q, text, len, file);
		file = n > 0 ? -1 : file;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return no_answer(e, command, strerror(errno));
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int qmp_ask(struct qmp *q, const char *command, const char *const *args, struct json_value *answer,
	    struct err *e)
{
	return qmp_ask_with_file(q, command, args, -1, answer, e);
}

int qmp_ask_with_file(struct qmp *q, const char *command, const char *const *args, int file,
		      struct json_value *answer, struct err *e)
{
	const uint64_t deadline = clock_ns() + QMP_PATIENCE_MS * NS_PER_MS;
	size_t len = 0;
	char *text = request(command, args, &len);
	int rc;

	if (!text)
		return no_answer(e, command, "out of memory");
	rc = send_all(q, text, len, file, deadline, command, e);
	explicit_bzero(text, len);
	free(text);
	return rc < 0 ? -1 : answer_to(q, deadline, command, answer, e);
}

/* Connecting blocks while another client is served and more of them wait. */
static int connect_to(const char *path, struct err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set_errno(e, ENAMETOOLONG, "cannot connect to QEMU at %.200s", path);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	err_set_errno(e, errno, "cannot connect to QEMU at %s", path);
	e->passing = true;
	if (fd >= 0)
		close(fd);
	return -1;
}

int qmp_open(struct qmp *q, const char *path, struct err *e)
{
	const uint64_t deadline = clock_ns() + QMP_PATIENCE_MS * NS_PER_MS;
	struct json_value greeting, ignored;

	*q = (struct qmp){.fd = connect_to(path, e)};
	if (q->fd < 0)
		return -1;
	if (next_message(q, deadline, "a connection", &greeting, e) < 0)
		goto fail;
	if (!json_member(&greeting, "QMP", &ignored)) {
		no_answer(e, "a connection", "it does not speak QMP");
		goto fail;
	}
	if (qmp_ask(q, "qmp_capabilities", NULL, NULL, e) == 0)
		return 0;
fail:
	qmp_close(q);
	return -1;
}

void qmp_close(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	free(q->buf);
	*q = (struct qmp){.fd = -1};
}
