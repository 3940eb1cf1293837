#include "image_type.h"

#include <string.h>

static const struct image_type *const types[] = {
	&image_linux,
};

const struct image_type *image_type_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}
