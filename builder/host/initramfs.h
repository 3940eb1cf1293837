/*
 * The initramfs that dom0 is in, as far as processes have to know it that outlive it.
 */
#ifndef EARLYDOM_INITRAMFS_H
#define EARLYDOM_INITRAMFS_H

#include <stdbool.h>

/*
 * Whether process 1 is systemd and still in the initramfs. When it leaves that, it sends SIGTERM to
 * every process that it finds, but root's with an argv[0] that begins with '@'
 * (src/shared/killall.c), and with systemd 255 and later those of a unit with
 * SurviveFinalKillSignal=. One of another user has to do without that signal.
 *
 * It is what systemd itself goes by: /run/systemd/system (sd_booted(3)), and /etc/initrd-release in
 * its root. Safe between fork and exec.
 */
bool initramfs_has_systemd(void);

#endif
