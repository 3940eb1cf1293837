/* The phases of a guest's start, and the boot's timeline: rows, table, JSON, picture. */
#include "builder/fake/kit.h"

#include "base/clock.h"
#include "builder/command/timeline_narrow.h"
#include "builder/command/timeline_svg.h"

#define MS NS_PER_MS

/* What a function of the timeline prints; the caller frees it. */
static char *printed(void (*print)(const struct timeline *, FILE *), const struct timeline *t)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	print(t, f);
	fclose(f);
	return out;
}

/* Two guests: one that went through some of the phases, one that is being built. */
static struct timeline two_guests(void)
{
	static struct timeline_guest guests[2];

	memset(guests, 0, sizeof(guests));
	guests[0] = (struct timeline_guest){"web", "running", "linux", "pv", {{0}, 0}};
	guests[0].phases.at[PHASE_READ] = 3000 * MS;
	guests[0].phases.at[PHASE_WAIT] = 3001 * MS;
	guests[0].phases.at[PHASE_UNPACK] = 3001 * MS + 50000;
	guests[0].phases.at[PHASE_CREATE] = 3501 * MS;
	guests[0].phases.at[PHASE_UNPAUSE] = 3600 * MS;
	guests[0].phases.end = 3600 * MS + 250000;
	guests[1] = (struct timeline_guest){"db<1>", "starting", "linux", "pvh", {{0}, 0}};
	guests[1].phases.at[PHASE_READ] = 3000 * MS + 500000;
	return (struct timeline){2990 * MS, 0, guests, 2, 1700 * NS_PER_US};
}

static void test_phases(void **state)
{
	struct phases p = {{0}, 0};
	struct phases before;

	(void)state;
	assert_int_equal(phases_length(&p, PHASE_READ), 0);
	phases_enter(&p, PHASE_READ);
	assert_true(p.at[PHASE_READ]);
	assert_int_equal(phases_length(&p, PHASE_READ), 0);
	phases_enter(&p, PHASE_LOAD);
	assert_int_equal(phases_length(&p, PHASE_READ), p.at[PHASE_LOAD] - p.at[PHASE_READ]);
	assert_int_equal(phases_length(&p, PHASE_CREATE), 0);
	phases_end(&p);
	assert_int_equal(phases_length(&p, PHASE_LOAD), p.end - p.at[PHASE_LOAD]);
	/* A restart changes nothing. */
	before = p;
	phases_enter(&p, PHASE_UNPACK);
	phases_end(&p);
	assert_memory_equal(&before, &p, sizeof(p));
}

static void test_rows(void **state)
{
	static const char *const bad[] = {
		"",
		"name",
		"a\tb\tc\td",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t-11",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11x",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t5\t8\t9\t10\t11",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t9",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t1152921504606846976",
		"a\tb\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t99999999999999999999",
		"1\t99999999999999999999",
		"1\t2",
		"a\tstate-that-is-too-long\tc\td\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11",
	};
	const struct timeline t = two_guests();
	struct timeline again = {0};
	char *text = NULL, *end;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	memset(t.guests[1].name, 'x', CONFIG_NAME_MAX);
	timeline_write_boot(t.began, t.over, t.longest_turn, f);
	for (size_t i = 0; i < t.n; i++)
		timeline_write_guest(&t.guests[i], f);
	fclose(f);
	for (char *row = text; (end = strchr(row, '\n')); row = end + 1) {
		*end = '\0';
		assert_true(timeline_add(&again, row));
	}
	free(text);
	assert_int_equal(again.began, t.began);
	assert_int_equal(again.over, t.over);
	assert_int_equal(again.longest_turn, t.longest_turn);
	assert_int_equal(again.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again.guests[i].name, t.guests[i].name);
		assert_int_equal(strlen(again.guests[1].name), CONFIG_NAME_MAX);
		assert_string_equal(again.guests[i].state, t.guests[i].state);
		assert_memory_equal(&again.guests[i].phases, &t.guests[i].phases,
				    sizeof(t.guests[i].phases));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		KIT_CHECK(!timeline_add(&again, bad[i]), "taken: %s", bad[i]);
	assert_int_equal(again.n, 2);
	timeline_free(&again);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		KIT_CHECK(!timeline_add(&again, bad[i]), "taken as the first: %s", bad[i]);
	assert_null(again.guests);
	/* Nothing is left of them. */
	assert_true(!again.began && !again.over);
}

static void test_text(void **state)
{
	struct timeline t = two_guests();
	char *text = printed(timeline_text, &t);

	(void)state;
	assert_string_equal(
		text,
		"NAME                     at/ms     read     wait   unpack   create populate     "
		"load     boot    store  connect  unpause    end/ms  STATE\n"
		"web                     3000.0      1.0      0.0    499.9     99.0        -     "
		"   -        -        -        -      0.2    3600.2  running\n"
		"db<1>                   3000.5        -        -        -        -        -     "
		"   -        -        -        -        -         -  starting\n"
		"earlydom began 2990.0 ms after dom0's kernel\n"
		"the longest turn of its loop was 1.7 ms\n");
	free(text);
	t.over = 4000 * MS;
	text = printed(timeline_text, &t);
	assert_non_null(strstr(text, "earlydom began 2990.0 ms after dom0's kernel, and had tried "
				     "every guest after 4000.0 ms\n"));
	free(text);
}

/* A terminal of 80 columns has room for it. */
static void test_narrow(void **state)
{
	struct timeline t = two_guests();
	char *text = printed(timeline_narrow, &t);

	(void)state;
	assert_string_equal(
		text, "NAME    at read wait unpa crea popu load boot stor conn run  end STATE\n"
		      "web   3000    1    0  500   99    -    -    -    -    -   0 3600 "
		      "running\n"
		      "db<1> 3001    -    -    -    -    -    -    -    -    -   -    - "
		      "starting\n"
		      "ms; earlydom began 2990 ms after dom0's kernel\n");
	free(text);
	t.over = 4000 * MS;
	text = printed(timeline_narrow, &t);
	assert_non_null(strstr(text, " kernel,\nand had tried every guest after 4000 ms\n"));
	free(text);
}

static void test_json(void **state)
{
	struct timeline t = two_guests();
	char *text;

	(void)state;
	t.over = 4000 * MS;
	t.guests[0].phases.at[PHASE_CREATE] = 0;
	t.guests[0].phases.at[PHASE_UNPACK] = 0;
	text = printed(timeline_json, &t);
	assert_string_equal(text, "{\n"
				  "    \"began_us\": 2990000,\n"
				  "    \"over_us\": 4000000,\n"
				  "    \"longest_turn_us\": 1700,\n"
				  "    \"guests\": [\n"
				  "        {\n"
				  "            \"name\": \"web\",\n"
				  "            \"state\": \"running\",\n"
				  "            \"image\": \"linux\",\n"
				  "            \"type\": \"pv\",\n"
				  "            \"phases\": [\n"
				  "                {\n"
				  "                    \"phase\": \"read\",\n"
				  "                    \"at_us\": 3000000,\n"
				  "                    \"us\": 1000\n"
				  "                },\n"
				  "                {\n"
				  "                    \"phase\": \"wait\",\n"
				  "                    \"at_us\": 3001000,\n"
				  "                    \"us\": 599000\n"
				  "                },\n"
				  "                {\n"
				  "                    \"phase\": \"unpause\",\n"
				  "                    \"at_us\": 3600000,\n"
				  "                    \"us\": 250\n"
				  "                }\n"
				  "            ],\n"
				  "            \"end_us\": 3600250\n"
				  "        },\n"
				  "        {\n"
				  "            \"name\": \"db<1>\",\n"
				  "            \"state\": \"starting\",\n"
				  "            \"image\": \"linux\",\n"
				  "            \"type\": \"pvh\",\n"
				  "            \"phases\": [\n"
				  "                {\n"
				  "                    \"phase\": \"read\",\n"
				  "                    \"at_us\": 3000500,\n"
				  "                    \"us\": 0\n"
				  "                }\n"
				  "            ]\n"
				  "        }\n"
				  "    ]\n"
				  "}\n");
	free(text);
}

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void test_svg(void **state)
{
	struct timeline t = two_guests();
	char *text;

	(void)state;
	/* 960 pixels for 960 ms. */
	t.over = 3950 * MS;
	text = printed(timeline_svg, &t);
	assert_memory_equal(text, "<?xml", 5);
	assert_non_null(strstr(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1192\" "
				     "height=\"120\""));
	assert_non_null(strstr(text, "<rect x=\"170.0\" y=\"64\" width=\"1.0\" height=\"16\" "
				     "fill=\"#9ecae1\"><title>read: 1000 us</title></rect>"));
	assert_non_null(strstr(text, "<rect x=\"171.0\" y=\"64\" width=\"500.0\" height=\"16\" "
				     "fill=\"#e6550d\"><title>unpack: 499950 us</title></rect>"));
	/* The one that goes on. */
	assert_non_null(strstr(text, "<rect x=\"170.5\" y=\"88\" width=\"949.5\""));
	assert_non_null(strstr(text, ">web</text>"));
	assert_non_null(strstr(text, ">db&#60;1&#62;</text>"));
	assert_non_null(strstr(text, ">3000.0 ms</text>"));
	/* The legend, and 5 and 1 bars, and the ground. */
	assert_int_equal(occurrences(text, "<rect "), PHASES + 6 + 1);
	assert_int_equal(occurrences(text, "<text "), occurrences(text, "</text>"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	free(text);

	/* A phase that took no time is not one that goes on. */
	t.guests[0].phases.at[PHASE_WAIT] = t.guests[0].phases.at[PHASE_UNPACK];
	text = printed(timeline_svg, &t);
	assert_non_null(
		strstr(text, "width=\"0.1\" height=\"16\" fill=\"#dddddd\"><title>wait: 0 us"));
	free(text);

	/* Nothing selected, and nothing to be divided by zero. */
	t.n = 0;
	t.over = 0;
	text = printed(timeline_svg, &t);
	assert_non_null(strstr(text, "</svg>\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_text),   cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_json),   cmocka_unit_test(test_svg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
