/*
 * For the tests of config.h: descriptors as text, and their errors.
 */
#ifndef EARLYDOM_CONFIG_EXPECT_H
#define EARLYDOM_CONFIG_EXPECT_H

#include "base/test/diag_expect.h"

#include "builder/describe/config.h"

/* What is said of a name that can't be one. */
#define NO_NAME                                                                                    \
	"must be 1 to 127 letters, digits, '_', '.', '-' and '+', the first of them a letter, a "  \
	"digit or '_'\n"

/* What a guest can't do without. */
#define LEAST "kernel = '/boot/k'; memory = 64; "

static inline size_t read_text(const char *file, const char *text, struct descriptor *c,
			       struct guest_config *g, struct diag *d)
{
	size_t errors = descriptor_parse(file, text, strlen(text), c, d);

	errors += config_read(c, g, d);
	assert_int_equal(errors, diag_count(d));
	return errors;
}

/* Fails the test unless the messages on that, on line 2 behind LEAST, are those; returns the number
 * of errors. */
static inline size_t read_says(const char *text, const char *messages)
{
	char *all = NULL;
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};
	size_t errors;

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	errors = read_text("web.cfg", all, &c, &g, &d);
	expect_diag(&d, messages);
	config_free(&g);
	descriptor_free(&c);
	free(all);
	return errors;
}

/* The same without errors, into *c and *g, for read_done. */
static inline void read_good(const char *text, const char *messages, struct descriptor *c,
			     struct guest_config *g)
{
	struct diag d = {0};
	char *all = NULL;

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	assert_int_equal(read_text("web.cfg", all, c, g, &d), 0);
	expect_diag(&d, messages);
	free(all);
}

static inline void read_done(struct descriptor *c, struct guest_config *g)
{
	config_free(g);
	descriptor_free(c);
}

/* What is said, and that there are errors, or none. */
static inline void refuses(const char *text, const char *messages)
{
	assert_true(read_says(text, messages) > 0);
}

static inline void notes(const char *text, const char *messages)
{
	assert_int_equal(read_says(text, messages), 0);
}

#endif
