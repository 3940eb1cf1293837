#include "filter_verdict.h"

#include "kit.h"

uint32_t filter_verdict_of(const struct seccomp_filter *f, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->code[pc];
		bool yes = false;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_in_range(i->k, 0, sizeof(*d) - sizeof(a));
			memcpy(&a, (const char *)d + i->k, sizeof(a));
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & i->k;
			break;
		default:
			fail_msg("instruction %#x", i->code);
		}
		pc += yes ? i->jt : i->jf;
	}
	fail_msg("it has no end");
	return 0;
}

uint32_t filter_verdict(const struct seccomp_filter *f, int nr, unsigned arg, uint64_t value)
{
	struct seccomp_data d = {.nr = nr, .arch = seccomp_arch};

	d.args[arg] = value;
	return filter_verdict_of(f, &d);
}
