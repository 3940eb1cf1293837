/*
 * list: the guests of the supervisor, a row each.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/json.h"
#include "commands.h"
#include "terminal.h"

/* A supervisor that hangs is replaced in less than that. */
#define ANSWER_MS 30000

/* The columns of unit_print_row. */
enum {
	NAME,
	DOMID,
	IMAGE,
	TYPE,
	MEMORY,
	VCPUS,
	STATE,
	RESTARTS,
	BUILD_MS,
	FAILED_STARTS,
	RETRY_S,
	CAUSE,
	COLUMNS
};

static const struct {
	const char *key;   /* of JSON */
	const char *title; /* of the table; NULL for what is shown with the cause */
	bool number;
} columns[COLUMNS] = {
	[NAME] = {"name", "NAME", false},         [DOMID] = {"domid", "ID", true},
	[IMAGE] = {"image", "IMAGE", false},      [TYPE] = {"type", "TYPE", false},
	[MEMORY] = {"memory", "MiB", true},       [VCPUS] = {"vcpus", "VCPUS", true},
	[STATE] = {"state", "STATE", false},      [RESTARTS] = {"restarts", "RESTARTS", true},
	[BUILD_MS] = {"build_ms", "BUILD", true}, [FAILED_STARTS] = {"failed_starts", NULL, true},
	[RETRY_S] = {"retry_s", NULL, true},      [CAUSE] = {"cause", "CAUSE", false},
};

/* One guest. The columns point into text. */
struct row {
	char *text, *column[COLUMNS];
	char build[24], cause[600]; /* as they are shown */
};

struct rows {
	struct row *v;
	size_t n;
	uint64_t longest_turn; /* of the supervisor's loop, ns */
};

static void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->v[i].text);
	free(rows->v);
}

static bool split_row(struct row *row)
{
	char *p = row->text;

	for (unsigned i = 0; i < COLUMNS; i++) {
		row->column[i] = p;
		p = strchr(p, i < COLUMNS - 1 ? '\t' : '\0');
		if (!p)
			return false;
		if (*p)
			*p++ = '\0';
	}
	return true;
}

static bool is_there(const struct row *row, unsigned column)
{
	return strcmp(row->column[column], "-") != 0;
}

/* Takes one more row. Returns false for what is none, or for lack of memory. */
static bool rows_add(struct rows *rows, const char *line)
{
	struct row *more = realloc(rows->v, (rows->n + 1) * sizeof(*more)), *row;

	if (!more)
		return false;
	rows->v = more;
	row = &more[rows->n];
	row->text = strdup(line);
	if (!row->text)
		return false;
	rows->n++;
	return split_row(row);
}

static void print_json(struct json *j, const struct row *row, uint64_t longest_turn)
{
	json_open(j, NULL, '{');
	for (unsigned i = 0; i < COLUMNS; i++) {
		if (!is_there(row, i))
			json_null(j, columns[i].key);
		else if (columns[i].number)
			json_number(j, columns[i].key, strtoull(row->column[i], NULL, 10));
		else
			json_text(j, columns[i].key, row->column[i]);
	}
	json_number(j, "longest_turn_us", longest_turn / NS_PER_US);
	json_close(j, '}');
}

/* What the table shows in other words. */
static void dress(struct row *row)
{
	if (is_there(row, BUILD_MS)) {
		snprintf(row->build, sizeof(row->build), "%.20sms", row->column[BUILD_MS]);
		row->column[BUILD_MS] = row->build;
	}
	if (is_there(row, RETRY_S)) {
		snprintf(row->cause, sizeof(row->cause), "try %lu in %.10s s: %.500s",
			 strtoul(row->column[FAILED_STARTS], NULL, 10) + 1, row->column[RETRY_S],
			 row->column[CAUSE]);
		row->column[CAUSE] = row->cause;
	}
}

/* The last column: all of it, or what fits into so many characters, with "..." for the rest. A
 * character of UTF-8 has one byte that does not continue another one. */
static void print_cause(const char *text, size_t room)
{
	size_t len = 0, chars = 0, fits = 0;

	for (; text[len]; len++) {
		if ((text[len] & 0xc0) != 0x80 && chars++ == (room > 3 ? room - 3 : 0))
			fits = len;
	}
	if (!room || chars <= room)
		printf("%s\n", text);
	else
		printf("%.*s%.*s\n", (int)fits, text, (int)(room < 3 ? room : 3), "...");
}

/* Each column is as wide as what is in it. */
static void print_table(struct rows *rows)
{
	const size_t terminal = terminal_width();
	int width[COLUMNS];
	size_t used = 0;

	for (unsigned c = 0; c < CAUSE; c++) {
		width[c] = columns[c].title ? (int)strlen(columns[c].title) : 0;
		for (size_t i = 0; i < rows->n && columns[c].title; i++) {
			const int len = (int)strlen(rows->v[i].column[c]);

			width[c] = len > width[c] ? len : width[c];
		}
		used += columns[c].title ? (size_t)width[c] + 1 : 0;
	}
	for (size_t i = 0; i <= rows->n; i++) {
		for (unsigned c = 0; c < CAUSE; c++) {
			const char *text = i ? rows->v[i - 1].column[c] : columns[c].title;

			if (columns[c].title)
				printf("%*s ", columns[c].number ? width[c] : -width[c], text);
		}
		print_cause(i ? rows->v[i - 1].column[CAUSE] : columns[CAUSE].title,
			    !terminal             ? 0
			    : terminal > used + 3 ? terminal - used
						  : 3);
	}
}

static void show(struct rows *rows, bool json)
{
	struct json j = {.to = stdout, .rows = true};

	if (json) {
		json_open(&j, NULL, '[');
		for (size_t i = 0; i < rows->n; i++)
			print_json(&j, &rows->v[i], rows->longest_turn);
		json_close(&j, ']');
	} else if (rows->n) {
		for (size_t i = 0; i < rows->n; i++)
			dress(&rows->v[i]);
		print_table(rows);
	}
}

int command_list(int argc, char **argv)
{
	static const char usage[] = "list [--json]";
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct rows rows = {0};
	enum ask_reading r;
	char line[1024];
	bool json = false;
	int c, fd, rc = EXIT_FAILED;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c != 'j')
			return c == 'h' ? command_help(usage) : command_usage(usage);
		json = true;
	}
	if (optind != argc)
		return command_usage(usage);
	fd = ask_request("list", NULL);
	if (fd < 0)
		return EXIT_FAILED;
	while ((r = ask_read_line(fd, line, sizeof(line), ANSWER_MS)) == READ_LINE) {
		if (ask_refused(line))
			goto out;
		/* The last line is about the supervisor itself. */
		if (line[0] == '\t')
			rows.longest_turn = strtoull(line + 1, NULL, 10);
		else if (!rows_add(&rows, line))
			break;
	}
	if (r == READ_END) {
		show(&rows, json);
		rc = EXIT_OK;
	} else if (r == READ_LATE) {
		ask_complain("the supervisor does not answer");
	} else {
		ask_not_understood();
	}
out:
	close(fd);
	rows_free(&rows);
	return rc;
}
