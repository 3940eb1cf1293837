/*
 * JSON, printed as yajl's beautifier prints it, which is what libxl's files look like: four blanks
 * a level, a blank after a colon. Or as rows, for tables: an array whose elements are a line each.
 */
#ifndef EARLYDOM_JSON_H
#define EARLYDOM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Zero-initialised but for `to` and what is wanted of `rows`. */
struct json {
	FILE *to;
	bool rows; /* a line for each element of the outermost, two blanks in front */
	unsigned depth;
	bool more; /* something is before what comes next, at its level */
};

/*
 * Values: key is NULL in an array and for the outermost. A text's bytes that are no UTF-8 come out
 * as U+FFFD, each, because no reader would take them.
 */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_text(struct json *j, const char *key, const char *value);
void json_null(struct json *j, const char *key);
void json_true(struct json *j, const char *key);
void json_number(struct json *j, const char *key, uint64_t value);

#endif
