/*
 * libFuzzer entry: messages as any process may send them. The input is a number of messages: how
 * many files go with one, its length, its bytes. A list is made of them as a keeper makes it.
 */
#include "builder/keeper/kept.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 4

static void say(int channel, const uint8_t *bytes, size_t len, unsigned files, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(FILES_MAX * sizeof(int))];
	} rights = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};

	if (files) {
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(files * sizeof(int));
		for (unsigned i = 0; i < files; i++)
			memcpy(CMSG_DATA(&rights.head) + i * sizeof(int), &fd, sizeof(fd));
		h.msg_control = &rights;
		h.msg_controllen = CMSG_SPACE(files * sizeof(int));
	}
	assert(sendmsg(channel, &h, MSG_DONTWAIT) == (ssize_t)len);
}

/* The lowest number that is free: what stays open moves it. */
static int next_file(int fd)
{
	const int next = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	close(next);
	return next;
}

static bool is_list(const struct kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		assert(k->v[i].waits && fcntl(k->v[i].fd, F_GETFD) == FD_CLOEXEC);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(k->v[i].name, k->v[j].name) || k->v[i].fd == k->v[j].fd)
				return false;
	}
	return true;
}

static void take(struct kept *k, int channel, const uint8_t *bytes, size_t len, unsigned files)
{
	struct kept_message m;
	const int rc = kept_receive(channel, &m);
	const bool good = files == (bytes[0] == KEPT_HOLD) && len <= KEPT_TEXT_MAX + 1;

	assert(rc == (good ? 1 : -1));
	assert((rc == 1 && bytes[0] == KEPT_HOLD) == (m.fd >= 0));
	if (rc < 0) {
		assert(errno == EBADMSG);
		return;
	}
	assert(m.verb == (char)bytes[0]);
	assert(strlen(m.text) == strnlen((const char *)bytes + 1, len - 1));
	assert(!memcmp(m.text, bytes + 1, strlen(m.text)));
	if (m.verb == KEPT_HOLD)
		assert(kept_came(k, m.text, m.fd) == 0);
	else if (m.verb == KEPT_DROP)
		kept_drop(k, m.text);
	else if (m.verb == KEPT_UP)
		kept_sweep(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ends[2], first;
	struct kept k;

	assert(kept_new_channel(ends) == 0);
	first = next_file(ends[0]);
	kept_init(&k, -1);
	while (size >= 4) {
		const unsigned files = data[0] % (FILES_MAX + 1);
		size_t len = data[1] | (size_t)data[2] << 8;

		data += 3;
		size -= 3;
		len = len % 5000 + 1;
		if (len > size)
			len = size;
		say(ends[0], data, len, files, ends[0]);
		take(&k, ends[1], data, len, files);
		data += len;
		size -= len;
		assert(is_list(&k));
	}
	kept_free(&k);
	/* All that came is closed. */
	assert(next_file(ends[0]) == first);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
