/*
 * One open file that goes with a message over a Unix socket (SCM_RIGHTS; unix(7), cmsg(3)).
 */
#ifndef EARLYDOM_PASS_FILE_H
#define EARLYDOM_PASS_FILE_H

#include <sys/socket.h>

/* Room for one, aligned as a control message. It is that of the message as long as that is used. */
union pass_file {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Adds fd to a message that is to be sent. */
void pass_file_add(struct msghdr *h, union pass_file *room, int fd);

/* Gives a message that is to be received the room. */
void pass_file_expect(struct msghdr *h, union pass_file *room);

/*
 * The file that came with a received message, the caller's; -1 for none. More than one, for which
 * there is room because of the alignment, are closed, and MSG_CTRUNC is set.
 */
int pass_file_take(struct msghdr *h);

#endif
