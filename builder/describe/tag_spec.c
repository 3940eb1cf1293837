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

const char *tag_file(const char *text)
{
	const char *value = tag_value(text);
	const char *colon = value ? strstr(value, ":/") : NULL;

	return colon ? colon + 1 : NULL;
}

bool tag_file_is_good(const char *path)
{
	size_t n;

	for (const char *p = path; *p; p += n) {
		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (!n || (n == 2 && !strncmp(p, "..", 2)))
			return false;
	}
	return *path;
}
