#include "check_digest.h"

#include <stdio.h>
#include <stdlib.h>

#include "builder/image/firmware.h"
#include "builder/image/grub.h"
#include "builder/image/image_digest.h"

/* Those of the guest that can have a digest. */
static size_t find_files(const struct check_place *c, const struct guest_config *g,
			 struct guest_file files[GUEST_FILES_MAX])
{
	const size_t all = guest_files(g, files);
	size_t n = 0;

	for (size_t i = 0; i < all; i++) {
		if (!files[i].digest_key)
			continue;
		files[n] = files[i];
		if (files[n].is == FILE_FIRMWARE)
			files[n].path = firmware_loader_path_below(c->root, g);
		n++;
	}
	return n;
}

/* Whether the descriptor names the file, and not only what is used where it names none. */
static bool is_named(const struct guest_file *f)
{
	return f->loc.line != 0;
}

static struct image_file *hold(const struct check_place *c, const struct guest_file *f,
			       struct err *e)
{
	struct image_file *image;
	char *full;

	if (asprintf(&full, "%s%s", c->root, f->path) < 0) {
		err_set(e, "out of memory");
		return NULL;
	}
	image = image_hold(c->images, f->what, full, e);
	free(full);
	return image;
}

static bool compare(const struct check_place *c, struct image_file *image,
		    const struct guest_file *f)
{
	struct file_state state;
	struct err e;

	if (image_check_digest(image, f, &state, &e) == 0)
		return true;
	diag_add(c->diag, f->digest_loc, "%s", e.msg);
	return false;
}

bool check_digest_compare(const struct check_place *c, const struct guest_config *g)
{
	struct guest_file files[GUEST_FILES_MAX];
	const size_t n = find_files(c, g, files);
	bool good = true;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		const struct guest_file *f = &files[i];
		struct image_file *image;

		if (!f->digest->given)
			continue;
		image = hold(c, f, &e);
		if (image)
			good = compare(c, image, f) && good;
		else if (!is_named(f))
			printf("%s: %s %s%s is not here, and %s was not checked\n", g->name,
			       f->what, c->root, f->path, f->digest_key);
	}
	return good;
}

static void print_line(const struct check_place *c, struct image_file *image,
		       const struct guest_file *f)
{
	const bool right = f->digest->given && compare(c, image, f);
	uint8_t digest[FILE_DIGEST_BYTES];
	char text[FILE_DIGEST_DIGITS + 1];
	struct file_state state;
	struct err e;

	if (right) {
		printf("# %s is right\n", f->digest_key);
	} else if (image_digest(image, digest, &state, &e) == 0) {
		/* No line that a script would add to one that is there already. */
		if (f->digest->given)
			printf("# %s is wrong: ", f->digest_key);
		printf("%s = \"%s\"\n", f->digest_key, file_digest_show(digest, text));
	} else if (!f->digest->given) {
		err_prefix(&e, "cannot compute the sha256 of %s %.200s: ", f->what, f->path);
		diag_add(c->diag, f->loc, "%s", e.msg);
	}
}

void check_digest_print(const struct check_place *c, const struct guest_config *g)
{
	struct guest_file files[GUEST_FILES_MAX];
	const size_t n = find_files(c, g, files);
	struct err e;

	printf("# %s\n", g->file);
	for (size_t i = 0; i < n; i++) {
		const struct guest_file *f = &files[i];
		struct image_file *image = hold(c, f, &e);

		if (!image && f->is == FILE_KERNEL)
			grub_hint(g, &e);
		if (image)
			print_line(c, image, f);
		else if (is_named(f))
			diag_add(c->diag, f->loc, "%s", e.msg);
		else
			diag_note(c->diag, f->loc, "no %s: %s", f->digest_key, e.msg);
	}
}
