/*
 * What goes with a request, as bytes: numbers, texts and lists of texts, one behind the other. Who
 * reads it gets what was written, in the same order, or an error; no length is believed.
 */
#ifndef EARLYDOM_PARCEL_H
#define EARLYDOM_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty. Freed with parcel_free. */
struct parcel {
	char *data;
	size_t n, room; /* bytes */
	bool failed;    /* something did not fit: out of memory */
};

void parcel_put_number(struct parcel *p, uint64_t number);
void parcel_put_text(struct parcel *p, const char *text); /* NULL stays NULL */
void parcel_put_bytes(struct parcel *p, const void *bytes, size_t n);
void parcel_put_texts(struct parcel *p, char *const *texts); /* NULL-terminated */
void parcel_free(struct parcel *p);

struct parcel_reader {
	const char *at;
	size_t left; /* bytes */
	bool bad;    /* something was not there; all that comes later is 0 or NULL */
};

uint64_t parcel_number(struct parcel_reader *r);
const char *parcel_text(struct parcel_reader *r); /* in the parcel's bytes */
bool parcel_bytes(struct parcel_reader *r, void *bytes, size_t n);

/* The list, NULL-terminated, freed by free(); its texts are in the parcel's bytes. NULL where it is
 * bad, or there is no memory. */
char **parcel_texts(struct parcel_reader *r);

/* Whether all was there, and there is nothing more. */
bool parcel_is_read(const struct parcel_reader *r);

#endif
