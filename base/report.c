#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_line(struct report *r, const char *fmt, ...)
{
	static const char prefix[] = "earlydom: ";
	char line[1024];
	va_list ap;
	size_t len;

	memcpy(line, prefix, sizeof(prefix));
	va_start(ap, fmt);
	vsnprintf(line + sizeof(prefix) - 1, sizeof(line) - sizeof(prefix), fmt, ap);
	va_end(ap);
	len = strlen(line);
	line[len++] = '\n';
	bounded_log_write(&r->log, line, len);
	console_out_line(&r->out, line, len);
}
