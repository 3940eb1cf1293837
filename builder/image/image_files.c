#include "image_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root_file.h"
#include "builder/jail/kernel.h"
#include "loaders/codec.h"

/* The file that is held already, with one more user; or NULL. One that has another size by now is
 * another one. Under the lock. */
static struct image_file *share(const struct image_cache *c, const struct stat *st)
{
	for (struct image_file *f = c->files; f; f = f->next)
		if (f->dev == st->st_dev && f->ino == st->st_ino &&
		    f->size == (size_t)st->st_size) {
			f->users++;
			return f;
		}
	return NULL;
}

static struct image_file *image_new(const struct starter *s, int fd, const struct stat *st)
{
	struct image_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->starter = s;
	f->fd = fd;
	f->size = (size_t)st->st_size;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->unpacked = -1;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->unpacking_over, NULL);
	return f;
}

/* Closes the kernel, if it is open. Returns the file with what it was unpacked to, to be closed. */
static int kernel_release(struct image_file *f)
{
	const int unpacked = f->unpacked;

	f->kernel_open = false;
	f->unpacked = -1;
	return unpacked;
}

static void image_close(struct image_file *f)
{
	const int unpacked = kernel_release(f);

	if (unpacked >= 0)
		close(unpacked);
	pthread_cond_destroy(&f->unpacking_over);
	pthread_mutex_destroy(&f->lock);
	close(f->fd);
	free(f);
}

struct image_file *image_hold(struct image_cache *c, const char *what, const char *path,
			      struct err *e)
{
	/* O_NONBLOCK: a FIFO put in the file's place must not stop the boot. */
	return image_hold_open(c, what, path, root_file_open(c->root, path, O_RDONLY | O_NONBLOCK),
			       e);
}

static struct image_file *find(struct image_cache *c, const struct stat *st)
{
	struct image_file *f;

	pthread_mutex_lock(&c->lock);
	f = share(c, st);
	pthread_mutex_unlock(&c->lock);
	return f;
}

/* Adds f, with its first user. Returns the one that another thread has added meanwhile, or f. */
static struct image_file *add(struct image_cache *c, struct image_file *f, const struct stat *st)
{
	struct image_file *other;

	pthread_mutex_lock(&c->lock);
	other = share(c, st);
	if (!other) {
		f->users = 1;
		f->next = c->files;
		c->files = f;
	}
	pthread_mutex_unlock(&c->lock);
	return other ? other : f;
}

static struct image_file *hold(struct image_cache *c, int fd, const struct stat *st)
{
	struct image_file *f = find(c, st), *other;

	if (f) {
		close(fd);
		return f;
	}
	f = image_new(c->starter, fd, st);
	if (!f)
		return NULL;
	other = add(c, f, st);
	if (other != f)
		image_close(f);
	return other;
}

struct image_file *image_hold_open(struct image_cache *c, const char *what, const char *path,
				   int fd, struct err *e)
{
	struct image_file *f = NULL;
	const char *cause = NULL;
	bool passing = false;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		passing = errno_passes(errno);
		cause = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		cause = S_ISDIR(st.st_mode) ? "Is a directory" : "not a regular file";
	} else if (st.st_size == 0) {
		cause = "the file is empty";
	} else if (!(f = hold(c, fd, &st))) {
		passing = errno_passes(errno);
		cause = strerror(errno);
	}
	if (f)
		return f;
	if (fd >= 0)
		close(fd);
	err_set(e, "cannot read %s %s: %s", what, path, cause);
	e->passing = passing;
	return NULL;
}

void image_drop(struct image_cache *c, struct image_file *f)
{
	struct image_file **p;
	bool last;

	if (!f)
		return;
	pthread_mutex_lock(&c->lock);
	last = --f->users == 0;
	if (last) {
		for (p = &c->files; *p != f; p = &(*p)->next)
			;
		*p = f->next;
		if (c->later) {
			f->next = c->dropped;
			c->dropped = f;
		}
	}
	pthread_mutex_unlock(&c->lock);
	if (last && !c->later)
		image_close(f);
}

bool image_has_dropped(struct image_cache *c)
{
	bool some;

	pthread_mutex_lock(&c->lock);
	some = c->dropped;
	pthread_mutex_unlock(&c->lock);
	return some;
}

void image_close_dropped(struct image_cache *c)
{
	struct image_file *f, *next;

	pthread_mutex_lock(&c->lock);
	f = c->dropped;
	c->dropped = NULL;
	pthread_mutex_unlock(&c->lock);
	for (; f; f = next) {
		next = f->next;
		image_close(f);
	}
}

bool image_is_held(struct image_cache *c, dev_t dev, ino_t ino)
{
	bool held = false;

	pthread_mutex_lock(&c->lock);
	for (const struct image_file *f = c->files; f && !held; f = f->next)
		held = f->dev == dev && f->ino == ino;
	pthread_mutex_unlock(&c->lock);
	return held;
}

static int copy(int fd, uint64_t at, size_t len, void *to, struct err *e)
{
	size_t done = 0;

	while (done < len) {
		const ssize_t n = pread(fd, (uint8_t *)to + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(e, errno, "cannot read the file");
		if (n == 0)
			return err_set(e, "cannot read the file: it has become shorter");
		done += (size_t)n;
	}
	return 0;
}

int image_state(const struct image_file *f, struct file_state *state, struct err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return err_set_errno(e, errno, "cannot look at the file");
	*state = (struct file_state){
		.size = (uint64_t)st.st_size, .mtime = st.st_mtim, .ctime = st.st_ctim};
	return 0;
}

int image_copy(const struct image_file *f, uint64_t at, size_t len, void *to, struct err *e)
{
	return copy(f->fd, at, len, to, e);
}

int image_copy_kernel(const struct image_file *f, uint64_t at, size_t len, void *to, struct err *e)
{
	const bool unpacked = f->kernel.where == KERNEL_UNPACKED;

	return copy(unpacked ? f->unpacked : f->fd, f->kernel.bare_offset + at, len, to, e);
}

void image_plan_kernel(struct image_file *f)
{
	pthread_mutex_lock(&f->lock);
	f->kernel_users++;
	pthread_mutex_unlock(&f->lock);
}

/* Called with the lock held. Releases it while the kernel is unpacked. */
static void unpack(struct image_file *f)
{
	int rc;

	f->kernel_busy = true;
	pthread_mutex_unlock(&f->lock);
	rc = image_state(f, &f->kernel_of, &f->why_bad);
	if (rc == 0)
		rc = jail_kernel(f->starter, f->fd, f->size, UNPACK_MAX, &f->kernel, &f->unpacked,
				 &f->why_bad);
	pthread_mutex_lock(&f->lock);
	f->kernel_busy = false;
	f->kernel_open = rc == 0;
	f->kernel_bad = rc < 0 && !f->why_bad.passing;
	pthread_cond_broadcast(&f->unpacking_over);
}

const struct kernel_facts *image_kernel(struct image_file *f, struct err *e)
{
	const struct kernel_facts *k;

	pthread_mutex_lock(&f->lock);
	while (f->kernel_busy)
		pthread_cond_wait(&f->unpacking_over, &f->lock);
	/* A kernel that was found bad is not unpacked again either. */
	if (!f->kernel_open && !f->kernel_bad)
		unpack(f);
	k = f->kernel_open ? &f->kernel : NULL;
	if (!k)
		*e = f->why_bad;
	pthread_mutex_unlock(&f->lock);
	return k;
}

int image_kernel_done(struct image_file *f)
{
	int unpacked = -1;

	pthread_mutex_lock(&f->lock);
	if (--f->kernel_users == 0)
		unpacked = kernel_release(f);
	pthread_mutex_unlock(&f->lock);
	return unpacked;
}
