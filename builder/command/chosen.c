#include "chosen.h"

#include <errno.h>
#include <string.h>

#include <xen/xen.h>

#include "base/text_file.h"
#include "builder/image/direct.h"

#define CMDLINE_MAX 4096 /* more than any kernel keeps, for --cmdline */

/*
 * A command line that may have lost its end is refused: the missing part may have said which guests
 * are wanted. Whoever passes it on to dom0 cuts it without a word where it is too long.
 */
static int check_length(const char *file, size_t len, struct err *e)
{
	static const struct {
		size_t size; /* bytes, the NUL included */
		const char *whose;
	} kept[] = {
		{MAX_GUEST_CMDLINE, "Xen keeps of a pv dom0's"},
		{LINUX_CMDLINE_MAX, "Linux keeps"},
	};

	if (len > CMDLINE_MAX)
		return err_set(
			e,
			"kernel command line %s: it has more than %d characters; no guest is "
			"started",
			file, CMDLINE_MAX);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (len != kept[i].size - 1)
			continue;
		return err_set(e,
			       "kernel command line %s: it has %zu characters, as many as %s, so "
			       "that its end may be missing; no guest is started (make it shorter)",
			       file, len, kept[i].whose);
	}
	return 0;
}

int chosen_read(struct chosen *c, const char *cmdline_file, const char *config_dir, struct err *e)
{
	size_t len;

	c->in.cmdline = text_file_read(cmdline_file, CMDLINE_MAX + 2, &len);
	if (!c->in.cmdline)
		return err_set(e, "cannot read the kernel command line %s: %s", cmdline_file,
			       strerror(errno));
	if (len && c->in.cmdline[len - 1] == '\n')
		c->in.cmdline[--len] = '\0';
	if (check_length(cmdline_file, len, e) < 0)
		return -1;
	/* In this order what is wrong is shown. */
	cmdline_parse(c->in.cmdline, &c->cmdline, &c->diag);
	sources_read_dir(config_dir, &c->in.sources, &c->diag);
	select_guests(c->in.sources.v, c->in.sources.n, &c->cmdline, &c->selection, &c->diag);
	diag_print(&c->diag, DIAG_ERRORS, stderr, "earlydom: ");
	if (diag_notes(&c->diag))
		fprintf(stderr, "earlydom: %zu note%s on descriptors: earlydom check shows them\n",
			diag_notes(&c->diag), diag_notes(&c->diag) == 1 ? "" : "s");
	return 0;
}

int chosen_kept(struct chosen *c, int inputs_fd, struct err *e)
{
	if (inputs_read_file(inputs_fd, &c->in, e) < 0)
		return -1;
	cmdline_parse(c->in.cmdline, &c->cmdline, &c->diag);
	select_guests(c->in.sources.v, c->in.sources.n, &c->cmdline, &c->selection, &c->diag);
	return 0;
}

void chosen_free(struct chosen *c)
{
	selection_free(&c->selection);
	cmdline_free(&c->cmdline);
	diag_free(&c->diag);
	inputs_free(&c->in);
	memset(c, 0, sizeof(*c));
}
