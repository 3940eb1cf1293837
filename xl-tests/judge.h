/*
 * The stand-in for the machine below xl (judge.c says what for): what its files share.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

/* QEMU (judge_qemu.c): prepares for one. Waits until it has its arguments, and says whether it has
 * written to the store then that it runs. Is it, in its process. */
void judge_qemu_prepare(void);
bool judge_qemu_says_running(void);
void judge_qemu_run(char *const argv[]) __attribute__((noreturn));

/* Prints a list as JSON, an object with that one member, behind a line with its name. */
void judge_print_list(const char *what, char *const *list);

/* Prints the nodes that were written: "PATH": "VALUE", sorted, as a JSON object. */
void judge_print_nodes(FILE *to);

/* Prints a text as JSON has it, in quotes. */
void judge_print_text(FILE *to, const char *text);

#endif
