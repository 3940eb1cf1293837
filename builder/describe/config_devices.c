/*
 * The keys disk and vif: checks that this program can serve each entry, or have another domain
 * serve it, and that the entries of a guest go together. conflicts.c compares guests with each
 * other; what the host has is checked at run time.
 */
#include "config_value.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend_spec.h"
#include "disk_spec.h"
#include "file_path.h"
#include "tag_spec.h"
#include "vif_spec.h"

/* Where Xen's scripts are on every Linux: what xl puts in front of a script without a slash. */
#define SCRIPTS "/etc/xen/scripts/"

/* A vif's interface is called vifDOMID.DEVID, with 15 characters at most (IFNAMSIZ). */
#define DEVID_MAX 65535

/* Entries of one key: far more than guests have, and comparing all with all stays cheap. */
#define ENTRIES_MAX 256

/* Characters of a text that a message shows. */
#define SHOWN "%.80s"

/* True for no script, and for the one whose work is done here without it. */
static bool is_script(const char *script, const char *known)
{
	if (script && !strncmp(script, SCRIPTS, strlen(SCRIPTS)))
		script += strlen(SCRIPTS);
	return !script || !strcmp(script, known);
}

static int check_target(const char *target, struct err *e)
{
	const char *tagged = tag_value(target), *file = tag_file(target);
	const size_t word = strspn(target, "abcdefghijklmnopqrstuvwxyz0123456789+-");

	if (strlen(target) >= PATH_MAX)
		return err_set(e, "target is longer than %d characters", PATH_MAX - 1);
	if (tagged && (!*tagged || file == tagged + 1))
		return err_set(e, "target '" SHOWN "' has nothing behind '='", target);
	if (file && !tag_file_is_good(file))
		return err_set(e,
			       "target '" SHOWN "': what is behind ':' must be the path of a file, "
			       "without '..'",
			       target);
	if (word && target[word] == ':')
		return err_set(e,
			       "target '" SHOWN "' is not supported: it must be a file or a block "
			       "device of dom0's",
			       target);
	if (!tagged && *target && target[strlen(target) - 1] == '/')
		return err_set(e, "target '" SHOWN "' is a directory", target);
	return 0;
}

/* What it is only the other domain knows. */
static int check_target_elsewhere(const struct disk_spec *s, struct err *e)
{
	if (strlen(s->target) >= PATH_MAX)
		return err_set(e, "target is longer than %d characters", PATH_MAX - 1);
	if (!tag_value(s->target))
		return 0;
	return err_set(e,
		       "target '" SHOWN "' is looked up in dom0 alone: name what it is called in "
		       "backend %s",
		       s->target, s->backend_domain);
}

/* What libxl's disk_try_backend does not have, or has and is not here. */
static int check_back_end(const struct disk_spec *s, struct err *e)
{
	if (s->backend == DISK_BACKEND_TAP)
		return err_set(e, "backendtype tap is not supported: there is no blktap any more: "
				  "leave it out");
	if (s->protocol != DISK_PROTOCOL_XEN || s->backend == DISK_BACKEND_STANDALONE)
		return err_set(e,
			       "%s is not supported: it needs a virtio back end, which is no part "
			       "of Xen: leave it out",
			       s->protocol != DISK_PROTOCOL_XEN ? "specification virtio"
								: "backendtype standalone");
	if (s->backend == DISK_BACKEND_PHY && s->format != DISK_RAW)
		return err_set(e,
			       "backendtype phy serves raw images alone, and format is %s: leave "
			       "it out",
			       disk_format_word(s->format));
	return 0;
}

static int check_script(const struct disk_spec *s, struct err *e)
{
	if (backend_is_dom0(s->backend_domain) && !is_script(s->script, "block"))
		return err_set(e,
			       "script " SHOWN " is not supported: no script is run: have dom0 "
			       "make a block device of it, and name that",
			       s->script);
	if (s->script && (s->format != DISK_RAW || s->backend == DISK_BACKEND_QDISK))
		return err_set(e, "script " SHOWN " is for raw disks that the kernel serves",
			       s->script);
	return 0;
}

/* Whether dom0's kernel or QEMU, or another domain, can serve it. */
static int check_served_disk(const struct disk_spec *s, struct err *e)
{
	if (check_back_end(s, e) < 0 || backend_check(s->backend_domain, e) < 0 ||
	    check_script(s, e) < 0)
		return -1;
	if (!s->target)
		return 0;
	return backend_is_dom0(s->backend_domain) ? check_target(s->target, e)
						  : check_target_elsewhere(s, e);
}

int check_disk(const char *text, struct err *e)
{
	struct disk_spec spec;
	int rc = disk_spec_parse(text, &spec, e);

	if (!rc)
		rc = check_served_disk(&spec, e);
	disk_spec_free(&spec);
	return rc;
}

/* Whether the kernel's netback can serve it. */
static int check_served_vif(const struct vif_spec *s, struct err *e)
{
	if (s->devid > DEVID_MAX)
		return err_set(e, "devid is at most %d", DEVID_MAX);
	return backend_check(s->backend_domain, e);
}

int check_vif(const char *text, struct err *e)
{
	struct vif_spec spec;
	int rc = vif_spec_parse(text, &spec, e);

	if (!rc)
		rc = check_served_vif(&spec, e);
	vif_spec_free(&spec);
	return rc;
}

/*
 * Reports that entry i of a key has something that entry j has already. Returns true, so that the
 * callers below report at most one thing about two entries.
 */
static bool taken(const struct key *k, const struct value *v, size_t i, size_t j, const char *what,
		  struct diag *d)
{
	diag_add(d, value_entry(v, i)->loc, "%s, entry %zu: %s is already that of entry %zu",
		 k->name, i + 1, what, j + 1);
	return true;
}

/*
 * Reports what entries i and j have in common although only one may have it. True if there is such
 * a thing.
 */
typedef bool comparison(const struct key *k, const struct value *v, const void *all, size_t i,
			size_t j, struct diag *d);

static bool compare_disks(const struct key *k, const struct value *v, const void *all, size_t i,
			  size_t j, struct diag *d)
{
	const struct disk_spec *a = (const struct disk_spec *)all + i;
	const struct disk_spec *b = (const struct disk_spec *)all + j;

	if (a->vdev_number == b->vdev_number)
		return taken(k, v, i, j, "the vdev", d);
	if (!a->target || !b->target || strcmp(a->target, b->target) ||
	    (!a->readwrite && !b->readwrite) || !backend_same(a->backend_domain, b->backend_domain))
		return false;
	diag_add(d, value_entry(v, i)->loc,
		 "%s, entry %zu: " SHOWN " is already in entry %zu, and one of them writes it",
		 k->name, i + 1, a->target, j + 1);
	return true;
}

static bool compare_vifs(const struct key *k, const struct value *v, const void *all, size_t i,
			 size_t j, struct diag *d)
{
	const struct vif_spec *a = (const struct vif_spec *)all + i;
	const struct vif_spec *b = (const struct vif_spec *)all + j;
	char net[VIF_NET_TEXT], what[VIF_NET_TEXT + 16];

	if (a->devid == b->devid)
		return taken(k, v, i, j, a->has_devid ? "the devid" : "its place, a devid,", d);
	if (a->has_mac && b->has_mac && !memcmp(a->mac, b->mac, sizeof(a->mac)))
		return taken(k, v, i, j, "the mac", d);
	if (!backend_same(a->backend_domain, b->backend_domain))
		return false;
	if (a->vifname && b->vifname && !strcmp(a->vifname, b->vifname))
		return taken(k, v, i, j, "the vifname", d);
	if (!vif_routes_meet(a, b, net))
		return false;
	snprintf(what, sizeof(what), "the route to %s", net);
	return taken(k, v, i, j, what, d);
}

/* Compares each of the n entries with those before it; says at most one thing about each. */
static bool any_same(comparison *compare, const struct key *k, const struct value *v,
		     const void *all, size_t n, struct diag *d)
{
	bool any = false;

	for (size_t i = 1; i < n; i++) {
		bool same = false;

		for (size_t j = 0; j < i && !same; j++)
			same = compare(k, v, all, i, j, d);
		any |= same;
	}
	return any;
}

/* Reads the strings of the key, each of which is right by itself. Returns 0 or -1 as a reader. */
static int read_entries(const struct key *k, const struct value *v, struct strings *out,
			struct diag *d)
{
	if (v->kind != VALUE_LIST || v->nr_items <= ENTRIES_MAX)
		return read_strings(k, v, out, d);
	diag_add(d, v->loc, "%s has %zu entries: a guest can have %d", k->name, v->nr_items,
		 ENTRIES_MAX);
	return -1;
}

/* Makes absolute what a disk has by a file's name. Returns 0, or -1 for lack of memory. */
static int find_target(const struct guest_config *g, struct disk_spec *s)
{
	char *path;

	if (!s->target || tag_value(s->target) || !backend_is_dom0(s->backend_domain))
		return 0;
	path = file_path(g, s->target);
	if (!path)
		return -1;
	free(s->target);
	s->target = path;
	return 0;
}

int read_disks(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct disk_spec *all;
	struct err e;
	int rc = 0;

	if (read_entries(k, v, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	/* k->check has parsed each of them before: only memory can be lacking. */
	for (size_t i = 0; !rc && i < texts.n; i++) {
		if (disk_spec_parse(texts.v[i], &all[i], &e) < 0 ||
		    (out && find_target(config_of(k, out), &all[i]) < 0))
			rc = value_no_memory(value_entry(v, i), d);
		all[i].entry = i;
	}
	if (!rc && any_same(compare_disks, k, v, all, texts.n, d))
		rc = -1;
	if (rc || !out) {
		disk_specs_free(all, all ? texts.n : 0);
	} else {
		*(struct disk_spec **)out = all;
		config_of(k, out)->nr_disks = texts.n;
	}
	strings_free(&texts);
	return rc;
}

int read_vifs(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct vif_spec *all;
	struct err e;
	int rc = 0;

	if (read_entries(k, v, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; !rc && i < texts.n; i++) {
		if (vif_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_no_memory(value_entry(v, i), d);
		/* As xl numbers them (ARRAY_EXTEND_INIT in tools/xl/xl_parse.h). */
		if (!all[i].has_devid)
			all[i].devid = (uint32_t)i;
	}
	if (!rc && any_same(compare_vifs, k, v, all, texts.n, d))
		rc = -1;
	if (rc || !out) {
		vif_specs_free(all, all ? texts.n : 0);
	} else {
		*(struct vif_spec **)out = all;
		config_of(k, out)->nr_vifs = texts.n;
	}
	strings_free(&texts);
	return rc;
}
