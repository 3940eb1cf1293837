# What the boot scripts of an initramfs share: to hide devices, to start the guests and to wait for
# them. It is in the initramfs as /usr/lib/earlydom/boot.sh.
# shellcheck shell=sh

# The same initramfs may boot without Xen, or in a guest. The bit is XENFEAT_dom0 of Xen's
# public/features.h.
on_dom0() {
	[ -r /sys/hypervisor/type ] || return 1
	read -r hypervisor </sys/hypervisor/type
	[ "$hypervisor" = xen ] || return 1
	[ -r /sys/hypervisor/properties/features ] || return 1
	read -r features </sys/hypervisor/properties/features
	[ $((0x$features & 1 << 11)) -ne 0 ]
}

# Is the word $1 on the kernel command line? What stands in double quotes is some parameter's value,
# and what comes after a lone -- is for init.
on_cmdline() {
	read -r cmdline </proc/cmdline || return 1
	while :; do
		case $cmdline in
		*\"*\"*)
			after=${cmdline#*\"}
			cmdline=${cmdline%%\"*}_${after#*\"}
			;;
		*)
			break
			;;
		esac
	done
	case " ${cmdline%% -- *} " in
	*" $1 "*)
		return 0
		;;
	esac
	return 1
}

rescue_wanted() {
	on_cmdline earlydom.rescue || on_cmdline earlydom.rescue=on || on_cmdline earlydom.rescue=1
}

# hide_devices: PCI devices of guests, and those that earlydom.pci.hide= names, are kept from dom0's drivers, of
# which none may be loaded yet. What can't be hidden is said, and does not stop the boot. Whether there is anything to
# hide the program finds out sooner than the shell, which reads a file byte by byte.
hide_devices() {
	on_dom0 || return 0
	/sbin/earlydom hide </dev/null || :
}

# boot_guests: returns when every guest has been tried, or when the time for that is over
# (earlydom.wait=, two minutes). What the others need of the initramfs is kept for them by then. Failed
# guests do not stop the boot; the status is left in /run/earlydom.status.
boot_guests() {
	modprobe -a xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs
	[ -e /proc/xen/capabilities ] || mount -t xenfs xenfs /proc/xen
	/sbin/earlydom boot </dev/null
	echo $? >/run/initramfs/earlydom.status
	mv /run/initramfs/earlydom.status /run/earlydom.status
}

# start_guests: does not wait. Disks and network interfaces of dom0 come up meanwhile, and the root file
# system is looked for; await_guests waits before the initramfs goes away. So a guest can start whose
# disk is made by scripts that run later (crypt, RAID, LVM).
start_guests() {
	on_dom0 || return 0
	mkdir -p /run/initramfs
	boot_guests &
	echo $! >/run/initramfs/earlydom.pid
}

# await_guests: true where all is well, or nothing was started. Otherwise it is said what it ended with.
await_guests() {
	[ -e /run/initramfs/earlydom.pid ] || return 0
	read -r pid </run/initramfs/earlydom.pid
	while [ ! -e /run/earlydom.status ] && kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
	guests_are_well
}

guests_are_well() {
	status=lost
	[ ! -e /run/earlydom.status ] || read -r status </run/earlydom.status
	[ "$status" != 0 ] || return 0
	echo "earlydom boot ended with status $status"
	return 1
}
