#include "guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "guest_memory.h"

void devmodel_init(struct devmodel *m)
{
	*m = (struct devmodel){.process_fd = -1,
			       .said_fd = -1,
			       .ready_fd = -1,
			       .console_fd = -1,
			       .log = {.fd = -1}};
}

int guest_init(struct guest *g, const struct guest_config *cfg, struct err *e)
{
	memset(g, 0, sizeof(*g));
	g->cfg = cfg;
	g->domid = NO_DOMAIN;
	g->static_max_kib = guest_static_max_kib(cfg, false);
	devmodel_init(&g->model);
	memcpy(g->uuid, cfg->uuid, sizeof(g->uuid));
	if (cfg->domain.genid && random_bytes(g->genid, sizeof(g->genid)) < 0)
		return err_set(e, "cannot make a VM generation ID: %s", strerror(errno));
	if (cfg->has_uuid)
		return 0;
	if (random_bytes(g->uuid, sizeof(g->uuid)) < 0)
		return err_set(e, "cannot make a uuid: %s", strerror(errno));
	g->uuid[6] = (uint8_t)((g->uuid[6] & 0x0f) | 0x40); /* version 4, random: RFC 4122, 4.4 */
	g->uuid[8] = (uint8_t)((g->uuid[8] & 0x3f) | 0x80);
	return 0;
}

void guest_note(struct guest *g, const char *fmt, ...)
{
	const size_t len = strlen(g->note);
	const char *between = len ? "; " : "";
	va_list ap;
	int n;

	n = snprintf(g->note + len, sizeof(g->note) - len, "%s", between);
	if (len + (size_t)n >= sizeof(g->note))
		return;
	va_start(ap, fmt);
	vsnprintf(g->note + len + n, sizeof(g->note) - len - (size_t)n, fmt, ap);
	va_end(ap);
}
