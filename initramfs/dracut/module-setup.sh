#!/bin/bash
# shellcheck disable=SC2154 # what dracut has set
# A module of dracut.modules(7): guests of /etc/earlydom that are started in the initramfs, as the hook
# of initramfs-tools does it. What they need is put there by `contents`.
#
# In an initramfs with systemd a unit starts them, and the change of the root waits for it; another one,
# before udev, hides PCI devices. Otherwise hooks do: one hides devices before all other hooks, one starts
# the guests before udev is started, and one waits when the root is mounted and udev still runs, which is
# the order in an initramfs of initramfs-tools.

# earlydom_contents WORD...: what is wrong is said as dracut says it.
earlydom_contents() {
	{
		DRACUT_INSTALL=${DRACUT_INSTALL:-dracut-install} image=$initdir version=$kernel \
			no_kernel=${no_kernel:-} sh "$moddir/contents" "$@" 2>&1 >&3 3>&- |
			while IFS= read -r line; do
				case $line in
				"E: "*) derror "${line#E: }" ;;
				*) dwarn "${line#W: }" ;;
				esac
			done
		return "${PIPESTATUS[0]}"
	} 3>&1
}

# With ERRORS=fail in /etc/earlydom/initramfs.conf
earlydom_fails() {
	dfatal "earlydom: not all guests can start from this initramfs: it is not made"
	exit 1
}

# called by dracut: wherever there are guests
check() {
	[[ ${mount_needs:-} ]] && return 1
	compgen -G '/etc/earlydom/*.cfg' >/dev/null && return 0
	dinfo "earlydom: no guests in /etc/earlydom: none are put into the initramfs"
	# One that dracut was told to add and is not there would end it.
	return 255
}

# called by dracut
depends() {
	echo base
}

# called by dracut
installkernel() {
	earlydom_contents modules || earlydom_fails
	[[ ${hostonly:-} ]] || return 0
	# The drivers of guests' disks that are there, which dom0 may not need for its root.
	local disk drivers
	while read -r disk; do
		drivers=$(get_dev_module "/sys/dev/block/$(get_maj_min "$disk")")
		# shellcheck disable=SC2086 # a list of modules
		[[ -z $drivers ]] || hostonly='' instmods $drivers
	done < <(earlydom_contents block-devices)
}

# called by dracut
install() {
	earlydom_contents files || earlydom_fails
	[[ -e $initdir/sbin/earlydom ]] || return 0
	inst_multiple sh mkdir modprobe mount mv sleep
	if dracut_module_included systemd; then
		inst_simple "$moddir/earlydom-initramfs" /usr/lib/earlydom/earlydom-initramfs
		local unit
		for unit in earlydom-hide.service earlydom-initramfs.service; do
			inst_simple "$moddir/$unit" "$systemdsystemunitdir/$unit"
			${SYSTEMCTL:-systemctl} -q --root "$initdir" add-wants initrd.target "$unit"
		done
		return
	fi
	inst_hook cmdline 00 "$moddir/earlydom-hide.sh"
	inst_hook pre-udev 01 "$moddir/earlydom-start.sh"
	inst_hook pre-pivot 01 "$moddir/earlydom-await.sh"
}
