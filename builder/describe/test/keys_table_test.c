/*
 * The table of xl's keys, xl-tests/keys.table: what is taken, noted and refused, for each type of
 * guest, with the message that the row names. What xl makes of the same rows is tested in
 * xl-tests/table.t.
 */
#include "config_expect.h"

#include "base/text_file.h"
#include "builder/describe/config_keys.h"
#include "builder/describe/xl_keys.h"

#define TABLE     "xl-tests/keys.table"
#define TABLE_MAX (1024 * 1024)

/* xl's keys: those of Xen 4.17, and what later versions added up to 4.22. */
#define NR_XL_KEYS 172

enum { PV, PVH, HVM, NR_TYPES };

/* What such a guest needs, as in xl-tests/lib/Judges.pm. */
static const char *const base[NR_TYPES][6] = {
	[PV] = {"name = 'web'", "type = 'pv'", "kernel = '/boot/vmlinuz'", "memory = 64",
		"vcpus = 1"},
	[PVH] = {"name = 'web'", "type = 'pvh'", "kernel = '/boot/vmlinuz'", "memory = 64",
		 "vcpus = 1"},
	[HVM] = {"name = 'web'", "type = 'hvm'", "memory = 64", "vcpus = 1"},
};
static const char *const types[] = {[PV] = "pv", [PVH] = "pvh", [HVM] = "hvm"};

struct row {
	char guests[16], xl[16], ours[16];
	char *text, *says; /* says NULL: nothing is expected */
	unsigned line;
};

/* Whether the statements have that key. */
static bool has(const char *statements, const char *key)
{
	const size_t len = strlen(key);

	for (const char *at = statements; (at = strstr(at, key)); at += len) {
		const char *before = at;

		while (before > statements && before[-1] == ' ')
			before--;
		if ((before == statements || before[-1] == ';') &&
		    at[len + strspn(at + len, " ")] == '=')
			return true;
	}
	return false;
}

/* Whether what the key of the base is for is said by the statements, with it or another one. */
static bool replaced(const char *statements, const char *key, int type)
{
	if (!strcmp(key, "type") && has(statements, "builder"))
		return true;
	if (!strcmp(key, "kernel") &&
	    (has(statements, "bootloader") || (type != HVM && has(statements, "firmware"))))
		return true;
	return has(statements, key);
}

static char *compose(const char *statements, int type)
{
	char *text = NULL, key[16];
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	for (const char *const *line = base[type]; *line; line++) {
		assert_int_equal(sscanf(*line, "%15s", key), 1);
		if (!replaced(statements, key, type))
			fprintf(f, "%s\n", *line);
	}
	fprintf(f, "%s\n", statements);
	assert_int_equal(fclose(f), 0);
	return text;
}

static bool is_said(const struct diag *d, const char *says, bool note)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->msgs[i].note == note && strstr(d->msgs[i].text, says))
			return true;
	return false;
}

/* Returns whether the verdict and the message are the row's. */
static bool is_right(const struct row *row, int type)
{
	char *text = compose(row->text, type);
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};
	const char *is;
	bool right;

	read_text("web.cfg", text, &c, &g, &d);
	is = diag_count(&d) ? "refused" : diag_notes(&d) ? "note" : "taken";
	right = !strncmp(row->ours, is, strlen(is));
	if (!strcmp(row->ours, "taken*"))
		right = strcmp(is, "refused") != 0;
	else if (right && row->says)
		right = is_said(&d, row->says, !strcmp(is, "note"));
	if (!right) {
		fprintf(stderr, "%s:%u: %s in a %s guest is %s\n", TABLE, row->line, row->text,
			types[type], is);
		diag_print(&d, DIAG_ALL, stderr, "    ");
	}
	diag_free(&d);
	config_free(&g);
	descriptor_free(&c);
	free(text);
	return right;
}

/* Reads "GUESTS XL OURS STATEMENTS [| SAYS]", and changes the line. */
static void parse(char *line, unsigned number, struct row *row)
{
	int at = 0;

	*row = (struct row){.line = number};
	if (sscanf(line, "%15s %15s %15s %n", row->guests, row->xl, row->ours, &at) != 3)
		fail_msg("%s:%u: no row: %s", TABLE, number, line);
	row->text = line + at;
	row->says = strstr(row->text, " | ");
	if (row->says) {
		*row->says = '\0';
		row->says += strlen(" | ");
	}
}

static bool is_for(const struct row *row, int type)
{
	char list[sizeof(row->guests)], *rest = list, *one;

	memcpy(list, row->guests, sizeof(list));
	while ((one = strsep(&rest, ",")))
		if (!strcmp(one, "all") || !strcmp(one, types[type]))
			return true;
	return false;
}

/* Returns the number of errors. What is taken against xl's verdict, or ignored against it, has a
 * star, and a reason. */
static unsigned check_row(const struct row *row)
{
	const bool star = row->ours[strlen(row->ours) - 1] == '*';
	unsigned errors = 0;

	if (!strcmp(row->xl, "refuses") && strcmp(row->ours, "refused") != 0 && !star) {
		fprintf(stderr, "%s:%u: xl refuses what is taken\n", TABLE, row->line);
		errors++;
	}
	if ((star || !strcmp(row->ours, "refused")) && !row->says) {
		fprintf(stderr, "%s:%u: %s without a reason\n", TABLE, row->line, row->ours);
		errors++;
	}
	for (int type = 0; type < NR_TYPES; type++)
		errors += is_for(row, type) && !is_right(row, type);
	return errors;
}

static char *read_table(void)
{
	size_t len;
	char *table = text_file_read(TABLE, TABLE_MAX, &len);

	if (!table)
		fail_msg("%s: it is run in another directory than the project's", TABLE);
	return table;
}

/* The rows are xl 4.17's. A key that means something with a later release only is tested for that
 * in config_domain_test.c. */
static bool is_newer(const char *key)
{
	return config_key(key) && config_key(key)->since;
}

static void test_rows(void **state)
{
	char *table = read_table(), *rest = table, *line;
	struct row row;
	size_t rows = 0, errors = 0;
	bool newer = false;

	(void)state;
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		if (!strncmp(line, "== ", 3))
			newer = is_newer(line + 3);
		if (!*line || *line == '#' || *line == '=' || newer)
			continue;
		parse(line, number, &row);
		errors += check_row(&row);
		rows++;
	}
	assert_int_equal(errors, 0);
	assert_true(rows > NR_XL_KEYS);
	free(table);
}

/* Each key that xl has is in the table once, and nothing else. */
static void test_keys(void **state)
{
	char *table = read_table(), *rest = table, *line;
	const char *keys[NR_XL_KEYS + 1];
	size_t n = 0;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "== ", 3) != 0)
			continue;
		line += 3;
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(keys[i], line);
		if (!config_key(line) && !xl_key(line))
			fail_msg("%s: %s is no key", TABLE, line);
		assert_true(n < NR_XL_KEYS);
		keys[n++] = line;
	}
	assert_int_equal(n, NR_XL_KEYS);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
