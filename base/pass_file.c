#include "pass_file.h"

#include <string.h>
#include <unistd.h>

void pass_file_add(struct msghdr *h, union pass_file *room, int fd)
{
	memset(room, 0, sizeof(*room));
	room->head.cmsg_level = SOL_SOCKET;
	room->head.cmsg_type = SCM_RIGHTS;
	room->head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&room->head), &fd, sizeof(fd));
	pass_file_expect(h, room);
}

void pass_file_expect(struct msghdr *h, union pass_file *room)
{
	h->msg_control = room;
	h->msg_controllen = sizeof(*room);
}

int pass_file_take(struct msghdr *h)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(h);
	size_t n;
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -1;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
	for (size_t i = n; i-- > 0;) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		if (n == 1)
			return fd;
		close(fd);
	}
	if (n)
		h->msg_flags |= MSG_CTRUNC;
	return -1;
}
