#include "config_digest_value.h"

#include "builder/guest/file_digest.h"
#include "config_value.h"

/*
 * The place of the character of a value's text. An escape in front of it, which a digest has no use
 * for, and a part that '+=' added are not counted; the value's own place will do for the latter.
 */
static struct loc character_loc(const struct value *v, size_t at)
{
	struct loc loc = v->loc;

	if (!v->added)
		loc.column += (unsigned)at + (v->kind == VALUE_STRING ? 1 : 0);
	return loc;
}

int read_sha256(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct file_digest digest = {0};
	char shown[SHOW_MAX];
	struct loc loc = v->loc;
	size_t good;

	if (v->kind == VALUE_LIST) {
		diag_add(d, v->loc, "%s = %s: must be a string, not a list", k->name,
			 value_show(v, shown));
		return -1;
	}
	good = file_digest_read(v->s, &digest);
	if (digest.given) {
		if (out)
			*(struct file_digest *)out = digest;
		return 0;
	}
	value_show(v, shown);
	if (v->s[good]) {
		loc = character_loc(v, good);
		diag_add(d, loc,
			 "%s = %s: must be %d hexadecimal digits, and here is something else",
			 k->name, shown, FILE_DIGEST_DIGITS);
	} else {
		diag_add(d, loc, "%s = %s: must be %d hexadecimal digits, and has %zu", k->name,
			 shown, FILE_DIGEST_DIGITS, good);
	}
	return -1;
}
