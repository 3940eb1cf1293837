/*
 * The order of guests: names that nobody has, and circles, each told once.
 */
#include "base/test/diag_expect.h"

#include "builder/choose/order.h"
#include "builder/describe/vif_spec.h"

#define MAX 8

/* Guests as texts "web: db cache @net": a name and what it comes after, also because that serves an
 * interface; "-" is one that is out. */
static size_t make(const char *const *texts, struct guest_config *guests)
{
	size_t n = 0;

	for (; texts[n]; n++) {
		struct guest_config *g = &guests[n];
		char *copy = strdup(texts[n]), *rest = copy, *name = strsep(&rest, ":"), *word;

		*g = (struct guest_config){.file = "x.cfg",
					   .after_loc = {"x.cfg", (unsigned)n + 1, 9}};
		if (strcmp(name, "-"))
			g->name = strdup(name);
		g->after.v = calloc(MAX, sizeof(*g->after.v));
		g->vifs = calloc(MAX, sizeof(*g->vifs));
		while ((word = strsep(&rest, " ")))
			if (*word == '@')
				g->vifs[g->nr_vifs++].backend_domain = strdup(word + 1);
			else if (*word)
				g->after.v[g->after.n++] = strdup(word);
		free(copy);
	}
	return n;
}

/* Checks those guests; `out` has an x for each that can't be started and a . for each that can. */
static void checks_among(const char *const *known, const char *const *texts, const char *out,
			 const char *errors)
{
	struct guest_config guests[MAX];
	const size_t n = make(texts, guests);
	bool is_out[MAX] = {0};
	char got[MAX + 1] = "";
	size_t nr_known = 0;
	struct diag d = {0};

	while (nr_known < MAX && strcmp(known[nr_known] ? known[nr_known] : "", "."))
		nr_known++;
	order_check(guests, n, known, nr_known, is_out, &d);
	for (size_t i = 0; i < n; i++) {
		got[i] = is_out[i] ? 'x' : '.';
		config_free(&guests[i]);
	}
	assert_string_equal(got, out);
	expect_diag(&d, errors);
}

static void checks(const char *const *texts, const char *out, const char *errors)
{
	static const char *const known[] = {"web", "db", "cache", "net", "other", "."};

	checks_among(known, texts, out, errors);
}

#define GUESTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_right(void **state)
{
	(void)state;
	checks((const char *const[]){NULL}, "", "");
	checks(GUESTS("web:"), ".", "");
	checks(GUESTS("web: db cache", "db: net", "cache: net", "net:"), "....", "");
	/* A guest that is not selected, or wrong in another way, is not waited for. */
	checks(GUESTS("web: other"), ".", "");
	checks(GUESTS("web: db", "-: web"), "..", "");
}

static void test_names(void **state)
{
	static const char *const one_unknown[] = {"web", NULL, "."};

	(void)state;
	checks(GUESTS("web: bd cache", "db: nowhere", "cache:"), "xx.",
	       "x.cfg:1:9: after: unknown guest 'bd'\n"
	       "x.cfg:2:9: after: unknown guest 'nowhere'\n");
	checks(GUESTS("web: cahce", "cache:"), "x.",
	       "x.cfg:1:9: after: unknown guest 'cahce', did you mean 'cache'?\n");
	checks(GUESTS("web: x y"), "x",
	       "x.cfg:1:9: after: unknown guest 'x'\nx.cfg:1:9: after: unknown guest 'y'\n");
	checks(GUESTS("web: web", "db: web"), "x.",
	       "x.cfg:1:9: after: web can't come after itself\n");
	/* The guest whose name can't be read may have this one. */
	checks_among(one_unknown, GUESTS("web: bd"), ".", "");
}

static void test_circles(void **state)
{
	(void)state;
	checks(GUESTS("web: db", "db: web"), "xx", "x.cfg:1:9: after: web -> db -> web\n");
	checks(GUESTS("net:", "web: db", "db: cache", "cache: web"), ".xxx",
	       "x.cfg:2:9: after: web -> db -> cache -> web\n");
	/* A guest that leads into a circle, or that a circle waits for, is no part of it. */
	checks(GUESTS("net: web", "web: db other", "db: web cache", "cache:"), ".xx.",
	       "x.cfg:2:9: after: web -> db -> web\n");
	/* The shortest circle is reported; without its guests no other one is left. */
	checks(GUESTS("web: db cache", "db: net", "cache: web", "net: web"), "x.x.",
	       "x.cfg:1:9: after: web -> cache -> web\n");
	/* Two of them. */
	checks(GUESTS("web: db", "cache: net", "db: web", "net: cache"), "xxxx",
	       "x.cfg:1:9: after: web -> db -> web\nx.cfg:2:9: after: cache -> net -> cache\n");
	/* Everything that is wrong is told. */
	checks(GUESTS("web: web db nix", "db: web"), "xx",
	       "x.cfg:1:9: after: web can't come after itself\n"
	       "x.cfg:1:9: after: unknown guest 'nix'\n"
	       "x.cfg:1:9: after: web -> db -> web\n");
}

static void test_back_ends(void **state)
{
	static const char *const one_unknown[] = {"web", NULL, "."};

	(void)state;
	checks(GUESTS("web: @net @0 @Domain-0 @7", "net:", "db: @other"), "...", "");
	checks(GUESTS("web: @nett @nett @vpn"), ".",
	       "x.cfg: note: backend=nett is no guest of a descriptor, but a domain of somebody "
	       "else's, did you mean 'net'?\n"
	       "x.cfg: note: backend=vpn is no guest of a descriptor, but a domain of somebody "
	       "else's\n");
	checks_among(one_unknown, GUESTS("web: @bd"), ".", "");
	checks(GUESTS("web: @net", "net: @web"), "xx", "x.cfg: backend: web -> net -> web\n");
	checks(GUESTS("web: db", "db: @net", "net: web", "cache: @db"), "xxx.",
	       "x.cfg:1:9: backend: web -> db -> net -> web\n");
	/* By both: the key is one of those that can be changed. */
	checks(GUESTS("web: net @net", "net: web"), "xx", "x.cfg:1:9: after: web -> net -> web\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_back_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
