#include "parcel.h"

#include <stdlib.h>
#include <string.h>

/* Of a text that is NULL. */
#define NO_TEXT UINT64_MAX

static bool make_room(struct parcel *p, size_t n)
{
	size_t room = p->room ? p->room : 1024;
	char *more;

	while (!p->failed && room - p->n < n)
		p->failed = __builtin_mul_overflow(room, (size_t)2, &room);
	if (p->failed || room == p->room)
		return !p->failed;
	more = realloc(p->data, room);
	p->failed = !more;
	if (!more)
		return false;
	p->data = more;
	p->room = room;
	return true;
}

void parcel_put_bytes(struct parcel *p, const void *bytes, size_t n)
{
	if (!n || !make_room(p, n))
		return;
	memcpy(p->data + p->n, bytes, n);
	p->n += n;
}

void parcel_put_number(struct parcel *p, uint64_t number)
{
	parcel_put_bytes(p, &number, sizeof(number));
}

void parcel_put_text(struct parcel *p, const char *text)
{
	parcel_put_number(p, text ? strlen(text) : NO_TEXT);
	if (text)
		parcel_put_bytes(p, text, strlen(text) + 1);
}

void parcel_put_texts(struct parcel *p, char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	parcel_put_number(p, n);
	for (size_t i = 0; i < n; i++)
		parcel_put_text(p, texts[i]);
}

void parcel_free(struct parcel *p)
{
	free(p->data);
	*p = (struct parcel){0};
}

static const char *take(struct parcel_reader *r, uint64_t n)
{
	const char *at = r->at;

	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	r->left -= n;
	return at;
}

bool parcel_bytes(struct parcel_reader *r, void *bytes, size_t n)
{
	const char *at = take(r, n);

	if (at)
		memcpy(bytes, at, n);
	else
		memset(bytes, 0, n);
	return at;
}

uint64_t parcel_number(struct parcel_reader *r)
{
	uint64_t number;

	parcel_bytes(r, &number, sizeof(number));
	return number;
}

const char *parcel_text(struct parcel_reader *r)
{
	const uint64_t len = parcel_number(r);
	const char *text;

	if (r->bad || len == NO_TEXT)
		return NULL;
	if (len >= r->left) {
		r->bad = true;
		return NULL;
	}
	text = take(r, len + 1);
	if (text && (text[len] || memchr(text, '\0', len)))
		r->bad = true;
	return r->bad ? NULL : text;
}

char **parcel_texts(struct parcel_reader *r)
{
	const uint64_t n = parcel_number(r);
	char **texts;

	/* Each has its length in front. */
	if (r->bad || n > r->left / sizeof(uint64_t)) {
		r->bad = true;
		return NULL;
	}
	texts = calloc(n + 1, sizeof(*texts));
	for (uint64_t i = 0; texts && i < n && !r->bad; i++) {
		texts[i] = (char *)(uintptr_t)parcel_text(r);
		r->bad |= !texts[i];
	}
	if (texts && !r->bad)
		return texts;
	free(texts);
	r->bad = true;
	return NULL;
}

bool parcel_is_read(const struct parcel_reader *r)
{
	return !r->bad && !r->left;
}
