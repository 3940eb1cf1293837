/*
 * The stand-in for the machine below xl (judge.c says what for): what its files share.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NR_CPUS  8
#define NR_NODES 2
#define DOMID    1

/* What the guest was made with, a line each: hypercalls in their order. printf's arguments. */
void judge_call(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The domain exists; libxl begins to fill it: all that the descriptor says of it was right. */
void judge_made(void);
void judge_begun(void);

/* There is nothing more to know. Does not return. */
void judge_enough(void) __attribute__((noreturn));

/* libxl gives up, and is about to destroy the domain. Does not return. */
void judge_given_up(void) __attribute__((noreturn));

/* Whether libxl waits for a device model that it is about to start (judge_store.c). */
bool judge_awaits_model(void);

/* Prints the nodes that were written: "PATH": "VALUE", sorted, as a JSON object. */
void judge_print_nodes(int fd);

/* Prints a text as JSON has it, in quotes. */
void judge_print_text(int fd, const char *text);

#endif
