/* The linker sends the program's calls of ioctl here (--wrap). */
#include "ioctl.h"

#include <stdarg.h>
#include <stddef.h>

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static _Thread_local fake_ioctl *other;

void fake_ioctls(fake_ioctl *answer)
{
	other = answer;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	int rc = -1;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	/* musl's ioctl takes an int as request: only the lower half counts. */
	if (other && other((unsigned)request, &rc))
		return rc;
	return __real_ioctl(fd, (unsigned)request, arg);
}
