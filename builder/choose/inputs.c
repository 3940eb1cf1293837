#include "inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char first[] = "earlydom 1\n";

static void write_text(FILE *f, const char *word, const char *text, size_t len)
{
	fprintf(f, "%s %zu\n", word, len);
	fwrite(text, 1, len, f);
	fputc('\n', f);
}

char *inputs_write(const struct inputs *in, size_t *len, struct err *e)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		goto memory;
	fputs(first, f);
	fprintf(f, "verbose %d\npaused %d\n", in->verbose, in->paused);
	write_text(f, "cmdline", in->cmdline, strlen(in->cmdline));
	for (size_t i = 0; i < in->sources.n; i++) {
		const struct source *s = &in->sources.v[i];

		write_text(f, "file", s->file, strlen(s->file));
		write_text(f, "text", s->text, s->len);
		/* What the name of the file does not say. */
		if (*s->file != '/')
			write_text(f, "dir", s->dir, strlen(s->dir));
	}
	if (fclose(f) == 0)
		return text;
	free(text);
memory:
	err_set_passing(e, "out of memory");
	return NULL;
}

/* ---- reading ---- */

struct reader {
	const char *at, *end;
};

/* The next line is "word number": the number. Returns 0, or 1 when it is another. */
static int take_number(struct reader *r, const char *word, size_t *number)
{
	const size_t len = strlen(word);
	const char *p = r->at;
	size_t n = 0;

	if ((size_t)(r->end - p) < len + 3 || memcmp(p, word, len) != 0 || p[len] != ' ')
		return 1;
	for (p += len + 1; p < r->end && *p >= '0' && *p <= '9'; p++) {
		if (n > INPUTS_MAX)
			return 1;
		n = n * 10 + (size_t)(*p - '0');
	}
	if (p == r->end || *p != '\n' || p == r->at + len + 1)
		return 1;
	r->at = p + 1;
	*number = n;
	return 0;
}

/* The next is the word with a text, which is copied, NUL-terminated. Returns NULL when it is not,
 * or memory is short. */
static char *take_text(struct reader *r, const char *word, size_t *len)
{
	char *copy;

	if (take_number(r, word, len) || *len >= (size_t)(r->end - r->at) || r->at[*len] != '\n')
		return NULL;
	copy = malloc(*len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, r->at, *len);
	copy[*len] = '\0';
	r->at += *len + 1;
	return copy;
}

static int take_source(struct reader *r, struct sources *out)
{
	struct source *more = realloc(out->v, (out->n + 1) * sizeof(*more));
	struct source *s;
	size_t len;

	if (!more)
		return -1;
	out->v = more;
	s = &more[out->n];
	*s = (struct source){.file = take_text(r, "file", &len)};
	s->text = s->file ? take_text(r, "text", &s->len) : NULL;
	if (s->text && *s->file != '/')
		s->dir = take_text(r, "dir", &len);
	if (!s->text || (*s->file != '/' && !s->dir)) {
		source_free(s);
		return -1;
	}
	out->n++;
	return 0;
}

int inputs_read(const char *text, size_t len, struct inputs *in, struct err *e)
{
	struct reader r = {text, text + len};
	size_t number;

	memset(in, 0, sizeof(*in));
	if (len < strlen(first) || memcmp(text, first, strlen(first)) != 0)
		goto bad;
	r.at += strlen(first);
	if (take_number(&r, "verbose", &number))
		goto bad;
	in->verbose = number;
	if (take_number(&r, "paused", &number))
		goto bad;
	in->paused = number;
	in->cmdline = take_text(&r, "cmdline", &number);
	if (!in->cmdline)
		goto bad;
	while (r.at < r.end)
		if (take_source(&r, &in->sources) < 0)
			goto bad;
	return 0;
bad:
	inputs_free(in);
	return err_set(e, "what the guests were chosen from can't be read again, at byte %zu",
		       (size_t)(r.at - text));
}

int inputs_read_file(int fd, struct inputs *in, struct err *e)
{
	struct stat st;
	void *text;
	int rc;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > INPUTS_MAX)
		return err_set(e, "what the guests were chosen from can't be read again");
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return err_set(e, "what the guests were chosen from can't be read again: %s",
			       strerror(errno));
	rc = inputs_read(text, (size_t)st.st_size, in, e);
	munmap(text, (size_t)st.st_size);
	return rc;
}

void inputs_free(struct inputs *in)
{
	free(in->cmdline);
	sources_free(&in->sources);
	memset(in, 0, sizeof(*in));
}
