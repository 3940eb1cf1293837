#include "config_vif.h"

#include <string.h>

#include "backend_spec.h"
#include "config_value.h"
#include "vif_spec.h"

/* An entry, and where messages about it belong. */
struct entry {
	struct vif_spec *spec;
	size_t number; /* from 1 */
	struct loc loc;
	struct diag *d;
};

static void note(const struct entry *e, const char *what, const char *why)
{
	diag_note(e->d, e->loc, "vif, entry %zu: %s has no effect%s", e->number, what, why);
}

/* The card's interface in dom0 is called vifDOMID.DEVID-emu, or VIFNAME-emu, with 15 characters at
 * most (IFNAMSIZ). */
#define CARD_DEVID_MAX   99
#define CARD_VIFNAME_MAX 11

/* The name becomes part of an option of QEMU's, so it must be a single plain word. */
static bool is_model(const char *text)
{
	return text[strspn(text,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
	       '\0';
}

static void check_card(const struct entry *e)
{
	const struct vif_spec *s = e->spec;

	if (s->model && !is_model(s->model))
		diag_add(e->d, e->loc, "vif, entry %zu: model=%s is not the name of a card",
			 e->number, s->model);
	if (s->vifname && strlen(s->vifname) > CARD_VIFNAME_MAX)
		diag_add(e->d, e->loc,
			 "vif, entry %zu: vifname=%s is too long for a vif with an emulated card, "
			 "%d characters at most",
			 e->number, s->vifname, CARD_VIFNAME_MAX);
	if (s->devid > CARD_DEVID_MAX)
		diag_add(e->d, e->loc,
			 "vif, entry %zu: devid=%u is too much for a vif with an emulated card, "
			 "%d at most",
			 e->number, (unsigned)s->devid, CARD_DEVID_MAX);
}

/* Another domain's bridge is none that QEMU in dom0 could plug a card into. libxl has it make one
 * all the same, which leads nowhere. */
static void no_card(const struct entry *e, bool cards)
{
	struct vif_spec *s = e->spec;

	if (cards && (s->model || s->type == VIF_TYPE_IOEMU))
		note(e, s->model ? "model" : "type=ioemu",
		     ": no card is emulated where the back end is another domain's");
	s->type = VIF_TYPE_VIF;
}

/* As with xl, the default is an emulated card beside the vif where there is QEMU, and what is said
 * of a model is ignored elsewhere. type=ioemu, which xl refuses there, would change nothing. */
static void decide_card(const struct entry *e, bool cards)
{
	struct vif_spec *s = e->spec;

	if (cards && s->type != VIF_TYPE_VIF) {
		s->type = VIF_TYPE_IOEMU;
		check_card(e);
		return;
	}
	if (cards && s->model)
		note(e, "model", " with type=vif");
	else if (s->model || s->type == VIF_TYPE_IOEMU)
		note(e, s->model ? "model" : "type=ioemu", ": no card is emulated for this guest");
	s->type = VIF_TYPE_VIF;
}

static void note_useless(const struct entry *e)
{
	const struct vif_spec *s = e->spec;

	if (s->zero_mac)
		note(e, "a mac of zeroes", ": it gets a random one");
	if (s->has_accel)
		note(e, "accel", "");
	if (s->has_netfront)
		note(e, "type=netfront", ", as with xl: it was xend's word for type=vif");
	if (!backend_is_dom0(s->backend_domain))
		return;
	if (s->way == VIF_ROUTED && s->bridge)
		note(e, "bridge", " with script=vif-route");
	if (s->way == VIF_BRIDGED && s->gatewaydev)
		note(e, "gatewaydev", " without script=vif-route");
	if (s->way == VIF_BRIDGED && s->ip && *s->ip)
		note(e, "ip", " on a bridge: the guest's packets are not filtered by it");
}

/* Whether it is known which device model the guest has, if any. */
static bool model_known(const struct reading *r)
{
	return r->type_known &&
	       (r->g->type != GUEST_HVM || !config_given(r, "device_model_protocol") ||
		config_good(r, "device_model_protocol"));
}

void config_check_vifs(struct reading *r)
{
	const struct statement *st = config_good(r, "vif");
	struct guest_config *g = r->g;
	const bool cards = g->type == GUEST_HVM && g->model_protocol == MODEL_QEMU;

	if (!st || !model_known(r))
		return;
	for (size_t i = 0; i < g->nr_vifs; i++) {
		const struct entry e = {&g->vifs[i], i + 1, value_entry(&st->value, i)->loc, r->d};

		if (backend_is_dom0(e.spec->backend_domain))
			decide_card(&e, cards);
		else
			no_card(&e, cards);
		note_useless(&e);
	}
}
