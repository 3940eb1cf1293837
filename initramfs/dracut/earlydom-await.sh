#!/bin/sh
# Waits until earlydom-start.sh has tried every guest, or until the time for that is over. dracut's init
# reads this when the root is mounted.

# Nothing of it is left in the shell that reads this, which has emergency_shell of dracut's.
(
	# shellcheck source=initramfs/boot.sh
	. /usr/lib/earlydom/boot.sh
	await_guests || ! rescue_wanted ||
		emergency_shell -n earlydom "A shell (earlydom.rescue); the boot goes on when it is left."
)
