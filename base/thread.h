/* Threads beside the one that takes the process's signals. */
#ifndef EARLYDOM_THREAD_H
#define EARLYDOM_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* Starts a thread that takes no signals, with a stack of so many bytes; 0 for the C library's usual
 * one. Returns 0 or an errno value. */
int thread_start(pthread_t *id, size_t stack, void *(*run)(void *arg), void *arg);

#endif
