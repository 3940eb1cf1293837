#include "elf_file.h"

#include <elf.h>

#include "bytes.h"

bool elf_inside(const struct elf_file *f, uint64_t offset, uint64_t size)
{
	return offset <= f->len && size <= f->len - offset;
}

struct elf_phdr elf_get_phdr(const struct elf_file *f, unsigned i)
{
	size_t size = f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	const uint8_t *p = f->data + f->phoff + i * size;

	return (struct elf_phdr){
		.type = ELF_FIELD32(f->is64, p, Phdr, p_type),
		.flags = ELF_FIELD32(f->is64, p, Phdr, p_flags),
		.offset = ELF_FIELD64(f->is64, p, Phdr, p_offset),
		.vaddr = ELF_FIELD64(f->is64, p, Phdr, p_vaddr),
		.paddr = ELF_FIELD64(f->is64, p, Phdr, p_paddr),
		.filesz = ELF_FIELD64(f->is64, p, Phdr, p_filesz),
		.memsz = ELF_FIELD64(f->is64, p, Phdr, p_memsz),
	};
}

struct elf_shdr elf_get_shdr(const struct elf_file *f, unsigned i)
{
	const uint8_t *p = f->data + f->shoff + (size_t)i * f->shentsize;

	return (struct elf_shdr){
		.name = ELF_FIELD32(f->is64, p, Shdr, sh_name),
		.type = ELF_FIELD32(f->is64, p, Shdr, sh_type),
		.offset = ELF_FIELD64(f->is64, p, Shdr, sh_offset),
		.size = ELF_FIELD64(f->is64, p, Shdr, sh_size),
	};
}
