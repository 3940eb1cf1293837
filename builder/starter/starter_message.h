/*
 * What goes between the supervisor and its starter.
 *
 * Each request has a pair of sockets of its own: the request is written into it, in as many
 * messages as its files take, and the other end is sent to the starter. The answer comes by the
 * same pair. So the starter finds a request whole, and neither of them has to tell answers apart.
 */
#ifndef EARLYDOM_STARTER_MESSAGE_H
#define EARLYDOM_STARTER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* SCM_MAX_FD of Linux's net/scm.h is 253. */
#define MESSAGE_FILES_MAX 250

/* In front of a parcel, in the first message. */
struct message_head {
	uint32_t verb;     /* which of the table */
	uint32_t nr_files; /* in this and the next messages */
	uint64_t size;     /* of the parcel, bytes; it is a file of its own where it is long */
};

/* A parcel up to that long is in the message itself. */
#define MESSAGE_INLINE_MAX 16384

struct message_answer {
	int32_t rc;
	int32_t pid; /* of `run` */
	struct err e;
};

/* Sends or receives one message with files. Received files are closed by an exec. Returns the
 * bytes, 0 at the end of the connection, or -1 with errno set; EMSGSIZE where there is more than
 * fits. */
ssize_t message_send(int fd, const void *a, size_t size_a, const void *b, size_t size_b,
		     const int *files, size_t nr_files);
ssize_t message_receive(int fd, void *data, size_t size, int *files, size_t max_files,
			size_t *nr_files);

#endif
