#!/usr/bin/perl
# Images on a file system that dom0 has not mounted, named by its tag: one that the kernel serves, and one
# that QEMU serves, based on another there. (vmx-disks.t has those of an hvm guest.) dom0 mounts that file
# system while they run, as its /etc/fstab may, and unmounts it again; guests are restarted after that, by
# another supervisor. When the last one is gone nothing of it is in use.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $uuid = '11111111-2222-3333-4444-555555555555';
my $linux = <<~CFG;
	kernel = "/boot/vmlinuz"
	memory = 144
	device_timeout = 600
	CFG
my $quiet = 'console=hvc0 quiet';
my %guests = (
	raw => <<~CFG,
		$linux
		ramdisk = "/boot/front.cpio"
		extra = "$quiet guest=raw"
		disk = [ "format=raw, vdev=xvda, target=LABEL=the data:/images/raw.img" ]
		CFG
	qcow => <<~CFG,
		$linux
		ramdisk = "/boot/front.cpio"
		extra = "$quiet guest=qcow"
		disk = [ "format=qcow2, vdev=xvda, target=UUID=$uuid:/images/top.qcow2" ]
		CFG
	thief => "kernel = '/boot/tiny'\nmemory = 16\ndevice_timeout = 1\nstart_retries = 0\ndisk = [ '/dev/vda,raw,xvda,ro' ]\n",
	twin => "kernel = '/boot/tiny'\nmemory = 16\ndevice_timeout = 1\nstart_retries = 0\n" .
		"disk = [ 'UUID=$uuid:/images/raw.img,raw,xvda,ro' ]\n",
);

# The disk: each image begins with a line that a guest shows.
sub image {
	my ($name, $line) = @_;
	return write_file(work_dir . "/tree/$name", $line eq '' ? '' : "$line\n", "\0" x ((1 << 20) - length($line) - ($line ne '')));
}
image('images/raw.img', 'a raw image');
image('base/base.img', 'the base of an image');
my $empty = write_file(work_dir . '/empty.img', "\0" x (1 << 20));
system("$Bin/lib/mkqcow2", '-b', '../base/base.img', $empty, work_dir . '/tree/images/top.qcow2') == 0
	or BAIL_OUT('top.qcow2 cannot be made');
$ENV{PATH} .= ':/sbin:/usr/sbin';
my $disk = work_dir . '/data.ext4';
system('mke2fs', '-q', '-t', 'ext4', '-L', 'the data', '-U', $uuid, '-d', work_dir . '/tree', $disk, '64M') == 0
	or BAIL_OUT('the disk cannot be made');

my $boot = boot('volumes',
	guests => \%guests,
	store => 1,
	disks => [$disk],
	files => [
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
		tool('front.cpio') . ':/boot/front.cpio',
	],
	image => ['-q', map { ('-M', $_) } qw(crc32c_generic ext4)],
	dom0 => 'earlydom=raw,qcow',
	memory => 3072,
	time => 400,
	stage2 => <<'SH');
# up RAW QCOW: each has said what its disks are, for the Nth time
up() {
	await_console raw '^raw disk xvda: ' 200 "$1"
	await_console qcow '^qcow disk xvda: ' 200 "$2"
}
up 1 1
run mounts cat /proc/mounts
run loops losetup -a
run store xenstore ls -f
run thief earlydom start thief
run twin earlydom start twin
await_report '^earlydom: thief: disk ' 60
await_report '^earlydom: twin: disk ' 60

# The real root mounts it.
mkdir /data
run mount mount -t ext4 /dev/vda /data
type_to raw 'echo what raw wrote >/dev/xvda; sync; echo it is wri""tten'
await_console raw '^it is written' 60
run seen head -n 1 /data/images/raw.img

# dom0 unmounts it, and there is another supervisor.
run umount umount /data
for dir in /proc/[0-9]*; do
	[ "$(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)" != '@earlydom supervise ' ] || kill -9 "${dir#/proc/}"
done
await_report '^earlydom: 2 guests adopted' 60
until earlydom list >/dev/null 2>&1; do sleep 0.2; done
run restart_qcow earlydom restart -t 5 --force qcow
run restart_raw earlydom restart -t 5 --force raw
up 2 2
run list earlydom list --json

for name in raw qcow; do
	run "destroy_$name" earlydom destroy "$name"
done
# It could not be mounted so if it still were for writing. Disks are given back in the background.
given_back() {
	for second in $(seq 100); do
		! mount -o ro -t ext4 /dev/vda /data || return 0
		sleep 1
	done
	return 1
}
run last given_back
umount /data
logs
SH
$boot->ended_well;

like(($boot->earlydom_on($_))[0] // '', qr/^started as domain \d+ \(/, "$_ is started") for qw(raw qcow);
my %log = map { $_ => $boot->said("log.$_") } qw(raw qcow);
like($log{raw}, qr/^raw disk xvda: 1024 KiB, rw: a raw image$/m, 'an image that the kernel serves');
like($log{qcow}, qr/^qcow disk xvda: 1024 KiB, rw: the base of an image$/m, 'one that QEMU serves, with its base');
unlike($boot->said('mounts.out'), qr/vda/, 'dom0 sees no mount');
like($boot->said('loops.out'), qr{LABEL=the data:/images/raw\.img}, 'the loop device tells');
like($boot->said('store.out'), qr{/params = "qcow2:/run/earlydom/fs/qcow/xvda/images/top\.qcow2"}, 'the store has a path');

like(join("\n", $boot->earlydom_on('thief')), qr{disk xvda: /dev/vda is mounted: guest \w+'s disk \w+ is an image on it},
	'the device is nobody\'s meanwhile');
like(join("\n", $boot->earlydom_on('twin')), qr{disk xvda: UUID=$uuid:/images/raw\.img is used by guest raw for writing},
	'nor the image by another tag');

is($boot->status_of('mount'), 0, 'dom0 mounts it') or diag($boot->said('mount.err'));
is($boot->said('seen.out'), "what raw wrote\n", 'it is the same file system');
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err"))
	for qw(umount restart_qcow restart_raw destroy_raw destroy_qcow);
like($log{raw}, qr/^raw disk xvda: 1024 KiB, rw: what raw wrote$/m, 'raw has what it wrote after its restart');
is(scalar(() = $log{qcow} =~ /^qcow disk xvda: 1024 KiB, rw: the base of an image$/mg), 2, 'qcow its base');
is($boot->status_of('last'), 0, 'it is given back with the last guest') or diag($boot->said('last.err'));

is((command('e2fsck', '-fn', "$boot->{dir}/vda"))[0], 0, 'the file system is in order');
like((command('debugfs', '-R', 'cat /images/raw.img', "$boot->{dir}/vda"))[1], qr/^what raw wrote\n/, 'with what was written');
done_testing;
