#include "vnc_text.h"

#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";

static int no_address(struct err *e)
{
	return err_set(e, "must be an address, or an address and ':' and a display");
}

int vnc_listen_check(const char *text, struct err *e)
{
	const char *bracket = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(bracket ? bracket : text, ':');

	if (!*text)
		return err_set(e, "must not be empty: 0.0.0.0 is every address of dom0's");
	if (strchr(text, ' '))
		return err_set(e, "must not hold blanks");
	if (strchr(text, ','))
		return err_set(e, "must not hold commas");
	if (*text == '[' && (!bracket || (bracket[1] && bracket[1] != ':')))
		return no_address(e);
	if (!colon || strchr(colon + 1, ':'))
		return 0;
	if (colon == text || !colon[1] || colon[1 + strspn(colon + 1, digits)])
		return no_address(e);
	return strlen(colon + 1) > 5 || atoi(colon + 1) > VNC_DISPLAY_MAX
		       ? err_set(e, "the display is out of range")
		       : 0;
}

const char *vnc_listen_display(const char *listen)
{
	const char *colon = strchr(*listen == '[' ? strchr(listen, ']') : listen, ':');

	return colon && !strchr(colon + 1, ':') ? colon + 1 : NULL;
}

int vnc_place_check(const char *listen, unsigned display, bool unused, struct err *e)
{
	const char *in_listen = listen ? vnc_listen_display(listen) : NULL;
	const unsigned long number = in_listen ? strtoul(in_listen, NULL, 10) : display;

	if (in_listen && display)
		return err_set(e, "vncdisplay can't be given together with the display in "
				  "vnclisten");
	if (unused && number > VNC_UNUSED_MAX)
		return err_set(e, "display %lu is beyond %d, the last that is tried with vncunused",
			       number, VNC_UNUSED_MAX);
	return 0;
}

int vnc_keymap_check(const char *text, struct err *e)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (*text && !text[strspn(text, chars)])
		return 0;
	return err_set(e, "must be the name of one of QEMU's keymaps, such as de or en-us");
}
