#include "qemu_start.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/image/image_type.h"
#include "channels.h"
#include "devmodel_files.h"
#include "devmodel_powers.h"
#include "disk_paths.h"
#include "image_paths.h"
#include "qemu_drives.h"
#include "qemu_pci.h"
#include "qemu_usb.h"
#include "vnc.h"
#include "volume_links.h"

static void qmp_path(const struct guest *g, size_t i, char *path, size_t size)
{
	snprintf(path, size, DEVMODEL_QMP_DIR "/" QMP_NAME, qmp_names[i], g->domid);
}

void qemu_sockets_remove(const struct guest *g)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < QMP_SOCKETS; i++) {
		qmp_path(g, i, path, sizeof(path));
		unlink(path);
	}
	channels_remove(g);
}

/* One of them for QEMU, which serves it and can't make it itself. Returns it, or -1 with e set. */
static int make_socket(const struct guest *g, size_t i, struct err *e)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	qmp_path(g, i, at.sun_path, sizeof(at.sun_path));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0)
		return fd;
	err_set_errno(e, errno, "cannot make its device model's socket %s", at.sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int make_sockets(const struct guest *g, struct err *e)
{
	if (mkdir(DEVMODEL_QMP_DIR, 0700) < 0 && errno != EEXIST)
		return err_set_errno(e, errno,
				     "cannot make " DEVMODEL_QMP_DIR
				     ", for its device model's sockets");
	qemu_sockets_remove(g); /* of an earlier domain of that number */
	return 0;
}

void qemu_start_free(struct qemu_starting *k)
{
	model_handed_close(&k->files);
	model_root_free(&k->root);
	argv_free(&k->argv);
	argv_free(&k->env);
	free(k->cmdline);
}

bool qemu_serves(const struct guest_config *cfg)
{
	return guest_config_needs_qemu(cfg) ||
	       (guest_config_runs_qemu(cfg) && (qemu_serves_disks(cfg) || cfg->nr_channels));
}

/* Where the powers end with the start: in front of the arguments. */
static void take_powers_late(struct devmodel *m, const char *empty, const struct model_powers *p,
			     struct qemu_start *q)
{
	q->restrict_domid = m->restricted = p->restrict_domid && p->unprivileged;
	if (!p->unprivileged)
		return;
	q->chroot = empty;
	q->uid = m->uid = p->uid;
	q->gid = p->gid;
}

static int hand_image(const char *path, int fd, struct qemu_starting *k, struct model_file *images,
		      size_t *n, struct err *e)
{
	images[*n] = (struct model_file){path, model_hand(&k->files, fd, e)};
	return images[(*n)++].fd < 0 ? -1 : 0;
}

/* The image, and those that it is based on. */
static int hand_images(const struct disk *d, struct qemu_starting *k, struct model_file *images,
		       size_t *n, struct err *e)
{
	if (hand_image(d->path, d->fd, k, images, n, e) < 0)
		return -1;
	for (size_t i = 0; i < d->backing.n; i++)
		if (hand_image(d->backing.files[i].path, d->backing.files[i].fd, k, images, n, e) <
		    0)
			return -1;
	return 0;
}

/*
 * QEMU in a root of its own, for which it gets its sockets, its channels' and the images as open
 * files: 3 and 4, and those behind them.
 */
static int take_powers_early(struct devmodel *m, const struct guest *g, const char *empty,
			     const struct model_powers *p, struct qemu_starting *k, struct err *e)
{
	struct model_file images[MODEL_FDS_MAX];
	size_t n = 0;

	k->q.qmp_fd = (int)k->files.n;
	for (size_t i = 0; i < QMP_SOCKETS; i++) {
		const int fd = make_socket(g, i, e);

		if (fd < 0)
			return -1;
		k->files.fds[k->files.n++] = fd;
		k->files.own = k->files.n;
	}
	k->q.channel_fd = (int)k->files.n;
	if (channels_hand(g, &k->files, e) < 0)
		return -1;
	for (size_t i = 0; i < g->cfg->nr_disks; i++) {
		if (!g->cfg->disks[i].qdisk || g->disks[i]->fd < 0)
			continue;
		if (hand_images(g->disks[i], k, images, &n, e) < 0)
			return -1;
	}
	if (!p->unprivileged)
		return 0;
	if (model_root_plan(empty, p->uid, k->q.program, images, n, &k->root, e) < 0)
		return -1;
	k->program.root = &k->root;
	k->program.uid = m->uid = p->uid;
	return 0;
}

/* What the QEMU of an hvm guest gets open. */
static int take_files(const struct guest *g, struct qemu_starting *k, struct err *e)
{
	if (qemu_usb_open(g, &k->files, &k->q.usb_fd, e) < 0)
		return -1;
	return volume_links_make("", g, &k->files, e);
}

static int compose(struct qemu_starting *k, const struct guest *g, struct err *e)
{
	const bool hvm = g->cfg->type == GUEST_HVM;

	k->cmdline = hvm ? image_type_find(g->cfg->image)->cmdline(g->cfg, e) : NULL;
	if (hvm && !k->cmdline)
		return -1;
	k->q.cmdline = k->cmdline;
	argv_add(&k->env, MODEL_PATH);
	argv_add(&k->env, "XEN_QEMU_CONSOLE_LIMIT=1048576"); /* as libxl: XSA-180 */
	if (hvm)
		argv_add(&k->env, "XEN_DOMAIN_ID=%" PRIu32, g->domid);
	if (qemu_args(g, &k->q, &k->argv, e) < 0 || argv_check(&k->env, e) < 0)
		return -1;
	k->program.argv = k->argv.v;
	k->program.env = k->env.v;
	return 0;
}

/* Whether it writes a regular file that nobody knows the size of: one that a serial port's words or
 * arguments name, or an image that grows with what is in it. */
static bool writes_any(const struct guest_config *cfg)
{
	if (cfg->model_args.n || cfg->model_args_hvm.n || cfg->model_args_pv.n)
		return true;
	for (size_t i = 0; i < cfg->serial.n; i++)
		if (strstr(cfg->serial.v[i], "file:") || strstr(cfg->serial.v[i], "logfile="))
			return true;
	return false;
}

/* The longest of the files that it writes, as libxl limits them, or as the guest's images need it.
 * One that keeps root may be given images later, too. */
static uint64_t file_max(const struct guest *g, bool root)
{
	uint64_t most = MODEL_FILES_LIBXL;

	if (root || writes_any(g->cfg))
		return MODEL_FILES_ANY;
	for (size_t i = 0; i < g->cfg->nr_disks; i++) {
		const struct disk_spec *spec = &g->cfg->disks[i];
		const struct disk *d = g->disks[i];
		struct stat st;

		if (!spec->qdisk || !spec->readwrite || !d->image)
			continue;
		if (d->format != DISK_RAW || fstat(d->fd, &st) < 0)
			return MODEL_FILES_ANY;
		if ((uint64_t)st.st_size > most)
			most = (uint64_t)st.st_size;
	}
	return most;
}

static bool has_card(const struct guest *g)
{
	for (size_t i = 0; i < g->cfg->nr_vifs; i++)
		if (vif_has_card(&g->vifs[i]))
			return true;
	return false;
}

/* The capabilities of one that begins as root's: those that it keeps for good, and those that it
 * needs until it gives up all of them. */
static uint64_t capabilities_of(const struct guest *g, const struct own_root *r, bool for_good)
{
	uint64_t keeps = CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_NET_BIND_SERVICE);

	if (!for_good)
		keeps |= CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID) |
			 CAPABILITY(CAP_SYS_CHROOT);
	if (!for_good || has_card(g))
		keeps |= CAPABILITY(CAP_NET_ADMIN);
	if (!for_good || disk_paths_lead_out(g, r))
		keeps |= CAPABILITY(CAP_SYS_PTRACE);
	/* All of a device's configuration space, and /dev/mem. */
	if (qemu_has_pci(g->cfg))
		keeps |= CAPABILITY(CAP_SYS_ADMIN) | CAPABILITY(CAP_SYS_RAWIO);
	return keeps;
}

static void lock_up(struct qemu_starting *k, const struct guest *g, const struct own_root *r)
{
	const bool strict = !g->cfg->model_unrestricted;
	const bool late = k->q.uid != 0, early = k->program.uid != 0;

	k->jail = (struct model_jail){
		.strict = strict,
		.of_root = geteuid() == 0,
		.sys = qemu_has_pci(g->cfg),
		.keeps = early ? 0 : capabilities_of(g, r, !late),
		.file_max = file_max(g, !early && !late),
		.filter = {.uid = k->q.uid, .gid = k->q.gid, .runs_others = !strict},
	};
	k->program.jail = &k->jail;
}

int qemu_start_prepare(struct qemu_starting *k, struct devmodel *m, const struct guest *g,
		       const struct own_root *r, const char *dev, const char *empty, struct err *e)
{
	const bool needed = guest_config_needs_qemu(g->cfg);
	struct model_powers powers;

	*k = (struct qemu_starting){
		.q = {.program = model_program_of(g->cfg), .qmp_dir = DEVMODEL_QMP_DIR},
		.files = {.fds = {-1, -1, -1}, .n = 3, .own = 3},
		.program = {.limits = MODEL_LIMITS_ALL},
	};
	if (!needed && (disk_paths_check(g, r, e) < 0 || image_paths_check(g, r, e) < 0))
		return -1;
	if (make_sockets(g, e) < 0)
		return -1;
	vnc_prepare(g->cfg);
	m->serves = qemu_serves(g->cfg);
	if (model_powers(dev, g->domid, m->serves && !needed,
			 !g->cfg->model_unrestricted && !qemu_has_pci(g->cfg), &powers, e) < 0)
		return -1;
	powers.restrict_domid &= !qemu_has_pci(g->cfg);
	if (needed ? take_powers_early(m, g, empty, &powers, k, e) < 0 : take_files(g, k, e) < 0)
		return -1;
	k->q.knows = qemu_options_of(k->q.program);
	if (!m->serves)
		take_powers_late(m, empty, &powers, &k->q);
	lock_up(k, g, r);
	return compose(k, g, e);
}
