#!/usr/bin/perl
# A pv guest with a PCI device, and its twin that xl makes: what the store and libxl's record have of both
# is the same, and xl can take the device off earlydom's and put it back on.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

my %at = (alpha => '0000:00:05.0', 'alpha-x' => '0000:00:06.0');

sub descriptor {
	my ($name) = @_;
	return <<~CFG;
		name = "$name"
		type = "pv"
		kernel = "/boot/guests/vmlinuz"
		ramdisk = "/boot/guests/pci.cpio"
		memory = 176
		pci = [ "$at{$name}\@8,permissive=1" ]
		extra = "console=hvc0 quiet iommu=soft swiotlb=2048 guest=$name ip=10.0.2.15"
		CFG
}

sub normal {
	my ($text) = @_;
	$text =~ s/\balpha-x\b/alpha/g;
	$text =~ s/0000:00:06\.0/0000:00:05.0/g;
	$text =~ s/("dev": ?)6\b/${1}5/g;
	return $text;
}

my $boot = flaky_boot('debian', with => \&dom0_boot,
	guests => {alpha => descriptor('alpha')},
	files => [root . '/build/machine/vmlinuz:/boot/guests/vmlinuz', tool('pci.cpio') . ':/boot/guests/pci.cpio'],
	staged => [write_file(work_dir . '/alpha-x.cfg', descriptor('alpha-x')) . ':/alpha-x.cfg'],
	memory => 2560,
	hardware => '-machine q35 -device intel-iommu,intremap=on -device e1000,addr=5,romfile= -device e1000,addr=6,romfile=',
	time => 400,
	stage => <<'SH');
facts() {
	xenstore-ls -fp >"store-$1"
	xl list -l >"long-$1"
	cp -a /var/lib/xen "userdata-$1"
}
# await_state NAME STATE: of its PCI devices' back end
await_state() {
	left=600
	until [ "$(xenstore-read "/local/domain/0/backend/pci/$(xl domid "$1")/0/state")" = "$2" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $1: state $2"; break; }
		sleep 0.5
	done
}
await_console alpha '^alpha eth0: ' 120
await_state alpha 4
dmesg | grep -E 'e1000|pciback' | said dmesg
facts alpha
run assignable xl pci-assignable-list
run add xl pci-assignable-add 00:06.0
xl_create create /run/stage/alpha-x.cfg
await_state alpha-x 4
facts alpha-x
run list xl pci-list alpha
run list.x xl pci-list alpha-x
run devices earlydom devices
run destroy.x xl destroy alpha-x
# What xl makes of ours
run detach xl pci-detach alpha 00:05.0
run list.detached xl pci-list alpha
run assignable.detached xl pci-assignable-list
run attach xl pci-attach alpha 00:05.0
run list.attached xl pci-list alpha
await_state alpha 4
# And what ours makes of that
run restart earlydom destroy alpha
xenstore-ls -f /libxl/pci | said nodes
run start earlydom start alpha
await_console alpha '^alpha eth0: ' 120 2
run list.again xl pci-list alpha
logs
SH
$boot->ended_well;
my $results = $boot->{results};
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err"))
	for qw(assignable add create list list.x destroy.x detach attach restart start);
like($boot->said('log.alpha'), qr/^alpha eth0: 52:54:00:12:34:56, /m, 'alpha: finds its card');
unlike($boot->said('dmesg'), qr/e1000 \Q$at{alpha}\E/, "which no driver of dom0's has had");
my @differ = (@twins_differ, [qr{/device/pci/0/(?:pci-op-ref|event-channel)$}, "the front end's"],
	[qr{/backend/pci/DOMID/0/(?:driver_path)$}, 'xl notes']);
my ($ours, $xls) = (nodes("$results/store-alpha", 'alpha', \&normal, @differ),
	nodes("$results/store-alpha-x", 'alpha-x', \&normal, @differ));
cmp_ok(scalar(grep { m{backend/pci/} } keys %$xls), '>', 12, 'nodes to compare');
is(differences($ours, $xls), '', 'every node is as xl writes it, and no other is there');
my @configs = map { config(decode_or_empty(read_file("$results/long-$_")), $_, \&normal) } 'alpha', 'alpha-x';
is_deeply(@configs, 'xl list -l: as its twin');
is(record("$results/userdata-alpha", 'alpha', \&normal), record("$results/userdata-alpha-x", 'alpha-x', \&normal),
	'its record, byte by byte');
like($boot->said('list.out'), qr/^\S+ +0000:00:05\.0$/m, 'xl pci-list');
unlike($boot->said('list.detached.out'), qr/00:05\.0/, 'xl pci-detach');
like($boot->said('list.attached.out'), qr/00:05\.0/, 'xl pci-attach');
like($boot->said('list.again.out'), qr/00:05\.0/, 'a new domain has it again');
done_testing;
