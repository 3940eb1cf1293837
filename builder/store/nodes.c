#include "nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "wire.h"

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
	node->back = n->back;
	node->permit = false;
	n->n++;
	return;
fail:
	n->failed = true;
}

/* Adds a node without a value. */
static void add_bare(struct nodes *n, const struct node *what, const char *path, va_list ap)
{
	struct node *node = room(n);

	if (node) {
		*node = *what;
		node->back = n->back;
		if (vasprintf(&node->path, path, ap) >= 0) {
			n->n++;
			return;
		}
	}
	n->failed = true;
}

void nodes_remove(struct nodes *n, const char *path, ...)
{
	const struct node what = {.access = NODE_INHERITS};
	va_list ap;

	va_start(ap, path);
	add_bare(n, &what, path, ap);
	va_end(ap);
}

void nodes_permit(struct nodes *n, enum node_access access, const char *path, ...)
{
	const struct node what = {.access = access, .permit = true};
	va_list ap;

	va_start(ap, path);
	add_bare(n, &what, path, ap);
	va_end(ap);
}

void nodes_free(struct nodes *n)
{
	for (size_t i = 0; i < n->n; i++) {
		free(n->v[i].path);
		free(n->v[i].value);
	}
	free(n->v);
	memset(n, 0, sizeof(*n));
}

/* Adds a request: path, a NUL, and len bytes behind it. Returns false without memory. */
static bool add_call(struct wire_call *call, enum xsd_sockmsg_type type, const char *path,
		     const char *behind, size_t len)
{
	const size_t path_len = strlen(path) + 1;

	*call = (struct wire_call){.type = type, .len = path_len + len};
	call->body = malloc(call->len);
	if (!call->body)
		return false;
	memcpy(call->body, path, path_len);
	if (len)
		memcpy(call->body + path_len, behind, len);
	return true;
}

/* The first word names the owner, who may do everything, and says what everybody else may do. */
static bool add_permit(struct wire_call *call, const struct node *node, uint32_t domid)
{
	const bool guests = node->access != NODE_READABLE;
	char perms[32];
	int n = snprintf(perms, sizeof(perms), "n%u", guests ? domid : node->back) + 1;

	if (node->access != NODE_GUEST)
		n += snprintf(perms + n, sizeof(perms) - (size_t)n, "r%u",
			      guests ? node->back : domid) +
		     1;
	return add_call(call, XS_SET_PERMS, node->path, perms, (size_t)n);
}

static bool add_node(struct wire_call *call, const struct node *node)
{
	if (node->value)
		return add_call(call, XS_WRITE, node->path, node->value, strlen(node->value));
	return add_call(call, XS_RM, node->path, NULL, 0);
}

/* Fills in at most two requests for each node. Returns how many, or 0 without memory. */
static size_t fill_calls(const struct nodes *n, struct wire_call *calls)
{
	size_t k = 0;

	for (const struct node *node = n->v; node < n->v + n->n; node++) {
		if (!node->permit && !add_node(&calls[k++], node))
			return 0;
		if (node->access != NODE_INHERITS && !add_permit(&calls[k++], node, n->domid))
			return 0;
	}
	return k;
}

static int judge(const struct wire_call *call, struct err *e)
{
	if (!call->error || (call->type == XS_RM && call->error == ENOENT))
		return 0;
	if (call->type == XS_RM)
		return err_set_errno(e, call->error, "cannot remove %s from the store", call->body);
	if (call->type == XS_WRITE)
		return err_set_errno(e, call->error, "cannot write %s to the store", call->body);
	return err_set_errno(e, call->error, "cannot set the permissions of %s in the store",
			     call->body);
}

int nodes_send(const struct nodes *n, int fd, uint32_t t, struct err *e)
{
	struct wire_call *calls = n->failed ? NULL : calloc(2 * n->n + 1, sizeof(*calls));
	size_t nr;
	int rc;

	if (!calls)
		return err_set_passing(e, "out of memory");
	nr = fill_calls(n, calls);
	rc = nr || !n->n ? wire_talk(fd, t, calls, nr, e) : err_set_passing(e, "out of memory");
	for (size_t i = 0; !rc && i < nr; i++)
		rc = judge(&calls[i], e);
	wire_free(calls, 2 * n->n);
	free(calls);
	return rc;
}

static int send_all(int fd, uint32_t t, void *arg, struct err *e)
{
	return nodes_send(arg, fd, t, e);
}

int nodes_write_on(const struct nodes *n, int fd, struct err *e)
{
	return store_transact_on(fd, send_all, (void *)(uintptr_t)n, e);
}

int nodes_write(const struct nodes *n, struct err *e)
{
	const int fd = wire_open(STORE_SOCKET, e);
	int rc;

	if (fd < 0)
		return -1;
	rc = nodes_write_on(n, fd, e);
	wire_close(fd);
	return rc;
}
