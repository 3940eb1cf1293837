#include "channels.h"

#include <errno.h>
#include <inttypes.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "builder/describe/channel_spec.h"
#include "builder/store/device_nodes.h"

/* Files of one. */
#define FILES_MAX 2

static unsigned number_of(size_t i)
{
	return (unsigned)i + CHANNEL_FIRST;
}

/* What was left there by a domain that has ended; a file of another kind is not to be lost. */
static void remove_socket(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int make_socket(const char *path, struct model_handed *files)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -1;
	files->fds[files->n++] = fd;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	remove_socket(path);
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -1 : listen(fd, 1);
}

/* What goes through it is neither echoed nor changed. */
static int make_terminal(struct model_handed *files, struct nodes *names, unsigned number)
{
	struct termios raw;
	char name[64], dir[80];
	int master, slave;

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
		return -1;
	files->fds[files->n++] = master;
	files->fds[files->n++] = slave;
	if (ttyname_r(slave, name, sizeof(name)) || tcgetattr(slave, &raw) < 0)
		return -1;
	cfmakeraw(&raw);
	if (tcsetattr(slave, TCSANOW, &raw) < 0)
		return -1;
	snprintf(dir, sizeof(dir), "/local/domain/%" PRIu32 "/device/console/%u", names->domid,
		 number);
	nodes_add(names, NODE_INHERITS, dir, "tty", "%s", name);
	return 0;
}

static int hand(const struct channel_spec *s, unsigned number, struct model_handed *files,
		struct nodes *names, struct err *e)
{
	int rc;

	if (files->n + FILES_MAX > MODEL_FDS_MAX)
		return err_set(e, "it has more channels than its device model can have");
	rc = s->path ? make_socket(s->path, files) : make_terminal(files, names, number);
	files->own = files->n;
	if (rc == 0)
		return 0;
	if (s->path)
		return err_set_errno(e, errno, "channel %u: cannot make the socket %s", number,
				     s->path);
	return err_set_errno(e, errno, "channel %u: cannot make a terminal", number);
}

int channels_hand(const struct guest *g, struct model_handed *files, struct err *e)
{
	struct nodes names = {.domid = g->domid};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < g->cfg->nr_channels; i++)
		rc = hand(&g->cfg->channels[i], number_of(i), files, &names, e);
	if (rc == 0 && (names.n || names.failed))
		rc = nodes_write(&names, e);
	nodes_free(&names);
	return rc;
}

void channels_remove(const struct guest *g)
{
	for (size_t i = 0; i < g->cfg->nr_channels; i++)
		if (g->cfg->channels[i].path)
			remove_socket(g->cfg->channels[i].path);
}

/* QEMU makes it, or gets it as that file. */
static void socket_arg(const char *path, unsigned number, int file, struct argv *out)
{
	argv_add(out, "-chardev");
	if (file)
		argv_add(out, "socket,id=" CHANNEL_CHARDEV ",fd=%d,server=on,wait=off", number,
			 file);
	else
		argv_add(out, "socket,id=" CHANNEL_CHARDEV ",path=%s,server=on,wait=off", number,
			 path);
}

static void terminal_args(unsigned number, int file, struct argv *out)
{
	if (file) {
		argv_add(out, "-add-fd");
		argv_add(out, "fd=%d,set=%u", file, number);
	}
	argv_add(out, "-chardev");
	if (file)
		argv_add(out, "serial,id=" CHANNEL_CHARDEV ",path=/dev/fdset/%u", number, number);
	else
		argv_add(out, "pty,id=" CHANNEL_CHARDEV, number);
}

void channels_args(const struct guest_config *cfg, int first, struct argv *out)
{
	int file = first;

	for (size_t i = 0; i < cfg->nr_channels; i++) {
		const char *path = cfg->channels[i].path;

		if (path)
			socket_arg(path, number_of(i), file, out);
		else
			terminal_args(number_of(i), file, out);
		if (first)
			file += path ? 1 : 2;
	}
}
