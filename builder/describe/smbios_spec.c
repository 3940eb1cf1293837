#include "smbios_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "spec.h"

#define OEM "oem"

static const char *const keys[] = {
	"bios_vendor",
	"bios_version",
	"system_manufacturer",
	"system_product_name",
	"system_version",
	"system_serial_number",
	"baseboard_manufacturer",
	"baseboard_product_name",
	"baseboard_version",
	"baseboard_serial_number",
	"baseboard_asset_tag",
	"baseboard_location_in_chassis",
	"enclosure_manufacturer",
	"enclosure_serial_number",
	"enclosure_asset_tag",
	"battery_manufacturer",
	"battery_device_name",
	OEM,
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static size_t key_len(const char *text)
{
	return strcspn(text, "=");
}

int smbios_check(const char *text, struct err *e)
{
	const size_t len = key_len(text);
	struct spec_param p = {.text = text, .len = len};

	if (!text[len])
		return err_set(e, "must be KEY=VALUE");
	for (size_t i = 0; i < NR_KEYS; i++) {
		if (!spec_is_word(text, len, keys[i]))
			continue;
		return text[len + 1] ? 0 : err_set(e, "%s has no value", keys[i]);
	}
	return spec_unknown(&p, keys, NR_KEYS, e);
}

bool smbios_is_oem(const char *text)
{
	return spec_is_word(text, key_len(text), OEM);
}

bool smbios_same(const char *one, const char *other)
{
	return key_len(one) == key_len(other) && !strncasecmp(one, other, key_len(one));
}

const char *smbios_node(const char *text, unsigned *oem, char node[SMBIOS_NODE_MAX])
{
	const size_t len = key_len(text);

	if (smbios_is_oem(text))
		snprintf(node, SMBIOS_NODE_MAX, "bios-strings/oem-%u", ++*oem);
	else
		snprintf(node, SMBIOS_NODE_MAX, "bios-strings/%.*s", (int)len, text);
	for (char *p = node; *p; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	return text + len + 1;
}
