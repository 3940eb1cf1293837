#include "nodes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

static struct node *room(struct nodes *n)
{
	struct node *v;
	size_t more;

	if (n->n == n->room) {
		more = n->room ? 2 * n->room : 64;
		v = realloc(n->v, more * sizeof(*v));
		if (!v)
			return NULL;
		n->v = v;
		n->room = more;
	}
	return &n->v[n->n];
}

static char *join(const char *dir, const char *name)
{
	char *path;

	if (!name)
		return strdup(dir);
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

void nodes_add(struct nodes *n, enum node_access access, const char *dir, const char *name,
	       const char *value, ...)
{
	struct node *node = room(n);
	va_list ap;

	if (!node)
		goto fail;
	node->path = join(dir, name);
	if (!node->path)
		goto fail;
	va_start(ap, value);
	if (vasprintf(&node->value, value, ap) < 0)
		node->value = NULL;
	va_end(ap);
	if (!node->value) {
		free(node->path);
		goto fail;
	}
	node->access = access;
	n->n++;
	return;
fail:
	n->failed = true;
}

void nodes_remove(struct nodes *n, const char *path, ...)
{
	struct node *node = room(n);
	va_list ap;
	int len;

	if (node) {
		va_start(ap, path);
		len = vasprintf(&node->path, path, ap);
		va_end(ap);
		if (len >= 0) {
			node->value = NULL;
			node->access = NODE_INHERITS;
			n->n++;
			return;
		}
	}
	n->failed = true;
}

void nodes_free(struct nodes *n)
{
	size_t i;

	for (i = 0; i < n->n; i++) {
		free(n->v[i].path);
		free(n->v[i].value);
	}
	free(n->v);
	memset(n, 0, sizeof(*n));
}

/* The first entry is the owner, who may do everything, and what everybody else may. */
static bool permit(struct xs_handle *xsh, xs_transaction_t t, const struct node *node,
		   uint32_t domid)
{
	const bool guests = node->access != NODE_READABLE;
	struct xs_permissions p[2] = {
		{.id = guests ? domid : 0, .perms = XS_PERM_NONE},
		{.id = guests ? 0 : domid, .perms = XS_PERM_READ},
	};

	if (node->access == NODE_INHERITS)
		return true;
	return xs_set_permissions(xsh, t, node->path, p, node->access == NODE_GUEST ? 1 : 2);
}

int nodes_apply(const struct nodes *n, struct xs_handle *xsh, xs_transaction_t t, struct err *e)
{
	const struct node *node;

	if (n->failed)
		return err_set(e, "out of memory");
	for (node = n->v; node < n->v + n->n; node++) {
		if (!node->value) {
			if (!xs_rm(xsh, t, node->path) && errno != ENOENT)
				return err_set(e, "cannot remove %s from the store: %s", node->path,
					       strerror(errno));
			continue;
		}
		if (!xs_write(xsh, t, node->path, node->value, (unsigned)strlen(node->value)))
			return err_set(e, "cannot write %s to the store: %s", node->path,
				       strerror(errno));
		if (!permit(xsh, t, node, n->domid))
			return err_set(e, "cannot set the permissions of %s in the store: %s",
				       node->path, strerror(errno));
	}
	return 0;
}

static int apply(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	return nodes_apply(arg, xsh, t, e);
}

int nodes_write(const struct nodes *n, struct xs_handle *xsh, struct err *e)
{
	return store_transact(xsh, apply, (void *)(uintptr_t)n, e);
}
