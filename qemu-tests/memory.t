#!/usr/bin/perl
# Memory beside xl's: guests of each type with maxmem above memory, up to more than twice as much, in a
# whole Debian dom0. What Linux finds in them, what the hypervisor has of them and what the store says is
# compared with xl's twins, at the start, after `xl mem-set`, and after a restart.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

# memory => maxmem. With ALL=1, as `make hosts-test` has it, all of them, and vmx guests beside; else those of one size:
# a pair takes a minute or two, a vmx guest minutes on an emulated machine, half of these in its BIOS. That the calls
# for all sizes of each type are those of libxl is tested by xl-tests/keys.table.
my %most = $ENV{ALL} ? (192 => 512, 256 => 512, 384 => 448) : (192 => 512);
my %type = (
	pv => qq(type = "pv"\n),
	pvh => qq(type = "pvh"\n),
	vmx => qq(type = "hvm"\nvga = "none"\nvnc = 0\n),
);
# types(MEMORY): those with guests of that size
sub types {
	my ($memory) = @_;
	return ($memory == 192 && $ENV{ALL} ? 'vmx' : (), qw(pv pvh));
}
# A pvh guest's Linux asks more than a million times for a keyboard controller before it resets by other
# means, which takes a minute and a half here; reboot=t begins with one that works.
my $kernel = 'quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 reboot=t balloon=1';

# descriptors(X): X ends the names. Without vcpus libxl forgets the first one in the paging pool.
sub descriptors {
	my ($x) = @_;
	my %all;
	for my $memory (keys %most) {
		for my $type (types($memory)) {
			my $console = $type eq 'vmx' ? 'ttyS0' : 'hvc0';
			# QEMU starts no bare kernel with a ramdisk.
			my $linux = $type eq 'vmx' ? 'vmlinuz' : 'vmlinux';
			$all{"$type$memory$x"} = <<~CFG;
				name = "$type$memory$x"
				$type{$type}
				kernel = "/boot/guests/$linux"
				ramdisk = "/boot/guests/front.cpio"
				memory = $memory
				maxmem = $most{$memory}
				vcpus = 1
				device_timeout = 600
				extra = "console=$console $kernel guest=$type$memory$x"
				CFG
		}
	}
	return %all;
}
my $vmx = $ENV{ALL} ? 'vmx192' : '';
my %guests = descriptors('');
my %twins = descriptors('-x');

my $boot = flaky_boot('memory', with => \&dom0_boot,
	guests => \%guests,
	files => [
		tool('vmlinux') . ':/boot/guests/vmlinux',
		root . '/build/machine/vmlinuz-cloud:/boot/guests/vmlinuz',
		tool('front.cpio') . ':/boot/guests/front.cpio',
	],
	staged => [tool('xenfacts') . ':/xenfacts',
		map { write_file(work_dir . "/$_.cfg", $twins{$_}) . ":/$_.cfg" } sort keys %twins],
	dom0 => 'earlydom=pv192,pvh192' . ($vmx && ",$vmx"),
	# of 384 MiB there are four at once; more guests at a time take longer than one pair after the other
	memory => $ENV{ALL} ? 2816 : 2304,
	time => 700,
	stage => "vmx=$vmx\n" . <<'SH');
# told NAME: what the guest has told, in its newest domain
told() {
	xenstore-read "/local/domain/$(xl domid "$1")/data/memory" 2>/dev/null
}
# await_told NAME [BEFORE]: until it has told something, or something else
await_told() {
	left=$((patience * 100))
	until now=$(told "$1") && [ -n "$now" ] && [ "$now" != "${2:-}" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $1 told"; return; }
		sleep 1
	done
	echo "@up: $1 $(cut -d ' ' -f 1 /proc/uptime)"
}
# look LABEL: all that there is to be seen of the guests that run
look() {
	xenstore-ls -fp >"store-$1"
	xl list -l >"long-$1"
	/run/stage/xenfacts -a >"facts-$1"
}
# pairs GROUP NAME...: guests and their twins, from their start to their end. xl gives QEMU 10 s for an
# answer, in which nothing else should keep dom0 from it: the first is the vmx guest, if there is one.
pairs() {
	group=$1
	shift
	for guest; do
		xl_create "create.$guest" "/run/stage/$guest-x.cfg"
	done
	for guest; do
		# Those of the boot run already.
		[ "$group" = early ] || run "start.$guest" earlydom start "$guest"
	done
	for guest; do
		await_told "$guest"
		await_told "$guest-x"
	done
	look "$group"
	[ "$group" != early ] || more "$@"
	for guest; do
		run "destroy.$guest" earlydom destroy "$guest"
		run "destroy.$guest-x" xl destroy "$guest-x"
	done
}
# more NAME...: what xl does to them
more() {
	for guest; do
		before=$(told "$guest") before_x=$(told "$guest-x")
		run "set.$guest" xl mem-set "$guest" 240
		run "set.$guest-x" xl mem-set "$guest-x" 240
		await_told "$guest" "$before"
		await_told "$guest-x" "$before_x"
	done
	look set
	run too_much xl mem-set pvh192 513
	run max xl mem-max pvh192 600
	for guest in $vmx ${vmx:+$vmx-x} pv192 pv192-x pvh192-x; do
		xl pause "$guest"
	done
	run reboot xl reboot pvh192
	await_report '^earlydom: pvh192: restarted as domain' 100
	await_told pvh192
	look again
}
run list xl list
pairs early $vmx pv192 pvh192
[ -z "$vmx" ] || pairs middle pv256 pvh256
[ -z "$vmx" ] || pairs late pv384 pvh384
run unit_stop systemctl stop earlydom.service
run free sh -c 'xl list; xl info free_memory'
logs
SH
$boot->ended_well;
my $results = $boot->{results};

# memory_of(GROUP, NAME): all that says how much memory a guest has
sub memory_of {
	my ($group, $name) = @_;
	my %all = %{nodes("$results/store-$group", $name, sub { $_[0] })};
	my %is = map { m{^/local/domain/DOMID/((?:memory|data)/.*)} ? ($1 => $all{$_}) : () } keys %all;
	my ($domid) = read_file("$results/store-$group") =~ m{^/local/domain/(\d+)/name = "\Q$name\E" }m or return {};
	my $text = read_file("$results/facts-$group");
	my (undef, $domains) = facts($text);
	$is{$_} = $domains->{$domid}{$_} for qw(max_memkb tot_kib);
	$is{pool} = $1 if $text =~ /^hvm $domid pages .* (pool_kib \d+) /m;
	my $config = config(decode_or_empty(read_file("$results/long-$group")), $name, sub { $_[0] });
	$is{"b_info/$_"} = $config->{b_info}{$_} for qw(max_memkb target_memkb video_memkb);
	return \%is;
}

# KiB that Linux may find more, or less, than in the twin: 4 pages of a pv guest's boot page tables were seen.
my $boot_tables = 32;

# compare(GROUP, NAME): with the twin. Returns what ours has.
sub compare {
	my ($group, $name) = @_;
	my ($ours, $xls) = map { memory_of($group, $_) } $name, "$name-x";
	my ($total, $total_x) = map { ($_->{'data/memory'} // '') =~ /^(\d+) / ? $1 : undef } $ours, $xls;
	if (defined $total && defined $total_x) {
		cmp_ok(abs($total - $total_x), '<=', $boot_tables, "$group: $name: MemTotal is $total KiB, its twin's $total_x");
		s/^\d+ // for $ours->{'data/memory'}, $xls->{'data/memory'};
	}
	is(differences($ours, $xls), '', "$group: $name has what its twin has");
	note(join(' ', "$group $name:", map { "$_=$ours->{$_}" } sort keys %$ours));
	return $ours;
}

my %group = (192 => 'early', 256 => 'middle', 384 => 'late');
for my $memory (sort keys %most) {
	my $group = $group{$memory};
	for my $type (types($memory)) {
		my $name = "$type$memory";
		is($boot->status_of("create.$name"), 0, "xl makes a twin of $name") or diag($boot->said("create.$name.err"));
		my $is = compare($group, $name);
		is($is->{"b_info/max_memkb"}, $most{$memory} << 10, "$name: maxmem");
		is($is->{"b_info/target_memkb"}, $memory << 10, "$name: memory");
		cmp_ok($is->{tot_kib}, '<=', ($memory + 1) << 10, "$name: not more than it should have");
		cmp_ok($is->{tot_kib}, '>', ($memory - 3) << 10, "$name: and hardly less");
	}
}

for my $type (types(192)) {
	my $is = compare('set', "${type}192");
	is($boot->status_of("set.${type}192"), 0, "$type: xl mem-set") or diag($boot->said("set.${type}192.err"));
	cmp_ok($is->{tot_kib}, '>', 238 << 10, "$type: it has more memory then");
}
isnt($boot->status_of('too_much'), 0, 'xl mem-set beyond maxmem fails');
is($boot->status_of('max'), 0, 'xl mem-max') or diag($boot->said('max.err'));
my ($first, $again) = (memory_of('early', 'pvh192'), memory_of('again', 'pvh192'));
is(differences($again, $first), '', 'a restart gives a guest what it had at its start');

done_testing;
