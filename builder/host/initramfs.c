#include "initramfs.h"

#include <fcntl.h>
#include <unistd.h>

#include "own_root.h"

#ifndef SYSTEMD_DIR
#define SYSTEMD_DIR "/run/systemd/system"
#endif
#ifndef INITRD_RELEASE
#define INITRD_RELEASE REAL_ROOT "/etc/initrd-release"
#endif

/* The second is a link in some, whose target is another one in this process's root. */
bool initramfs_has_systemd(void)
{
	return access(SYSTEMD_DIR, F_OK) == 0 &&
	       faccessat(AT_FDCWD, INITRD_RELEASE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
