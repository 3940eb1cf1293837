#!/bin/sh
# Starts the guests, in an initramfs of dracut without systemd: dracut's init reads this before it
# starts udev, when /dev, /dev/pts, /proc, /sys and /run are mounted.

# Nothing of it is left in the shell that reads this.
(
	# shellcheck source=initramfs/boot.sh
	. /usr/lib/earlydom/boot.sh
	start_guests
)
