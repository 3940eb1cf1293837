/* The checks of single strings that the table of keys refers to. */
#include "config_value.h"

#include <stdlib.h>
#include <string.h>

/* What a guest can't be called: dom0's kernel command line and the commands use these words. */
static const char *const reserved[] = {
	"all",    "none",    "profile", "store", "rescue",         "echo",
	"bridge", "console", "report",  "wait",  "require_sha256",
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strcmp(name, reserved[i]))
			return true;
	return false;
}

/*
 * xl takes anything for a name. Here it is also a part of file names (so no '/', and no '.' in
 * front), a word of requests, of the kernel command line and of shells (no blanks, no quotes, no
 * ',' and '='; letters are ASCII's, because Linux takes a byte 0xa0 of its command line for a
 * blank), and an argument of commands (no '-' in front).
 */
bool config_is_name(const char *text, size_t len)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+";

	return len && len <= CONFIG_NAME_MAX && !strchr(".-+", *text) && strspn(text, chars) >= len;
}

bool config_name_ok(const char *name)
{
	return config_is_name(name, strlen(name)) && !is_reserved(name);
}

static int must_be_name(const char *text, struct err *e)
{
	if (config_is_name(text, strlen(text)))
		return 0;
	return err_set(
		e,
		"must be 1 to %d letters, digits, '_', '.', '-' and '+', the first of them a "
		"letter, a digit or '_'",
		CONFIG_NAME_MAX);
}

int check_name(const char *text, struct err *e)
{
	if (is_reserved(text))
		return err_set(e, "this word is reserved");
	return must_be_name(text, e);
}

int check_profile(const char *text, struct err *e)
{
	return must_be_name(text, e);
}

int check_filled(const char *text, struct err *e)
{
	return *text ? 0 : err_set(e, "must not be empty");
}

int check_one_word(const char *text, struct err *e)
{
	if (!*text)
		return err_set(e, "must not be empty");
	return strpbrk(text, " \t") ? err_set(e, "must not hold blanks") : 0;
}

/* xl.cfg(5) has c, d and n. a is a floppy drive, which no guest has, but xl's default names it. */
int check_boot(const char *text, struct err *e)
{
	for (const char *p = text; *p; p++)
		if (!strchr("acdn", *p) || strchr(p + 1, *p))
			break;
		else if (!p[1])
			return 0;
	return err_set(e, "must be letters of a, c, d and n, each once");
}

/*
 * The characters that xenstored has in paths (tools/xenstore/xenstored_core.c, valid_chars), except
 * '@', which begins no node of a guest. As '.' is not among them, no path can lead up.
 */
int check_ready(const char *text, struct err *e)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/";
	size_t len = strlen(text);

	if (!len)
		return err_set(e, "must not be empty");
	if (*text == '/')
		return err_set(e, "must be a path below the guest's own, without '/' in front");
	if (strspn(text, chars) != len)
		return err_set(e, "must be letters, digits, '-', '_' and '/'");
	if (text[len - 1] == '/' || strstr(text, "//"))
		return err_set(e, "a name is missing between or behind '/'");
	return len > CONFIG_READY_MAX
		       ? err_set(e, "must be at most %d characters", CONFIG_READY_MAX)
		       : 0;
}
