#!/usr/bin/perl
# PCI devices on a machine with an IOMMU. Of two equal network cards one is kept from dom0's drivers for a
# Linux guest, which reaches the network by it before and after a restart of its own, while others want it,
# too; the other one is hidden later, from its driver. A bridge, a disk in use and the root's stay dom0's.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

my ($hidden, $other, $bridge, $absent) = ('0000:00:05.0', '0000:00:06.0', '0000:00:07.0', '0000:1f:00.0');

my %guests = (
	router => <<~CFG,
		kernel = "/boot/vmlinuz"
		ramdisk = "/boot/pci.cpio"
		memory = 176
		pci = ["00:05.0"]
		extra = "console=hvc0 quiet iommu=soft swiotlb=2048 guest=router ip=10.0.2.15"
		CFG
	map { $_->[0] => qq(kernel = "/boot/tiny"\nmemory = 16\nstart_retries = 0\n$_->[1]) }
		['web', ''],
		# The same device by another name; one that is a driver's of dom0's, as the guest is not selected; one that
		# is not there.
		['rival', 'pci = ["id=8086:100e#1"]' . "\nafter = [\"router\"]"],
		['taken', 'pci = ["00:06.0"]'],
		['absent', 'pci = ["00:1e.0"]' . "\ndevice_timeout = 2"],
);
my $boot = boot('pci',
	guests => \%guests,
	store => 1,
	disks => [8],
	image => ['-M', 'e1000'],
	dom0 => "earlydom=web,router,rival,absent earlydom.pci.hide=$absent earlydom.pci.hide=00:07.0",
	machine => ['-Q', '-machine q35 -device intel-iommu,intremap=on -netdev user,id=net -device e1000,addr=5,romfile=,netdev=net '
		. '-device e1000,addr=6,romfile= -device pcie-root-port,addr=7,chassis=1'],
	files => [root . '/build/machine/vmlinuz:/boot/vmlinuz', tool('pci.cpio') . ':/boot/pci.cpio'],
	memory => 2048,
	time => 240,
	stage2 => <<'SH');
driver() {
	for at in 05 06 07; do
		echo "$at $(readlink "/sys/bus/pci/devices/0000:00:$at.0/driver")"
	done
}
# hide LABEL WORDS: as if they were on dom0's command line
hide() {
	label=$1
	shift
	echo "$*" >/tmp/cmdline
	run "$label" earlydom hide -c /tmp/none -l /tmp/cmdline
}
await_console web '^tiny is up' 30
await_console router '^router eth0: ' 90
type_to router 'ping -c 2 10.0.2.2 | grep received'
await_console router '^2 packets' 30
run store xenstore ls -f /libxl/pci
run devices.router earlydom devices --json
run back xenstore ls -f /local/domain/0/backend/pci
run taken earlydom start taken
type_to router 'reboot -f'
await_report '^earlydom: router: restarted as domain ' 60
await_console router '^router eth0: ' 90 2
type_to router 'ping -c 2 10.0.2.2 | grep received'
await_console router '^2 packets' 30 2
run store.again xenstore ls -f /libxl/pci
run destroy earlydom destroy router
run store.after xenstore ls -f /libxl/pci
run back.after xenstore ls -f /local/domain/0/backend/pci
run start earlydom start rival
await_console rival '^tiny is up' 30
run store.rival xenstore ls -f /libxl/pci
run destroy.rival earlydom destroy rival
driver | said drivers
run devices earlydom devices --json
run again earlydom hide
dmesg | grep -E 'e1000|pciback' | said before

hide which earlydom.pci.hide=id=8086:100e
hide late 'earlydom.pci.hide=id=8086:100e#2'
driver | said late.drivers
run late.devices earlydom devices --json

# Where the machine's disk is
disk=$(readlink /sys/class/block/vda)
disk=${disk%/virtio*}
disk=${disk##*/}
echo "@disk: $disk"
run mkswap mkswap -L disk /dev/vda
swapon /dev/vda
hide used "earlydom.pci.hide=$disk"
swapoff /dev/vda
hide root "root=/dev/vda earlydom.pci.hide=$disk"
hide label "root=LABEL=disk earlydom.pci.hide=$disk"
readlink "/sys/bus/pci/devices/$disk/driver" | said disk.driver
logs
SH
$boot->ended_well;

# rows(LABEL): what `earlydom devices --json` says of each
sub rows {
	my ($label) = @_;
	my $rows = eval { decode_json($boot->said("$label.out")) } // [];
	return {map { $_->{address} => $_ } @$rows};
}
# drivers(LABEL): the names of those of 05, 06 and 07
sub drivers {
	my ($label) = @_;
	return {map { m{^(\d+) (?:.*/)?(\S*)$} ? ($1 => $2) : () } split /\n/, $boot->said($label)};
}
my $place = 'kernel command line:1:\d+: ';

# ---- at the boot ----
my @said = $boot->earlydom;
is(grep({ m{^/etc/earlydom/router\.cfg: note: PCI device \Q$hidden\E is hidden$} } @said), 1, "a guest's device is hidden");
is(grep({ /^${place}note: PCI device \Q$absent\E is not there; what comes later is not hidden$/ } @said), 1,
	'one that is not there is told');
is(grep({ /^${place}PCI device \Q$bridge\E is not hidden: it is a bridge, which stays dom0's: name what is behind it$/ } @said), 1,
	'a bridge is refused');
is(($boot->earlydom_on('web'))[0] =~ s/ \(.*//r, 'started as domain 1', 'the guest starts all the same');
my $driver = drivers('drivers');
is($driver->{'05'}, 'pciback', 'pciback has the hidden one');
is($driver->{'06'}, 'e1000', 'its driver the other one');
isnt($driver->{'07'}, 'pciback', 'and not the bridge');
my $row = rows('devices');
is($row->{$hidden}{owner}, 'hidden', 'earlydom devices: hidden');
is($row->{$hidden}{$_}, 'pciback', "its $_") for qw(driver driver_override);
is($row->{$other}{owner}, 'dom0', "the other one is dom0's");
is($row->{$other}{driver_override}, undef, 'and for any driver');
is($row->{$bridge}{driver_override}, undef, 'as is the bridge');
like($boot->said('before'), qr/pciback \Q$hidden\E: .*seizing device/, 'the kernel says who took it');
like($boot->said('before'), qr/e1000 \Q$other\E/, "and what e1000 had");
unlike($boot->said('before'), qr/e1000 \Q$hidden\E/, 'which never was the hidden one');
is($boot->status_of('again'), 1, 'once more: the bridge is an error still');
like($boot->said('again.err'), qr/PCI device \Q$hidden\E is hidden$/m, 'and the device is hidden');

# ---- a guest's ----
is_deeply([map { s/ \(.*//r } $boot->earlydom_on('router')], [
	'started as domain 2', "PCI device $hidden can't be reset: dom0's kernel knows no way", 'domain 2 rebooted; restarting',
	'restarted as domain 3', "PCI device $hidden can't be reset: dom0's kernel knows no way", 'domain 3 destroyed on request',
], 'the life of the guest that has the hidden one');
my $router = $boot->said('log.router');
is(() = $router =~ /^router eth0: 52:54:00:12:34:56, 10\.0\.2\.15$/mg, 2, 'it finds the card, both times');
is(() = $router =~ /^2 packets transmitted, 2 packets received, 0% packet loss$/mg, 2, 'which moves packets');
my $node = '/libxl/pci/' . ($hidden =~ tr/:./-/r);
is($boot->said("$_->[0].out"), qq($node = ""\n) . ($_->[1] ? qq($node/domid = "$_->[1]"\n) : ''), "whose it is: $_->[0]")
	for ['store', 2], ['store.again', 3], ['store.after', 0], ['store.rival', 4];
my $back = '/local/domain/0/backend/pci/2/0';
like($boot->said('back.out'), qr{^\Q$back/$_->[0]\E = "\Q$_->[1]\E"$}m, "its back end: $_->[0]")
	for ['frontend', '/local/domain/2/device/pci/0'], ['frontend-id', 2], ['online', 1], ['domain', 'router'], ['state', 4],
		['key-0', $hidden], ['dev-0', $hidden], ['num_devs', 1],
		['opts-0', 'msitranslate=0,power_mgmt=0,permissive=0,rdm_policy=strict'];
is(rows('devices.router')->{$hidden}{$_->[0]}, $_->[1], "earlydom devices: its $_->[0]") for ['owner', 'guest'], ['guest', 'router'];
is($boot->status_of('back.after'), 1, 'which goes with the guest');
is(($boot->earlydom_on($_->[0]))[0], $_->[1], "$_->[0] is not started")
	for ['rival', "PCI device $hidden is held for guest router"], ['absent', 'PCI device 0000:00:1e.0 is not there'],
		['taken', "PCI device $other: dom0's driver e1000 has it, not pciback: earlydom.pci.hide=$other on dom0's command line "
			. 'keeps it for guests from the start, seize=1 takes it now'];
is(($boot->earlydom_on('rival'))[1] =~ s/ \(.*//r, 'started as domain 4', 'until the device is free');

# ---- later, from its driver ----
is($boot->status_of('which'), 1, 'one of two');
like($boot->said('which.err'), qr/2 PCI devices are 8086:100e \(\Q$hidden, $other\E\): id=8086:100e#1 is the first of them$/m, 'which one has to be said');
is($boot->status_of('late'), 0, 'the second one');
like($boot->said('late.err'), qr/PCI device \Q$other\E: dom0's driver e1000 had it until now; /m, 'is taken from its driver');
like($boot->said('late.err'), qr/PCI device \Q$other\E is hidden$/m, 'and hidden');
is(drivers('late.drivers')->{'06'}, 'pciback', 'by pciback');
is(rows('late.devices')->{$other}{owner}, 'hidden', 'earlydom devices shows it');

# ---- what dom0 needs ----
my $disk = $boot->said('disk') =~ s/\n//r;
like($disk, qr/^0000:00:[0-9a-f]{2}\.\d$/, 'the disk');
is($boot->said("$_->[0].err") =~ s/^earlydom: $place//r, "PCI device $disk is not hidden: $_->[1]\n", "$_->[0]: is told")
	for ['used', 'its disk vda is in use: mounted, or RAID, LVM or a guest has it'],
		['root', "dom0's root is on it (root=/dev/vda, vda)"], ['label', "dom0's root is on it (root=LABEL=disk, vda)"];
is($boot->status_of($_), 1, "$_: is an error") for qw(used root label);
like($boot->said('disk.driver'), qr{/virtio-pci$}, 'and its driver keeps it');
done_testing;
