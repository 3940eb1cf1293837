#include "vif_script.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SCRIPTS  "/xen/scripts/"
#define PATH_LEN 256
#define SHOWN    "%.80s"

/* Xen's other scripts, and what gives a guest the same. */
static const struct {
	const char *name, *instead;
} others[] = {
	{"vif-nat", "script=vif-route with ip=ADDRESS routes the address, and dom0's own firewall "
		    "rules translate it"},
	{"vif-openvswitch", "bridge=NAME puts it on a bridge of Linux's"},
};

/* Copies a path without what means nothing in it: slashes that follow a slash, and "." as a
 * directory. False where it is too long. */
static bool plain_path(const char *path, char out[PATH_LEN])
{
	size_t n = 0;

	while (*path) {
		if (n && out[n - 1] == '/') {
			if (*path == '/') {
				path++;
				continue;
			}
			if (path[0] == '.' && path[1] == '/') {
				path += 2;
				continue;
			}
		}
		if (n + 1 >= PATH_LEN)
			return false;
		out[n++] = *path++;
	}
	out[n] = '\0';
	return true;
}

/* What is behind the directory of Xen's scripts, in buf; NULL for a file elsewhere. */
static const char *name_of(const char *script, char buf[PATH_LEN])
{
	char full[PATH_LEN];
	const char *dir;

	/* A name is below the directory of the scripts. */
	if (snprintf(full, sizeof(full), "%s%s", *script == '/' ? "" : SCRIPTS, script) >=
		    (int)sizeof(full) ||
	    !plain_path(full, buf))
		return NULL;
	dir = strstr(buf, SCRIPTS);
	return dir ? dir + strlen(SCRIPTS) : NULL;
}

int vif_script_way(const char *script, enum vif_way *way, struct err *e)
{
	char buf[PATH_LEN];
	const char *name = script ? name_of(script, buf) : "vif-bridge";

	if (name && !strcmp(name, "vif-bridge")) {
		*way = VIF_BRIDGED;
		return 0;
	}
	if (name && !strcmp(name, "vif-route")) {
		*way = VIF_ROUTED;
		return 0;
	}
	for (size_t i = 0; name && i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i].name))
			return err_set(e, "script " SHOWN " is not supported: no script is run; %s",
				       script, others[i].instead);
	return err_set(e,
		       "script " SHOWN " is not supported: no script is run; vif-bridge with "
		       "bridge=NAME and vif-route with gatewaydev=NAME are done without one",
		       script);
}
