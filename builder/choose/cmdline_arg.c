#include "cmdline.h"

#include <string.h>

/* The kernel's isspace(): ASCII's, and the no-break space of Latin-1 (lib/ctype.c). */
static bool is_blank(char c)
{
	unsigned char u = (unsigned char)c;

	return u == ' ' || (u >= '\t' && u <= '\r') || u == 0xa0;
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

bool cmdline_next_arg(const char *start, char **rest, struct cmdline_arg *out)
{
	char *p = skip_blanks(*rest), *equals = NULL, *end;
	bool quoted = *p == '"', in_quote = quoted;

	*rest = p;
	if (!*p)
		return false;
	p += quoted;
	for (end = p; *end && (in_quote || !is_blank(*end)); end++) {
		/*
		 * A '=' in the first place belongs to the name, as in the kernel, which looks for
		 * another one.
		 */
		if (*end == '=' && !equals && end != p)
			equals = end;
		if (*end == '"')
			in_quote = !in_quote;
	}
	*rest = *end ? end + 1 : end;
	*end = '\0';
	*out = (struct cmdline_arg){.param = p, .open_quote = in_quote};
	if (equals) {
		*equals = '\0';
		out->value = equals + 1;
		if (*out->value == '"') {
			out->value++;
			if (end[-1] == '"')
				end[-1] = '\0';
		}
		out->value_at = (size_t)(out->value - start);
	}
	if (quoted && end > p && end[-1] == '"')
		end[-1] = '\0';
	out->param_at = (size_t)(p - start);
	*rest = skip_blanks(*rest);
	return true;
}
