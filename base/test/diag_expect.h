/*
 * For the tests: what is in a diag, as text.
 */
#ifndef EARLYDOM_DIAG_EXPECT_H
#define EARLYDOM_DIAG_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

/* Fails the test unless the messages, a line each, are those; empties d. */
static inline void expect_diag(struct diag *d, const char *lines)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	diag_print(d, DIAG_ALL, f, "");
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, lines);
	free(text);
	diag_free(d);
}

/* Writes a text that a fuzzer starts from. */
static inline void write_text(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) == EOF || fclose(f) == EOF) {
		perror(path);
		exit(1);
	}
}

#endif
