/*
 * libFuzzer entry: any bytes as what xenstored answers to some requests, or to a transaction. The
 * first byte says which.
 */
#include "builder/store/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/write_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So much is in a socket before anybody reads. */
#define ANSWERS_MAX 65536

static void check_error(const struct err *e)
{
	const size_t len = strnlen(e->msg, sizeof(e->msg));

	assert(len > 0 && len < sizeof(e->msg) && !strchr(e->msg, '\n'));
}

static void some_requests(int fd, size_t n)
{
	static char path[] = "/a";
	struct wire_call calls[4];
	struct err e = {0};
	int rc;

	memset(calls, 0, sizeof(calls));
	for (size_t i = 0; i < n; i++) {
		calls[i].type = i % 2 ? XS_DIRECTORY : XS_READ;
		calls[i].body = path;
		calls[i].len = sizeof(path);
	}
	rc = wire_talk(fd, 0, calls, n, &e);
	if (rc < 0)
		check_error(&e);
	for (size_t i = 0; i < n; i++) {
		/* What was answered is whole, also in front of an answer that was none. */
		assert(rc < 0 || calls[i].reply);
		assert(calls[i].error >= 0 && calls[i].reply_len <= XENSTORE_PAYLOAD_MAX);
		assert(!calls[i].reply_len || calls[i].reply[calls[i].reply_len] == '\0');
		free(calls[i].reply);
	}
}

static void a_transaction(int fd)
{
	struct err e = {0};
	uint32_t t = 0;
	int error = 0;

	if (wire_begin(fd, &t, &e) < 0 || wire_end(fd, t, false, &error, &e) < 0)
		check_error(&e);
	assert(error >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];

	if (!size || size > ANSWERS_MAX)
		return 0;
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	assert(write_all(fds[1], (const char *)data + 1, size - 1));
	shutdown(fds[1], SHUT_WR);
	if (data[0] & 1)
		a_transaction(fds[0]);
	else
		some_requests(fds[0], 1 + (data[0] >> 1) % 4);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
