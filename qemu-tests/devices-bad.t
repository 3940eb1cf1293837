#!/usr/bin/perl
# Devices that can't be had: each is one line with its cause, in bounded time; nothing of the guest
# is left behind, and the other guests do not wait for it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

# A kernel without front ends is enough: a guest is started once its back ends are ready for one.
sub tiny {
	return join("\n", 'kernel = "/boot/tiny"', 'memory = 16', @_, '');
}
my %guests = (
	# These wait for a device that never comes, or comes after the others have been started. They are
	# the first in order.
	a_absent => tiny('disk = ["/dev/vdx,raw,xvda,rw"]', 'device_timeout = 3'),
	a_label => tiny('disk = ["LABEL=nothing,raw,xvda,ro"]', 'device_timeout = 3'),
	a_late => tiny('disk = ["/disks/late,raw,xvda,rw"]', 'device_timeout = 1000'),
	# Half of a mirror, which looks like the mirror but for its end.
	a_member => tiny('disk = ["LABEL=mirror,raw,xvda,rw"]', 'device_timeout = 3'),
	a_silent => tiny('vif = ["bridge=br0"]', 'device_timeout = 3'),

	# Good guests
	good => tiny('disk = ["/dev/vda,raw,xvda,rw", "/images/text,raw,xvdb,ro"]'),
	reader => tiny('disk = ["/images/text,raw,xvda,ro"]'),
	next => tiny('after = ["a_absent"]'),
	plain => tiny('extra = "name=plain"'),
	# A file system with this label is on good's disk, too, and good may have put it there.
	tagged => tiny('disk = ["LABEL=data,raw,xvda,rw"]'),

	# One disk, by two paths: written by two guests, written by one and read by another. By one path
	# that is an error before anything is started.
	image_a => tiny('disk = ["/images/a,raw,xvda,rw"]'),
	image_b => tiny('disk = ["/images/b,raw,xvda,rw"]'),
	twice_a => tiny('disk = ["/disks/linked,raw,xvda,rw"]'),
	twice_b => tiny('disk = ["/dev/vdb,raw,xvda,rw"]'),
	twice_c => tiny('disk = ["/disks/again,raw,xvda,ro"]'),
	twice_d => tiny('disk = ["/images/c,raw,xvda,rw", "/images/c2,raw,xvdb,ro"]'),
	same_a => tiny('disk = ["/disks/same,raw,xvda,rw"]'),
	same_b => tiny('disk = ["/disks/same,raw,xvda,ro"]'),

	# Things that are no disk, bridge or address.
	no_disk => tiny('disk = ["/dev/null,raw,xvda,rw"]'),
	no_image => tiny('disk = ["/images/empty,raw,xvda,rw"]'),
	no_bridge => tiny('vif = ["mac=00:16:3e:01:02:03,bridge=nobr"]'),
	no_mac => tiny('vif = ["mac=00:16:3e:01:02,bridge=br0"]'),
	group_mac => tiny('vif = ["mac=01:16:3e:01:02:03,bridge=br0"]'),

	# `after` that gives no order.
	round_a => tiny('after = ["round_b"]'),
	round_b => tiny('after = ["round_a"]'),
	no_such => tiny('after = ["plian"]'),
);
# Some of these causes may pass, which nobody is to wait for here but one guest.
$guests{$_} .= "start_retries = 0\n" for keys %guests;
$guests{a_retried} = tiny('disk = ["/disks/retried,raw,xvda,rw"]', 'device_timeout = 2');
my @started = qw(good image_a plain reader tagged twice_a);

# A disk with an ext2 of that name, 8 MiB; as much of it as tells that (Linux, fs/ext4/ext4.h).
sub ext2 {
	my ($label) = @_;
	my $disk = "\0" x (8 << 20);
	substr($disk, 1024 + 56, 2) = pack('v', 0xef53);
	substr($disk, 1024 + 76, 4) = pack('V', 1);
	substr($disk, 1024 + 104, 16) = pack('a16', $label x 4);
	substr($disk, 1024 + 120, 16) = pack('a16', $label);
	return $disk;
}

# ... in a mirror whose metadata, of version 1.0, is 8 KiB before its end (Linux, md_p.h).
sub mirrored {
	my ($disk) = @_;
	my $at = (8 << 20) - 8192;
	substr($disk, $at, 168) = pack('VVx8a16a32x64x16Q<x16', 0xa92b4efc, 1, 'm' x 16, 'host:0', $at / 512);
	return $disk;
}
my $text = write_file(work_dir . '/text', 'a line', "\n", '.' x 1017);
my $boot = boot('bad',
	guests => \%guests,
	store => 1,
	disks => [
		write_file(work_dir . '/vda', ext2('data')), 8, 8,
		write_file(work_dir . '/vdd', mirrored(ext2('mirror'))),
		write_file(work_dir . '/vde', ext2('data')),
		8,
	],
	files => ["$text:/images/text"],
	image => ['-n'],
	dom0 => 'earlydom.bridge=br0:eth9',
	time => 240,
	before => <<'SH',
run before xenfacts
for file in a c; do
	truncate -s 1M /images/$file
done
ln /images/a /images/b
ln /images/c /images/c2
: >/images/empty
mkdir /disks
ln -s ../dev/vdb /disks/linked
ln -s /disks/linked /disks/again
{
	await_report '^earlydom: twice_a: started' 200
	ln -s /dev/vdc /disks/late
} &
{
	await_report '^earlydom: a_retried: .*; tried again in ' 200
	ln -s /dev/vdf /disks/retried
} &
# The kernel has no xen-netback, and nobody knows.
rm /lib/modules/earlydom/netback.list
SH
	stage2 => <<'SH',
await_report '^earlydom: bridge br0: port eth9' 60
await_report '^earlydom: a_retried: started as ' 60
run list earlydom list
run facts xenfacts
run store xenstore ls -f
run loops losetup -a
run links sh -c 'ls /sys/class/net'
run disks earlydom disks
for name in a_late a_retried good image_a next plain reader tagged twice_a; do
	run "destroy_$name" earlydom destroy $name
done
run last_loops losetup -a
run last_store xenstore ls -f
run last xenfacts
said report </run/earlydom/earlydom.log
SH
);
$boot->ended_well;

# ---- each has its line ----
my %line = (
	a_absent => 'disk xvda: /dev/vdx: No such file or directory',
	a_label => 'disk xvda: no device has LABEL=nothing (left out: DEVICE)',
	a_member => 'disk xvda: no device has LABEL=mirror (left out: DEVICE)',
	a_silent => 'vif 0: its back end is not there after 3 s: is xen-netback loaded?; domain destroyed',
	image_b => 'disk xvda: /images/b is used by guest image_a for writing',
	twice_b => 'disk xvda: /dev/vdb is used by guest twice_a as /disks/linked for writing',
	twice_c => 'disk xvda: /disks/again is used by guest twice_a as /disks/linked for writing',
	twice_d => "disk xvdb: /images/c2 is used by this guest's disk xvda for writing",
	no_disk => 'disk xvda: /dev/null is neither a block device nor a file',
	no_image => 'disk xvda: /images/empty: the file has less than a sector',
	no_bridge => 'vif 0: there is no bridge nobr (earlydom.bridge=nobr makes one)',
);
for my $name (sort keys %line) {
	# Several guests have disks that a tag is not looked for on; the first of them is named.
	my $said = join("\n", $boot->earlydom_on($name)) =~ s{/dev/\w+, which guest \w+ may write}{DEVICE}r;
	is($said, $line{$name}, "$name: one line, with the cause");
}
my $errors = join("\n", $boot->earlydom);
like($errors, qr{^/etc/earlydom/no_mac\.cfg:3:\d+: .*00:16:3e:01:02\b}m, 'no_mac: the place and the cause');
like($errors, qr{^/etc/earlydom/group_mac\.cfg:3:\d+: .*01:16:3e:01:02:03}m, 'group_mac: the place and the cause');
like($errors, qr{^/etc/earlydom/same_b\.cfg:3:\d+: disk xvda: /disks/same is already disk xvda of same_a \(/etc/earlydom/same_a\.cfg:3:\d+\), and one of them writes it$}m,
	'same_b: both places');
like($errors, qr{^/etc/earlydom/round_a\.cfg:3:\d+: after: .*round_a -> round_b -> round_a}m, 'round: the cycle');
like($errors, qr{^/etc/earlydom/no_such\.cfg:3:\d+: .*'plian'.*did you mean 'plain'}m, 'no_such: with a suggestion');
like($errors, qr/^bridge br0: port eth9 is not there after \d+ s$/m, 'a port that is missing is said');

# ---- the others are there, and did not wait ----
# Those of them that have devices are started when their back ends are ready, each in its time.
my @order = grep { $_ ne 'next' && $_ ne 'a_retried' } map { /^(\w+): started as domain/ ? $1 : () } $boot->earlydom;
my $last = pop(@order) // '';
is(join(' ', sort @order), join(' ', sort @started), 'what can be started is');
is($last, 'a_late', 'and waits for nobody; then what comes late');
my @next = $boot->earlydom_on('next');
is($next[0], 'starts without a_absent, which it comes after (failed)', 'next: is told');
like($next[1], qr/^started as domain \d+ \(/, 'next: and starts');
my ($summary) = grep { / guests started in / } $boot->earlydom;
my @retried = $boot->earlydom_on('a_retried');
is($retried[0], 'disk xvda: /disks/retried: No such file or directory; tried again in 2 s', 'a_retried: its first try fails');
like($retried[-2], qr/^started as domain \d+ \(.*\), after \d failed tr(?:y|ies)$/, 'a_retried: a later one does not');
like($summary, qr/^[89] of @{[scalar keys %guests]} guests started in \d+ ms; failed: /, 'the summary');
my %state = map { (split)[0] => $_ } split(/\n/, $boot->said('list.out'));
like($state{$_}, qr/ failed /, "$_ is listed as failed") for sort keys %line;
like($state{$_}, qr/ running /, "$_ is listed as running") for @started, 'next', 'a_late', 'a_retried';

# ---- why a tag is not found ----
my $disks = $boot->said('disks.out');
like($disks, qr{^/dev/vda: 8192 KiB\n    left out: guest good may write it$}m, "good's disk is left out") or diag($disks);
like($disks, qr{^/dev/vdd: 8192 KiB, linux_raid_member\n.*\n    LABEL=host:0\n    not found by UUID= and LABEL=: not a file system by itself \(linux_raid_member\)$}m,
	'half of a mirror is none');
like($disks, qr{^/dev/vde: 8192 KiB\n    left out: guest tagged may write it$}m, 'tagged has the other one');

# ---- nothing is left behind ----
my ($before) = facts($boot->said('before.out'));
my (undef, $domains) = facts($boot->said('facts.out'));
my @domids = sort map { (split ' ', $_ // '- -')[1] } @state{@started, 'next', 'a_late', 'a_retried'};
is(join(' ', sort keys %$domains), join(' ', @domids), 'only what was started has a domain');
my %known = map { $_ => 1 } $boot->said('store.out') =~ m{^/local/domain/(\d+) }mg;
is(join(' ', sort keys %known), join(' ', 0, @domids), 'or a place in the store');
my %backends = map { $_ => 1 } $boot->said('store.out') =~ m{^/local/domain/0/backend/(?:vbd|vif)/(\d+) }mg;
is(join(' ', sort keys %backends), join(' ', sort map { (split ' ', $_ // '- -')[1] } @state{grep { $_ ne 'plain' } @started, 'a_late', 'a_retried'}),
	'or back ends');
my @loops = $boot->said('loops.out') =~ m{^(/dev/loop\d+): .*?(/\S+)$}mg;
is(scalar @loops / 2, 3, 'an image file in use has a loop device, for each guest') or diag($boot->said('loops.out'));
is(join(' ', sort split(/\n/, $boot->said('links.out'))), 'br0 lo', 'no interface but the bridge');

# ---- and in the end nothing at all ----
is($boot->said('last_loops.out'), '', 'no loop device at the end');
unlike($boot->said('last_store.out'), qr{^/(local/domain/[1-9]|vm/|libxl/|local/domain/0/(backend/.*/[1-9]|error/))}m,
	'nothing in the store') or diag($boot->said('last_store.out'));
my ($after, $left) = facts($boot->said('last.out'));
is(join(' ', keys %$left), '', 'no domain');
cmp_ok(abs($before->{free_kib} - $after->{free_kib}), '<=', 64,
	"and all memory is back ($before->{free_kib} KiB, then $after->{free_kib} KiB)");

done_testing;
