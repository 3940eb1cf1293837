#!/bin/sh
# When the initramfs is to be renewed: what changed in it since it was made, in a tree of its own.
set -eu

renew=$(dirname "$0")/renew-initramfs
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
nr=0

# is WHAT WANTED: what is said, and that nothing is wrong
is() {
	nr=$((nr + 1))
	status=0
	said=$("$renew" "$root" 2>&1) || status=$?
	if [ "$status" -eq 0 ] && [ "$said" = "$2" ]; then
		echo "ok $nr - $1"
	else
		echo "not ok $nr - $1"
		printf '%s, with status %s\n' "$said" "$status" | sed 's/^/# /'
	fi
}

changed() {
	echo "earlydom: $1 has changed since the initramfs was made"
}

initramfs() {
	sleep 0.05
	echo >"$root/boot/initrd.img-6.1.0-57-amd64"
	sleep 0.05
}

mkdir -p "$root/boot" "$root/etc/earlydom" "$root/usr/sbin" "$root/usr/lib/xen-4.17/bin" "$root/guests"
cat >"$root/usr/sbin/earlydom" <<END
#!/bin/sh
[ "\$1 \$2 \$3 \$4" = "check --list-files --root $root" ] || exit 1
printf '%s\n' 'kernel /guests/vmlinux' 'ramdisk /guests/not there' 'disk /guests/with a blank'
exit 1
END
chmod +x "$root/usr/sbin/earlydom"
echo >"$root/guests/vmlinux"
echo >"$root/guests/with a blank"
echo >"$root/usr/lib/xen-4.17/bin/xenstored"

echo 1..11
is 'no initramfs' ''
initramfs
echo >"$root/guests/vmlinux"
is 'no descriptor' ''
echo >"$root/etc/earlydom/web.cfg"
is 'a new descriptor' "$(changed /etc/earlydom/web.cfg)"
initramfs
is 'nothing' ''
# As dpkg puts it there, with the time of its making.
echo >"$root/guests/new"
touch -d 2020-01-01 "$root/guests/new"
mv "$root/guests/new" "$root/guests/vmlinux"
is 'a kernel of an older time' "$(changed /guests/vmlinux)"
initramfs
echo >"$root/guests/with a blank"
is 'a disk' "$(changed '/guests/with a blank')"
initramfs
echo >"$root/usr/lib/xen-4.17/bin/xenstored"
is 'a daemon' "$(changed /usr/lib/xen-4.17/bin/xenstored)"
initramfs
echo >"$root/etc/earlydom/initramfs.conf"
is 'the settings' "$(changed /etc/earlydom/initramfs.conf)"
initramfs
echo >"$root/guests/other"
is 'a file of nobody' ''
echo >"$root/guests/vmlinux"
sleep 0.05
echo >"$root/boot/initrd.img-6.1.0-57-amd64.new"
is 'a file beside the initramfs is none' "$(changed /guests/vmlinux)"
initramfs
ln -s vmlinux "$root/guests/link"
is 'nothing in the end' ''
