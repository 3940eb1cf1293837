#include "diag.h"

#include <ctype.h>
#include <string.h>

/* Longer words are not compared: the names of this program's keys and guests are all shorter. */
#define WORD_MAX 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * The edit distance of a and b where a step inserts, deletes or replaces a character or swaps two
 * neighbours ("optimal string alignment"). Both are at most WORD_MAX long.
 */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t na = strlen(a), nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				      last[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[nb];
}

const char *suggest(const char *word, const char *const *words, size_t n)
{
	size_t len = strlen(word);
	const char *best = NULL;
	unsigned best_distance = 3;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		unsigned steps;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		steps = distance(word, words[i]);
		if (steps < best_distance && steps * 2 < len) {
			best = words[i];
			best_distance = steps;
		}
	}
	return best;
}

const char *suggest_text(char buf[SUGGEST_MAX], const char *word, const char *const *words,
			 size_t n)
{
	const char *near = suggest(word, words, n);

	buf[0] = '\0';
	if (near)
		snprintf(buf, SUGGEST_MAX, ", did you mean '%s'?", near);
	return buf;
}
