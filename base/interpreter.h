/*
 * Whether a program is made of shared libraries: then another program is run in its place, the
 * dynamic linker, which maps them as code.
 */
#ifndef EARLYDOM_INTERPRETER_H
#define EARLYDOM_INTERPRETER_H

#include <stdbool.h>

/*
 * Whether the file is an ELF program, 64-bit, with an interpreter (PT_INTERP of the System V ABI).
 * One that can't be read is none. Allocates nothing; safe between fork and exec.
 */
bool has_interpreter(const char *program);

#endif
