#include "wire.h"

#include <stdlib.h>
#include <string.h>

int wire_begin(int fd, uint32_t *transaction, struct err *e)
{
	char nothing[] = "";
	struct wire_call call = {.type = XS_TRANSACTION_START, .body = nothing, .len = 1};
	int rc = wire_talk(fd, 0, &call, 1, e);

	if (!rc && call.error)
		rc = err_set_errno(e, call.error, "cannot begin a transaction of the store");
	if (!rc)
		*transaction = (uint32_t)strtoul(call.reply, NULL, 10);
	free(call.reply);
	return rc;
}

int wire_end(int fd, uint32_t transaction, bool abort, int *error, struct err *e)
{
	char how[] = {abort ? 'F' : 'T', '\0'};
	struct wire_call call = {.type = XS_TRANSACTION_END, .body = how, .len = sizeof(how)};
	const int rc = wire_talk(fd, transaction, &call, 1, e);

	*error = call.error;
	free(call.reply);
	return rc;
}
