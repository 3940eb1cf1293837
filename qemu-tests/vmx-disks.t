#!/usr/bin/perl
# Disks of vmx guests that QEMU serves, in an image that has it: images in other formats than raw, as
# emulated drives and for the guest's own drivers; cdrom drives, and media that come and go; disks in
# xend's words; images on a file system that dom0 has not mounted.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use File::Path qw(make_path);
use Test::More;

# Without a card, on whose screen a BIOS spends most of its time.
my $hvm = <<~CFG;
	type = "hvm"
	vga = "none"
	vnc = 0
	device_timeout = 600
	CFG
my %guests = (
	# Its BIOS reads the image; QEMU alone has the others.
	bios => <<~CFG,
		$hvm
		memory = 64
		on_crash = "restart"
		disk = [
			"tap:qcow2:/images/boot.qcow2,ioemu:hda,w",
			"format=qcow2, vdev=hdb, target=LABEL=data:/images/other.qcow2",
			",hdc:cdrom,r",
		]
		serial = "file:/run/bios.serial"
		CFG
	# It boots from hda, and has the other disks by its own drivers, and the drives that QEMU emulates.
	linux => <<~CFG,
		$hvm
		memory = 144
		hdtype = "ahci"
		disk = [
			"/dev/vdb,raw,hda,rw",
			"format=qcow2, vdev=xvdd, target=LABEL=data:/images/top.qcow2",
			"file:/images/plain.img,xvdb,w",
			"tap:aio:/images/plain-ro.img,xvdg,r",
			"vdev=xvdf, backendtype=qdisk, target=/images/qemu.img",
			",hdc:cdrom,r",
		]
		serial = "file:/run/linux.serial"
		CFG
);

# image(NAME, LINE): a raw one of 1 MiB that begins with that line
sub image {
	my ($name, $line) = @_;
	return write_file(work_dir . "/$name", $line eq '' ? '' : "$line\n", "\0" x ((1 << 20) - length($line) - ($line ne '')));
}

# qcow2(NAME, RAW, OPTION...): an image of it
sub qcow2 {
	my ($name, $raw, @options) = @_;
	my $file = work_dir . "/$name";
	system("$Bin/lib/mkqcow2", @options, $raw, $file) == 0 or BAIL_OUT("$name cannot be made");
	return $file;
}

my @images = (
	qcow2('boot.qcow2', tool('bootsector')),
	image('plain.img', 'a plain image'),
	image('plain-ro.img', 'a plain image to read'),
	image('qemu.img', 'a plain image of QEMU\'s'),
	image('first.iso', 'the first medium'),
);
# What is on the disk of the machine's
my $empty = image('empty.img', '');
image('data/base/base.img', 'the base of an image');
image("data/$_.iso", "the $_ medium") for qw(first second);
make_path(work_dir . '/data/images');
qcow2("data/images/$_.qcow2", $empty, '-b', '../base/base.img') for qw(top other);
my $disk = work_dir . '/data.ext4';
system('/sbin/mke2fs', '-q', '-t', 'ext4', '-L', 'data', '-d', work_dir . '/data', $disk, '64M') == 0
	or BAIL_OUT('the disk cannot be made');
my $boot = flaky_boot('disks',
	guests => \%guests,
	store => 1,
	disks => [$disk, boot_disk('linux', 'media.cpio', 'guest=linux watch=sr0')],
	files => [
		map { my ($name) = m{([^/]+)$}; "$_:/images/$name" } @images,
	],
	image => ['-q', map { ('-M', $_) } qw(crc32c_generic ext4)],
	memory => 3072,
	time => 400,
	stage2 => <<'SH');
await /run/bios.serial '^the disk boots' 200
await /run/linux.serial 'linux sr0: ' 200
run list earlydom list --json
run insert earlydom media linux hdc /images/first.iso
await /run/linux.serial 'linux sr0: the first medium' 60
cd /images
run change earlydom media linux 5632 LABEL=data:/second.iso
await /run/linux.serial 'linux sr0: the second medium' 60
run store xenstore ls -f
# It may have seen the drive empty in between.
empty=$(grep -c 'linux sr0: no medium' /run/linux.serial)
run eject earlydom media linux hdc eject
await /run/linux.serial 'linux sr0: no medium' 60 $((empty + 1))
run nothing earlydom media linux hdb eject
run nowhere earlydom media linux hdc /dev/null
run used earlydom media linux hdc /images/plain.img
said linux </run/linux.serial
# What is in the drive stays when the guest is built anew. QEMU empties the file of the serial port.
run again earlydom media bios hdc LABEL=data:/first.iso
said disks </run/earlydom/guests/bios
kill -9 "$(qemu_pid bios)"
await_report '^earlydom: bios: restarted as domain' 120
await /run/bios.serial '^the disk boots' 200
said bios </run/bios.serial
for name in bios linux; do
	pid=$(qemu_pid "$name")
	run "cmdline.$name" tr '\0' ' ' <"/proc/$pid/cmdline"
	run "files.$name" ls -l "/proc/$pid/fd"
	run "status.$name" grep -E '^(Uid|Cap...|NoNewPrivs|Seccomp):' "/proc/$pid/status"
	run "namespaces.$name" own_namespaces "$pid"
	run "mounts.$name" cut -d ' ' -f 2,4 "/proc/$pid/mounts"
done
run destroy sh -c 'earlydom destroy linux && earlydom destroy bios'
run last xenstore ls -f
logs
SH
$boot->ended_well;

# ---- they boot, and have their disks ----
for my $name (qw(bios linux)) {
	like(($boot->earlydom_on($name))[0] // '', qr/^started as domain \d+ \(vmx hvm, /, "$name is started");
}
like($boot->said('bios'), qr/^the disk boots$/m, 'a BIOS boots from a qcow2 image');
my $linux = $boot->said('linux');
like($linux, qr/^linux disk xvdd: 1024 KiB, rw: the base of an image$/m,
	'a qcow2 image that is based on another one, by the guest\'s own driver');
like($linux, qr/^linux disk xvdb: 1024 KiB, rw: a plain image$/m, 'file:');
like($linux, qr/^linux disk xvdg: 1024 KiB, ro: a plain image to read$/m, 'tap:aio:');
like($linux, qr/^linux disk xvdf: 1024 KiB, rw: a plain image of QEMU's$/m, 'backendtype=qdisk');
like($boot->said('cmdline.bios.out'), qr{ -drive file=/images/boot\.qcow2,if=ide,index=0,media=disk,format=qcow2,cache=writeback },
	'QEMU reads the image as what it is');
# ---- what it is left of root's powers: as the user who it is, it may open files, and listen ----
for my $name (qw(bios linux)) {
	unlike($boot->said("cmdline.$name.out"), qr{-runas}, "$name: QEMU that serves the guest's drivers stays root's");
	is(() = $boot->said("status.$name.out") =~ /^Cap(?:Eff|Prm|Bnd):\s0{13}402$/mg, 3, "$name: with two of its powers");
	like($boot->said("status.$name.out"), qr/^NoNewPrivs:\s1\nSeccomp:\s2$/m, "$name: and no way to others");
	is($boot->said("namespaces.$name.out"), "mnt\nipc\n", "$name: in namespaces of its own");
	my %mounts = map { split ' ' } split /\n/, $boot->said("mounts.$name.out");
	like($mounts{$_} // '', qr/^ro,/, "$name: can't write to $_") for qw(/proc /sys);
	ok($mounts{"/dev/xen/$_"}, "$name: finds no $_ any more") for qw(privcmd hypercall);
}

# ---- media ----
my ($domid) = (($boot->earlydom_on('linux'))[0] // '') =~ /domain (\d+)/;
is($boot->status_of($_), 0, "media: $_") for qw(insert change eject again);
like(join(' ', map { /linux sr0: (.*)/ ? "$1," : () } split /\n/, $linux),
	qr/^no medium, the first medium, (?:no medium, )?the second medium, no medium,$/, 'as the guest sees them');
for my $at ("/libxl/$domid/device/vbd/5632", "/local/domain/0/backend/qdisk/$domid/5632") {
	like($boot->said('store.out'), qr{^$at/params = "aio:/run/earlydom/fs/linux/hdc/second\.iso"}m, "$at tells");
}
like($boot->said('nothing.err'), qr/^earlydom: linux has no cdrom drive hdb \(it has hdc\)$/m, 'no such drive');
like($boot->said('nowhere.err'), qr{^earlydom: disk hdc: /dev/null is neither a block device nor a file$}m, 'no medium');
like($boot->said('used.err'), qr{^earlydom: disk hdc: /images/plain\.img is used by this guest's disk xvdb}m,
	'what a guest writes is no medium');
like($boot->said('disks'), qr{^disk=hdc ro /run/earlydom/fs/bios/hdc/first\.iso$}m, 'its record');
like($boot->said('files.bios.out'), qr{/\Q$_\E$}m, "$_ is QEMU's after a restart") for qw(boot.qcow2 other.qcow2 base.img first.iso);
unlike($boot->said('last.out'), qr{backend/qdisk/}, 'nothing is left of a guest in the store');
done_testing;
