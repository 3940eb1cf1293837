#include "console_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define CLOSE_MS 200
#define AGAIN_NS (100 * NS_PER_MS)

void console_out_open(struct console_out *c, int fd, const char *prefix)
{
	char path[32];
	struct stat st;
	int again;

	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->prefix = prefix;
	if (fstat(fd, &st) < 0 || S_ISREG(st.st_mode))
		return;
	c->socket = S_ISSOCK(st.st_mode);
	if (c->socket)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	c->own = again >= 0;
	c->ask = !c->own;
	if (c->own)
		c->fd = again;
}

static bool ready(const struct console_out *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLOUT};

	return poll(&p, 1, timeout_ms) > 0 && p.revents & POLLOUT;
}

/* Returns how many of the n bytes it has taken, 0 for none now, or -1 where it takes none any more.
 */
static ssize_t put(const struct console_out *c, const char *buf, size_t n)
{
	ssize_t done;

	if (c->ask && !ready(c, 0))
		return 0;
	done = c->socket ? send(c->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(c->fd, buf, n);
	if (done >= 0 || errno == EAGAIN || errno == EINTR)
		return done < 0 ? 0 : done;
	return -1;
}

static bool keep(struct console_out *c, const char *buf, size_t n)
{
	if (c->end + n > sizeof(c->kept) && c->at) {
		memmove(c->kept, c->kept + c->at, c->end - c->at);
		c->end -= c->at;
		c->at = 0;
	}
	if (c->end + n > sizeof(c->kept))
		return false;
	memcpy(c->kept + c->end, buf, n);
	c->end += n;
	return true;
}

/* Says how many lines were dropped, behind what is kept from before them. */
static bool keep_count(struct console_out *c)
{
	char line[128];
	int n;

	if (!c->dropped)
		return true;
	n = snprintf(line, sizeof(line), "%s%u line%s not shown: the console took none\n",
		     c->prefix ? c->prefix : "earlydom: ", c->dropped,
		     c->dropped == 1 ? " was" : "s were");
	if (!keep(c, line, (size_t)n))
		return false;
	c->dropped = 0;
	return true;
}

/* Nobody is there who would take it. */
static void forget(struct console_out *c)
{
	for (size_t i = c->at; i < c->end; i++)
		c->dropped += c->kept[i] == '\n';
	c->at = c->end = 0;
}

/* Writes lines of what is kept, as many as are taken. Returns whether any byte was. */
static bool push(struct console_out *c)
{
	bool any = false;
	ssize_t done;

	while (c->at < c->end || (c->dropped && keep_count(c))) {
		const char *line = c->kept + c->at;
		const char *newline = memchr(line, '\n', c->end - c->at);
		const size_t n = newline ? (size_t)(newline - line) + 1 : c->end - c->at;

		done = put(c, line, n);
		if (done < 0) {
			forget(c);
			return any;
		}
		c->at += (size_t)done;
		any |= done > 0;
		if ((size_t)done < n)
			return any;
	}
	c->at = c->end = 0;
	return any;
}

void console_out_line(struct console_out *c, const char *line, size_t n)
{
	ssize_t done = 0;

	if (c->at < c->end || c->dropped)
		push(c);
	if (c->at == c->end && !c->dropped)
		done = put(c, line, n);
	if (done == (ssize_t)n)
		return;
	if (done < 0 || !keep_count(c) || !keep(c, line + done, n - (size_t)done))
		c->dropped++;
}

bool console_out_waits(const struct console_out *c, uint64_t now, uint64_t *due)
{
	if (c->at == c->end)
		return false;
	if (now >= c->again_at)
		return true;
	*due = c->again_at < *due ? c->again_at : *due;
	return false;
}

void console_out_flush(struct console_out *c, uint64_t now)
{
	c->again_at = push(c) || c->at == c->end ? 0 : now + AGAIN_NS;
}

void console_out_close(struct console_out *c)
{
	const uint64_t until = clock_ns() + CLOSE_MS * NS_PER_MS;
	uint64_t now;

	push(c);
	while (c->at < c->end && (now = clock_ns()) < until)
		if (!ready(c, (int)((until - now) / NS_PER_MS) + 1) || !push(c))
			break;
	if (c->own)
		close(c->fd);
	c->own = false;
	c->fd = -1;
}
