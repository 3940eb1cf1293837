/*
 * Fuzzes uki_read, pe_open and foreign_name, and checks what they find against the bytes.
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined. `uki_test --seeds DIR` makes a corpus
 * to start from.
 */
#include <stdlib.h>
#include <string.h>

#include "loaders/foreign.h"
#include "loaders/pe.h"
#include "loaders/uki.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_error(const struct err *e)
{
	check(e->msg[0] != '\0' && !strchr(e->msg, '\n'));
}

/* The number of sections named .linux before the first profile's. */
static unsigned check_sections(const struct pe_file *f)
{
	bool profile = false;
	unsigned n = 0;

	check(f->table <= f->len && f->nr_sections <= (f->len - f->table) / 40);
	for (unsigned i = 0; i < f->nr_sections; i++) {
		const struct pe_section s = pe_section(f, i);

		check(strlen(s.name) <= 8);
		if (pe_inside(f, &s))
			check(s.offset + s.size <= f->len);
		profile |= !strcmp(s.name, ".profile");
		n += !profile && !strcmp(s.name, ".linux");
	}
	return n;
}

static void check_pe(const uint8_t *in, size_t len)
{
	struct err e = {.msg = ""};
	struct pe_file f;

	if (!pe_match(in, len)) {
		check(!uki_match(in, len));
		return;
	}
	if (pe_open(in, len, &f, &e) < 0) {
		check_error(&e);
		check(!uki_match(in, len));
		return;
	}
	check(uki_match(in, len) == (check_sections(&f) > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct err e = {.msg = ""};
	struct uki_info u;

	check_pe(in, len);
	if (foreign_name(in, len, &e))
		check_error(&e);
	else
		check(!pe_match(in, len) && e.msg[0] == '\0');
	if (!uki_match(in, len))
		return 0;
	e.msg[0] = '\0';
	if (uki_read(in, len, &u, &e) < 0) {
		check_error(&e);
		return 0;
	}
	check(u.parts[UKI_LINUX].size > 0);
	for (int i = 0; i < NR_UKI_PARTS; i++)
		check(u.parts[i].offset <= len && u.parts[i].size <= len - u.parts[i].offset);
	return 0;
}
