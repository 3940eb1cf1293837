#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Room for the line about what was lost. */
#define NOTE_MAX 96

void output_init(struct output *o, int fd)
{
	o->fd = fd;
	o->closed = false;
	o->lost = 0;
	o->first = o->n = 0;
}

static void keep(struct output *o, uint8_t byte)
{
	o->bytes[(o->first + o->n++) % OUTPUT_MAX] = byte;
}

static void note_loss(struct output *o)
{
	char note[NOTE_MAX];

	snprintf(note, sizeof(note),
		 "\r\n[earlydom-model: %" PRIu64
		 " bytes are lost here: the reader was too slow]\r\n",
		 o->lost);
	for (const char *p = note; *p; p++)
		keep(o, (uint8_t)*p);
	o->lost = 0;
}

void output_put(struct output *o, uint8_t byte)
{
	if (o->closed)
		return;
	/* After a loss only half full is empty enough, or the notes would outweigh the output. */
	if (o->n == OUTPUT_MAX || (o->lost && o->n > OUTPUT_MAX / 2)) {
		o->lost++;
		return;
	}
	if (o->lost)
		note_loss(o);
	keep(o, byte);
}

bool output_waits(const struct output *o)
{
	return !o->closed && (o->n || o->lost);
}

int output_flush(struct output *o)
{
	while (output_waits(o)) {
		const size_t to_end = OUTPUT_MAX - o->first;
		ssize_t done;

		if (!o->n)
			note_loss(o);
		done = write(o->fd, o->bytes + o->first, o->n < to_end ? o->n : to_end);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (done < 0) {
			o->closed = true;
			o->n = 0;
			o->lost = 0;
			return -1;
		}
		o->first = (o->first + (size_t)done) % OUTPUT_MAX;
		o->n -= (size_t)done;
	}
	return 0;
}
