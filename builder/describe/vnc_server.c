#include "vnc_server.h"

#include "vfb_spec.h"

void vnc_server_of(const struct guest_config *cfg, struct vnc_server *out)
{
	const struct vfb_spec *s = cfg->vfbs;

	*out = (struct vnc_server){.on = false};
	if (cfg->type == GUEST_HVM)
		*out = (struct vnc_server){
			.on = cfg->model_protocol == MODEL_QEMU && cfg->vnc,
			.listen = cfg->vnclisten,
			.display = cfg->vncdisplay,
			.unused = cfg->vncunused,
			.password = cfg->vncpasswd,
			.keymap = cfg->keymap,
		};
	else if (cfg->nr_vfbs)
		*out = (struct vnc_server){
			.on = vfb_has_vnc(s),
			.listen = s->listen,
			.display = s->display,
			.unused = vfb_takes_unused(s),
			.password = s->password,
			.keymap = s->keymap,
		};
}
