#include "image_digest.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/jail/digest.h"

_Static_assert(SHA256_BYTES == FILE_DIGEST_BYTES, "the same digest");

/*
 * A file's times are those of the kernel's last tick, at most 10 ms ago. Two writes within one tick
 * leave the same state behind, so a file that was written to just now is left to settle.
 */
#define SETTLED_NS   (20 * NS_PER_MS)
#define SETTLE_TRIES 5

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_state_unwritten(const struct file_state *a, const struct file_state *b)
{
	return a->size == b->size && same_time(&a->mtime, &b->mtime);
}

bool file_state_same(const struct file_state *a, const struct file_state *b)
{
	return file_state_unwritten(a, b) && same_time(&a->ctime, &b->ctime);
}

static bool settled(const struct file_state *s)
{
	struct timespec now;
	int64_t ns;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec < s->ctime.tv_sec || now.tv_sec > s->ctime.tv_sec + 1)
		return true; /* the clock has been set back since, or it is long ago */
	ns = (int64_t)(now.tv_sec - s->ctime.tv_sec) * (int64_t)NS_PER_S + now.tv_nsec -
	     s->ctime.tv_nsec;
	return ns < 0 || ns >= (int64_t)SETTLED_NS;
}

/* What the file is, when it has been left alone for a moment. */
static int settle(const struct image_file *f, struct file_state *state, struct err *e)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (image_state(f, state, e) < 0)
			return -1;
		if (settled(state))
			return 0;
		usleep(SETTLED_NS / 1000);
	}
	return err_set_passing(e, "somebody writes to the file");
}

static int compute(const struct image_file *f, uint8_t digest[FILE_DIGEST_BYTES],
		   struct file_state *state, struct err *e)
{
	struct file_state after;

	if (settle(f, state, e) < 0)
		return -1;
	/* What is behind its end of then would be summed, and not be used. */
	if (state->size != f->size)
		return err_set_passing(
			e, "the file had %zu bytes when it was opened, and has %" PRIu64, f->size,
			state->size);
	if (jail_digest(f->starter, f->fd, digest, e) < 0 || image_state(f, &after, e) < 0)
		return -1;
	if (!file_state_same(state, &after))
		return err_set_passing(e, "somebody writes to the file");
	return 0;
}

/* Called with the lock held. Releases it while the digest is computed. */
static int compute_for_all(struct image_file *f, struct err *e)
{
	uint8_t digest[FILE_DIGEST_BYTES];
	struct file_state state;
	int rc;

	f->digest_busy = true;
	pthread_mutex_unlock(&f->lock);
	rc = compute(f, digest, &state, e);
	pthread_mutex_lock(&f->lock);
	f->digest_busy = false;
	pthread_cond_broadcast(&f->unpacking_over);
	if (rc < 0)
		return -1;
	memcpy(f->digest, digest, sizeof(digest));
	f->digest_of = state;
	return 0;
}

int image_digest(struct image_file *f, uint8_t digest[FILE_DIGEST_BYTES], struct file_state *state,
		 struct err *e)
{
	struct file_state now;
	int rc = 0;

	/* Not with the lock: a file system may be slow to tell. */
	if (image_state(f, &now, e) < 0)
		return -1;
	pthread_mutex_lock(&f->lock);
	while (f->digest_busy)
		pthread_cond_wait(&f->unpacking_over, &f->lock);
	/* No file has the zeroed state: an image is not empty. */
	if (!file_state_same(&now, &f->digest_of))
		rc = compute_for_all(f, e);
	memcpy(digest, f->digest, sizeof(f->digest));
	*state = f->digest_of;
	pthread_mutex_unlock(&f->lock);
	return rc;
}

int image_check_digest(struct image_file *f, const struct guest_file *is, struct file_state *state,
		       struct err *e)
{
	char has[FILE_DIGEST_DIGITS + 1], says[FILE_DIGEST_DIGITS + 1];
	uint8_t digest[FILE_DIGEST_BYTES];

	if (image_digest(f, digest, state, e) < 0)
		return err_prefix(e, "cannot compute the sha256 of %s %.200s: ", is->what,
				  is->path);
	if (!memcmp(digest, is->digest->bytes, sizeof(digest)))
		return 0;
	return err_set(e, "%s %.200s: its sha256 is %s, and %s says %s", is->what, is->path,
		       file_digest_show(digest, has), is->digest_key,
		       file_digest_show(is->digest->bytes, says));
}

int image_check_same(struct image_file *f, const struct guest_file *is, struct file_state *state,
		     struct err *e)
{
	struct file_state now;

	if (image_state(f, &now, e) < 0)
		return err_prefix(e, "%s %.200s: ", is->what, is->path);
	if (file_state_same(&now, state))
		return 0;
	if (file_state_unwritten(&now, state))
		return image_check_digest(f, is, state, e);
	return err_set_passing(e, "%s %.200s has changed since its sha256 was computed", is->what,
			       is->path);
}
