#include "image_type.h"

#include <string.h>

static const struct image_type *const types[] = {
	&image_linux,
	&image_plan9,
	&image_vmx,
};

const struct image_type *image_type_at(size_t i)
{
	return i < sizeof(types) / sizeof(types[0]) ? types[i] : NULL;
}

const struct image_type *image_type_find(const char *name)
{
	const struct image_type *t;

	for (size_t i = 0; (t = image_type_at(i)); i++)
		if (!strcmp(t->name, name))
			break;
	return t;
}
