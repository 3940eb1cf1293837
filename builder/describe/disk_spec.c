#include "disk_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"
#include "tag_spec.h"

/* What was given so far. As with xl, what has a format, a back end or a text has one: it may be
 * given again, but not as another one. Of the others the last one counts. */
struct parse {
	struct disk_spec *out;
	bool prefix; /* a deprecated one: there is no positional format then */
	bool phy;    /* that one */
	bool has_target, has_format, has_vdev, has_access, has_backend, has_protocol;
	struct err *e;
};

struct choice {
	const char *word;
	int value;
};

/* Finds *value among the n words. Returns 0, or -1 with the error set. */
static int choose(struct parse *p, const char *key, const char *text, size_t len,
		  const struct choice *words, size_t n, int *value)
{
	for (size_t i = 0; i < n; i++) {
		if (spec_equal(text, len, words[i].word)) {
			*value = words[i].value;
			return 0;
		}
	}
	return err_set(p->e, "unknown %s '%.*s'", key, SPEC_LEN(len), text);
}

/* The same of what may not be given as another one later: *field has it once *given is set. */
static int choose_once(struct parse *p, const char *key, const char *text, size_t len,
		       const struct choice *words, size_t n, int *field, bool *given)
{
	int value;

	if (choose(p, key, text, len, words, n, &value) < 0)
		return -1;
	if (*given && *field != value)
		return err_set(p->e, "%s is given twice", key);
	*given = true;
	*field = value;
	return 0;
}

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static int set_format(struct parse *p, const char *text, size_t len)
{
	static const struct choice words[] = {
		{"raw", DISK_RAW}, {"qcow", DISK_QCOW},   {"qcow2", DISK_QCOW2},
		{"vhd", DISK_VHD}, {"qed", DISK_QED},     {"vmdk", DISK_VMDK},
		{"", DISK_RAW},    {"empty", DISK_EMPTY},
	};
	int value = (int)p->out->format;

	if (choose_once(p, "format", text, len, words, NR(words), &value, &p->has_format) < 0)
		return -1;
	p->out->format = (enum disk_format)value;
	return 0;
}

static int set_access(struct parse *p, const char *text, size_t len)
{
	static const struct choice words[] = {
		{"r", 0}, {"ro", 0}, {"w", 1}, {"rw", 1}, {"", 1},
	};
	int value;

	/* xm's, by which several guests could write a disk. xl does not know it any more. */
	if (spec_equal(text, len, "w!"))
		return err_set(p->e, "access 'w!' is not supported: one guest alone may write a "
				     "disk");
	if (choose(p, "access", text, len, words, NR(words), &value) < 0)
		return -1;
	p->out->readwrite = value;
	return 0;
}

static int set_backend(struct parse *p, const char *text, size_t len)
{
	static const struct choice words[] = {
		{"phy", DISK_BACKEND_PHY},
		{"tap", DISK_BACKEND_TAP},
		{"qdisk", DISK_BACKEND_QDISK},
		{"standalone", DISK_BACKEND_STANDALONE},
	};
	int value = (int)p->out->backend;

	if (choose_once(p, "backendtype", text, len, words, NR(words), &value, &p->has_backend) < 0)
		return -1;
	p->out->backend = (enum disk_backend)value;
	return 0;
}

static int set_protocol(struct parse *p, const char *text, size_t len)
{
	static const struct choice words[] = {
		{"xen", DISK_PROTOCOL_XEN},
		{"virtio", DISK_PROTOCOL_VIRTIO},
	};
	int value = (int)p->out->protocol;

	if (choose_once(p, "specification", text, len, words, NR(words), &value, &p->has_protocol) <
	    0)
		return -1;
	p->out->protocol = (enum disk_protocol)value;
	return 0;
}

static int set_devtype(struct parse *p, const char *text, size_t len)
{
	static const struct choice words[] = {{"cdrom", 1}, {"disk", 0}};
	int value;

	if (choose(p, "devtype", text, len, words, NR(words), &value) < 0)
		return -1;
	p->out->cdrom = value;
	return 0;
}

static int set_flag(enum disk_flag *flag, bool on)
{
	*flag = on ? DISK_FLAG_ON : DISK_FLAG_OFF;
	return 0;
}

/* An empty text counts as not given: the parameter may follow again. */
static int set_text(struct parse *p, const char *key, const char *text, size_t len, char **field)
{
	return len || *field ? spec_string(key, text, len, field, p->e) : 0;
}

/* An empty target or vdev takes its place among the positional ones all the same. */
static int set_target(struct parse *p, const char *text, size_t len)
{
	p->has_target = true;
	p->out->empty_target = !len;
	return set_text(p, "target", text, len, &p->out->target);
}

static int set_vdev(struct parse *p, const char *text, size_t len)
{
	p->has_vdev = true;
	return set_text(p, "vdev", text, len, &p->out->vdev);
}

/* "hdc:cdrom", the deprecated form. Returns 1 when text has a colon, 0 when not, -1 with the error
 * set. */
static int set_vdev_devtype(struct parse *p, const char *text, size_t len)
{
	const char *colon = memrchr(text, ':', len);

	if (!colon)
		return 0;
	if (set_vdev(p, text, (size_t)(colon - text)) < 0 ||
	    set_devtype(p, colon + 1, len - (size_t)(colon - text) - 1) < 0)
		return -1;
	return 1;
}

/* target, format, vdev, access: the first of these that is not given yet. */
static int set_positional(struct parse *p, const char *text, size_t len)
{
	int rc;

	if (!p->has_target)
		return set_target(p, text, len);
	if (!p->prefix && !p->has_format) {
		/* ",hdc:cdrom,r" has no format: an empty drive. */
		rc = p->out->target ? 0 : set_vdev_devtype(p, text, len);
		if (!rc)
			return set_format(p, text, len);
		p->has_format = true;
		p->out->format = DISK_EMPTY;
		return rc < 0 ? -1 : 0;
	}
	if (!p->has_vdev) {
		rc = set_vdev_devtype(p, text, len);
		return rc ? (rc < 0 ? -1 : 0) : set_vdev(p, text, len);
	}
	if (!p->has_access) {
		p->has_access = true;
		return set_access(p, text, len);
	}
	return err_set(p->e, "too many parameters without a name: '%.*s'", SPEC_LEN(len), text);
}

static int set_named(struct parse *p, const struct spec_param *param)
{
	static const char *const names[] = {
		"target",         "format",      "vdev",    "access",    "devtype",
		"script",         "backend",     "cdrom",   "discard",   "no-discard",
		"direct-io-safe", "backendtype", "trusted", "untrusted", "specification",
	};
	static const char *const colo[] = {
		"colo", "colo-host", "colo-port", "colo-export", "active-disk", "hidden-disk",
	};
	struct disk_spec *out = p->out;
	const char *val = param->value;
	size_t len = param->value_len;

	if (spec_is_key(param, "format"))
		return set_format(p, val, len);
	if (spec_is_key(param, "vdev"))
		return set_vdev(p, val, len);
	if (spec_is_key(param, "access"))
		return set_access(p, val, len);
	if (spec_is_key(param, "devtype"))
		return set_devtype(p, val, len);
	if (spec_is_flag(param, "cdrom"))
		return set_devtype(p, "cdrom", 5);
	if (spec_is_key(param, "script"))
		return set_text(p, "script", val, len, &out->script);
	if (spec_is_key(param, "backend"))
		return set_text(p, "backend", val, len, &out->backend_domain);
	if (spec_is_key(param, "backendtype"))
		return set_backend(p, val, len);
	if (spec_is_key(param, "specification"))
		return set_protocol(p, val, len);
	if (spec_is_flag(param, "discard") || spec_is_flag(param, "no-discard"))
		return set_flag(&out->discard, param->text[0] == 'd');
	if (spec_is_flag(param, "trusted") || spec_is_flag(param, "untrusted"))
		return set_flag(&out->trusted, param->text[0] == 't');
	if (spec_is_flag(param, "direct-io-safe")) {
		out->direct_io_safe = true;
		return 0;
	}
	if (!p->has_target && tag_value(param->text))
		return set_target(p, param->text, param->len);
	if (spec_is_flag(param, "no-colo"))
		return 0;
	if (spec_is_key(param, "grant_usage")) /* Xen 4.18 */
		return err_set(p->e,
			       "grant_usage is not supported: it is for specification=virtio");
	for (size_t i = 0; i < NR(colo); i++)
		if (spec_is_key(param, colo[i]) || spec_is_flag(param, colo[i]))
			return err_set(p->e, "%s is not supported", colo[i]);
	return val ? spec_unknown(param, names, NR(names), p->e)
		   : set_positional(p, param->text, param->len);
}

/*
 * Steps over the prefix at *at where there is one, in front of any parameter. A word that is none
 * is one that is unknown, but in front of a letter or a digit, as in hdc:cdrom. Returns 1 when
 * there was one, 0 when not, -1 with the error set.
 */
static int take_prefix(struct parse *p, const char **at)
{
	static const char *const ignored[] = {"tapdisk", "tap2", "tap", "aio",
					      "ioemu",   "file", "phy"};
	static const char *const formats[] = {"raw", "qcow", "qcow2", "vhd"};
	static const char *const scripts[] = {"iscsi", "nbd", "enbd", "drbd"};
	const char *text = *at + strspn(*at, " \t");
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");
	char script[16];

	if (!len || !islower((unsigned char)*text) || text[len] != ':')
		return 0;
	for (size_t i = 0; i < NR(ignored); i++) {
		if (!spec_equal(text, len, ignored[i]))
			continue;
		p->phy |= !p->has_target && spec_equal(text, len, "phy");
		goto taken;
	}
	for (size_t i = 0; i < NR(formats); i++) {
		if (!spec_equal(text, len, formats[i]))
			continue;
		if (set_format(p, text, len) < 0)
			return -1;
		goto taken;
	}
	for (size_t i = 0; i < NR(scripts); i++) {
		if (!spec_equal(text, len, scripts[i]))
			continue;
		snprintf(script, sizeof(script), "block-%s", scripts[i]);
		if (spec_string("script", script, strlen(script), &p->out->script, p->e) < 0)
			return -1;
		goto taken;
	}
	if (islower((unsigned char)text[len + 1]) || isdigit((unsigned char)text[len + 1]))
		return 0;
	return err_set(p->e, "unknown prefix '%.*s:'", SPEC_LEN(len), text);
taken:
	p->prefix = true;
	*at = text + len + 1;
	return 1;
}

/* As xl-disk-configuration(5) has it: phy:vg/root is /dev/vg/root. Returns 0, or -1 with the error
 * set. */
static int complete_device(struct parse *p)
{
	char *path, *target = p->out->target;

	if (!p->phy || !target || *target == '/' || tag_value(target))
		return 0;
	if (asprintf(&path, "/dev/%s", target) < 0)
		return err_set(p->e, "%s", strerror(ENOMEM));
	free(target);
	p->out->target = path;
	return 0;
}

/* What the parameters mean together. */
static int finish(struct parse *p)
{
	struct disk_spec *out = p->out;

	if (!out->vdev)
		return err_set(p->e, "vdev is missing");
	if (disk_vdev_number(out->vdev, &out->vdev_number) < 0)
		return err_set(p->e, "vdev '%.*s' is not a virtual device such as xvda", SPEC_SHOWN,
			       out->vdev);
	if (out->cdrom) {
		out->readwrite = false;
		if (!out->target)
			out->format = DISK_EMPTY;
	}
	if (!out->target && !out->cdrom)
		return err_set(p->e, "target is missing");
	if (out->target && out->format == DISK_EMPTY)
		return err_set(p->e, "format is empty, but there is a target");
	return complete_device(p);
}

int disk_spec_parse(const char *text, struct disk_spec *out, struct err *e)
{
	struct parse p = {.out = out, .e = e};
	struct spec_param param;
	int rc;

	*out = (struct disk_spec){.readwrite = true};
	for (;;) {
		while ((rc = take_prefix(&p, &text)))
			if (rc < 0)
				return -1;
		text += strspn(text, " \t");
		/* target= takes all the rest, commas and blanks too, but one comma at the end. */
		if (!strncmp(text, "target=", 7)) {
			size_t len = strlen(text += 7);

			if (set_target(&p, text, len - (len && text[len - 1] == ',')) < 0)
				return -1;
			break;
		}
		if (!spec_next(&text, &param))
			break;
		if (set_named(&p, &param) < 0)
			return -1;
	}
	return finish(&p);
}

void disk_spec_free(struct disk_spec *s)
{
	free(s->target);
	free(s->vdev);
	free(s->script);
	free(s->backend_domain);
	*s = (struct disk_spec){0};
}

void disk_specs_free(struct disk_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		disk_spec_free(&all[i]);
	free(all);
}
