/*
 * Linked with the tests that count lines (make coverage): puts gcc's counters (scripts/coverage.ld)
 * into memory that children share. What a child has run then counts however it ends: by _exit(2),
 * by a signal, with another program, or in a root of its own, where there is no file to write to.
 * The test itself writes them at its end.
 */
#include <sys/mman.h>
#include <unistd.h>

extern char coverage_begin[], coverage_end[];

__attribute__((constructor)) static void share_counters(void)
{
	const size_t size = (size_t)(coverage_end - coverage_begin);

	if (mmap(coverage_begin, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(1);
}
