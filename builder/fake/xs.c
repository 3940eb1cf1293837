/* The store, as libxenstore shows it. */
#include "fake_store.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/hvm/params.h>

#define PERMS_MAX        4
#define VALUE_MAX        4096 /* XENSTORE_PAYLOAD_MAX, path and value together */
#define TRANSACTIONS_MAX 8
#define WATCHES_MAX      32

struct node {
	char *path, *value;
	size_t path_len, len;
	struct xs_permissions perms[PERMS_MAX];
	unsigned nr_perms;
};

struct tree {
	struct node *v;
	size_t n, room;
	unsigned long generation; /* grows with each change */
};

struct xs_handle {
	int fd[2]; /* a byte for each event */
};

struct event {
	struct event *next;
	struct xs_handle *h;
	char path[256], token[64];
};

static struct {
	struct fake_store settings;
	struct tree tree;
	struct {
		bool open;
		unsigned long base; /* generation of the tree that it began with */
		struct tree tree;
	} transactions[TRANSACTIONS_MAX];
	struct {
		struct xs_handle *h;
		char path[256], token[64];
	} watches[WATCHES_MAX];
	struct event *events;
	bool introduced[DOMID_FIRST_RESERVED];
	int handles;
} store;

struct fake_store *fake_store(void)
{
	return &store.settings;
}

static char *copy(const void *data, size_t len)
{
	char *p = fake_calloc(1, len + 1);

	memcpy(p, data, len);
	return p;
}

/* Trees. */

/* Paths have long beginnings in common: what differs is in their lengths and ends. */
static struct node *find(const struct tree *t, const char *path)
{
	const size_t len = strlen(path);

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].path_len == len && t->v[i].path[len / 2] == path[len / 2] &&
		    !memcmp(t->v[i].path, path, len))
			return &t->v[i];
	return NULL;
}

static bool is_below(const char *path, const char *dir)
{
	const size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

static void set_value(struct node *node, const void *value, size_t len)
{
	free(node->value);
	node->value = copy(value, len);
	node->len = len;
}

/* The node, made with all its parents where it is missing: what is made inherits permissions. */
static struct node *make(struct tree *t, const char *path)
{
	struct node *node = find(t, path), parent = {.nr_perms = 1}, *v;
	char *up;

	if (node)
		return node;
	up = copy(path, strlen(path));
	*strrchr(up, '/') = '\0';
	if (*up)
		parent = *make(t, up);
	free(up);
	if (t->n == t->room) {
		t->room = 2 * t->room + 16;
		v = fake_calloc(t->room, sizeof(*v));
		if (t->n)
			memcpy(v, t->v, t->n * sizeof(*v));
		free(t->v);
		t->v = v;
	}
	node = &t->v[t->n++];
	memset(node, 0, sizeof(*node)); /* of one that was cut */
	node->path_len = strlen(path);
	node->path = copy(path, node->path_len);
	node->value = copy("", 0);
	memcpy(node->perms, parent.perms, sizeof(parent.perms));
	node->nr_perms = parent.nr_perms;
	return node;
}

static void free_node(struct node *node)
{
	free(node->path);
	free(node->value);
}

/* Returns false when there was none. */
static bool cut(struct tree *t, const char *path)
{
	size_t kept = 0;
	bool found = false;

	for (size_t i = 0; i < t->n; i++) {
		if (is_below(t->v[i].path, path)) {
			found = true;
			free_node(&t->v[i]);
		} else {
			t->v[kept++] = t->v[i];
		}
	}
	t->n = kept;
	return found;
}

static void free_tree(struct tree *t)
{
	while (t->n)
		free_node(&t->v[--t->n]);
	free(t->v);
	t->v = NULL;
	t->room = 0;
}

static struct tree copy_tree(const struct tree *t)
{
	struct tree c = {.v = fake_calloc(t->n + 1, sizeof(*t->v)), .n = t->n, .room = t->n + 1};

	for (size_t i = 0; i < t->n; i++) {
		c.v[i] = t->v[i];
		c.v[i].path = copy(t->v[i].path, strlen(t->v[i].path));
		c.v[i].value = copy(t->v[i].value, t->v[i].len);
	}
	return c;
}

/* Watches. */

static void tell(struct xs_handle *h, const char *path, const char *token)
{
	struct event *e = fake_calloc(1, sizeof(*e)), **last = &store.events;

	e->h = h;
	snprintf(e->path, sizeof(e->path), "%s", path);
	snprintf(e->token, sizeof(e->token), "%s", token);
	while (*last)
		last = &(*last)->next;
	*last = e;
	if (write(h->fd[1], "", 1) != 1)
		abort();
}

/*
 * Tells those who watch the path or one above it, and of a removal also those who watch one below
 * it.
 */
static void changed(const char *path, bool removed)
{
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		if (store.watches[i].h && (is_below(path, store.watches[i].path) ||
					   (removed && is_below(store.watches[i].path, path))))
			tell(store.watches[i].h, path, store.watches[i].token);
}

/* The kernel's back ends. */

static const char *value_of(const char *dir, const char *name)
{
	char path[256];
	struct node *node;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	node = find(&store.tree, path);
	return node ? node->value : "";
}

/* The state that a back end goes to from the state in its node. */
static int next_state(const char *dir, int state)
{
	const char *front = value_of(dir, "frontend");
	const bool vif = strstr(dir, "/vif/"), pci = strstr(dir, "/pci/");

	if (!find(&store.tree, front))
		return state == 5 && !store.settings.stuck ? 6 : state;
	if (state == 1)
		return 2;
	if (state == 2 && pci)
		return *value_of(dir, "num_devs") ? 3 : 2;
	if (state == 2 && atoi(value_of(front, "state")) == 4 &&
	    (!vif || !strcmp(value_of(dir, "hotplug-status"), "connected")))
		return 4;
	return state;
}

static void run_back_ends(void)
{
	char kind[8], dir[128], text[16];
	int state, next, len;
	uint32_t domid, devid;
	struct node *node;

	for (size_t i = 0; i < store.tree.n && store.settings.back_ends; i++) {
		node = &store.tree.v[i];
		len = 0;
		if (sscanf(node->path, "/local/domain/%*u/backend/%7[^/]/%u/%u/state%n", kind,
			   &domid, &devid, &len) != 3 ||
		    !len || node->path[len] ||
		    (strcmp(kind, "vbd") && strcmp(kind, "vif") && strcmp(kind, "pci")))
			continue;
		snprintf(dir, sizeof(dir), "%.*s", len - (int)strlen("/state"), node->path);
		state = atoi(node->value);
		next = next_state(dir, state);
		if (next == state)
			continue;
		snprintf(text, sizeof(text), "%d", next);
		set_value(node, text, strlen(text));
		store.tree.generation++;
		changed(node->path, false);
		i = (size_t)-1; /* it may have changed what another one waits for */
	}
}

static void settle(const char *path, bool removed)
{
	store.tree.generation++;
	changed(path, removed);
	run_back_ends();
}

/* The tests' side. */

static void forget_events(const struct xs_handle *h)
{
	struct event **p = &store.events, *e;

	while ((e = *p)) {
		if (h && e->h != h) {
			p = &e->next;
			continue;
		}
		*p = e->next;
		free(e);
	}
}

void fake_store_reset(void)
{
	free_tree(&store.tree);
	for (unsigned i = 0; i < TRANSACTIONS_MAX; i++)
		free_tree(&store.transactions[i].tree);
	forget_events(NULL);
	memset(&store, 0, sizeof(store));
	store.settings.back_ends = true;
}

void fake_store_empty(void)
{
	free_tree(&store.tree);
	memset(store.introduced, 0, sizeof(store.introduced));
}

/* The domain that a node belongs to, or 0. */
static uint32_t owner(const char *path)
{
	uint32_t domid;

	if (sscanf(path, "/local/domain/%*u/backend/%*[^/]/%u", &domid) == 1 ||
	    sscanf(path, "/local/domain/0/error/backend/%*[^/]/%u", &domid) == 1 ||
	    sscanf(path, "/local/domain/0/device-model/%u", &domid) == 1 ||
	    sscanf(path, "/local/domain/%u", &domid) == 1 || sscanf(path, "/libxl/%u", &domid) == 1)
		return domid;
	return 0;
}

/* True for a node below /vm that no domain has for its own. */
static bool orphaned(const char *path)
{
	char dir[64];

	for (size_t i = 0; i < store.tree.n; i++) {
		snprintf(dir, sizeof(dir), "%s", store.tree.v[i].value);
		if (!strncmp(dir, "/vm/", 4) && is_below(path, dir))
			return false;
	}
	return !strncmp(path, "/vm/", 4);
}

unsigned fake_store_leaks(FILE *to)
{
	unsigned n = 0;
	uint32_t domid;

	for (size_t i = 0; i < store.tree.n; i++) {
		domid = owner(store.tree.v[i].path);
		if (domid ? !!fake_find(domid) : !orphaned(store.tree.v[i].path))
			continue;
		fprintf(to, "held: the store's node %s\n", store.tree.v[i].path);
		n++;
	}
	for (unsigned t = 0; t < TRANSACTIONS_MAX; t++) {
		if (!store.transactions[t].open)
			continue;
		fprintf(to, "held: a transaction of the store\n");
		n++;
	}
	if (store.handles) {
		fprintf(to, "held: %d handles of libxenstore\n", store.handles);
		n++;
	}
	return n;
}

void fake_store_ended(uint32_t domid)
{
	if (domid < DOMID_FIRST_RESERVED && store.introduced[domid])
		changed("@releaseDomain", false);
}

/* As a toolstack removes a domain. */
void fake_store_forget(uint32_t domid)
{
	char *path; /* it is the node's own */

	if (domid < DOMID_FIRST_RESERVED)
		store.introduced[domid] = false;
	for (size_t i = 0; i < store.tree.n;) {
		if (owner(store.tree.v[i].path) != domid) {
			i++;
			continue;
		}
		path = copy(store.tree.v[i].path, strlen(store.tree.v[i].path));
		cut(&store.tree, path);
		free(path);
		i = 0;
	}
	for (size_t i = 0; i < store.tree.n;) {
		if (!orphaned(store.tree.v[i].path)) {
			i++;
			continue;
		}
		path = copy(store.tree.v[i].path, strlen(store.tree.v[i].path));
		cut(&store.tree, path);
		free(path);
		i = 0;
	}
	store.tree.generation++;
}

void fake_store_write(const char *path, const char *value)
{
	fake_lock();
	set_value(make(&store.tree, path), value, strlen(value));
	settle(path, false);
	fake_unlock();
}

void fake_store_remove(const char *path)
{
	char *p = copy(path, strlen(path)); /* it may be a node's own */

	fake_lock();
	if (cut(&store.tree, p))
		settle(p, true);
	fake_unlock();
	free(p);
}

void fake_store_connect(uint32_t domid)
{
	char dir[64];
	size_t len;

	snprintf(dir, sizeof(dir), "/local/domain/%u/device", domid);
	fake_lock();
	for (size_t i = 0; i < store.tree.n; i++) {
		len = strlen(store.tree.v[i].path);
		if (is_below(store.tree.v[i].path, dir) && len > 6 &&
		    !strcmp(store.tree.v[i].path + len - 6, "/state")) {
			set_value(&store.tree.v[i], "4", 1);
			settle(store.tree.v[i].path, false);
		}
	}
	fake_unlock();
}

const char *fake_store_read(const char *path)
{
	static char buf[8][VALUE_MAX + 1];
	static unsigned turn;
	struct node *node;
	char *p = NULL;

	fake_lock();
	node = find(&store.tree, path);
	if (node) {
		p = buf[turn++ % 8];
		snprintf(p, sizeof(buf[0]), "%s", node->value);
	}
	fake_unlock();
	return p;
}

bool fake_store_introduced(uint32_t domid)
{
	bool is;

	fake_lock();
	is = domid < DOMID_FIRST_RESERVED && store.introduced[domid] && fake_find(domid);
	fake_unlock();
	return is;
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct node *const *)a)->path, (*(struct node *const *)b)->path);
}

static void print_node(FILE *to, const struct node *node)
{
	static const char letters[] = "nrwb";

	fprintf(to, "%s = \"%s\"   (", node->path, node->value);
	for (unsigned i = 0; i < node->nr_perms; i++)
		fprintf(to, "%s%c%u", i ? "," : "", letters[node->perms[i].perms & 3],
			node->perms[i].id);
	fprintf(to, ")\n");
}

char *fake_store_list(const char *path)
{
	struct node **sorted;
	size_t n = 0, len;
	char *text = NULL;
	FILE *f;

	fake_lock();
	f = open_memstream(&text, &len);
	sorted = fake_calloc(store.tree.n + 1, sizeof(*sorted));
	for (size_t i = 0; i < store.tree.n; i++)
		if (!strcmp(path, "/") || is_below(store.tree.v[i].path, path))
			sorted[n++] = &store.tree.v[i];
	qsort(sorted, n, sizeof(*sorted), by_path);
	for (size_t i = 0; i < n; i++)
		print_node(f, sorted[i]);
	fclose(f);
	free(sorted);
	fake_unlock();
	return text;
}

/* libxenstore. */

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h;

	(void)flags;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	if (!store.settings.running) {
		errno = ENOENT;
		return fake_leave_ptr(NULL);
	}
	h = fake_calloc(1, sizeof(*h));
	if (pipe2(h->fd, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	store.handles++;
	return fake_leave_ptr(h);
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	fake_lock();
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		if (store.watches[i].h == h)
			store.watches[i].h = NULL;
	forget_events(h);
	store.handles--;
	fake_unlock();
	close(h->fd[0]);
	close(h->fd[1]);
	free(h);
}

/* xenstored's rules for a node's name (xenstored_core.c, is_valid_nodename). */
static bool is_valid(const char *path)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-/_@";

	return *path == '/' && path[1] && !strstr(path, "//") && path[strlen(path) - 1] != '/' &&
	       path[strspn(path, chars)] == '\0' && strlen(path) < 256;
}

/*
 * Begins a call on a node: the tree that it is about, or NULL with errno set. What a correct
 * program does not do is a broken rule.
 */
static struct tree *enter(const char *name, struct xs_handle *h, xs_transaction_t t,
			  const char *path)
{
	if (!fake_enter(name))
		return NULL;
	if (!h || !store.settings.running) {
		errno = EPIPE;
		return NULL;
	}
	if (!is_valid(path)) {
		fake_broken("%s: '%s' is no node's name", name, path);
		errno = EINVAL;
		return NULL;
	}
	if (t == XBT_NULL)
		return &store.tree;
	if (t > TRANSACTIONS_MAX || !store.transactions[t - 1].open) {
		fake_broken("%s: there is no transaction %u", name, t);
		errno = ENOENT;
		return NULL;
	}
	return &store.transactions[t - 1].tree;
}

static bool done(struct tree *t, const char *path, bool removed)
{
	if (t == &store.tree)
		settle(path, removed);
	else
		t->generation++;
	return fake_leave(1);
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned *num)
{
	struct tree *tree = enter(__func__, h, t, path);
	const size_t len = strlen(path);
	char **list, *text;
	size_t n = 0;

	if (!tree)
		return fake_leave_ptr(NULL);
	if (!find(tree, path)) {
		errno = ENOENT;
		return fake_leave_ptr(NULL);
	}
	/* One block, as the library has it; never empty, so that it is not NULL. */
	list = fake_calloc(1, (tree->n + 1) * sizeof(*list) + tree->n * 256);
	text = (char *)&list[tree->n + 1];
	for (size_t i = 0; i < tree->n; i++) {
		if (!is_below(tree->v[i].path, path) || !tree->v[i].path[len] ||
		    strchr(tree->v[i].path + len + 1, '/'))
			continue;
		list[n++] = text;
		text += sprintf(text, "%s", tree->v[i].path + len + 1) + 1;
	}
	*num = (unsigned)n;
	return fake_leave_ptr(list);
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned *len)
{
	struct tree *tree = enter(__func__, h, t, path);
	struct node *node;

	if (!tree)
		return fake_leave_ptr(NULL);
	node = find(tree, path);
	if (!node) {
		errno = ENOENT;
		return fake_leave_ptr(NULL);
	}
	if (len)
		*len = (unsigned)node->len;
	return fake_leave_ptr(copy(node->value, node->len));
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned len)
{
	struct tree *tree = enter(__func__, h, t, path);

	if (!tree)
		return fake_leave(0);
	if (strlen(path) + 1 + len > VALUE_MAX) {
		errno = E2BIG;
		return fake_leave(0);
	}
	set_value(make(tree, path), data, len);
	return done(tree, path, false);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	struct tree *tree = enter(__func__, h, t, path);

	if (!tree)
		return fake_leave(0);
	make(tree, path);
	return done(tree, path, false);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	struct tree *tree = enter(__func__, h, t, path);
	bool there;
	char *up;

	if (!tree)
		return fake_leave(0);
	if (cut(tree, path))
		return done(tree, path, true);
	/* What is not there was removed, if it could have been there. */
	up = copy(path, strlen(path));
	*strrchr(up, '/') = '\0';
	there = !*up || find(tree, up);
	free(up);
	errno = ENOENT;
	return fake_leave(there);
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
					  unsigned *num)
{
	struct tree *tree = enter(__func__, h, t, path);
	struct node *node;

	if (!tree)
		return fake_leave_ptr(NULL);
	node = find(tree, path);
	if (!node) {
		errno = ENOENT;
		return fake_leave_ptr(NULL);
	}
	*num = node->nr_perms;
	return fake_leave_ptr(copy(node->perms, node->nr_perms * sizeof(*node->perms)));
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned num_perms)
{
	struct tree *tree = enter(__func__, h, t, path);
	struct node *node;

	if (!tree)
		return fake_leave(0);
	node = find(tree, path);
	for (unsigned i = 0; node && i < num_perms; i++)
		if (perms[i].id && !fake_find(perms[i].id))
			node = NULL; /* xenstored's answer as well */
	if (!node || !num_perms || num_perms > PERMS_MAX) {
		errno = node ? EINVAL : ENOENT;
		return fake_leave(0);
	}
	memcpy(node->perms, perms, num_perms * sizeof(*perms));
	node->nr_perms = num_perms;
	return done(tree, path, false);
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	xs_transaction_t t;

	if (!fake_enter(__func__))
		return (xs_transaction_t)fake_leave(XBT_NULL);
	if (!h || !store.settings.running) {
		errno = EPIPE;
		return (xs_transaction_t)fake_leave(XBT_NULL);
	}
	for (t = 0; t < TRANSACTIONS_MAX && store.transactions[t].open; t++)
		;
	if (t == TRANSACTIONS_MAX) {
		errno = ENOSPC;
		return (xs_transaction_t)fake_leave(XBT_NULL);
	}
	store.transactions[t].open = true;
	store.transactions[t].base = store.tree.generation;
	store.transactions[t].tree = copy_tree(&store.tree);
	return (xs_transaction_t)fake_leave((int)t + 1);
}

/*
 * Any change of the store since the transaction began makes it fail; xenstored looks only at the
 * nodes that it used.
 */
static bool commit(struct tree *tree, unsigned long base)
{
	struct tree old = store.tree;

	if (store.settings.collisions) {
		store.settings.collisions--;
		base = ~0UL;
	}
	if (base != store.tree.generation) {
		errno = EAGAIN;
		return false;
	}
	if (!tree->generation)
		return true; /* nothing was changed */
	store.tree = *tree;
	store.tree.generation = old.generation + 1;
	for (size_t i = 0; i < old.n; i++)
		if (!find(&store.tree, old.v[i].path))
			changed(old.v[i].path, true);
	for (size_t i = 0; i < store.tree.n; i++)
		if (!find(&old, store.tree.v[i].path) ||
		    strcmp(find(&old, store.tree.v[i].path)->value, store.tree.v[i].value) != 0)
			changed(store.tree.v[i].path, false);
	memset(tree, 0, sizeof(*tree));
	free_tree(&old);
	run_back_ends();
	return true;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort_it)
{
	const bool may = abort_it || fake_enter(__func__);
	bool ok = false;

	if (abort_it)
		fake_lock();
	if (!t || t > TRANSACTIONS_MAX || !store.transactions[t - 1].open) {
		fake_broken("transaction %u ends and was not begun", t);
		errno = ENOENT;
		return fake_leave(0);
	}
	if (abort_it)
		ok = true;
	else if (!h || !store.settings.running)
		errno = EPIPE;
	else if (may)
		ok = commit(&store.transactions[t - 1].tree, store.transactions[t - 1].base);
	store.transactions[t - 1].open = false;
	free_tree(&store.transactions[t - 1].tree);
	memset(&store.transactions[t - 1].tree, 0, sizeof(struct tree));
	return fake_leave(ok);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned domid, unsigned long mfn, unsigned eventchn)
{
	struct fake_domain *d;

	if (!fake_enter(__func__))
		return fake_leave(0);
	if (!h || !store.settings.running) {
		errno = EPIPE;
		return fake_leave(0);
	}
	d = fake_find(domid);
	if (!d || d->dying || eventchn >= FAKE_PORTS || !d->port[eventchn]) {
		errno = EINVAL;
		return fake_leave(0);
	}
	if (d->hvm_param_set[HVM_PARAM_STORE_PFN] && d->hvm_param[HVM_PARAM_STORE_PFN] != mfn)
		fake_broken("domain %u is introduced and was not told of its store's page", domid);
	store.introduced[domid] = true;
	changed("@introduceDomain", false);
	return fake_leave(1);
}

#if XEN_LIBS_MINOR >= 21
/* Whether the request came to xenstored, about a domain that is there. */
static bool is_served(struct xs_handle *h, const char *name, unsigned domid)
{
	if (!fake_enter(name))
		return false;
	errno = !h || !store.settings.running ? EPIPE : ENOENT;
	return errno == ENOENT && fake_find(domid);
}

static void tell_of(unsigned domid, const char *name, unsigned value)
{
	const size_t len = strlen(store.settings.told);

	snprintf(store.settings.told + len, sizeof(store.settings.told) - len, "%u:%s=%u ", domid,
		 name, value);
}

bool xs_get_features_supported(struct xs_handle *h, unsigned *features)
{
	*features = 13;
	if (fake_enter(__func__) && h && store.settings.running)
		return fake_leave(1);
	return fake_leave(0);
}

bool xs_set_features_domain(struct xs_handle *h, unsigned domid, unsigned features)
{
	if (!is_served(h, __func__, domid))
		return fake_leave(0);
	if (store.introduced[domid] || features & ~13u) {
		errno = store.introduced[domid] ? EBUSY : EINVAL;
		return fake_leave(0);
	}
	tell_of(domid, "features", features);
	return fake_leave(1);
}
#endif

#if XEN_LIBS_MINOR >= 22
bool xs_set_domain_quota(struct xs_handle *h, unsigned domid, const char *quota, unsigned value)
{
	if (!is_served(h, __func__, domid))
		return fake_leave(0);
	if (strcmp(quota, "nodes") != 0 && strcmp(quota, "watches") != 0) {
		errno = EINVAL;
		return fake_leave(0);
	}
	tell_of(domid, quota, value);
	return fake_leave(1);
}
#endif

bool xs_is_domain_introduced(struct xs_handle *h, unsigned domid)
{
	bool is = false;

	if (fake_enter(__func__))
		is = h && store.settings.running && domid < DOMID_FIRST_RESERVED &&
		     store.introduced[domid] && fake_find(domid);
	return fake_leave(is);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	unsigned i;

	if (!fake_enter(__func__))
		return fake_leave(0);
	if (!store.settings.running) {
		errno = EPIPE;
		return fake_leave(0);
	}
	for (i = 0; i < WATCHES_MAX && store.watches[i].h; i++)
		;
	if (i == WATCHES_MAX) {
		errno = E2BIG;
		return fake_leave(0);
	}
	store.watches[i].h = h;
	snprintf(store.watches[i].path, sizeof(store.watches[i].path), "%s", path);
	snprintf(store.watches[i].token, sizeof(store.watches[i].token), "%s", token);
	tell(h, path, token); /* each watch begins with an event */
	return fake_leave(1);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	fake_lock();
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		if (store.watches[i].h == h && !strcmp(store.watches[i].path, path) &&
		    !strcmp(store.watches[i].token, token)) {
			store.watches[i].h = NULL;
			return fake_leave(1);
		}
	fake_broken("'%s' was not watched", path);
	errno = ENOENT;
	return fake_leave(0);
}

int xs_fileno(struct xs_handle *h)
{
	return h->fd[0];
}

char **xs_check_watch(struct xs_handle *h)
{
	struct event **p, *e;
	char **vec, *text, byte;

	fake_lock();
	for (p = &store.events; *p && (*p)->h != h; p = &(*p)->next)
		;
	e = *p;
	if (!e) {
		errno = EAGAIN;
		return fake_leave_ptr(NULL);
	}
	*p = e->next;
	if (read(h->fd[0], &byte, 1) != 1)
		abort();
	/* One block: path, token, NULL. */
	vec = fake_calloc(1, 3 * sizeof(*vec) + sizeof(e->path) + sizeof(e->token));
	text = (char *)&vec[3];
	vec[XS_WATCH_PATH] = strcpy(text, e->path);
	vec[XS_WATCH_TOKEN] = strcpy(text + sizeof(e->path), e->token);
	free(e);
	return fake_leave_ptr(vec);
}
