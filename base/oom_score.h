/*
 * Whom the kernel's killer for want of memory takes first (proc(5), oom_score_adj).
 */
#ifndef EARLYDOM_OOM_SCORE_H
#define EARLYDOM_OOM_SCORE_H

#include <stdbool.h>

#define OOM_SCORE_NEVER    "-1000"
#define OOM_SCORE_ORDINARY "0"

/* Sets it for this process and those that it makes, from -1000, never, to 1000. Safe between fork
 * and exec. Returns false with errno set. */
bool oom_score_set(const char *score);

#endif
