/*
 * One string of the `vif` key, in the syntax of xl-network-configuration(5):
 *
 *     'mac=00:16:3e:74:34:32,bridge=xenbr0,rate=10MB/s@20ms'
 *
 * Meanings are those of xl 4.17 (parse_nic_config in tools/xl/xl_parse.c,
 * tools/libs/util/libxlu_vif.c). Blanks around a parameter and its value, and parameters without
 * anything in them, mean nothing. Stricter than xl: no parameter may be given twice, an unknown one
 * is an error, and the form of names and addresses is checked.
 */
#ifndef EARLYDOM_VIF_SPEC_H
#define EARLYDOM_VIF_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "vif_ip.h"
#include "vif_script.h"

enum vif_type { VIF_TYPE_DEFAULT, VIF_TYPE_VIF, VIF_TYPE_IOEMU };
enum vif_trust { VIF_TRUST_DEFAULT, VIF_UNTRUSTED, VIF_TRUSTED };

struct vif_spec {
	bool has_mac;
	uint8_t mac[6];         /* never a group address, never all zero */
	char *bridge, *vifname; /* names of interfaces, NULL when not given */
	char *gatewaydev;       /* the same if it is routed; else any text; or NULL */
	char *script;           /* name or path, NULL for the default */
	char *ip;               /* networks, if it is routed (vif_ip.h); else any text; or NULL */
	char *model;            /* of an emulated card, or NULL */
	enum vif_type type;
	char *backend_domain; /* name or id, or NULL for dom0 */
	bool has_rate;
	uint64_t rate_bytes; /* per interval; the interval is in microseconds */
	uint32_t rate_interval_us;
	bool has_devid;
	uint32_t devid;
	uint32_t mtu; /* 0 for the default */
	enum vif_trust trust;
	enum vif_way way;  /* what script says */
	bool zero_mac;     /* a mac of zeroes was given, which is none: has_mac is false */
	bool has_accel;    /* accel= was given, which does nothing */
	bool has_netfront; /* type=netfront was, which xl passes over with a word */
};

/* Returns 0, or -1 with e set; *out is freed with vif_spec_free in either case. An empty text is
 * right. */
int vif_spec_parse(const char *text, struct vif_spec *out, struct err *e);
void vif_spec_free(struct vif_spec *s);
void vif_specs_free(struct vif_spec *all, size_t n); /* and the array */

/* Whether both are routed and have a route in common (vif_nets_meet). */
bool vif_routes_meet(const struct vif_spec *a, const struct vif_spec *b, char text[VIF_NET_TEXT]);

/*
 * Reads "RATE/s[@INTERVAL]": a number, G, M, K or nothing (powers of 1000), B for bytes or b for
 * bits; the interval in s (also without a unit), ms (also m) or us (also u), 50 ms by default.
 * Returns 0, or -1 with e set.
 */
int vif_rate_parse(const char *text, uint64_t *bytes, uint32_t *interval_us, struct err *e);

#endif
