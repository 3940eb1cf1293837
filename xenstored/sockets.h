/*
 * What xenstored does with its clients' sockets, with fewer system calls: linked with the linker's --wrap (see
 * STORED_WRAP in Makefile), these functions are what it gets for read, poll and so on. For each request and answer of
 * a few dozen bytes it polls three times, reads twice, writes twice and asks for the time in between.
 *
 * A socket that accept returned has two buffers. What a client has sent is read at once, and poll says so when there
 * is a whole request (struct xsd_sockmsg in xen/io/xs_wire.h): xenstored, which reads a request's header and then waits
 * for its body, never waits for a client that sent half of one. What is written is sent before the next poll that
 * waits, or when there is no more room. Nothing here waits for a client.
 *
 * All other descriptors are left alone.
 *
 * Not for programs with threads.
 */
#ifndef EARLYDOM_SOCKETS_H
#define EARLYDOM_SOCKETS_H

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* So many polls in a row are answered without the kernel; a client has to wait for no more than that. */
#define SOCKETS_ROUNDS 32

/* Bytes of the buffers of a client. The first holds several of the longest requests. */
#define SOCKETS_IN  16384
#define SOCKETS_OUT 8192

/* Descriptors from here on have no buffers. */
#define SOCKETS_FDS 1024

/* The C library's. */
int __real_accept(int fd, struct sockaddr *addr, socklen_t *len);
int __real_clock_gettime(clockid_t id, struct timespec *now);
int __real_close(int fd);
int __real_execvp(const char *file, char *const argv[]);
int __real_open(const char *path, int flags, ...);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);

/* Like accept; without memory the socket has no buffers. */
int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len);

/* Like read and write of a socket; a read goes no further than one request. write: EAGAIN when there is no room. */
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

/* Like close. What can't be sent at once is lost. */
int __wrap_close(int fd);

/* Like poll, but may return 0 before its time. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

/* Like clock_gettime; the monotonic time is that of the first call since the last poll that asked the kernel. */
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

/*
 * Like open and execvp. An xenstored that replaces itself by another one writes down what it knows, and then executes
 * it: both fail with EAGAIN while there is anything in a buffer, of which the other one would not know. xenstored can
 * go on as before after the first of them alone. In all other cases the buffers don't matter.
 */
int __wrap_open(const char *path, int flags, ...);
int __wrap_execvp(const char *file, char *const argv[]);

#endif
