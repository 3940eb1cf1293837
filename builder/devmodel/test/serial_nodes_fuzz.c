/* libFuzzer entry: the input is what QEMU has said at its start. */
#include "builder/devmodel/serial_nodes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guest_config cfg = {.type = GUEST_HVM, .serial = {.n = 2}};
	const struct guest g = {.cfg = &cfg, .domid = 7};
	struct nodes n = {.domid = 7};
	char *said = malloc(size ? size : 1);

	if (!said)
		abort();
	memcpy(said, data, size);
	serial_nodes(&g, said, size, &n);
	for (size_t i = 0; i < n.n; i++) {
		assert(!strcmp(n.v[i].path, "/local/domain/7/serial/0/tty") ||
		       !strcmp(n.v[i].path, "/local/domain/7/serial/1/tty"));
		assert(!strncmp(n.v[i].value, "/dev/pts/", 9));
		assert(n.v[i].value[9 + strspn(n.v[i].value + 9, "0123456789")] == '\0');
	}
	nodes_free(&n);
	free(said);
	return 0;
}
