#!/bin/sh
# Hides PCI devices, in an initramfs of dracut without systemd: dracut's init reads this before all other
# hooks, some of which load modules that the command line names.

# Nothing of it is left in the shell that reads this.
(
	# shellcheck source=initramfs/boot.sh
	. /usr/lib/earlydom/boot.sh
	hide_devices
)
