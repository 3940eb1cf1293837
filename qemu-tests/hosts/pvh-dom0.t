#!/usr/bin/perl
# A PVH dom0, which has page tables of its own: guests of all kinds start there, are restarted and end, what serves
# them has the powers that docs/security.md says, and nothing is done that is for a PV dom0.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use JSON::PP;
use Powers;
use Test::More;

my $own = '/usr/lib/earlydom/earlydom-model';
# Without a card, on whose screen a BIOS spends most of its time.
my $hvm = qq(type = "hvm"\nmemory = 64\nvga = "none"\nvnc = 0\ndevice_timeout = 600\n);
my %guests = (
	pv => <<~CFG,
		kernel = "/boot/tiny"
		memory = 16
		disk = ["/images/text,raw,xvda,rw"]
		device_timeout = 600
		CFG
	# Large enough for what `unmapped` maps of one of them.
	pvh => <<~CFG,
		type = "pvh"
		kernel = "/boot/tinyhvm"
		memory = 32
		CFG
	board => <<~CFG,
		image = "vmx"
		device_model_protocol = "classic"
		device_model_override = "$own"
		device_model_config = "/etc/models/board"
		kernel = "/boot/tinyhvm"
		memory = 32
		CFG
	pc => qq($hvm\ndisk = [ "/images/bootsector,raw,hda,rw" ]\nserial = "file:/run/pc.serial"\n),
);
my $boot = flaky_boot('pvh',
	guests => \%guests,
	store => 1,
	files => [
		root . "/build/earlydom-model:$own",
		tool('tinyhvm') . ':/boot/tinyhvm',
		tool('powers') . ':/sbin/powers',
		tool('unmapped') . ':/sbin/unmapped',
		# Files: devices of the machine would have to be behind its IOMMU, as dom0's memory is not where dom0
		# thinks that it is.
		write_file(work_dir . '/text', '.' x 4096) . ':/images/text',
		tool('bootsector') . ':/images/bootsector',
		write_file(work_dir . '/board', "log = \"/run/board.serial\"\n") . ':/etc/models/board',
	],
	image => ['-q'],
	memory => 3072,
	time => 240,
	# Xen takes no PVH dom0 without an IOMMU, and QEMU's other machine has none.
	xen => 'dom0=pvh',
	machine => ['-Q', '-machine q35 -device intel-iommu,intremap=on'],
	stage2 => <<'SH');
await_report ' guests started in ' 120
run type cat /sys/hypervisor/guest_type
await /run/pc.serial . 60
said pc </run/pc.serial
run unmapped unmapped
run before xenfacts
run powers powers
for guest in pv pvh board; do
	run "restart.$guest" earlydom restart --force -t 1 "$guest"
done
run list earlydom list --json
run stop earlydom stop -t 1 --force --all
for tenth in $(seq 100); do
	xenfacts | grep -q '^domain' || break
	sleep 0.1
done
run left xenfacts
run last_store xenstore ls -f
logs
SH
$boot->ended_well;
is($boot->said('type.out'), "PVH\n", 'dom0 is a PVH domain');
like((grep { / of 4 guests started in / } $boot->earlydom)[0] // '', qr/^4 of 4 guests started/, 'guests of all kinds start')
	or diag($boot->said('report'));
like($boot->said('pc'), qr/./, 'a disk was booted in one of them');
is($boot->said('unmapped.out'), "1500 pages, 1500 to be read, then 1500\n",
	'no entry of a page table is cleared by a hypercall');
my @table = grep { $_->{process} !~ /serving disks|as a back end/ } powers_table(read_file(root . '/docs/security.md'));
is(join("\n", powers_differ(\@table, [powers_seen($boot->said('powers.out'))])), '',
	'each process may do what docs/security.md says');
my $rows = eval { decode_json($boot->said('list.out')) } // [];
my %listed = map { $_->{name} => $_ } @$rows;
for my $name (qw(pv pvh board)) {
	is($boot->status_of("restart.$name"), 0, "$name is restarted") or diag($boot->said("restart.$name.err"));
	is($listed{$name}{state} // '', 'running', 'and runs');
}
is($boot->status_of('stop'), 0, 'and all are stopped') or diag($boot->said('stop.err'));
my (undef, $left) = facts($boot->said('left.out'));
is(join(' ', keys %$left), '', 'no domain is left');
unlike($boot->said('last_store.out'), qr{^/(?:local/domain/[1-9]|local/domain/0/device-model/|libxl/|vm/)}m, 'nor a node');
done_testing;
