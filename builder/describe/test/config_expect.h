/*
 * For the tests of config.h: descriptors as text, and their errors.
 */
#ifndef EARLYDOM_CONFIG_EXPECT_H
#define EARLYDOM_CONFIG_EXPECT_H

#include "base/test/diag_expect.h"

#include "builder/describe/config.h"

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

/* Fails the test unless the errors of that, on line 2 behind LEAST, are those. */
static inline void refuses(const char *text, const char *errors)
{
	char *all = NULL;
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	assert_true(read_text("web.cfg", all, &c, &g, &d) > 0);
	expect_diag(&d, errors);
	config_free(&g);
	descriptor_free(&c);
	free(all);
}

#endif
