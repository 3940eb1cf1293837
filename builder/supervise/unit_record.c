#include "unit_record.h"

#include <string.h>

#include "base/clock.h"
#include "builder/describe/backend_spec.h"
#include "builder/store/guest_nodes.h"
#include "timeline.h"

/* The device or image that it has, or is to have; nothing for a cdrom drive without a medium. */
static const char *path_of(const struct disk_spec *spec, const struct disk *d)
{
	if (d && !d->loop && backend_is_dom0(spec->backend_domain))
		return d->path;
	return spec->target ? spec->target : "";
}

static void print_disks(const struct guest *g, FILE *to)
{
	for (size_t i = 0; i < g->cfg->nr_disks; i++) {
		const struct disk_spec *spec = &g->cfg->disks[i];
		const struct disk *d = g->disks ? g->disks[i] : NULL;

		fprintf(to, "disk=%s %s %s\n", spec->vdev, spec->readwrite ? "rw" : "ro",
			path_of(spec, d));
	}
}

void unit_print_record(const struct unit *u, FILE *to)
{
	const struct guest_config *cfg = u->guest.cfg;
	char uuid[UUID_TEXT];

	fprintf(to, "name=%s\nstate=%s\n", cfg->name, unit_state_name(u->state));
	if (!unit_has_job(u) && u->guest.domid != NO_DOMAIN)
		fprintf(to, "domid=%u\n", u->guest.domid);
	uuid_text(u->guest.uuid, uuid);
	fprintf(to, "uuid=%s\nimage=%s\ntype=%s\nmemory=%llu\nvcpus=%u\nrestarts=%u\n", uuid,
		cfg->image, guest_type_name(cfg->type), (unsigned long long)cfg->memory_kib / 1024,
		cfg->vcpus, u->restarts);
	if (!unit_has_job(u) && u->guest.build_ns)
		fprintf(to, "build_ms=%llu\n", (unsigned long long)(u->guest.build_ns / NS_PER_MS));
	print_disks(&u->guest, to);
	if (u->tries)
		fprintf(to, "failed_starts=%u\n", u->tries);
	if (u->why[0])
		fprintf(to, "cause=%s\n", u->why);
}

void unit_print_row(const struct unit *u, uint64_t now, FILE *to)
{
	const struct guest_config *cfg = u->guest.cfg;

	fprintf(to, "%s\t", cfg->name);
	if (!unit_has_job(u) && u->guest.domid != NO_DOMAIN)
		fprintf(to, "%u", u->guest.domid);
	else
		fputc('-', to);
	fprintf(to, "\t%s\t%s\t%llu\t%u\t%s\t%u\t", cfg->image, guest_type_name(cfg->type),
		(unsigned long long)cfg->memory_kib / 1024, cfg->vcpus, unit_state_name(u->state),
		u->restarts);
	if (!unit_has_job(u) && u->guest.build_ns)
		fprintf(to, "%llu", (unsigned long long)(u->guest.build_ns / NS_PER_MS));
	else
		fputc('-', to);
	fprintf(to, "\t%u\t", u->tries);
	if (u->state == UNIT_RETRYING)
		fprintf(to, "%u", unit_pause_s(u, now));
	else
		fputc('-', to);
	fprintf(to, "\t%s\n", u->why[0] ? u->why : "-");
}

void unit_print_phases(const struct unit *u, FILE *to)
{
	struct timeline_guest row;

	memset(&row, 0, sizeof(row));
	snprintf(row.name, sizeof(row.name), "%s", u->guest.cfg->name);
	snprintf(row.state, sizeof(row.state), "%s", unit_state_name(u->state));
	snprintf(row.image, sizeof(row.image), "%s", u->guest.cfg->image);
	snprintf(row.type, sizeof(row.type), "%s", guest_type_name(u->guest.cfg->type));
	/* A thread writes them until the first start is over. */
	if (!unit_busy(u) || u->tried)
		row.phases = u->guest.phases;
	timeline_write_guest(&row, to);
}
