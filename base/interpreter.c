#include "interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Of program headers, each at most so large as one of ELF-64. */
#define HEADERS_MAX 64

static bool names_interpreter(int fd)
{
	Elf64_Ehdr head;
	Elf64_Phdr ph;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(ph))
		return false;
	for (uint64_t i = 0; i < head.e_phnum && i < HEADERS_MAX; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(head.e_phoff + i * sizeof(ph))) !=
		    sizeof(ph))
			return false;
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

bool has_interpreter(const char *program)
{
	const int fd = open(program, O_RDONLY | O_CLOEXEC);
	bool yes;

	if (fd < 0)
		return false;
	yes = names_interpreter(fd);
	close(fd);
	return yes;
}
