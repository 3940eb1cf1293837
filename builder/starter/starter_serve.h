/*
 * The starter's own side.
 */
#ifndef EARLYDOM_STARTER_SERVE_H
#define EARLYDOM_STARTER_SERVE_H

#include "starter_verb.h"

/* Serves requests until the other end is closed, and ends this process, which has just been forked.
 */
_Noreturn void starter_serve(int fd, const struct starter_verb *const *verbs, size_t nr_verbs);

#endif
