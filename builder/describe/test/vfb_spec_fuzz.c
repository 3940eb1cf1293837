/* libFuzzer entry: the input is a string of vfb, and one of vkb. */
#include "builder/describe/vfb_spec.h"
#include "builder/describe/vkb_spec.h"
#include "builder/describe/vnc_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void screen(const char *text)
{
	struct err e = {.msg = ""};
	struct vfb_spec s;

	if (vfb_spec_parse(text, &s, &e) == 0) {
		assert(!*e.msg);
		assert(s.display <= VNC_DISPLAY_MAX);
		assert(!vfb_takes_unused(&s) || s.display <= VNC_UNUSED_MAX);
		/* Both become a part of an option of QEMU's, in which a comma begins another one.
		 */
		assert(!s.listen || (*s.listen && !strchr(s.listen, ',')));
		assert(!s.keymap || (*s.keymap && !strpbrk(s.keymap, ",/.")));
	} else {
		assert(*e.msg && !strchr(e.msg, '\n'));
	}
	vfb_spec_free(&s);
}

static void keyboard(const char *text)
{
	struct err e = {.msg = ""};
	struct vkb_spec s;

	if (vkb_spec_parse(text, &s, &e) == 0) {
		for (unsigned n = 0; n <= VKB_MULTI_TOUCH; n++)
			assert(s.number[n] <= 1);
		assert(strstr(text, "backend-type=qemu"));
	} else {
		assert(*e.msg);
	}
	vkb_spec_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	if (!strchr(text, '\n')) { /* no descriptor has one in a string */
		screen(text);
		keyboard(text);
	}
	free(text);
	return 0;
}
