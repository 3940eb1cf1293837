/*
 * libFuzzer entry: any text as an entry of vif. What comes out of it is what can be served, and
 * means the same when it is written down and read once more.
 */
#include "builder/describe/vif_spec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_nets(const char *ip)
{
	const char *at = ip;
	char text[VIF_NET_TEXT], again[VIF_NET_TEXT];
	struct vif_net n, same;
	struct err e;
	int rc;

	while ((rc = vif_net_next(&at, &n, &e)) == 1) {
		const char *p = text;

		assert(n.bits <= (n.family == AF_INET ? 32 : 128));
		vif_net_text(&n, text);
		assert(vif_net_next(&p, &same, &e) == 1 && !*p);
		assert(!memcmp(n.addr, same.addr, sizeof(n.addr)));
		assert(n.bits == same.bits && n.family == same.family);
		assert(vif_nets_meet(ip, text, again) && !strcmp(text, again));
	}
	assert(rc == 0);
}

static void check_spec(const struct vif_spec *s)
{
	const char *names[] = {s->bridge, s->way == VIF_ROUTED ? s->gatewaydev : NULL, s->vifname};
	enum vif_way way;
	unsigned any = 0;
	struct err e;

	for (size_t i = 0; i < sizeof(s->mac); i++)
		any |= s->mac[i];
	assert(!s->has_mac || (any && !(s->mac[0] & 1) && !s->zero_mac));
	for (size_t i = 0; i < 3; i++)
		assert(!names[i] ||
		       (*names[i] && strlen(names[i]) < 16 && !strpbrk(names[i], " /:%")));
	assert(!s->has_rate || (s->rate_bytes && s->rate_interval_us));
	assert(!s->mtu || (s->mtu >= 68 && s->mtu <= 65535));
	assert(vif_script_way(s->script, &way, &e) == 0 && way == s->way);
	if (s->way == VIF_ROUTED && s->ip)
		check_nets(s->ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *spaced = malloc(2 * size + 8);
	struct vif_spec s, same;
	struct err e, other;
	int rc;

	assert(text && spaced);
	rc = vif_spec_parse(text, &s, &e);
	if (rc == 0)
		check_spec(&s);
	else
		assert(*e.msg);
	/* Blanks and parts with nothing in them change nothing. */
	strcpy(spaced, " ,\t");
	strcat(spaced, text);
	strcat(spaced, ", ,");
	assert(vif_spec_parse(spaced, &same, &other) == rc);
	if (rc == 0)
		assert(s.way == same.way && s.devid == same.devid && s.mtu == same.mtu &&
		       !memcmp(s.mac, same.mac, sizeof(s.mac)));
	else
		assert(!strcmp(e.msg, other.msg));
	vif_spec_free(&s);
	vif_spec_free(&same);
	free(text);
	free(spaced);
	return 0;
}
