/* System calls that fail on request. The program's calls of them come here (syscalls.map). */
#include "syscalls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Shared with the processes that are forked from here on: their calls count, too, and one that is
 * forked while another thread has the lock is not left with a locked one. */
struct calls {
	pthread_mutex_t lock;
	bool on;
	unsigned n;
	struct fake_syscall v[FAKE_SYSCALLS];
	const struct fake_syscall *fails;
	unsigned left; /* calls of that one until it fails */
	int errnum;
	bool failed;
};
static struct calls *calls;
static bool passes; /* in this process nothing is counted */
static fake_syscall_hook *hook;

static void __attribute__((constructor)) share(void)
{
	pthread_mutexattr_t shared;

	calls = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (calls == MAP_FAILED)
		abort();
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&calls->lock, &shared);
	pthread_mutexattr_destroy(&shared);
}

/* A process that is killed may have it. What it guards is right at any time: each change is one
 * number. */
static void lock(void)
{
	if (pthread_mutex_lock(&calls->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&calls->lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&calls->lock);
}

void fake_syscalls_begin(void)
{
	lock();
	calls->on = true;
	calls->failed = false;
	for (unsigned i = 0; i < calls->n; i++)
		calls->v[i].calls = 0;
	unlock();
}

void fake_syscalls_end(void)
{
	lock();
	calls->on = false;
	calls->fails = NULL;
	unlock();
}

void fake_syscalls_pass(void)
{
	passes = true;
}

void fake_syscall_catch(fake_syscall_hook *h)
{
	hook = h;
}

const struct fake_syscall *fake_syscalls(unsigned k)
{
	const struct fake_syscall *s;

	lock();
	s = k < calls->n ? &calls->v[k] : NULL;
	unlock();
	return s;
}

void fake_syscall_fails(const struct fake_syscall *s, unsigned n, int errnum)
{
	lock();
	calls->fails = s;
	calls->left = n;
	calls->errnum = errnum;
	unlock();
}

bool fake_syscall_failed(void)
{
	bool failed;

	lock();
	failed = calls->failed;
	unlock();
	return failed;
}

/* Called with the lock held. */
static struct fake_syscall *find(const char *name, const void *from)
{
	for (unsigned i = 0; i < calls->n; i++)
		if (calls->v[i].from == from && !strcmp(calls->v[i].name, name))
			return &calls->v[i];
	if (calls->n == FAKE_SYSCALLS)
		return NULL;
	calls->v[calls->n] = (struct fake_syscall){.name = name, .from = from};
	return &calls->v[calls->n++];
}

/* Whether this call is the one that is to fail: then errno is set. */
static bool to_fail(const char *name, const void *from)
{
	struct fake_syscall *s;
	bool fails;
	int errnum;

	if (passes)
		return false;
	lock();
	s = calls->on ? find(name, from) : NULL;
	if (s)
		s->calls++;
	fails = s && s == calls->fails && --calls->left == 0;
	calls->failed |= fails;
	errnum = calls->errnum;
	unlock();
	if (fails)
		errno = errnum;
	return fails;
}

#define FAILS(name) to_fail(name, __builtin_return_address(0))

ssize_t fake_sys_read(int fd, void *buf, size_t n);
ssize_t fake_sys_read(int fd, void *buf, size_t n)
{
	return FAILS("read") ? -1 : read(fd, buf, n);
}

ssize_t fake_sys_write(int fd, const void *buf, size_t n);
ssize_t fake_sys_write(int fd, const void *buf, size_t n)
{
	return FAILS("write") ? -1 : write(fd, buf, n);
}

ssize_t fake_sys_pread(int fd, void *buf, size_t n, off_t at);
ssize_t fake_sys_pread(int fd, void *buf, size_t n, off_t at)
{
	return FAILS("pread") ? -1 : pread(fd, buf, n, at);
}

ssize_t fake_sys_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t fake_sys_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return FAILS("pwrite") ? -1 : pwrite(fd, buf, n, at);
}

int fake_sys_poll(struct pollfd *fds, nfds_t n, int ms);
int fake_sys_poll(struct pollfd *fds, nfds_t n, int ms)
{
	return FAILS("poll") ? -1 : poll(fds, n, ms);
}

ssize_t fake_sys_send(int fd, const void *buf, size_t n, int flags);
ssize_t fake_sys_send(int fd, const void *buf, size_t n, int flags)
{
	return FAILS("send") ? -1 : send(fd, buf, n, flags);
}

ssize_t fake_sys_recv(int fd, void *buf, size_t n, int flags);
ssize_t fake_sys_recv(int fd, void *buf, size_t n, int flags)
{
	return FAILS("recv") ? -1 : recv(fd, buf, n, flags);
}

ssize_t fake_sys_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t fake_sys_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return FAILS("sendmsg") ? -1 : sendmsg(fd, m, flags);
}

ssize_t fake_sys_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t fake_sys_recvmsg(int fd, struct msghdr *m, int flags)
{
	return FAILS("recvmsg") ? -1 : recvmsg(fd, m, flags);
}

int fake_sys_socket(int domain, int type, int protocol);
int fake_sys_socket(int domain, int type, int protocol)
{
	return FAILS("socket") ? -1 : socket(domain, type, protocol);
}

int fake_sys_socketpair(int domain, int type, int protocol, int *ends);
int fake_sys_socketpair(int domain, int type, int protocol, int *ends)
{
	return FAILS("socketpair") ? -1 : socketpair(domain, type, protocol, ends);
}

int fake_sys_bind(int fd, const struct sockaddr *a, socklen_t n);
int fake_sys_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	return FAILS("bind") ? -1 : bind(fd, a, n);
}

int fake_sys_listen(int fd, int backlog);
int fake_sys_listen(int fd, int backlog)
{
	return FAILS("listen") ? -1 : listen(fd, backlog);
}

int fake_sys_connect(int fd, const struct sockaddr *a, socklen_t n);
int fake_sys_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	return FAILS("connect") ? -1 : connect(fd, a, n);
}

int fake_sys_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags);
int fake_sys_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return FAILS("accept4") ? -1 : accept4(fd, a, n, flags);
}

int fake_sys_setsockopt(int fd, int level, int name, const void *v, socklen_t n);
int fake_sys_setsockopt(int fd, int level, int name, const void *v, socklen_t n)
{
	return FAILS("setsockopt") ? -1 : setsockopt(fd, level, name, v, n);
}

int fake_sys_memfd_create(const char *name, unsigned flags);
int fake_sys_memfd_create(const char *name, unsigned flags)
{
	return FAILS("memfd_create") ? -1 : memfd_create(name, flags);
}

int fake_sys_fstat(int fd, struct stat *st);
int fake_sys_fstat(int fd, struct stat *st)
{
	return FAILS("fstat") ? -1 : fstat(fd, st);
}

int fake_sys_stat(const char *path, struct stat *st);
int fake_sys_stat(const char *path, struct stat *st)
{
	return FAILS("stat") ? -1 : stat(path, st);
}

off_t fake_sys_lseek(int fd, off_t at, int whence);
off_t fake_sys_lseek(int fd, off_t at, int whence)
{
	return FAILS("lseek") ? -1 : lseek(fd, at, whence);
}

int fake_sys_ftruncate(int fd, off_t size);
int fake_sys_ftruncate(int fd, off_t size)
{
	return FAILS("ftruncate") ? -1 : ftruncate(fd, size);
}

int fake_sys_fallocate(int fd, int mode, off_t at, off_t n);
int fake_sys_fallocate(int fd, int mode, off_t at, off_t n)
{
	return FAILS("fallocate") ? -1 : fallocate(fd, mode, at, n);
}

pid_t fake_sys_fork(void);
pid_t fake_sys_fork(void)
{
	return FAILS("fork") ? -1 : fork();
}

int fake_sys_pipe2(int *ends, int flags);
int fake_sys_pipe2(int *ends, int flags)
{
	return FAILS("pipe2") ? -1 : pipe2(ends, flags);
}

int fake_sys_eventfd(unsigned n, int flags);
int fake_sys_eventfd(unsigned n, int flags)
{
	return FAILS("eventfd") ? -1 : eventfd(n, flags);
}

int fake_sys_signalfd(int fd, const sigset_t *set, int flags);
int fake_sys_signalfd(int fd, const sigset_t *set, int flags)
{
	return FAILS("signalfd") ? -1 : signalfd(fd, set, flags);
}

int fake_sys_inotify_init1(int flags);
int fake_sys_inotify_init1(int flags)
{
	return FAILS("inotify_init1") ? -1 : inotify_init1(flags);
}

int fake_sys_inotify_add_watch(int fd, const char *path, uint32_t mask);
int fake_sys_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return FAILS("inotify_add_watch") ? -1 : inotify_add_watch(fd, path, mask);
}

int fake_sys_mkdir(const char *path, mode_t mode);
int fake_sys_mkdir(const char *path, mode_t mode)
{
	return FAILS("mkdir") ? -1 : mkdir(path, mode);
}

int fake_sys_mkdirat(int dir, const char *path, mode_t mode);
int fake_sys_mkdirat(int dir, const char *path, mode_t mode)
{
	return FAILS("mkdirat") ? -1 : mkdirat(dir, path, mode);
}

int fake_sys_unlinkat(int dir, const char *path, int flags);
int fake_sys_unlinkat(int dir, const char *path, int flags)
{
	return FAILS("unlinkat") ? -1 : unlinkat(dir, path, flags);
}

int fake_sys_rename(const char *from, const char *to);
int fake_sys_rename(const char *from, const char *to)
{
	return FAILS("rename") ? -1 : rename(from, to);
}

int fake_sys_renameat(int a, const char *from, int b, const char *to);
int fake_sys_renameat(int a, const char *from, int b, const char *to)
{
	return FAILS("renameat") ? -1 : renameat(a, from, b, to);
}

int fake_sys_chmod(const char *path, mode_t mode);
int fake_sys_chmod(const char *path, mode_t mode)
{
	return FAILS("chmod") ? -1 : chmod(path, mode);
}

int fake_sys_dup2(int from, int to);
int fake_sys_dup2(int from, int to)
{
	return FAILS("dup2") ? -1 : dup2(from, to);
}

int fake_sys_dup3(int from, int to, int flags);
int fake_sys_dup3(int from, int to, int flags)
{
	return FAILS("dup3") ? -1 : dup3(from, to, flags);
}

int fake_sys_mount(const char *what, const char *where, const char *type, unsigned long flags,
		   const void *data);
int fake_sys_mount(const char *what, const char *where, const char *type, unsigned long flags,
		   const void *data)
{
	return FAILS("mount") ? -1 : mount(what, where, type, flags, data);
}

void *fake_sys_mmap(void *at, size_t n, int prot, int flags, int fd, off_t from);
void *fake_sys_mmap(void *at, size_t n, int prot, int flags, int fd, off_t from)
{
	return FAILS("mmap") ? MAP_FAILED : mmap(at, n, prot, flags, fd, from);
}

FILE *fake_sys_fopen(const char *path, const char *mode);
FILE *fake_sys_fopen(const char *path, const char *mode)
{
	return FAILS("fopen") ? NULL : fopen(path, mode);
}

FILE *fake_sys_fdopen(int fd, const char *mode);
FILE *fake_sys_fdopen(int fd, const char *mode)
{
	return FAILS("fdopen") ? NULL : fdopen(fd, mode);
}

FILE *fake_sys_open_memstream(char **text, size_t *len);
FILE *fake_sys_open_memstream(char **text, size_t *len)
{
	return FAILS("open_memstream") ? NULL : open_memstream(text, len);
}

DIR *fake_sys_opendir(const char *path);
DIR *fake_sys_opendir(const char *path)
{
	return FAILS("opendir") ? NULL : opendir(path);
}

DIR *fake_sys_fdopendir(int fd);
DIR *fake_sys_fdopendir(int fd)
{
	return FAILS("fdopendir") ? NULL : fdopendir(fd);
}

int fake_sys_posix_fallocate(int fd, off_t at, off_t n);
int fake_sys_posix_fallocate(int fd, off_t at, off_t n)
{
	return FAILS("posix_fallocate") ? errno : posix_fallocate(fd, at, n);
}

int fake_sys_pthread_create(pthread_t *id, const pthread_attr_t *a, void *(*run)(void *),
			    void *arg);
int fake_sys_pthread_create(pthread_t *id, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
	return FAILS("pthread_create") ? errno : pthread_create(id, a, run, arg);
}

/* Those with an argument that may be there. */

int fake_sys_open(const char *path, int flags, ...);
int fake_sys_open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return FAILS("open") ? -1 : open(path, flags, mode);
}

int fake_sys_openat(int dir, const char *path, int flags, ...);
int fake_sys_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return FAILS("openat") ? -1 : openat(dir, path, flags, mode);
}

int fake_sys_fcntl(int fd, int what, ...);
int fake_sys_fcntl(int fd, int what, ...)
{
	va_list ap;
	long arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	return FAILS("fcntl") ? -1 : fcntl(fd, what, arg);
}

int fake_sys_ioctl(int fd, unsigned long request, ...);
int fake_sys_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	/* musl's takes an int as request. */
	return FAILS("ioctl") ? -1 : ioctl(fd, (unsigned)request, arg);
}

/* The numbers that the C library has no function for: as many arguments as any of them has. */
long fake_sys_syscall(long number, ...);
long fake_sys_syscall(long number, ...)
{
	long a[5], rc;
	va_list ap;

	va_start(ap, number);
	for (unsigned i = 0; i < 5; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (FAILS("syscall"))
		return -1;
	if (hook && hook(number, a, &rc))
		return rc;
	return syscall(number, a[0], a[1], a[2], a[3], a[4]);
}
