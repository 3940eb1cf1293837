#include "xl_records.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/store/xl_record.h"

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

static void trouble(struct xl_records *r, struct units *all, const struct err *e)
{
	if (!r->reported)
		report_line(all->report, "xl will not know how the guests are configured: %s",
			    e->msg);
	r->reported = true;
}

static void keep(struct xl_records *r, struct units *all, struct unit *u, int fd)
{
	const struct guest *g = &u->guest;
	struct err e;

	if (unit_busy(u) || u->recorded == (g->in_store ? g->domid : NO_DOMAIN))
		return;
	/* That domain is no more, whoever has ended it; its number and uuid are the file's name. */
	if (u->recorded != NO_DOMAIN)
		xl_record_remove(u->recorded, g->uuid, fd);
	u->recorded = NO_DOMAIN;
	if (!g->in_store || g->domid == NO_DOMAIN)
		return;
	if (xl_record_write(g, all->host, fd, &e) < 0)
		trouble(r, all, &e);
	else
		u->recorded = g->domid;
}

void xl_records_keep(struct xl_records *r, struct units *all, uint64_t now)
{
	struct stat st;
	struct err e;
	int fd;

	if (now < r->next || !all->host->xsh)
		return;
	r->next = now + NS_PER_S;
	fd = open_dir();
	if (fd < 0 || fstat(fd, &st) < 0)
		goto out;
	if (st.st_dev != r->dev || st.st_ino != r->ino) {
		r->dev = st.st_dev;
		r->ino = st.st_ino;
		r->dom0 = false;
		for (size_t i = 0; i < all->n; i++)
			all->list[i].recorded = NO_DOMAIN;
	}
	if (!r->dom0 && xl_record_write_dom0(fd, &e) < 0)
		trouble(r, all, &e);
	else
		r->dom0 = true;
	for (size_t i = 0; i < all->n; i++)
		keep(r, all, &all->list[i], fd);
out:
	if (fd >= 0)
		close(fd);
}
