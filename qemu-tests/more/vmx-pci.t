#!/usr/bin/perl
# A vmx guest with QEMU and a network card of the host's: it finds the card on QEMU's bus, and reaches the
# network by it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use Test::More;

my $disk = work_dir . '/boot.disk';
system(root . '/qemu-tests/lib/mkbootdisk', '-o', $disk, '-k', root . '/build/machine/vmlinuz', '-r', tool('pci.cpio'),
	'-a', 'console=ttyS0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 guest=box '
		. 'ip=10.0.2.15 peer=10.0.2.100') == 0 or BAIL_OUT('no disk to boot from');
# Who connects with an address of QEMU's network gets a line.
my $hello = write_file(work_dir . '/hello', "#!/bin/sh\necho hello\n");
chmod 0755, $hello;
my $boot = flaky_boot('vmx-pci',
	guests => {box => <<~CFG},
		type = "hvm"
		memory = 176
		vga = "none"
		device_timeout = 600
		hdtype = "ahci"
		disk = [ "/dev/vda,raw,hda,rw" ]
		serial = "file:/run/box.serial"
		pci = ["00:05.0\@6"]
		CFG
	store => 1,
	disks => [$disk],
	image => ['-q'],
	memory => 3072,
	dom0 => 'earlydom.pci.hide=00:05.0',
	machine => ['-Q', '-machine q35 -device intel-iommu,intremap=on '
		. '-netdev user,id=net,guestfwd=tcp:10.0.2.100:7-cmd:' . $hello . ' -device e1000,addr=5,romfile=,netdev=net'],
	time => 400,
	stage2 => <<'SH');
await /run/box.serial '^box got: ' 200
said box </run/box.serial
run store xenstore ls -f /libxl/pci
run back xenstore ls -f /local/domain/0/backend/pci
pid=$(qemu_pid box)
run cmdline tr '\0' ' ' <"/proc/$pid/cmdline"
run status grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' "/proc/$pid/status"
run root ls -A "/proc/$pid/root"
run destroy earlydom destroy box
run store.after xenstore ls -f /libxl/pci
SH
$boot->ended_well;
my $at = '0000:00:05.0';
is_deeply([map { s/ \(.*//r } $boot->earlydom_on('box')],
	['started as domain 1', "PCI device $at can't be reset: dom0's kernel knows no way", 'domain 1 destroyed on request'],
	'the life of the guest');
like($boot->said('box'), qr/^box eth0: 52:54:00:12:34:56, 10\.0\.2\.15$/m, 'it finds the card');
like($boot->said('box'), qr/^box got: hello$/m, 'which moves packets');
my $back = '/local/domain/0/backend/pci/1/0';
like($boot->said('back.out'), qr{^\Q$back/$_->[0]\E = "\Q$_->[1]\E"$}m, "its back end: $_->[0]")
	for ['dev-0', $at], ['vdevfn-0', '30'], ['num_devs', 1], ['state', 3];
like($boot->said('store.out'), qr{^/libxl/pci/0000-00-05-0/domid = "1"$}m, 'whose it is');
unlike($boot->said('store.after.out'), qr/domid/, 'and is no more');
like($boot->said('cmdline.out'), qr/ -device xen-pci-passthrough,id=pci-pt-00_05\.0,hostaddr=\Q$at\E,addr=6\.0 /, "QEMU's argument");
unlike($boot->said('cmdline.out'), qr/ -xen-domid-restrict /, 'it can make hypercalls');
like($boot->said('status.out'), qr/^Uid:\t65537\t/m, 'but it is no user of dom0\'s');
like($boot->said('status.out'), qr/^CapEff:\t0+$/m, 'has no powers');
is($boot->said('root.out'), '', 'and an empty root');
done_testing;
