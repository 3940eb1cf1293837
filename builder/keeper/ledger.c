#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The version: another one has another layout. */
static const char magic[16] = "earlydom state1";

/* Half of a ledger has another name: one that nobody has finished would keep all later supervisors
 * from their beginning. */
#define NEW_FILE LEDGER_FILE ".new"

struct place {
	uint64_t sum; /* of the rest, up to the text's end */
	uint64_t turn;
	uint32_t len;
	char text[LEDGER_TEXT_MAX];
};

struct record {
	_Atomic uint64_t note;
	struct place places[2];
};

struct ledger_file {
	char magic[sizeof(magic)];
	uint64_t n;
	struct record records[];
};

static size_t size_of(size_t n)
{
	return sizeof(struct ledger_file) + n * sizeof(struct record);
}

/* FNV-1a, 64 bits (RFC 9923): against a half-written record, not against an enemy. */
static uint64_t sum_bytes(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t sum_of(const struct place *p)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	sum = sum_bytes(sum, &p->turn, sizeof(p->turn));
	sum = sum_bytes(sum, &p->len, sizeof(p->len));
	return sum_bytes(sum, p->text, p->len);
}

static bool is_whole(const struct place *p)
{
	return p->turn && p->len <= LEDGER_TEXT_MAX && p->sum == sum_of(p);
}

/* The newest place that is whole, or NULL. */
static const struct place *newest(const struct record *r)
{
	const struct place *found = NULL;

	for (size_t i = 0; i < 2; i++)
		if (is_whole(&r->places[i]) && (!found || r->places[i].turn > found->turn))
			found = &r->places[i];
	return found;
}

static int map(struct ledger *l, int fd, size_t n, struct err *e)
{
	/* Touched at once: a page that could not be had later would end the process (SIGBUS). */
	l->file = mmap(NULL, size_of(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (l->file == MAP_FAILED) {
		l->file = NULL;
		return err_set(e, "cannot map the state of the guests: %s", strerror(errno));
	}
	l->n = n;
	l->fd = fd;
	return 0;
}

/* A file of that size whose memory is there. Returns -1 with errno set. */
static int make_file(int dirfd, size_t size)
{
	int fd = -1, cause;

	if (dirfd >= 0) {
		unlinkat(dirfd, NEW_FILE, 0);
		fd = openat(dirfd, NEW_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} else {
		fd = memfd_create("earlydom state", MFD_CLOEXEC);
	}
	if (fd < 0)
		return -1;
	cause = posix_fallocate(fd, 0, (off_t)size);
	if (!cause)
		return fd;
	close(fd);
	if (dirfd >= 0)
		unlinkat(dirfd, NEW_FILE, 0);
	errno = cause;
	return -1;
}

int ledger_make(struct ledger *l, int dirfd, size_t n, bool *in_memory, struct err *e)
{
	int fd = make_file(dirfd, size_of(n));

	*l = (struct ledger){.fd = -1};
	*in_memory = fd < 0 || dirfd < 0;
	if (fd < 0)
		fd = make_file(-1, size_of(n));
	if (fd < 0)
		return err_set(e, "cannot make a file for the state of the guests: %s",
			       strerror(errno));
	if (map(l, fd, n, e) < 0) {
		close(fd);
	} else {
		l->file->n = n;
		memcpy(l->file->magic, magic, sizeof(magic));
		if (*in_memory || renameat(dirfd, NEW_FILE, dirfd, LEDGER_FILE) == 0)
			return 0;
		err_set(e, "cannot make a file for the state of the guests: %s", strerror(errno));
		ledger_close(l);
	}
	if (!*in_memory)
		unlinkat(dirfd, NEW_FILE, 0);
	return -1;
}

int ledger_open(struct ledger *l, int dirfd, int fd, struct err *e)
{
	struct ledger_file head;
	struct stat st;

	*l = (struct ledger){.fd = -1};
	if (fd < 0)
		fd = openat(dirfd, LEDGER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 1
				       : err_set(e, "cannot open the state of the guests: %s",
						 strerror(errno));
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.magic, magic, sizeof(magic)) != 0 || fstat(fd, &st) < 0 ||
	    head.n > SIZE_MAX / sizeof(struct record) - 1 ||
	    (uint64_t)st.st_size != size_of(head.n)) {
		close(fd);
		return err_set(e, "the state of the guests is of another version of earlydom, or "
				  "damaged");
	}
	if (map(l, fd, head.n, e) == 0)
		return 0;
	close(fd);
	return -1;
}

void ledger_close(struct ledger *l)
{
	if (l->file) {
		munmap(l->file, size_of(l->n));
		close(l->fd);
	}
	*l = (struct ledger){.fd = -1};
}

void ledger_write(struct ledger *l, size_t i, const char *text, size_t len)
{
	const struct place *old;
	struct record *r;
	struct place *p;

	if (!l->file || i >= l->n)
		return;
	if (len > LEDGER_TEXT_MAX)
		len = LEDGER_TEXT_MAX;
	r = &l->file->records[i];
	old = newest(r);
	if (old && old->len == len && !memcmp(old->text, text, len))
		return;
	p = &r->places[old == &r->places[0] ? 1 : 0];
	p->turn = old ? old->turn + 1 : 1;
	p->len = (uint32_t)len;
	memcpy(p->text, text, len);
	/* A reader comes after the writer's end, so that the compiler's order is all that counts,
	 * and even that only for the sum. */
	atomic_signal_fence(memory_order_seq_cst);
	p->sum = sum_of(p);
}

size_t ledger_read(const struct ledger *l, size_t i, char text[LEDGER_TEXT_MAX + 1])
{
	const struct place *p = l->file && i < l->n ? newest(&l->file->records[i]) : NULL;
	const size_t len = p ? p->len : 0;

	if (p)
		memcpy(text, p->text, len);
	text[len] = '\0';
	return len;
}

void ledger_note(struct ledger *l, size_t i, uint64_t number)
{
	if (l->file && i < l->n)
		atomic_store(&l->file->records[i].note, number);
}

uint64_t ledger_noted(const struct ledger *l, size_t i)
{
	return l->file && i < l->n ? atomic_load(&l->file->records[i].note) : 0;
}
