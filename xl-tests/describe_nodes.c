#include "describe_nodes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/devmodel/qemu_args.h"
#include "builder/image/image_type.h"
#include "builder/store/add_guest.h"

/* Those of judge.h and judge_xen.c. */
#define DOMID        1
#define STORE_PORT   1
#define CONSOLE_PORT 2

/* How libxl calls it (libxl__run_dir_path). */
#define QMP_DIR "/var/run/xen"

static int print_nodes(const struct guest *g, struct err *e)
{
	const struct guest_facts facts = {0};
	struct nodes n = {0};
	struct json j = {.to = stdout};
	int rc;

	store_guest_nodes(g, &facts, &n);
	puts("nodes");
	json_open(&j, NULL, '{');
	for (size_t i = 0; i < n.n; i++)
		if (n.v[i].value)
			json_text(&j, n.v[i].path, n.v[i].value);
	json_close(&j, '}');
	rc = n.failed ? err_set(e, "out of memory") : 0;
	nodes_free(&n);
	return rc;
}

static void print_arguments(const struct argv *argv)
{
	struct json j = {.to = stdout};

	puts("qemu");
	json_open(&j, NULL, '{');
	json_open(&j, "qemu", '[');
	for (size_t i = 0; i < argv->n; i++)
		json_text(&j, NULL, argv->v[i]);
	json_close(&j, ']');
	json_close(&j, '}');
}

/* As where nothing restricts QEMU. */
static int print_qemu(const struct guest *g, struct err *e)
{
	struct qemu_start start = {.program = model_program_of(g->cfg), .qmp_dir = QMP_DIR};
	struct argv argv = {0};
	char *cmdline = NULL;
	int rc;

	if (g->cfg->type == GUEST_HVM) {
		cmdline = image_type_find(g->cfg->image)->cmdline(g->cfg, e);
		if (!cmdline)
			return -1;
	}
	start.cmdline = cmdline;
	rc = qemu_args(g, &start, &argv, e);
	if (rc == 0)
		print_arguments(&argv);
	argv_free(&argv);
	free(cmdline);
	return rc;
}

int describe_nodes(struct guest *g, struct err *e)
{
	g->domid = DOMID;
	g->store_port = STORE_PORT;
	g->console_port = CONSOLE_PORT;
	if (print_nodes(g, e) < 0)
		return -1;
	return guest_config_runs_qemu(g->cfg) ? print_qemu(g, e) : 0;
}
