#include "vnc.h"

#include <inttypes.h>
#include <stdio.h>

#include "builder/describe/vnc_server.h"
#include "builder/device/netlink.h"
#include "builder/store/nodes.h"
#include "qemu_args.h"
#include "qmp.h"

/* Addresses and ports are short texts. */
#define TEXT_MAX 128

void vnc_prepare(const struct guest_config *cfg)
{
	struct vnc_server v;
	struct err ignored;
	struct link lo;

	vnc_server_of(cfg, &v);
	if (v.on && link_get("lo", &lo, &ignored) == 0 && !(lo.flags & IFF_UP))
		link_set_up(lo.index, true, &ignored);
}

static int set_password(struct qmp *q, const char *password, struct err *e)
{
	const char *const args[] = {"password", password, NULL};

	return qmp_ask(q, "change-vnc-password", args, NULL, e);
}

/* The member's text, or "" where it has none. */
static void text_of(const struct json_value *v, const char *name, char out[TEXT_MAX])
{
	struct json_value member;

	out[0] = '\0';
	if (json_member(v, name, &member))
		json_string(&member, out, TEXT_MAX);
}

static int ask_where(struct qmp *q, char host[TEXT_MAX], char port[TEXT_MAX], struct err *e)
{
	struct json_value answer;

	if (qmp_ask(q, "query-vnc", NULL, &answer, e) < 0)
		return -1;
	text_of(&answer, "host", host);
	text_of(&answer, "service", port);
	return *host && *port ? 0 : err_set(e, "QEMU does not say where its VNC server listens");
}

static int write_nodes(const struct guest *g, const struct vnc_server *v, const char *host,
		       const char *port, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	char dir[64];
	int rc;

	snprintf(dir, sizeof(dir), "/local/domain/%" PRIu32 "/console", g->domid);
	nodes_add(&n, NODE_INHERITS, dir, "vnc-listen", "%s", host);
	nodes_add(&n, NODE_INHERITS, dir, "vnc-port", "%s", port);
	if (v->password && *v->password)
		nodes_add(&n, NODE_INHERITS, dir, "vnc-pass", "%s", v->password);
	rc = nodes_write(&n, e);
	nodes_free(&n);
	return rc;
}

int vnc_publish(const struct guest *g, struct err *e)
{
	char path[128], host[TEXT_MAX], port[TEXT_MAX];
	struct vnc_server v;
	struct qmp q;
	int rc = 0;

	vnc_server_of(g->cfg, &v);
	if (!v.on)
		return 0;
	snprintf(path, sizeof(path), DEVMODEL_QMP_DIR "/" QMP_NAME, qmp_names[0], g->domid);
	if (qmp_open(&q, path, e) < 0)
		return err_prefix(e, "its VNC server: ");
	if (v.password && *v.password)
		rc = set_password(&q, v.password, e);
	if (rc == 0)
		rc = ask_where(&q, host, port, e);
	qmp_close(&q);
	if (rc == 0)
		rc = write_nodes(g, &v, host, port, e);
	return rc < 0 ? err_prefix(e, "its VNC server: ") : 0;
}
