/*
 * JSON, printed as yajl's beautifier prints it, which is what libxl's files look like: four blanks
 * a level, a blank after a colon. Or as rows, for tables: an array whose elements are a line each.
 */
#ifndef EARLYDOM_JSON_H
#define EARLYDOM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Zero-initialise it, then set `to`, and `rows` where wanted. */
struct json {
	FILE *to;
	bool rows; /* each element of the outermost array gets a line, indented by two blanks */
	unsigned depth;
	bool more; /* the next element follows another one of its level */
};

/*
 * Add a value. key is NULL in an array and for the outermost value. Each byte of a text that is not
 * valid UTF-8 comes out as U+FFFD, because JSON readers refuse such bytes.
 */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_text(struct json *j, const char *key, const char *value);
void json_null(struct json *j, const char *key);
void json_true(struct json *j, const char *key);
void json_number(struct json *j, const char *key, uint64_t value);

#endif
