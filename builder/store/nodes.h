/*
 * Changes to the store that are to be made: a list, made without a store, so that what a guest gets
 * can be looked at node by node before and instead of being written.
 */
#ifndef EARLYDOM_NODES_H
#define EARLYDOM_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Who may do what with a node. NODE_INHERITS: its parent's permissions, which xenstored gives to
 * each new node. For dom0 stands the domain that serves a device, where that is another one. */
enum node_access {
	NODE_INHERITS,
	NODE_READABLE,   /* dom0's; the guest may read */
	NODE_GUEST,      /* the guest's own */
	NODE_GUEST_DOM0, /* the guest's own; dom0 may read (front ends) */
};

struct node {
	char *path, *value; /* value NULL: the node is removed, with all below it */
	enum node_access access;
	uint32_t back; /* the domain that stands for dom0 */
	bool permit;   /* the node is there, and only gets its access; value is NULL */
};

struct nodes {
	uint32_t domid; /* the guest that the permissions are about */
	uint32_t back;  /* the domain that serves the devices that are added; 0: dom0 */
	struct node *v;
	size_t n, room;
	bool failed; /* out of memory: said by nodes_write */
};

/* Adds the node `dir/name`, or `dir` where name is NULL; value is a format and its arguments. */
void nodes_add(struct nodes *n, enum node_access access, const char *dir, const char *name,
	       const char *value, ...) __attribute__((format(printf, 5, 6)));

/* Adds the removal of a node, which need not be there; path is a format and its arguments. */
void nodes_remove(struct nodes *n, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* Adds a change of permissions of a node that exists; access is not NODE_INHERITS. */
void nodes_permit(struct nodes *n, enum node_access access, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
void nodes_free(struct nodes *n);

/*
 * Does all of it, in order and in one transaction, again when that collides with another's. Returns
 * 0, or -1 with e set and nothing changed.
 */
int nodes_write(const struct nodes *n, struct err *e);

/* The same on a connection that is there (wire.h). */
int nodes_write_on(const struct nodes *n, int fd, struct err *e);

/* The same as part of the transaction t, or without one where t is 0: then what was done before an
 * error stays. */
int nodes_send(const struct nodes *n, int fd, uint32_t t, struct err *e);

#endif
