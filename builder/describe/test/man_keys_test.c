/*
 * That earlydom.cfg(5) says of each key what the tables have: those that mean something are in the
 * sections up to "KEYS OF XL WITHOUT EFFECT", those that only xl has are there or under "KEYS OF XL
 * THAT ARE REFUSED", with the values that change nothing and the reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_file.h"
#include "builder/describe/config_keys.h"
#include "builder/describe/xl_keys.h"

#define PAGE     "man/earlydom.cfg.5"
#define PAGE_MAX (1024 * 1024)
/* Every key of xl has a heading there. */
#define TABLE "xl-tests/keys.table"

#define IGNORED ".Sh KEYS OF XL WITHOUT EFFECT\n"
#define REFUSED ".Sh KEYS OF XL THAT ARE REFUSED\n"
#define BEHIND  ".Sh MEMORY MAP\n"

/* Whether a line ".It Li ..." of the text has the key as one of its words. */
static bool has_item(const char *text, const char *key)
{
	const size_t len = strlen(key);

	for (const char *at = text; (at = strstr(at, "\n.It Li ")); at++) {
		const char *end = strchr(at + 1, '\n');

		for (const char *w = at; (w = strstr(w, key)) && w < end; w++)
			if (w[-1] == ' ' && (w[len] == ' ' || w[len] == '\n'))
				return true;
	}
	return false;
}

/* The item of a key that only xl has, as the page has to have it. */
static void item_of(const char *key, const struct xl_key *k, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "\n.It Li %s", key);

	if (k->neutral && strcmp(k->neutral, "*") != 0) {
		n += (size_t)snprintf(out + n, size - n, " No (");
		for (const char *c = k->neutral; *c; c++)
			n += (size_t)snprintf(out + n, size - n, *c == '|' ? ", " : "%c", *c);
		n += (size_t)snprintf(out + n, size - n, ")");
	}
	snprintf(out + n, size - n, "\n");
}

/* What stands below the item and those that follow it at once, in one line, with its quotes. */
static void reason_below(const char *item, char *out, size_t size)
{
	size_t n = 0;

	item++;
	while (!strncmp(item, ".It ", 4))
		item = strchr(item, '\n') + 1;
	/* Up to the next macro. */
	for (; !(*item == '.' && item[-1] == '\n') && n + 1 < size; item++) {
		out[n] = *item == '\n' ? ' ' : *item;
		if (!strncmp(item, "\\(dq", 4)) {
			out[n] = '"';
			item += 3;
		}
		n++;
	}
	out[n] = '\0';
}

static void check_xl_key(const char *ignored, const char *refused, const char *key,
			 const struct xl_key *k)
{
	const bool always = k->neutral && !strcmp(k->neutral, "*");
	const char *why = k->why ? k->why : "not supported", *at;
	char item[256], reason[256];

	item_of(key, k, item, sizeof(item));
	at = strstr(always ? ignored : refused, item);
	if (!at)
		fail_msg(PAGE " does not have %s in its section%s", key, item);
	if (strstr(always ? refused : ignored, item))
		fail_msg(PAGE " has %s in both lists", key);
	reason_below(at, reason, sizeof(reason));
	if (tolower(reason[0]) != tolower(why[0]) || strncmp(reason + 1, why + 1, strlen(why) - 1))
		fail_msg(PAGE " says of %s: %s, and earlydom: %s", key, reason, why);
}

/* Whether a key of the release that this is built for, or of a later one, means something. */
static bool means_something(const char *key)
{
	for (size_t i = 0; i < config_nr_keys; i++)
		if (!strcmp(config_keys[i].name, key))
			return true;
	return false;
}

/* Takes the page apart at the heading; the part behind it is returned. */
static char *cut(char *text, const char *heading)
{
	char *at = strstr(text, heading);

	if (!at)
		fail_msg(PAGE " has no %s", heading);
	*at = '\0';
	return at + 1;
}

static void test_page(void **state)
{
	size_t len;
	char *page = text_file_read(PAGE, PAGE_MAX, &len), *ignored, *refused;
	char *table = text_file_read(TABLE, PAGE_MAX, &len), *rest = table, *line;
	unsigned n = 0;

	(void)state;
	assert_non_null(page);
	assert_non_null(table);
	ignored = cut(page, IGNORED);
	refused = cut(ignored, REFUSED);
	cut(refused, BEHIND);
	for (size_t i = 0; i < config_nr_keys; i++) {
		if (!has_item(page, config_keys[i].name))
			fail_msg(PAGE " does not describe %s", config_keys[i].name);
		if (has_item(ignored, config_keys[i].name) ||
		    has_item(refused, config_keys[i].name))
			fail_msg(PAGE " lists %s, which is supported", config_keys[i].name);
	}
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "== ", 3) != 0 || !xl_key(line + 3) || means_something(line + 3))
			continue;
		check_xl_key(ignored, refused, line + 3, xl_key(line + 3));
		n++;
	}
	assert_int_not_equal(n, 0);
	/* No key is listed that nothing is known of. */
	for (const char *part = ignored; part; part = part == ignored ? refused : NULL)
		for (const char *at = part; (at = strstr(at, "\n.It Li ")); at++) {
			char name[64] = "";

			sscanf(at, "\n.It Li %63s", name);
			if (!xl_key(name))
				fail_msg(PAGE " lists %s, which is no key of xl alone", name);
			n--;
		}
	assert_int_equal(n, 0);
	free(page);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
