/*
 * What xl's record of a guest (xl_record.h) has of struct domain_options, each part where libxl's
 * types have it (libxl_types.idl): only what the descriptor gave. Pure.
 */
#ifndef EARLYDOM_XL_RECORD_DOMAIN_H
#define EARLYDOM_XL_RECORD_DOMAIN_H

#include "base/json.h"
#include "builder/guest/guest.h"

/* Of c_info: between type and name; between uuid and run_hotplug_scripts; behind that. */
void record_paging(struct json *j, const struct guest_config *cfg);
void record_pool(struct json *j, const struct guest_config *cfg);
void record_domain_kind(struct json *j, const struct guest_config *cfg);

/* Of b_info: behind numa_placement; behind video_memkb; of sched_params; behind that; behind
 * claim_mode; of what pvh and hvm guests have, in front of and behind apic; behind arch_x86. */
void record_tsc(struct json *j, const struct guest_config *cfg);
void record_limits(struct json *j, const struct guest_config *cfg);
void record_period(struct json *j, const struct guest_config *cfg);
void record_machine(struct json *j, const struct guest_config *cfg);
void record_event_channels(struct json *j, const struct guest_config *cfg);
void record_timers(struct json *j, const struct guest_config *cfg);
void record_rest(struct json *j, const struct guest_config *cfg);

/* Of type.hvm: behind bios; behind hpet; between vendor_device and serial_list; behind rdm. Of
 * type.pv. */
void record_hvm_features(struct json *j, const struct guest_config *cfg);
void record_hvm_layout(struct json *j, const struct guest_config *cfg);
void record_genid(struct json *j, const struct guest *g);
void record_mca(struct json *j, const struct guest_config *cfg);
void record_pirq(struct json *j, const struct guest_config *cfg);
void record_platform(struct json *j, const struct guest_config *cfg);
void record_pv(struct json *j, const struct guest_config *cfg);

#endif
