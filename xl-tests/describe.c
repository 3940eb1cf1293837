/*
 * describe FILE...: what earlydom makes of descriptors, in the form of scripts/xl-judge: a line
 * "== FILE", one that says taken or refused, each message behind ": ", and of those that are taken
 * the record that earlydom would leave for xl, the nodes in the store, and QEMU's arguments. The
 * host is the judge's: 8 cpus on two nodes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text_file.h"
#include "builder/describe/config.h"
#include "builder/describe/cpus.h"
#include "builder/device/disk.h"
#include "builder/device/usb.h"
#include "builder/device/vif.h"
#include "builder/guest/guest_memory.h"
#include "builder/store/xl_record.h"
#include "describe_nodes.h"

#define NR_CPUS 8

static void *must(void *p)
{
	if (!p) {
		perror("describe");
		exit(2);
	}
	return p;
}

/* The devices as far as a record knows them: found where the descriptor says. */
static void give_devices(struct guest *g)
{
	const struct guest_config *cfg = g->cfg;

	g->disks = must(calloc(cfg->nr_disks + 1, sizeof(g->disks[0])));
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		g->disks[i] = must(calloc(1, sizeof(*g->disks[i])));
		g->disks[i]->spec = &cfg->disks[i];
		g->disks[i]->format = cfg->disks[i].target ? cfg->disks[i].format : DISK_EMPTY;
		if (cfg->disks[i].target)
			snprintf(g->disks[i]->path, sizeof(g->disks[i]->path), "%s",
				 cfg->disks[i].target);
	}
	g->vifs = must(calloc(cfg->nr_vifs + 1, sizeof(g->vifs[0])));
	for (size_t i = 0; i < cfg->nr_vifs; i++) {
		g->vifs[i].spec = &cfg->vifs[i];
		g->vifs[i].devid = cfg->vifs[i].devid;
		memcpy(g->vifs[i].mac, cfg->vifs[i].mac, sizeof(g->vifs[i].mac));
	}
	g->usbdevs = must(calloc(cfg->nr_usbdevs + 1, sizeof(g->usbdevs[0])));
	for (size_t i = 0; i < cfg->nr_usbdevs; i++)
		snprintf(g->usbdevs[i].name, sizeof(g->usbdevs[i].name), "%u-%u",
			 cfg->usbdevs[i].bus, cfg->usbdevs[i].addr);
}

static void take_devices(struct guest *g)
{
	for (size_t i = 0; i < g->cfg->nr_disks; i++)
		free(g->disks[i]);
	free(g->disks);
	free(g->vifs);
	free(g->usbdevs);
}

/* Returns 0, or -1 with e set: a cpu that the host lacks. */
static int find_pins(const struct guest_config *cfg, const struct strings *cpus, bool per_vcpu,
		     uint8_t *maps, struct err *e)
{
	static const uint32_t node_of[NR_CPUS] = {0, 0, 0, 0, 1, 1, 1, 1};
	const struct cpu_topology topology = {NR_CPUS, node_of};
	const char *text;

	for (unsigned i = 0; i < cfg->maxvcpus; i++) {
		if (!cpus->n || (per_vcpu && i >= cpus->n))
			break;
		text = cpus->v[per_vcpu ? i : 0];
		if (cpus_resolve(text, &topology, maps + i, 1, e) < 0)
			return -1;
	}
	return 0;
}

static void print_record(const struct guest_config *cfg, const struct diag *notes)
{
	struct xl_record_pins pins = {.map_len = 1};
	struct guest g;
	struct err e;

	if (guest_init(&g, cfg, &e) < 0) {
		printf("refused\n: %s\n", e.msg);
		return;
	}
	g.static_max_kib = guest_static_max_kib(cfg, true);
	pins.maps = must(calloc(cfg->maxvcpus + 1, 1));
	pins.soft = must(calloc(cfg->maxvcpus + 1, 1));
	if (find_pins(cfg, &cfg->cpus, cfg->cpus_per_vcpu, pins.maps, &e) < 0) {
		printf("refused\n: cpus: %s\n", e.msg);
	} else if (find_pins(cfg, &cfg->domain.cpus_soft, cfg->domain.cpus_soft_per_vcpu, pins.soft,
			     &e) < 0) {
		printf("refused\n: cpus_soft: %s\n", e.msg);
	} else {
		give_devices(&g);
		puts("taken");
		diag_print(notes, DIAG_ALL, stdout, ": ");
		puts("earlydom");
		xl_record_print(&g, &pins, stdout);
		if (describe_nodes(&g, &e) < 0) {
			fprintf(stderr, "describe: %s: %s\n", cfg->file, e.msg);
			exit(2);
		}
		take_devices(&g);
	}
	free(pins.maps);
	free(pins.soft);
}

static void describe(const char *file)
{
	struct descriptor c;
	struct guest_config cfg;
	struct diag d = {0};
	size_t len;
	char *text = must(text_file_read(file, DESCRIPTOR_MAX + 1, &len));

	printf("== %s\n", file);
	descriptor_parse(file, text, len, &c, &d);
	config_read(&c, &cfg, &d);
	if (diag_count(&d) > 0) {
		puts("refused");
		diag_print(&d, DIAG_ALL, stdout, ": ");
	} else {
		print_record(&cfg, &d);
	}
	config_free(&cfg);
	descriptor_free(&c);
	diag_free(&d);
	free(text);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		describe(argv[i]);
	return fflush(stdout) == 0 ? 0 : 2;
}
