#include "unit_save.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "builder/describe/backend_of.h"
#include "builder/device/vif.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/guest_nodes.h"
#include "unit_event.h"

/* Not those that people see: several states have one of these. */
static const char *const state_words[UNIT_STATES] = {
	[UNIT_WAITING] = "waiting",     [UNIT_STARTING] = "starting",
	[UNIT_CANCELLED] = "cancelled", [UNIT_CONNECTING] = "connecting",
	[UNIT_RUNNING] = "running",     [UNIT_STOPPING] = "stopping",
	[UNIT_ENDING] = "ending",       [UNIT_FAILING] = "failing",
	[UNIT_ENDED] = "ended",         [UNIT_PRESERVED] = "preserved",
	[UNIT_FAILED] = "failed",       [UNIT_STUCK] = "stuck",
	[UNIT_RELEASED] = "released",   [UNIT_RETRYING] = "retrying",
};

/* A command that waits. */
static const char *const asked_words[UNIT_EVENTS] = {
	[EVENT_NONE] = "nothing",        [EVENT_ASK_START] = "start",     [EVENT_ASK_STOP] = "stop",
	[EVENT_ASK_DESTROY] = "destroy", [EVENT_ASK_RELEASE] = "release",
};

static void save_guest(const struct guest *g, FILE *f)
{
	char text[UUID_TEXT];

	uuid_text(g->uuid, text);
	fprintf(f, "uuid %s\n", text);
	if (g->domid != NO_DOMAIN)
		fprintf(f, "domid %" PRIu32 "\n", g->domid);
	fprintf(f, "static_max %" PRIu64 "\n", g->static_max_kib);
	fprintf(f, "console %" PRIu32 " %" PRIu64 "\nstore %" PRIu32 " %" PRIu64 "\n",
		g->console_port, g->console_gfn, g->store_port, g->store_gfn);
	fprintf(f, "in_store %d\nstore_lost %d\nhanded_over %d\nbuild %" PRIu64 " %" PRIu64 "\n",
		g->in_store, g->store_lost, g->handed_over, g->began, g->build_ns);
}

static void save_devices(const struct guest *g, FILE *f)
{
	struct devmodel_saved m;
	char mac[18], at[PCI_ADDRESS_TEXT];

	for (size_t i = 0; g->vifs && i < g->cfg->nr_vifs; i++) {
		vif_mac_text(g->vifs[i].mac, mac);
		fprintf(f, "vif%zu %s %d %u\n", i, mac, g->vifs[i].plugged, g->vifs[i].mtu);
	}
	if (g->backends) {
		fputs("backends", f);
		for (size_t i = 0; i < backend_nr(g->cfg); i++)
			fprintf(f, " %" PRIu32, g->backends[i]);
		fputc('\n', f);
	}
	if (devmodel_save(&g->model, &m))
		fprintf(f, "model %ld %" PRIu64 " %d %d %u %" PRIu64 "\n", (long)m.pid,
			m.process_began, m.ready, m.restricted, m.uid, m.began);
	for (size_t i = 0; i < g->nr_pcis; i++)
		fprintf(f, "pci%zu %s %u %u\n", i, pci_address_text(&g->pcis[i].at, at),
			g->pcis[i].spec, g->pcis[i].vdevfn);
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++)
		if (g->disks[i])
			fprintf(f, "disk%zu %u:%u %s\n", i, major(g->disks[i]->rdev),
				minor(g->disks[i]->rdev), g->disks[i]->path);
}

static void save_phases(const struct phases *p, FILE *f)
{
	fputs("phases", f);
	for (unsigned i = 0; i < PHASES; i++)
		fprintf(f, " %" PRIu64, p->at[i]);
	fprintf(f, " %" PRIu64 "\n", p->end);
}

/* What is longest, the paths of disks, comes last: a record has an end (ledger.h). */
static void save_unit(const struct unit *u, FILE *f)
{
	fprintf(f, "name %s\nstate %s\nasked %s\n", unit_name(u), state_words[u->state],
		asked_words[u->asked]);
	save_guest(&u->guest, f);
	save_phases(&u->guest.phases, f);
	fprintf(f, "since %" PRIu64 "\nup %d\nended %" PRIu64 " %d\nrestarts %u\n", u->since, u->up,
		u->ended_at, (int)u->ending, u->restarts);
	fprintf(f, "tries %u %" PRIu64 " %d %d %d\n", u->tries, u->retry_at, u->tried, u->ran,
		u->again);
	fprintf(f, "stop %d %" PRIu64 " %u\nrecorded %" PRIu32 "\n", u->stop_by_store,
		u->stop_since, u->stop_sent, u->recorded);
	fputs("deaths", f);
	for (unsigned i = 0; i < u->deaths.n; i++)
		fprintf(f, " %" PRIu64, u->deaths.at[i]);
	fputc('\n', f);
	if (u->backends.lost)
		fprintf(f, "lost %" PRIu64 " %d\n", u->backends.lost, u->backends.late);
	if (u->why[0])
		fprintf(f, "why %s\n", u->why);
	save_devices(&u->guest, f);
}

/* Up to the last line that is whole. */
static size_t whole_lines(const char *text, size_t len)
{
	if (len > LEDGER_TEXT_MAX)
		len = LEDGER_TEXT_MAX;
	while (len && text[len - 1] != '\n')
		len--;
	return len;
}

size_t unit_record(const struct units *all, const struct unit *u)
{
	return LEDGER_UNITS + (size_t)(u - all->list);
}

void unit_save(struct units *all, const struct unit *u)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (!all->ledger)
		return;
	f = open_memstream(&text, &len);
	if (!f)
		return;
	save_unit(u, f);
	if (fclose(f) == 0)
		ledger_write(all->ledger, unit_record(all, u), text, whole_lines(text, len));
	free(text);
}

/* The text with another value behind the word, if it has that. */
static void replace_value(char text[LEDGER_TEXT_MAX + 1], const char *word, const char *value)
{
	char old[LEDGER_TEXT_MAX + 1];
	const char *at;

	memcpy(old, text, sizeof(old));
	at = saved_value(old, word);
	if (at)
		snprintf(text, sizeof(old), "%.*s%s%s", (int)(at - old), old, value,
			 at + strcspn(at, "\n"));
}

void unit_save_state(struct units *all, const struct unit *u)
{
	char text[LEDGER_TEXT_MAX + 1] = "";

	if (!all->ledger || !ledger_read(all->ledger, unit_record(all, u), text))
		return;
	replace_value(text, "state", state_words[u->state]);
	replace_value(text, "asked", asked_words[u->asked]);
	ledger_write(all->ledger, unit_record(all, u), text, whole_lines(text, strlen(text)));
}

/* ---- reading ---- */

const char *saved_value(const char *text, const char *word)
{
	const size_t len = strlen(word);

	while (text && *text) {
		if (!strncmp(text, word, len) && text[len] == ' ')
			return text + len + 1;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return NULL;
}

/* The rest of the line, cut where it is too long. */
static void copy_line(const char *value, char *out, size_t size)
{
	const size_t len = strcspn(value, "\n");

	snprintf(out, size, "%.*s", (int)len, value);
}

/* Up to n numbers behind the word. Returns how many there are. */
static unsigned load_numbers(const char *text, const char *word, uint64_t *v, unsigned n)
{
	const char *p = saved_value(text, word);
	unsigned i = 0;
	char *end;

	while (p && i < n && *p >= '0' && *p <= '9') {
		v[i++] = strtoull(p, &end, 10);
		p = *end == ' ' ? end + 1 : NULL;
	}
	return i;
}

/* Which of the n words the value is, or -1. */
static int load_word(const char *text, const char *name, const char *const *words, int n)
{
	const char *value = saved_value(text, name);
	char word[32];

	if (!value)
		return -1;
	copy_line(value, word, sizeof(word));
	for (int i = 0; i < n; i++)
		if (words[i] && !strcmp(word, words[i]))
			return i;
	return -1;
}

bool unit_load_uuid(const char *text, uint8_t uuid[16])
{
	const char *p = saved_value(text, "uuid");
	uint8_t out[16];
	unsigned byte;

	for (unsigned i = 0; i < 16 && p; i++) {
		p += *p == '-';
		if (sscanf(p, "%2x", &byte) != 1)
			return false;
		out[i] = (uint8_t)byte;
		p += 2;
	}
	if (p)
		memcpy(uuid, out, sizeof(out));
	return p;
}

static void load_guest(struct guest *g, const char *text)
{
	uint64_t v[2];

	unit_load_uuid(text, g->uuid);
	if (load_numbers(text, "domid", v, 1) == 1)
		g->domid = (uint32_t)v[0];
	if (load_numbers(text, "static_max", v, 1) == 1)
		g->static_max_kib = v[0];
	if (load_numbers(text, "console", v, 2) == 2) {
		g->console_port = (uint32_t)v[0];
		g->console_gfn = v[1];
	}
	if (load_numbers(text, "store", v, 2) == 2) {
		g->store_port = (uint32_t)v[0];
		g->store_gfn = v[1];
	}
	if (load_numbers(text, "build", v, 2) == 2) {
		g->began = v[0];
		g->build_ns = v[1];
	}
	g->in_store = load_numbers(text, "in_store", v, 1) == 1 && v[0];
	g->store_lost = load_numbers(text, "store_lost", v, 1) == 1 && v[0];
	g->handed_over = load_numbers(text, "handed_over", v, 1) == 1 && v[0];
}

static void load_phases(struct phases *p, const char *text)
{
	uint64_t v[PHASES + 1];

	if (load_numbers(text, "phases", v, PHASES + 1) != PHASES + 1)
		return;
	memcpy(p->at, v, sizeof(p->at));
	p->end = v[PHASES];
}

static void load_model(const char *text, struct unit_saved *out)
{
	uint64_t v[6];

	out->has_model = load_numbers(text, "model", v, 6) == 6;
	if (!out->has_model)
		return;
	out->model = (struct devmodel_saved){
		.pid = (pid_t)v[0],
		.process_began = v[1],
		.ready = v[2],
		.restricted = v[3],
		.uid = (uid_t)v[4],
		.began = v[5],
	};
}

static void load_ends(struct unit *u, const char *text)
{
	const char *why = saved_value(text, "why");
	uint64_t v[5];

	if (load_numbers(text, "tries", v, 5) == 5) {
		u->tries = (unsigned)v[0];
		u->retry_at = v[1];
		u->tried = v[2];
		u->ran = v[3];
		u->again = v[4];
	}
	if (load_numbers(text, "ended", v, 2) == 2 && v[1] <= ENDED_SOFT_RESET) {
		u->ended_at = v[0];
		u->ending = (enum ending)v[1];
	}
	u->deaths.n = load_numbers(text, "deaths", u->deaths.at, DEATHS_MAX + 1);
	if (load_numbers(text, "restarts", v, 1) == 1)
		u->restarts = (unsigned)v[0];
	if (load_numbers(text, "stop", v, 3) == 3) {
		u->stop_by_store = v[0];
		u->stop_since = v[1];
		u->stop_sent = (unsigned)v[2];
	}
	if (why)
		copy_line(why, u->why, sizeof(u->why));
}

bool unit_load_state(const char *text, enum unit_state *state)
{
	const int found = load_word(text, "state", state_words, UNIT_STATES);

	if (found >= 0)
		*state = (enum unit_state)found;
	return found >= 0;
}

int unit_load(struct unit *u, const char *text, struct unit_saved *out)
{
	const char *name = saved_value(text, "name");
	const int asked = load_word(text, "asked", asked_words, UNIT_EVENTS);
	char word[CONFIG_NAME_MAX + 1];
	uint64_t v[2];

	memset(out, 0, sizeof(*out));
	if (!name || !unit_load_state(text, &out->state))
		return -1;
	copy_line(name, word, sizeof(word));
	if (strcmp(word, unit_name(u)) != 0)
		return -1;
	u->asked = asked < 0 ? EVENT_NONE : asked;
	load_guest(&u->guest, text);
	load_phases(&u->guest.phases, text);
	load_model(text, out);
	load_ends(u, text);
	if (load_numbers(text, "since", v, 1) == 1)
		u->since = v[0];
	u->up = load_numbers(text, "up", v, 1) == 1 && v[0];
	if (load_numbers(text, "lost", v, 2) == 2) {
		u->backends.lost = v[0];
		u->backends.late = v[1];
	}
	if (load_numbers(text, "recorded", v, 1) == 1)
		u->recorded = (uint32_t)v[0];
	return 0;
}

void unit_load_backends(const char *text, uint32_t *backends, size_t n)
{
	uint64_t v[n + 1];

	if (load_numbers(text, "backends", v, (unsigned)n) != n)
		return;
	for (size_t i = 0; i < n; i++)
		backends[i] = (uint32_t)v[i];
}

bool unit_load_disk(const char *text, size_t i, struct saved_disk *out)
{
	const char *value;
	unsigned maj, min;
	char word[32];
	int n = 0;

	snprintf(word, sizeof(word), "disk%zu", i);
	value = saved_value(text, word);
	/* What is behind the blank may be nothing. */
	out->there = value && sscanf(value, "%u:%u%n", &maj, &min, &n) == 2 && value[n] == ' ';
	if (!out->there)
		return false;
	out->rdev = makedev(maj, min);
	copy_line(value + n + 1, out->path, sizeof(out->path));
	return true;
}

bool unit_load_vif(const char *text, size_t i, struct vif *v)
{
	const char *value;
	unsigned m[6], mtu;
	char word[32];
	int plugged;

	snprintf(word, sizeof(word), "vif%zu", i);
	value = saved_value(text, word);
	if (!value || sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x %d %u", &m[0], &m[1], &m[2], &m[3],
			     &m[4], &m[5], &plugged, &mtu) != 8)
		return false;
	for (unsigned k = 0; k < 6; k++)
		v->mac[k] = (uint8_t)m[k];
	v->plugged = plugged;
	v->mtu = mtu;
	return true;
}

bool unit_load_pci(const char *text, size_t i, struct pci_assigned *out)
{
	char word[32], at[PCI_ADDRESS_TEXT];
	unsigned vdevfn;
	const char *value;

	snprintf(word, sizeof(word), "pci%zu", i);
	value = saved_value(text, word);
	if (!value || sscanf(value, "%19s %u %u", at, &out->spec, &vdevfn) != 3 ||
	    vdevfn > UINT8_MAX)
		return false;
	out->vdevfn = (uint8_t)vdevfn;
	return pci_address_parse(at, &out->at) == 0;
}
