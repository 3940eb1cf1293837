#!/usr/bin/perl
# Xen's own example files, as they are in its sources, with the disks, the kernel and the bridge that they
# name. They are started as they are.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

# example(TYPE): the text of the file
sub example {
	my ($type) = @_;
	my ($tarball) = glob(root . '/build/src/xen/*.orig.tar.*');
	my ($status, $text, $err) = $ENV{XEN_SRC} ? command('cat', "$ENV{XEN_SRC}/tools/examples/xlexample.$type")
		: command('tar', '-xOf', $tarball // 'the sources of Xen', '--wildcards', "*/tools/examples/xlexample.$type");
	BAIL_OUT("no xlexample.$type: $err") if $status != 0;
	return $text;
}

my $boot = flaky_boot('examples',
	guests => {map { ("example.$_" => example($_)) } qw(pvlinux pvhlinux hvm)},
	store => 1,
	disks => [tool('boot.disk'), tool('boot.disk')],
	files => [root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz'],
	# Two of them name one disk for writing, of which each is started when the other is over.
	image => ['-q', '-n'],
	memory => 3072,
	time => 300,
	dom0 => 'earlydom=example.pvlinux,example.pvhlinux earlydom.bridge=xenbr0',
	before => <<'SH',
mkdir -p /dev/vg /dev/zvol/tank
ln -s /dev/vda /dev/vg/guest-volume
ln -s /dev/vdb /dev/zvol/tank/guest-volume
SH
	stage2 => <<'SH');
# Debian's kernel has its disks' driver in modules, and the examples have no ramdisk.
for type in pvlinux pvhlinux; do
	await_report "^earlydom: example.$type: domain .* crashed" 120
done
run start earlydom start example.hvm
# A firmware that finds nothing to boot from resets the machine before that.
sleep 20
run list earlydom list
run nodes xenstore ls -f
run destroy earlydom destroy example.hvm
await_report '^earlydom: example.hvm: .* destroyed' 60
logs
SH
$boot->ended_well;

my %is = (pvlinux => 'linux pv, 128 MiB, 2 vcpus', pvhlinux => 'linux pvh, 512 MiB, 4 vcpus', hvm => 'vmx hvm, 128 MiB, 2 vcpus');
for my $type (sort keys %is) {
	my ($first) = $boot->earlydom_on("example.$type");
	like($first // '', qr/^started as domain \d+ \(\Q$is{$type}\E, \d+ ms\)$/, "xlexample.$type starts as it is");
}
my $log = $boot->said('log.example.pvlinux');
like($log, qr{^\[ *[\d.]+\] Kernel command line: .*\broot=/dev/xvda1\b}m, 'pvlinux: its kernel runs, and has its command line');
like($log, qr/Unable to mount root fs/, 'pvlinux: as far as it comes without a ramdisk');
# It says so on a screen that it does not have: no console is named on its command line.
like(($boot->earlydom_on('example.pvhlinux'))[1] // '', qr/^domain \d+ crashed; destroyed$/, 'pvhlinux: as far, too');
like($boot->said('list.out'), qr/^example\.hvm +\d+ vmx +hvm +128 +2 running /m, 'hvm: runs from its disk');
like($boot->said('nodes.out'), qr{^/local/domain/0/backend/vbd/\d+/51712/params = "/dev/vg/guest-volume"}m, 'hvm: its disk');
is($boot->status_of('destroy'), 0, 'hvm: is destroyed');

done_testing;
