#include "xl_records.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/store/xl_record.h"
#include "builder/store/xl_record_file.h"

#define PAUSE_MAX_S 64

/* What is to be done about one unit's record. */
struct record_work {
	struct unit *u;
	uint8_t uuid[16];
	uint32_t old, domid; /* whose record goes, whose comes; NO_DOMAIN for none */
	char *text;
	size_t len;
	unsigned media_changes, media_before; /* of the unit's, that it has then; and has now */
	/* Where only these have changed: what is in the cdrom drives, all of it for free(). */
	struct xl_medium *media;
	size_t nr_media;
};

void xl_records_open(struct xl_records *r)
{
	*r = (struct xl_records){
		.mounts = open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC),
		.look = true,
		.pause_s = 1,
	};
}

static void free_media(struct record_work *w)
{
	for (size_t i = 0; i < w->nr_media; i++) {
		free((char *)(uintptr_t)w->media[i].vdev);
		free((char *)(uintptr_t)w->media[i].path);
	}
	free(w->media);
}

static void free_work(struct xl_records *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->work[i].text);
		free_media(&r->work[i]);
	}
	free(r->work);
	r->work = NULL;
	r->n = 0;
}

void xl_records_close(struct xl_records *r)
{
	free_work(r);
	if (r->mounts >= 0)
		close(r->mounts);
	r->mounts = -1;
}

void xl_records_mounted(struct xl_records *r, uint64_t now)
{
	r->look = true;
	r->pause_s = 1;
	r->next = now + NS_PER_S;
}

/* ---- in a thread ---- */

/* The directory, or -1 while there is none that can be written to. */
static int open_dir(void)
{
	const int fd = open(RECORDS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs fs;

	if (fd >= 0 && (fstatvfs(fd, &fs) < 0 || fs.f_flag & ST_RDONLY)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int write_one(const struct record_work *w, int fd, struct err *e)
{
	if (w->media)
		return xl_record_change_media(w->domid, w->uuid, w->media, w->nr_media, fd, e);
	/* That domain is no more, whoever has ended it; its number and uuid are the file's name. */
	if (w->old != NO_DOMAIN)
		xl_record_remove(w->old, w->uuid, fd);
	if (w->domid == NO_DOMAIN)
		return 0;
	return xl_record_put(w->domid, w->uuid, w->text, w->len, fd, e);
}

/* What could not be written is tried again, but for a record that is none of ours any more. */
static void undone(struct record_work *w, bool passing)
{
	if (!w->media)
		w->domid = NO_DOMAIN;
	else if (passing)
		w->media_changes = w->media_before;
}

/* Does all of it. The first cause of trouble is kept. */
static void write_all_of(struct xl_records *r, int fd)
{
	struct err e;

	r->dom0_found = r->dom0 || xl_record_write_dom0(fd, &e) == 0;
	if (!r->dom0_found) {
		r->errand.rc = -1;
		r->errand.err = e;
	}
	for (size_t i = 0; i < r->n; i++) {
		struct record_work *w = &r->work[i];

		if (write_one(w, fd, &e) == 0)
			continue;
		undone(w, e.passing);
		if (r->errand.rc == 0)
			r->errand.err = e;
		r->errand.rc = -1;
	}
}

static void run(struct errand *e, struct host *h)
{
	struct xl_records *r = (struct xl_records *)e;
	const int fd = open_dir();
	struct stat st;

	(void)h;
	r->there = fd >= 0 && fstat(fd, &st) == 0;
	if (r->there) {
		r->another = st.st_dev != r->dev || st.st_ino != r->ino;
		r->found_dev = st.st_dev;
		r->found_ino = st.st_ino;
		if (!r->another)
			write_all_of(r, fd);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- in the loop ---- */

static void trouble(struct xl_records *r, struct units *all, const struct err *e)
{
	if (!r->reported)
		report_line(all->report, "xl will not know how the guests are configured: %s",
			    e->msg);
	r->reported = true;
}

static void put_off(struct xl_records *r, uint64_t now)
{
	r->asked = now;
	r->next = now + r->pause_s * NS_PER_S;
	r->pause_s = r->pause_s < PAUSE_MAX_S ? r->pause_s * 2 : r->pause_s;
}

/* All records are to be written into the one that was found. */
static void begin_anew(struct xl_records *r, struct units *all)
{
	r->dev = r->found_dev;
	r->ino = r->found_ino;
	r->dom0 = false;
	for (size_t i = 0; i < all->n; i++)
		all->list[i].recorded = NO_DOMAIN;
	r->next = 0;
	xl_records_keep(r, all, r->asked);
}

static void done(struct units *all, struct errand *e)
{
	struct xl_records *r = (struct xl_records *)e;
	const bool there = e->rc == 0 && r->there, another = there && r->another;

	if (r->there && !r->another) {
		r->dom0 = r->dom0_found;
		for (size_t i = 0; i < r->n; i++) {
			r->work[i].u->recorded = r->work[i].domid;
			r->work[i].u->media_recorded = r->work[i].media_changes;
		}
	}
	free_work(r);
	if (e->rc < 0)
		trouble(r, all, &e->err);
	r->look = r->look && !there;
	if (another)
		begin_anew(r, all);
	else if (there)
		r->pause_s = 1;
}

/* The domain whose record is to be there. */
static uint32_t wanted(const struct unit *u)
{
	return u->guest.in_store ? u->guest.domid : NO_DOMAIN;
}

static bool differs(const struct unit *u)
{
	return !unit_busy(u) &&
	       (u->recorded != wanted(u) ||
		(u->recorded != NO_DOMAIN && u->media_changes != u->media_recorded));
}

static bool anything_to_do(const struct xl_records *r, const struct units *all)
{
	if (all->store != STORE_SERVES || r->errand.away)
		return false;
	if (r->look || !r->dom0)
		return true;
	for (size_t i = 0; i < all->n; i++)
		if (differs(&all->list[i]))
			return true;
	return false;
}

/* What is in the drives. Returns 0, or -1 with e set. */
static int add_media(struct record_work *w, const struct guest *g, struct err *e)
{
	const size_t n = g->disks ? g->cfg->nr_disks : 0;

	w->media = calloc(n + 1, sizeof(*w->media));
	for (size_t i = 0; w->media && i < n; i++) {
		struct xl_medium *m = &w->media[w->nr_media];

		if (!g->cfg->disks[i].cdrom)
			continue;
		m->vdev = strdup(g->cfg->disks[i].vdev);
		m->path = strdup(g->disks[i]->path);
		w->nr_media++;
		if (!m->vdev || !m->path)
			return err_set_passing(e, "out of memory");
	}
	return w->media ? 0 : err_set_passing(e, "out of memory");
}

static int add_work(struct xl_records *r, struct units *all, struct unit *u, struct err *e)
{
	struct record_work *w = &r->work[r->n];

	*w = (struct record_work){
		.u = u, .old = u->recorded, .domid = wanted(u), .media_changes = u->media_changes};
	memcpy(w->uuid, u->guest.uuid, sizeof(w->uuid));
	if (w->old == w->domid) {
		if (add_media(w, &u->guest, e) < 0) {
			free_media(w);
			return -1;
		}
		r->n++;
		return 0;
	}
	if (w->domid != NO_DOMAIN && xl_record_text(&u->guest, all->host, &w->text, &w->len, e) < 0)
		return -1;
	r->n++;
	return 0;
}

void xl_records_keep(struct xl_records *r, struct units *all, uint64_t now)
{
	struct err e;

	if (now < r->next || !anything_to_do(r, all))
		return;
	put_off(r, now);
	r->work = calloc(all->n + 1, sizeof(*r->work));
	for (size_t i = 0; r->work && i < all->n; i++)
		if (differs(&all->list[i]) && add_work(r, all, &all->list[i], &e) < 0)
			trouble(r, all, &e);
	if (!r->work)
		return;
	r->there = r->another = false;
	r->errand.run = run;
	r->errand.done = done;
	r->errand.alone = true;
	r->errand.who = "xl";
	r->errand.what = "writing what it knows of guests to /var/lib/xen";
	errand_give(all->errands, &r->errand);
}

uint64_t xl_records_due(const struct xl_records *r, const struct units *all)
{
	return anything_to_do(r, all) ? r->next : UINT64_MAX;
}
