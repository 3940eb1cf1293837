/* What can be seen of a guest from outside. */
#include <string.h>

#include "clock.h"
#include "guest_nodes.h"
#include "timeline.h"
#include "ward_inside.h"

const char *ward_state_name(enum ward_state s)
{
	static const char *const names[] = {
		[WARD_WAITING] = "waiting",       [WARD_STARTING] = "starting",
		[WARD_CONNECTING] = "connecting", [WARD_RUNNING] = "running",
		[WARD_STOPPING] = "stopping",     [WARD_ENDED] = "ended",
		[WARD_PRESERVED] = "preserved",   [WARD_FAILED] = "failed",
		[WARD_RELEASED] = "released",
	};

	return names[s];
}

void ward_print_record(const struct ward *w, FILE *to)
{
	const struct guest_config *cfg = w->guest.cfg;
	char uuid[UUID_TEXT];

	fprintf(to, "name=%s\nstate=%s\n", cfg->name, ward_state_name(w->state));
	if (!w->busy && w->guest.domid != NO_DOMAIN)
		fprintf(to, "domid=%u\n", w->guest.domid);
	uuid_text(w->guest.uuid, uuid);
	fprintf(to, "uuid=%s\nimage=%s\ntype=%s\nmemory=%llu\nvcpus=%u\nrestarts=%u\n", uuid,
		cfg->image, guest_type_name(cfg->type), (unsigned long long)cfg->memory_kib / 1024,
		cfg->vcpus, w->restarts);
	if (!w->busy && w->guest.build_ns)
		fprintf(to, "build_ms=%llu\n", (unsigned long long)(w->guest.build_ns / NS_PER_MS));
	if (w->why[0])
		fprintf(to, "cause=%s\n", w->why);
}

/* name, domid, image, type, memory (MiB), vcpus, state, restarts, build time (ms), cause; "-" for
 * none */
void ward_print_row(const struct ward *w, FILE *to)
{
	const struct guest_config *cfg = w->guest.cfg;

	fprintf(to, "%s\t", cfg->name);
	if (!w->busy && w->guest.domid != NO_DOMAIN)
		fprintf(to, "%u", w->guest.domid);
	else
		fputc('-', to);
	fprintf(to, "\t%s\t%s\t%llu\t%u\t%s\t%u\t", cfg->image, guest_type_name(cfg->type),
		(unsigned long long)cfg->memory_kib / 1024, cfg->vcpus, ward_state_name(w->state),
		w->restarts);
	if (!w->busy && w->guest.build_ns)
		fprintf(to, "%llu", (unsigned long long)(w->guest.build_ns / NS_PER_MS));
	else
		fputc('-', to);
	fprintf(to, "\t%s\n", w->why[0] ? w->why : "-");
}

void ward_print_phases(const struct ward *w, FILE *to)
{
	struct timeline_guest row;

	memset(&row, 0, sizeof(row));
	snprintf(row.name, sizeof(row.name), "%s", w->guest.cfg->name);
	snprintf(row.state, sizeof(row.state), "%s", ward_state_name(w->state));
	snprintf(row.image, sizeof(row.image), "%s", w->guest.cfg->image);
	snprintf(row.type, sizeof(row.type), "%s", guest_type_name(w->guest.cfg->type));
	/* The worker writes them during the first build; when they are over it only looks at the end. */
	if (!w->busy || w->guest.phases.end)
		row.phases = w->guest.phases;
	timeline_write_guest(&row, to);
}
