/*
 * The nodes of a guest itself, as libxl writes them: /local/domain/ID, /vm/UUID, /libxl/ID.
 */
#ifndef EARLYDOM_GUEST_NODES_H
#define EARLYDOM_GUEST_NODES_H

#include <time.h>

#include "guest.h"
#include "nodes.h"

/* A uuid's text and its NUL. */
#define UUID_TEXT 37

void uuid_text(const uint8_t uuid[16], char text[UUID_TEXT]);

/* Appends them; now is the wall clock's time, when the guest is said to have started. */
void guest_nodes(const struct guest *g, const struct timespec *now, struct nodes *to);

/* Appends the removal of their directories. */
void guest_nodes_gone(const struct guest *g, struct nodes *to);

#endif
