/*
 * libFuzzer entry: any bytes as the beginning of a device.
 */
#include "builder/device/superblock.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct superblock sb;

	if (superblock_read(data, size, &sb)) {
		assert(sb.type);
		assert(strlen(sb.uuid) < sizeof(sb.uuid) && strlen(sb.label) < sizeof(sb.label));
	} else {
		assert(!sb.uuid[0] && !sb.label[0]);
	}
	return 0;
}
