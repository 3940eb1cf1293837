#include "starter_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(MESSAGE_FILES_MAX * sizeof(int))];
};

ssize_t message_send(int fd, const void *a, size_t size_a, const void *b, size_t size_b,
		     const int *files, size_t nr_files)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)a, size_a}, {(void *)(uintptr_t)b, size_b}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = size_b ? 2 : 1};
	union control control;
	struct cmsghdr *head;
	ssize_t n;

	if (nr_files) {
		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(nr_files * sizeof(int));
		memset(&control, 0, m.msg_controllen);
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(nr_files * sizeof(int));
		memcpy(CMSG_DATA(head), files, nr_files * sizeof(int));
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

/* The files of a message; those beyond max are closed. */
static size_t take_files(struct msghdr *m, int *files, size_t max)
{
	size_t n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		const size_t here = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < here; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
			if (n < max)
				files[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

ssize_t message_receive(int fd, void *data, size_t size, int *files, size_t max_files,
			size_t *nr_files)
{
	union control control;
	struct iovec part = {data, size};
	struct msghdr m = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	*nr_files = n < 0 ? 0 : take_files(&m, files, max_files);
	if (n < 0 || !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return n;
	errno = EMSGSIZE;
	return -1;
}
