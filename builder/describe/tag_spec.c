#include "tag_spec.h"

#include <stddef.h>
#include <string.h>

static const char *const words[NR_TAGS] = {
	[TAG_UUID] = "UUID=",
	[TAG_LABEL] = "LABEL=",
	[TAG_PARTUUID] = "PARTUUID=",
	[TAG_PARTLABEL] = "PARTLABEL=",
};

bool tag_parse(const char *text, enum tag_kind *kind, const char **value)
{
	for (int i = 0; i < NR_TAGS; i++) {
		const size_t n = strlen(words[i]);

		if (strncmp(text, words[i], n))
			continue;
		*kind = (enum tag_kind)i;
		*value = text + n;
		return true;
	}
	return false;
}

const char *tag_value(const char *text)
{
	enum tag_kind kind;
	const char *value;

	return tag_parse(text, &kind, &value) ? value : NULL;
}
