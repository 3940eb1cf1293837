/*
 * Counts the hypercalls of a program, by number: linked into earlydom with --wrap=ioctl, or built
 * as a library that is preloaded into xl. When the process ends, it appends to /run/calls a line
 * @calls NUMBER=COUNT ..., with the ioctls of privcmd that map pages as `map`.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <linux/ioctl.h>
#include <linux/types.h>

/* Linux's include/uapi/xen/privcmd.h */
struct hypercall {
	__u64 op;
	__u64 arg[5];
};
#define PRIVCMD_HYPERCALL   _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))
#define PRIVCMD_MMAPBATCH   3 /* numbers of ioctls */
#define PRIVCMD_MMAPBATCH_2 4
#define PRIVCMD_RESOURCE    7

#define OPS 64

static atomic_uint calls[OPS], maps;

static void count(unsigned long request, const void *arg)
{
	const struct hypercall *call = arg;

	if (_IOC_TYPE(request) != 'P')
		return;
	if (request == PRIVCMD_HYPERCALL && call->op < OPS)
		calls[call->op]++;
	else if (_IOC_NR(request) == PRIVCMD_MMAPBATCH || _IOC_NR(request) == PRIVCMD_MMAPBATCH_2 ||
		 _IOC_NR(request) == PRIVCMD_RESOURCE)
		maps++;
}

__attribute__((destructor)) static void tell(void)
{
	FILE *f = fopen("/run/calls", "a");
	unsigned i;

	if (!f)
		return;
	fprintf(f, "@calls map=%u", maps);
	for (i = 0; i < OPS; i++)
		if (calls[i])
			fprintf(f, " %u=%u", i, calls[i]);
	fputc('\n', f);
	fclose(f);
}

#ifdef PRELOADED
int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	count(request, arg);
	return real(fd, request, arg);
}
#else
int __real_ioctl(int fd, int request, ...);
int __wrap_ioctl(int fd, int request, ...);

int __wrap_ioctl(int fd, int request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	count((unsigned)request, arg);
	return __real_ioctl(fd, request, arg);
}
#endif
