#include "vif_ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "spec.h"

#define BLANKS " \t"

static unsigned max_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* The number behind the slash: one to three digits, without leading zeros. */
static bool take_bits(const char *text, struct vif_net *n)
{
	const size_t len = strspn(text, "0123456789");

	if (!len || len > 3 || text[len] || (*text == '0' && len > 1))
		return false;
	n->bits = 0;
	for (size_t i = 0; i < len; i++)
		n->bits = n->bits * 10 + (unsigned)(text[i] - '0');
	return n->bits <= max_bits(n->family);
}

/* Whether nothing but zero is behind the prefix. */
static bool is_whole(const struct vif_net *n)
{
	for (unsigned bit = n->bits; bit < max_bits(n->family); bit++)
		if (n->addr[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

/* Reads one word. Returns whether it is an address, with a prefix or without. */
static bool take_net(char *word, struct vif_net *n)
{
	char *slash = strchr(word, '/');

	*n = (struct vif_net){.family = strchr(word, ':') ? AF_INET6 : AF_INET};
	n->bits = max_bits(n->family);
	if (slash)
		*slash = '\0';
	if (inet_pton(n->family, word, n->addr) != 1)
		return false;
	return !slash || take_bits(slash + 1, n);
}

int vif_net_next(const char **at, struct vif_net *out, struct err *e)
{
	const char *word = *at + strspn(*at, BLANKS);
	const size_t len = strcspn(word, BLANKS);
	char copy[VIF_NET_TEXT];

	*at = word + len;
	if (!len)
		return 0;
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < sizeof(copy) ? len : 0), word);
	if (!take_net(copy, out))
		return err_set(e,
			       "ip '%.*s' is not an address or a network, such as 192.0.2.7, "
			       "192.0.2.0/28 or 2001:db8::7",
			       SPEC_LEN(len), word);
	if (!is_whole(out))
		return err_set(e,
			       "ip '%.*s' is an address with the prefix of a network: a route "
			       "wants one or the other",
			       SPEC_LEN(len), word);
	return 1;
}

void vif_net_text(const struct vif_net *n, char text[VIF_NET_TEXT])
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(n->family, n->addr, addr, sizeof(addr));
	if (n->bits == max_bits(n->family))
		snprintf(text, VIF_NET_TEXT, "%s", addr);
	else
		snprintf(text, VIF_NET_TEXT, "%s/%u", addr, n->bits);
}

static bool has_net(const char *at, const struct vif_net *other)
{
	struct vif_net n;
	struct err e;

	while (vif_net_next(&at, &n, &e) == 1)
		if (n.family == other->family && n.bits == other->bits &&
		    !memcmp(n.addr, other->addr, sizeof(n.addr)))
			return true;
	return false;
}

bool vif_nets_meet(const char *a, const char *b, char text[VIF_NET_TEXT])
{
	struct vif_net n;
	struct err e;

	while (a && b && vif_net_next(&a, &n, &e) == 1) {
		if (!has_net(b, &n))
			continue;
		vif_net_text(&n, text);
		return true;
	}
	return false;
}
