/*
 * The xenstored of xl's judge (judge.c): what was written can be read, and each watch fires once.
 * Back ends and consoles are always ready.
 */
#define _GNU_SOURCE
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xenstore.h>

/* XenbusStateInitWait (xen/include/public/io/xenbus.h). */
#define BACK_END_READY "2"
/* What xenconsoled says of the guest's console. */
#define CONSOLE_TTY "/dev/pts/1"

struct node {
	char *path, *value;
	struct node *next;
};

/* What was written; and what is there anyway: the one pool's name, and dom0's number. */
static struct node *nodes;
static struct node there[] = {
	{(char[]){"/local/pool/0/name"}, (char[]){"Pool-0"}, NULL},
	{(char[]){"domid"}, (char[]){"0"}, NULL},
};

static struct watch {
	char *path, *token;
	struct watch *next;
} * fired;
static int ready = -1;

/* Something to point to for those who only compare with NULL. */
static char handle;

static bool below(const char *path, const char *dir)
{
	const size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

static bool ends(const char *text, const char *with)
{
	const size_t len = strlen(text), n = strlen(with);

	return len >= n && !strcmp(text + len - n, with);
}

static struct node *find(const char *path)
{
	for (struct node *node = nodes; node; node = node->next)
		if (!strcmp(node->path, path))
			return node;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		if (!strcmp(there[i].path, path))
			return &there[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp((*(struct node *const *)a)->path, (*(struct node *const *)b)->path);
}

void judge_print_nodes(FILE *to)
{
	struct node **all;
	size_t n = 0;

	for (struct node *node = nodes; node; node = node->next)
		n++;
	all = calloc(n + 1, sizeof(struct node *));
	if (!all)
		abort();
	n = 0;
	for (struct node *node = nodes; node; node = node->next)
		all[n++] = node;
	qsort(all, n, sizeof(struct node *), compare);
	fprintf(to, "{\n");
	for (size_t i = 0; i < n; i++) {
		judge_print_text(to, all[i]->path);
		fprintf(to, ": ");
		judge_print_text(to, all[i]->value);
		fprintf(to, i + 1 < n ? ",\n" : "\n");
	}
	fprintf(to, "}\n");
	free(all);
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	if (ready < 0)
		ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *xsh)
{
	(void)xsh;
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
	(void)h;
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return ready;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct watch **last = &fired, *w = calloc(1, sizeof(*w));

	(void)h;
	if (!w)
		abort();
	*w = (struct watch){strdup(path), strdup(token), NULL};
	while (*last)
		last = &(*last)->next;
	*last = w;
	eventfd_write(ready, 1);
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

/* An array of path and token, to be freed at once. */
char **xs_check_watch(struct xs_handle *h)
{
	struct watch *w = fired;
	size_t path, token;
	eventfd_t count;
	char **event;

	(void)h;
	if (!w) {
		eventfd_read(ready, &count);
		errno = EAGAIN;
		return NULL;
	}
	fired = w->next;
	path = strlen(w->path) + 1;
	token = strlen(w->token) + 1;
	event = malloc(2 * sizeof(char *) + path + token);
	if (!event)
		abort();
	event[XS_WATCH_PATH] = (char *)(event + 2);
	event[XS_WATCH_TOKEN] = event[XS_WATCH_PATH] + path;
	memcpy(event[XS_WATCH_PATH], w->path, path);
	memcpy(event[XS_WATCH_TOKEN], w->token, token);
	free(w->path);
	free(w->token);
	free(w);
	return event;
}

/* The names below a directory, in one block with the pointers to them. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	const size_t len = strlen(path);
	size_t size = 0;
	char **list, *at;

	(void)h;
	(void)t;
	*num = 0;
	for (const struct node *node = nodes; node; node = node->next)
		if (below(node->path, path))
			size += sizeof(char *) + strlen(node->path) + 1;
	list = malloc(size + 1);
	if (!list)
		abort();
	at = (char *)list + size;
	for (const struct node *node = nodes; node; node = node->next) {
		size_t n;
		unsigned i;

		if (!below(node->path, path) || !node->path[len])
			continue;
		n = strcspn(node->path + len + 1, "/");
		for (i = 0; i < *num; i++)
			if (!strncmp(list[i], node->path + len + 1, n) && !list[i][n])
				break;
		if (i < *num)
			continue;
		at -= n + 1;
		memcpy(at, node->path + len + 1, n);
		at[n] = '\0';
		list[(*num)++] = at;
	}
	if (*num || find(path))
		return list;
	free(list);
	errno = ENOENT;
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	const struct node *node = find(path);
	const char *value = node ? node->value : NULL;

	(void)h;
	(void)t;
	if (value && below(path, "/local/domain/0/backend") && ends(path, "/state"))
		value = BACK_END_READY;
	if (ends(path, "/console/tty"))
		value = CONSOLE_TTY;
	if (ends(path, "/device-model/1/state") && judge_qemu_says_running())
		value = "running";
	if (!value) {
		errno = ENOENT;
		return NULL;
	}
	if (len)
		*len = (unsigned)strlen(value);
	return strdup(value);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	struct node *node = find(path);

	(void)h;
	(void)t;
	if (!node) {
		node = calloc(1, sizeof(*node));
		if (!node)
			abort();
		node->path = strdup(path);
		node->next = nodes;
		nodes = node;
	}
	node->value = strndup(data, len);
	return node->path && node->value;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return find(path) || xs_write(h, t, path, "", 0);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	for (struct node **at = &nodes; *at;) {
		if (below((*at)->path, path))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	(void)h;
	(void)t;
	(void)path;
	(void)perms;
	(void)num_perms;
	return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	(void)h;
	(void)t;
	(void)abort;
	return true;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
			 unsigned int eventchn)
{
	(void)h;
	(void)domid;
	(void)mfn;
	(void)eventchn;
	return true;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	char *path = NULL;

	(void)h;
	if (asprintf(&path, "/local/domain/%u", domid) < 0)
		return NULL;
	return path;
}
