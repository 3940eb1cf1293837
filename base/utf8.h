/*
 * UTF-8 (RFC 3629): what is needed to check texts from outside before they are shown.
 */
#ifndef EARLYDOM_UTF8_H
#define EARLYDOM_UTF8_H

#include <stdio.h>

/*
 * Returns the length of the sequence at s in bytes, 1 to 4, or 0 when it is not valid (section 4:
 * no overlong forms, no surrogates, nothing above U+10FFFF). s ends with a NUL.
 */
unsigned utf8_length(const unsigned char *s);

/*
 * Prints a text for a terminal. Control characters, which could move its cursor or worse,
 * backslashes, and bytes that are not UTF-8 come out as \xNN.
 */
void utf8_print_safe(FILE *to, const char *text);

#endif
