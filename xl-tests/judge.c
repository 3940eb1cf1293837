/*
 * Preloaded into xl by scripts/xl-judge: a hypervisor and a store that are not there, for as long
 * as xl needs them to make a domain of a descriptor.
 *
 * xl parses the descriptor (tools/xl/xl_parse.c) and gives the result to libxl, which fills in its
 * defaults, refuses what it cannot do, and has the domain created (tools/libs/light/libxl_create.c,
 * initiate_domain_create). What both made of it is printed as libxl's JSON on file descriptor 3,
 * with a line before each that says whose it is; the process ends where libxl begins to build the
 * domain, with one of the exit statuses below. xl's own for a descriptor that it refuses are small.
 *
 * The machine: 8 cpus on two nodes, all that libxl may ask of the hardware. Disks are there and are
 * what their names say: below /dev block devices, else files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

#define JSON_FD 3

#define NR_CPUS  8
#define NR_NODES 2
#define DOMID    1
#define PAGES    (UINT64_C(64) << 18) /* 64 GiB */

enum { LIBXL_TAKES = 0, LIBXL_REFUSES = 100 };

/* libxl's objects, of which nothing is known here. */
typedef void libxl_ctx, libxl_domain_config, libxl_how;
char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *config);
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
			    const libxl_how *ao_how, const libxl_how *console_how);
int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data, int *len);

static libxl_ctx *the_ctx;
static libxl_domain_config *the_config;
static bool domain_made;
static uint32_t domain_flags; /* XEN_DOMINF_* */

/* Something to point to for those who only compare with NULL. */
static char handle;

static void print_config(const char *whose)
{
	char *json = libxl_domain_config_to_json(the_ctx, the_config);

	if (!json)
		_exit(LIBXL_REFUSES);
	dprintf(JSON_FD, "%s\n%s\n", whose, json);
	free(json);
}

__attribute__((noreturn)) static void taken(void)
{
	print_config("libxl");
	fflush(NULL);
	_exit(LIBXL_TAKES);
}

/* ---- between xl and libxl ---- */

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
			    const libxl_how *ao_how, const libxl_how *console_how)
{
	__typeof__(libxl_domain_create_new) *next = dlsym(RTLD_NEXT, __func__);

	the_ctx = ctx;
	the_config = config;
	print_config("xl");
	next(ctx, config, domid, ao_how, console_how);
	fflush(NULL);
	_exit(LIBXL_REFUSES); /* it comes back only when it has failed */
}

/* What the machine's own xl.conf says must not change the verdict. */
int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data, int *len)
{
	__typeof__(libxl_read_file_contents) *next = dlsym(RTLD_NEXT, __func__);

	if (strcmp(filename, "/etc/xen/xl.conf"))
		return next(ctx, filename, data, len);
	*data = NULL;
	*len = 0;
	return 0;
}

/* ---- the C library, for what libxl calls ---- */

/* libxl looks at disks; at a log when it is about to run a boot loader, which is as good as to
 * build. */
int stat(const char *restrict path, struct stat *restrict st)
{
	if (domain_made && !strncmp(path, "/var/log/xen", 12))
		taken();
	memset(st, 0, sizeof(*st));
	st->st_mode = strncmp(path, "/dev/", 5) ? S_IFREG | 0644 : S_IFBLK | 0644;
	return 0;
}

pid_t fork(void)
{
	errno = ENOSYS;
	return -1;
}

/* ---- the hypervisor ---- */

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned int open_flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)open_flags;
	return (xc_interface *)&handle;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

/* autoballoon is off where dom0's memory is fixed, and nobody's memory is to be changed here. */
int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_pagesize:
		return XC_PAGE_SIZE;
	case XENVER_extraversion:
		memset(arg, 0, sizeof(xen_extraversion_t));
		return 0;
	case XENVER_compile_info:
		memset(arg, 0, sizeof(xen_compile_info_t));
		return 0;
	case XENVER_capabilities:
		memset(arg, 0, sizeof(xen_capabilities_info_t));
		return 0;
	case XENVER_changeset:
		memset(arg, 0, sizeof(xen_changeset_info_t));
		return 0;
	case XENVER_platform_parameters:
		memset(arg, 0, sizeof(xen_platform_parameters_t));
		return 0;
	case XENVER_commandline:
		strcpy(arg, "dom0_mem=512M,max:512M");
		return 0;
	}
	errno = ENOSYS;
	return -1;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	*info = (xc_physinfo_t){
		.threads_per_core = 1,
		.cores_per_socket = NR_CPUS,
		.nr_cpus = NR_CPUS,
		.max_cpu_id = NR_CPUS - 1,
		.nr_nodes = NR_NODES,
		.cpu_khz = 1000000,
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_pv |
				XEN_SYSCTL_PHYSCAP_directio | XEN_SYSCTL_PHYSCAP_hap |
				XEN_SYSCTL_PHYSCAP_shadow | XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share |
				XEN_SYSCTL_PHYSCAP_vmtrace | XEN_SYSCTL_PHYSCAP_vpmu |
				XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2,
		.total_pages = PAGES,
		.free_pages = PAGES,
		.max_mfn = PAGES,
	};
	return 0;
}

long xc_sharing_freed_pages(xc_interface *xch)
{
	(void)xch;
	return 0;
}

long xc_sharing_used_frames(xc_interface *xch)
{
	(void)xch;
	return 0;
}

int xc_get_max_cpus(xc_interface *xch)
{
	(void)xch;
	return NR_CPUS;
}

int xc_get_online_cpus(xc_interface *xch)
{
	(void)xch;
	return NR_CPUS;
}

int xc_get_max_nodes(xc_interface *xch)
{
	(void)xch;
	return NR_NODES;
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
	(void)xch;
	for (unsigned i = 0; cputopo && i < NR_CPUS; i++)
		cputopo[i] = (xc_cputopo_t){.core = i, .node = i / (NR_CPUS / NR_NODES)};
	*max_cpus = NR_CPUS;
	return 0;
}

int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance)
{
	const uint64_t bytes = (PAGES / NR_NODES) << XC_PAGE_SHIFT;

	(void)xch;
	for (unsigned i = 0; meminfo && i < NR_NODES; i++)
		meminfo[i] = (xc_meminfo_t){.memsize = bytes, .memfree = bytes};
	for (unsigned i = 0; distance && i < NR_NODES * NR_NODES; i++)
		distance[i] = i % (NR_NODES + 1) ? 20 : 10; /* the diagonal is a node itself */
	*max_nodes = NR_NODES;
	return 0;
}

/* A flask policy is not loaded. */
int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size, uint32_t *sid)
{
	(void)xch;
	(void)buf;
	(void)size;
	(void)sid;
	errno = ENOSYS;
	return -1;
}

int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buf, uint32_t size)
{
	(void)xch;
	(void)sid;
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return -1;
}

/* The one pool. */
xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
	xc_cpupoolinfo_t *info;

	(void)xch;
	if (poolid) {
		errno = ENOENT;
		return NULL;
	}
	info = calloc(1, sizeof(*info));
	if (info)
		info->cpumap = calloc(1, (NR_CPUS + 7) / 8);
	return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	(void)xch;
	free(info->cpumap);
	free(info);
}

int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid)
{
	(void)xch;
	(void)poolid;
	(void)domid;
	return 0;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
		      xc_dominfo_t *info)
{
	(void)xch;
	(void)first_domid;
	(void)max_doms;
	(void)info;
	return 0;
}

/* dom0, and the guest once there is one. */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
			  xc_domaininfo_t *info)
{
	const uint32_t last = domain_made ? DOMID : 0;
	int n = 0;

	(void)xch;
	for (uint32_t domid = first_domain; domid <= last && (unsigned)n < max_domains; domid++)
		info[n++] = (xc_domaininfo_t){.domain = (domid_t)domid,
					      .flags = domid ? domain_flags : 0};
	return n;
}

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
	(void)xch;
	*pdomid = DOMID;
	domain_made = true;
	if (config->flags & XEN_DOMCTL_CDF_hvm)
		domain_flags = XEN_DOMINF_hvm_guest;
	return 0;
}

/* The beginning of libxl__build_pre: nothing of the descriptor is refused any more. */
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
	(void)xch;
	(void)domid;
	(void)max;
	taken();
}

/* The first that libxl does to a domain whose creation failed. */
int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	(void)domid;
	fflush(NULL);
	_exit(LIBXL_REFUSES);
}

/* ---- the store: what was written can be read, and nothing else happens ---- */

static struct node {
	char *path, *value;
	struct node *next;
} *nodes = &(struct node){(char[]){"/local/pool/0/name"}, (char[]){"Pool-0"}, NULL};

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *xsh)
{
	(void)xsh;
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return STDIN_FILENO;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

char **xs_check_watch(struct xs_handle *h)
{
	(void)h;
	errno = EAGAIN;
	return NULL;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	(void)h;
	(void)t;
	(void)path;
	*num = 0;
	errno = ENOENT;
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	(void)h;
	(void)t;
	for (const struct node *node = nodes; node; node = node->next) {
		if (strcmp(node->path, path))
			continue;
		if (len)
			*len = (unsigned)strlen(node->value);
		return strdup(node->value);
	}
	errno = ENOENT;
	return NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	struct node *node = malloc(sizeof(*node));

	(void)h;
	(void)t;
	if (!node)
		return false;
	*node = (struct node){strdup(path), strndup(data, len), nodes};
	nodes = node;
	return node->path && node->value;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	(void)path;
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	(void)path;
	return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	(void)h;
	(void)t;
	(void)path;
	(void)perms;
	(void)num_perms;
	return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	(void)h;
	(void)t;
	(void)abort;
	return true;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	char *path = NULL;

	(void)h;
	if (asprintf(&path, "/local/domain/%u", domid) < 0)
		return NULL;
	return path;
}
