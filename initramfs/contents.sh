# What an initramfs has for the guests of /etc/earlydom, before there is a root file system:
#
#	the program, and the daemons of store and consoles, its own or Debian's, where Debian has them
#	the descriptors, and the kernels and ramdisks that they name, each at its path; the time zone
#	for guests with local time
#	the device models of vmx guests, with their libraries and firmware; QEMU, too, where it serves
#	disks and screens of others, and the keymaps that they name
#	the modules that make a dom0, and those that only some guests need, with lists of these
#
# Without a descriptor nothing is put there.
#
# An initramfs that can't be made is worse than a guest that does not start: the upgrade of a package
# stops half-way then, and a new kernel can't boot. So what is wrong with a guest is said here, is
# said again at boot, and ends the making only where the setting ERRORS=fail asks for it.
#
# The hooks of the programs that make an initramfs source this, with `set -eu`, and call contents_begin,
# contents_put_files, contents_put_modules and contents_end. They have set
#
#	prefix     where `make install` has put the program
#	image      the directory that becomes the initramfs
#	version    of the kernel
#
# and have these functions, which return 0 where it is done:
#
#	put_file FILE [TARGET]  a copy of FILE at TARGET, or at its own path. A link stays one, and the
#	                        file that it leads to is there, too
#	put_program FILE        the same with the libraries that it is linked with
#	put_modules MODULE...   kernel modules, with those that they need; none for what is built in
#	module_path FILE        prints where the initramfs has this file of a module
# shellcheck shell=sh
: "${prefix:?}" "${image:?}" "${version:?}"

program=$prefix/sbin/earlydom
daemons=$prefix/lib/earlydom
config=/etc/earlydom

# MiB that a file may have that is a guest's read-only disk: it takes as much memory of dom0.
disk_max=256

# What Debian's QEMU reads for a vmx guest: option ROMs, for a kernel that it starts, of its video
# cards and its network cards; the keymap that it wants even without a screen. And where it looks for
# them: the ROMs of network cards have moved with Debian 13.
qemu_files='efi-e1000.rom efi-rtl8139.rom kvmvapic.bin linuxboot.bin linuxboot_dma.bin keymaps/en-us
	vgabios-cirrus.bin vgabios-stdvga.bin'
qemu_dirs='/usr/share/qemu /usr/share/seabios /usr/lib/ipxe/qemu'

# Those that make a dom0; file systems that dom0 may have images on.
dom0_modules='xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs'
file_system_modules='ext4 xfs btrfs f2fs vfat'

errors=0
error() {
	printf 'E: earlydom: %s\n' "$*" >&2
	errors=$((errors + 1))
}

warn() {
	printf 'W: earlydom: %s\n' "$*" >&2
}

# setting NAME VALUE ALLOWED...: is it a value that the setting may have?
setting() {
	setting_name=$1 setting_value=$2
	shift 2
	for allowed; do
		[ "$setting_value" != "$allowed" ] || return 0
	done
	error "$config/initramfs.conf: $setting_name is '$setting_value', which is none of: $*"
	return 1
}

# read_settings: those of initramfs.conf. What is not there, or wrong, has its default.
read_settings() {
	STORE=yes UNPACK=yes DIGESTS=no ERRORS=report
	if [ -f "$config/initramfs.conf" ]; then
		# shellcheck source=/dev/null
		. "$config/initramfs.conf"
	fi
	setting STORE "$STORE" yes no || STORE=yes
	setting UNPACK "$UNPACK" yes no || UNPACK=yes
	# Whoever has written something there wants them.
	setting DIGESTS "$DIGESTS" yes no || DIGESTS=yes
	setting ERRORS "$ERRORS" report fail || ERRORS=report
}

# add WHAT FILE [TARGET]
add() {
	add_what=$1
	shift
	put_file "$@" || error "$add_what $1 cannot be copied into the initramfs"
}

# add_data WHAT FILE: one that nobody runs. Whoever strips the programs of an initramfs would change
# its bytes.
add_data() {
	add "$1" "$2"
	data=$(copy_of "$2")
	[ -z "$data" ] || chmod a-x -- "$data"
}

# release_of PROGRAM: 4.17, of "earlydom 0.2.0 (libraries of Xen 4.17)"
release_of() {
	release=$("$1" --version)
	release=${release##* }
	printf '%s\n' "${release%)}"
}

# add_daemon DIRECTORY NAME RELEASE: one that was built with the program, which is static; or Debian's own,
# with its libraries. Debian's init script knows running daemons by their path with the release.
add_daemon() {
	target=/usr/lib/xen-$3/bin/$2
	if [ -e "$1/$2" ]; then
		add daemon "$1/$2" "$target"
	elif [ -e "$target" ]; then
		put_program "$target" || error "daemon $target cannot be copied into the initramfs"
	else
		error "there is no $target (package xen-utils-$3): guests with devices will not start"
	fi
}

# add_daemons DIRECTORY RELEASE
add_daemons() {
	[ "$STORE" = yes ] || return 0
	add_daemon "$1" xenstored "$2"
	add_daemon "$1" xenconsoled "$2"
}

add_programs() {
	add program "$program" /sbin/earlydom
	add script "$daemons/boot.sh" /usr/lib/earlydom/boot.sh
	add_daemons "$daemons" "$(release_of "$program")"
	[ "$STORE" = yes ] || return 0
	# Clients look for the store's socket below /var/run.
	mkdir -p "$image/var"
	[ -e "$image/var/run" ] || [ -L "$image/var/run" ] || ln -s /run "$image/var/run"
}

# booted_releases: of the hypervisors that are in /boot, by their names: xen-4.17-amd64.gz, xen-4.20.4.gz
booted_releases() {
	for file in /boot/xen-[0-9]*; do
		case $file in
		*.gz | *.efi) printf '%s\n' "${file##*/xen-}" ;;
		esac
	done | sed -n 's/^\([0-9]\{1,\}[.][0-9]\{1,\}\)[-.].*/\1/p' | sort -u
}

# other_releases: those of them that the program is not for
other_releases() {
	booted_releases | grep -Fvx "$(release_of "$program")" || :
}

# other_programs: the programs for these that there are
other_programs() {
	for release in $(other_releases); do
		other=$daemons/xen-$release/earlydom
		[ ! -x "$other" ] || printf '%s\n' "$other"
	done
}

# add_releases: a host with several hypervisors in its boot menu has a program for each (make install-release),
# and /sbin/earlydom goes on as the one for that which runs.
add_releases() {
	for release in $(other_releases); do
		other=$daemons/xen-$release
		if [ ! -x "$other/earlydom" ]; then
			warn "/boot has Xen $release, and there is no $other/earlydom: with that one no guest starts"
			continue
		fi
		add program "$other/earlydom" "/usr/lib/earlydom/xen-$release/earlydom"
		add_daemons "$other" "$release"
	done
}

# check_descriptors FILE...: all that is wrong with descriptors and with the kernels and ramdisks that they name.
# These messages have the program's name already.
check_descriptors() {
	for checks in "$program" $(other_programs); do
		said=$("$checks" check "$@" 2>&1 >/dev/null) && continue
		printf '%s\n' "$said" | sed 's/^/E: /' >&2
		errors=$((errors + 1))
		return
	done
}

# copy_of FILE: its name in the image, nothing where it is not there, or is a link that leads out of it.
copy_of() {
	file=$(realpath -m -- "$image/$1")
	case $file in
	"$(realpath -- "$image")"/*) [ ! -f "$file" ] || printf '%s\n' "$file" ;;
	esac
}

# unpack_kernel PATH: now, so that no boot spends its time on it.
unpack_kernel() {
	kernel=$(copy_of "$1")
	[ -n "$kernel" ] || return 0
	if said=$("$program" inspect --unpack "$kernel.unpacked" "$kernel" 2>&1 >/dev/null); then
		[ -z "$said" ] || printf '%s\n' "$said" | sed "s|$image/*|/|; s/^/W: /" >&2
		mv -- "$kernel.unpacked" "$kernel"
	else
		# The check has said so.
		rm -f -- "$kernel.unpacked"
	fi
}

# add_disk KIND PATH: devices appear at boot, and with them files that are named by a tag. Another
# file of the root file system is not there when the guests start, and a copy in the image would forget
# what is written to it.
add_disk() {
	mib=$(($(stat -L -c %s -- "$2") >> 20))
	if [ "$1" = disk ]; then
		error "disk $2 is a file, which the initramfs cannot reach: use a block device, or the file system's LABEL=...:/FILE"
	elif [ "$mib" -gt "$disk_max" ]; then
		error "disk $2 has $mib MiB, more than $disk_max are not put into the initramfs"
	else
		add_data disk "$2"
	fi
}

# add_model PROGRAM: a device model with its libraries; for QEMU also what it reads for any guest. Of
# the ROMs of emulated network cards it takes those that Xen's guests usually have, rtl8139 and e1000.
add_model() {
	put_program "$1" || error "device model $1 cannot be copied into the initramfs"
	case ${1##*/} in
	*qemu*) ;;
	*) return ;;
	esac
	for name in $qemu_files; do
		add_qemu_file "$name"
	done
}

# add_qemu_file NAME
add_qemu_file() {
	for dir in $qemu_dirs; do
		[ -e "$dir/$1" ] || continue
		add_data "QEMU's file" "$dir/$1"
		return
	done
	error "QEMU's file $1 is in none of $qemu_dirs"
}

# named_files DESCRIPTOR...: what they name, as lines KIND PATH
named_files() {
	# Firmware is another one for each release of Xen.
	{ printf '%s\n' "$program"; other_programs; } | while read -r lists; do
		"$lists" check --list-files "$@" 2>/dev/null || :
	done | sort -u
}

# add_files FILE...: what the descriptors name. The check has reported what is missing.
add_files() {
	while read -r kind path; do
		if [ ! -f "$path" ]; then
			[ "$kind" != zone ] || warn "no $path: guests with localtime = 1 get UTC"
			continue
		fi
		case $kind in
		disk*) add_disk "$kind" "$path" ;;
		device-model) add_model "$path" ;;
		*) add_data "$kind" "$path" ;;
		esac
		if [ "$kind" = kernel ] && [ "$UNPACK" = yes ]; then
			unpack_kernel "$path"
		fi
	done <<-FILES
		$(named_files "$@")
	FILES
}

# add_digests DESCRIPTOR...: the lines that the descriptors lack, to their copies in the initramfs.
add_digests() {
	lines=$image/etc/earlydom/.digests
	said=$("$program" check --root "$image" --digest "$@" 2>&1 >"$lines") || :
	while IFS= read -r line; do
		case $line in
		"# "*.cfg)
			copy=$(copy_of "${line#\# }")
			copy=${copy:-/dev/null}
			# The last line may have no end.
			[ -z "$(tail -c 1 "$copy")" ] || echo >>"$copy"
			;;
		"#"*) ;;
		*) printf '%s\n' "$line" >>"$copy" ;;
		esac
	done <"$lines"
	rm -f -- "$lines"
	# Others have been said.
	said=$(printf '%s\n' "$said" | sed -n '/: no [a-z]*_sha256: /p; /cannot compute the sha256/p')
	[ -n "$said" ] || return 0
	printf '%s\n' "$said" | sed "s|$image/*|/|; s/^/E: /" >&2
	errors=$((errors + 1))
}

# module_files MODULE...: the files with all that they need, in load order; none for what is built in.
module_files() {
	/sbin/modprobe --all --set-version="$version" --ignore-install --show-depends "$@" |
		while read -r how file options; do
			[ "$how" = insmod ] || continue
			[ -z "$options" ] || warn "options of ${file##*/} in modprobe.d are not used"
			module_path "$file"
		done
}

# has_module MODULE
has_module() {
	/sbin/modprobe --set-version="$version" --ignore-install --quiet --show-depends "$1" >/dev/null
}

# add_module_list NAME MODULE: a module that the program loads for the first guest that needs it.
add_module_list() {
	if has_module "$2"; then
		put_modules "$2" || error "module $2 cannot be copied into the initramfs"
		module_files "$2" >"$image/lib/modules/earlydom/$1.list"
	else
		warn "kernel $version has no module $2: guests that need it will not start"
	fi
}

# add_modules_if_there MODULE...
add_modules_if_there() {
	for module; do
		! has_module "$module" || put_modules "$module" ||
			error "module $module cannot be copied into the initramfs"
	done
}

# contents_put_modules DESCRIPTOR...
contents_put_modules() {
	for module in xen-privcmd xen-evtchn; do
		has_module "$module" || error "kernel $version has no module $module: it cannot be a dom0"
	done
	# shellcheck disable=SC2086 # a list of words
	add_modules_if_there $dom0_modules
	[ "$STORE" = yes ] || return 0
	mkdir -p "$image/lib/modules/earlydom"
	add_module_list blkback xen-blkback
	add_module_list netback xen-netback
	add_module_list bridge bridge
	add_module_list loop loop
	# For PCI devices that are hidden; who wants some is told at the boot where there is none.
	! has_module xen-pciback || add_module_list pciback xen-pciback
	# For the network cards that QEMU emulates.
	add_module_list tun tun
	# Of which kind a file system is only the device tells, when it is there. The program has the
	# kernel load them, which finds them where modprobe does.
	if named_files "$@" | grep -q '^file-system '; then
		# shellcheck disable=SC2086 # a list of words
		add_modules_if_there $file_system_modules
	fi
}

# contents_begin DESCRIPTOR...: settings, and what is wrong with the descriptors. Returns 1 when
# there is nothing to be done.
contents_begin() {
	[ -e "$1" ] || return 1
	if [ ! -x "$program" ]; then
		error "no program $program: the initramfs has no guests"
		return 1
	fi
	read_settings
	check_descriptors "$@"
}

# contents_known DESCRIPTOR...: the same after a contents_begin, which has said what is wrong.
contents_known() {
	[ -e "$1" ] && [ -x "$program" ] || return 1
	read_settings 2>/dev/null
	errors=0
}

# contents_block_devices DESCRIPTOR...: guests' disks that are there now, one a line
contents_block_devices() {
	named_files "$@" | while read -r kind path; do
		[ "$kind" != disk ] || [ ! -b "$path" ] || printf '%s\n' "$path"
	done
}

# contents_put_files DESCRIPTOR...
contents_put_files() {
	add_programs
	add_releases
	for descriptor; do
		add_data descriptor "$descriptor"
	done
	add_files "$@"
	[ "$DIGESTS" = no ] || add_digests "$@"
}

# contents_end: the exit status. What was wrong was said.
contents_end() {
	[ "$errors" -gt 0 ] || return 0
	[ "$ERRORS" = report ] || return 1
	warn "not all guests can start from this initramfs; ERRORS=fail in $config/initramfs.conf would end here"
}
