/*
 * UTF-8 (RFC 3629), as far as texts from outside have to be judged before they are shown.
 */
#ifndef EARLYDOM_UTF8_H
#define EARLYDOM_UTF8_H

#include <stdio.h>

/* Bytes of the sequence at s, which ends with a NUL: 1 to 4, or 0 when it is none (section 4: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
unsigned utf8_length(const unsigned char *s);

/* Prints a text for a terminal: a control character, which could move its cursor or more, a
 * backslash, and a byte that is no UTF-8 come out as \xNN. */
void utf8_print_safe(FILE *to, const char *text);

#endif
