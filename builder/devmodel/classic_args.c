#include "classic_args.h"

#include <inttypes.h>
#include <string.h>

#include "builder/image/vmx.h"

void model_name_arg(const char *program, struct argv *out)
{
	const char *slash = strrchr(program, '/');

	argv_add(out, "@%s", slash ? slash + 1 : program);
}

int classic_args(const struct guest_config *cfg, uint32_t domid, uint32_t port, struct argv *out,
		 struct err *e)
{
	const char *viewer;
	size_t len;

	model_name_arg(cfg->model_override, out);
	argv_add(out, "-f");
	argv_add(out, "%s", cfg->model_config);
	viewer = vmx_vnc_viewer(cfg->extra, &len);
	if (viewer && len) {
		argv_add(out, "-v");
		argv_add(out, "%.*s", (int)len, viewer);
	}
	argv_add(out, "-d");
	argv_add(out, "%" PRIu32, domid);
	argv_add(out, "-p");
	argv_add(out, "%" PRIu32, port);
	argv_add(out, "-m");
	argv_add(out, "%" PRIu64, cfg->memory_kib / 1024);
	for (size_t i = 0; i < cfg->model_args.n; i++)
		argv_add(out, "%s", cfg->model_args.v[i]);
	return argv_check(out, e);
}
