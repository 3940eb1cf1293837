#!/usr/bin/perl
# Guests with a `bootloader`: GRUB in the guest boots what the grub.cfg of its own disk says, as
# Debian's installer leaves it, and after the guest has updated its kernel the new one.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $machine = root . '/build/machine';
# GRUB unpacks a pv guest's kernel itself, and knows no lz4, with which Debian packs the one for clouds.
my %disks = (
	old => ['msdos', "$machine/vmlinuz", tool('front-debian.cpio')],
	new => ['gpt', "$machine/vmlinuz-cloud", tool('front.cpio')],
);
for my $name (sort keys %disks) {
	my ($table, $kernel, $ramdisk) = @{$disks{$name}};
	system(root . '/qemu-tests/lib/mkinstalled', '-o', work_dir . "/$name.disk", '-t', $table,
		'-k', $kernel, '-r', $ramdisk,
		'-K', "$machine/vmlinuz", '-R', tool('front-debian.cpio'),
		'-a', "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 cryptomgr.notests reboot=t guest=$name") == 0
		or BAIL_OUT('no disk');
}
my $boot = boot('bootloader',
	guests => {
		old => qq(bootloader = "pygrub"\nmemory = 256\ndisk = ["/dev/vda,raw,xvda,rw"]\n),
		new => qq(bootloader = "/usr/lib/xen-4.17/bin/pygrub"\ntype = "pvh"\nmemory = 256\n) .
			qq(disk = ["/dev/vdb,raw,xvda,rw"]\n),
		# What is not in the image is said with what to do.
		wide => qq(firmware = "pvgrub32"\nmemory = 64\n),
	},
	store => 1,
	image => ['-n'],
	before => "rm /usr/lib/grub-xen/grub-i386-xen.bin\n",
	disks => [map { work_dir . "/$_.disk" } qw(old new)],
	memory => 1536,
	time => 400,
	stage2 => <<'SH',
for guest in old new; do
	# GRUB's screen is in front of it in its line.
	await_console $guest "$guest is up" 60
	type_to $guest "mount /dev/xvda1 /mnt; mv /mnt/boot/grub/grub.cfg.new /mnt/boot/grub/grub.cfg; umount /mnt; busybox reboot -f"
done
for guest in old new; do
	await_console $guest "$guest is up" 60 2
done
run list earlydom list
logs
SH
);
$boot->ended_well;
my %types = (old => 'PV', new => 'PVH');
for my $name (sort keys %types) {
	my @log = split /\n/, $boot->said("log.$name");
	my @ups = grep { /$name is up: linux $types{$name}, / } @log;
	is(scalar @ups, 2, "$name: started twice as $types{$name}") or diag(join("\n", @log));
	my @versions = map { /$name cmdline: .* version=(\d)/ ? $1 : () } @log;
	is(join(' ', @versions), '1 2', "$name: the first kernel, and after the update the second");
}
like(scalar $boot->said('report'),
	qr{wide: firmware needs GRUB for Xen in the initramfs \(Debian's grub-xen-host where that is made\): cannot read kernel /usr/lib/grub-xen/grub-i386-xen.bin: No such file},
	'GRUB that is missing is said with what to do');
my ($notes) = grep { /notes? on descriptors/ } $boot->earlydom;
is($notes // '', '2 notes on descriptors: earlydom check shows them',
	'the notes are counted');
done_testing;
