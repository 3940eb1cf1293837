#include "qmp.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json_read.h"
#include "base/pass_file.h"

#define LIFE_S      30
#define REQUEST_MAX 4096

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 18, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"\"}, \"capabilities\": []}}\r\n"

struct client {
	const struct fake_qmp *f;
	FILE *log;
	int fd, file;
	unsigned refused;
};

static void need(bool ok)
{
	if (!ok)
		_exit(1);
}

static void say(const struct client *c, const char *text)
{
	need(write(c->fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* One byte, and the file that comes with it. */
static bool take_byte(struct client *c, char *byte)
{
	struct iovec part = {byte, 1};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;
	int file;

	pass_file_expect(&h, &room);
	if (recvmsg(c->fd, &h, MSG_CMSG_CLOEXEC) != 1)
		return false;
	file = pass_file_take(&h);
	if (file >= 0)
		c->file = file;
	return true;
}

static void log_file(struct client *c)
{
	char text[64];
	const ssize_t n = c->file >= 0 ? pread(c->file, text, sizeof(text), 0) : -1;

	if (n >= 0)
		fprintf(c->log, "file: %.*s\n", (int)n, text);
	if (c->file >= 0)
		close(c->file);
	c->file = -1;
}

static const char *answer_to(const struct fake_qmp *f, const char *command)
{
	if (f->vnc && !strcmp(command, "query-vnc"))
		return f->vnc;
	if (f->pci && !strcmp(command, "query-pci"))
		return f->pci;
	return strcmp(command, "add-fd") != 0 ? "{}" : "{\"fd\": 9, \"fdset-id\": 4}";
}

/* Whether the bytes so far are a request, which is answered then. */
static bool answer(struct client *c, const char *text, size_t len)
{
	struct json_value request, part;
	char command[64];

	if (text[len - 1] != '\n' || !json_parse(text, len, &request))
		return false;
	need(json_member(&request, "execute", &part) &&
	     json_string(&part, command, sizeof(command)));
	fputs(command, c->log);
	if (json_member(&request, "arguments", &part))
		fprintf(c->log, " %.*s", (int)part.len, part.at);
	fputc('\n', c->log);
	log_file(c);
	fflush(c->log);
	if (c->f->hangs_up && !strcmp(command, c->f->hangs_up))
		_exit(0);
	if (c->f->refuses && !strcmp(command, c->f->refuses) &&
	    (!c->f->times || c->refused++ < c->f->times)) {
		say(c, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"");
		say(c, c->f->why);
		say(c, "\"}}\r\n");
	} else {
		say(c, "{\"event\": \"DEVICE_TRAY_MOVED\", \"data\": {}}\r\n{\"return\": ");
		say(c, answer_to(c->f, command));
		say(c, "}\r\n");
	}
	return true;
}

static void serve(struct client *c)
{
	char text[REQUEST_MAX];
	size_t len = 0;

	say(c, GREETING);
	while (len < sizeof(text) && take_byte(c, text + len))
		len = answer(c, text, len + 1) ? 0 : len + 1;
	close(c->fd);
}

pid_t fake_qmp_start(const struct fake_qmp *f)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct client c = {.f = f, .file = -1};
	const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", f->socket);
	unlink(f->socket);
	unlink(f->log);
	if (listening < 0 || bind(listening, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(listening, 4) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid) {
		close(listening);
		return pid;
	}
	alarm(LIFE_S);
	c.log = fopen(f->log, "a");
	need(c.log);
	while ((c.fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		serve(&c);
	_exit(0);
}

void fake_qmp_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0)
		;
}
