#include "check_root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The source's directory with all links resolved, for the caller to free; or NULL. */
static char *real_dir(const struct source *s)
{
	const char *slash = strrchr(s->file, '/');
	char *dir = s->dir ? strdup(s->dir) : strndup(s->file, (size_t)(slash - s->file));
	char *real = dir ? realpath(*dir ? dir : "/", NULL) : NULL;

	free(dir);
	return real;
}

/* What is behind `tree` in the path, "" for the tree itself; NULL where the path is not in it. */
static const char *below(const char *path, const char *tree)
{
	const size_t len = strlen(tree);

	if (strncmp(path, tree, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

void check_root_place(struct sources *sources, const char *tree, struct diag *d)
{
	char *root = realpath(tree, NULL);

	if (!root) {
		diag_add(d, (struct loc){tree, 0, 0}, "cannot look for files below it: %s",
			 strerror(errno));
		return;
	}
	if (!strcmp(root, "/"))
		*root = '\0';
	for (size_t i = 0; i < sources->n; i++) {
		struct source *s = &sources->v[i];
		char *dir = real_dir(s);
		const char *seen = dir ? below(dir, root) : NULL;

		free(s->dir);
		s->dir = strdup(seen ? seen : CONFIG_DIR);
		if (!s->dir)
			diag_add(d, (struct loc){s->file, 0, 0}, "out of memory");
		free(dir);
	}
	free(root);
}
