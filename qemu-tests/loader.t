#!/usr/bin/perl
# Each kernel that is at hand, loaded by libxenguest's own loaders and by earlydom's, into a domain each:
# memory, page tables, start info and registers have to be the same (builder/build/test/library). First into files,
# without a hypervisor, then in one boot into paused domains of Xen's.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $programs = 'build/unit/musl/t/builder/build/test/library';
my $machine = root . '/build/machine';
my ($hvmloader) = glob("$machine/model/usr/lib/xen-*/boot/hvmloader");
my %files = (
	debian => "$machine/vmlinuz",
	cloud => "$machine/vmlinuz-cloud",
	gnumach => "$machine/gnumach.gz",
	hvmloader => $hvmloader,
	seabios => "$machine/model/usr/share/seabios/bios-256k.bin",
	ramdisk => tool('guest.cpio'),
	map { $_ => tool($_) } qw(tiny grub p9-386 p9-amd64 p9-xen),
);
my $none = 'libxenguest has no loader for it';
my @same = (
	(map { my $kernel = $_; map { ([$_, $kernel], [$_, $kernel, 'ramdisk']) } qw(pv pvh) } qw(debian cloud)),
	['pv', 'tiny'], ['pv', 'tiny', 'ramdisk'], ['pv', 'grub'], ['pv', 'grub', 'ramdisk'],
	['firmware', 'hvmloader', 'seabios'],
);

system('make', '-s', '-C', root, map { "$programs/compare_$_" } qw(files domains)) == 0
	or BAIL_OUT('the programs do not build');

sub compare {
	my ($want, $as, @names) = @_;
	my ($status, $out, $err) =
		command(root . "/$programs/compare_files", $as, map { $files{$_} } @names);
	is($status == 0 ? $out : "$status: $err", "$want\n", join(' ', 'in a file:', $as, @names));
}

compare('the same', @$_) for @same;
# 32 bits, which Debian's hypervisor does not run.
compare('the same', 'pv', 'gnumach', 'ramdisk');
# libxenguest has no loader for Plan 9's kernels.
compare($none, 'pv', $_) for qw(p9-386 p9-amd64 p9-xen);

# An emulated machine is slow to unpack: there one kernel goes without a ramdisk, the other with one.
my @in_domain = grep { !("@$_" =~ /debian ramdisk/ || "@$_" =~ /cloud$/) } @same;
my $boot = boot('loader',
	guests => {tiny => qq(kernel = "/boot/tiny"\nmemory = 16\n)},
	files => [(map { "$files{$_}:/boot/$_" } grep { $_ ne 'tiny' } keys %files),
		root . "/$programs/compare_domains:/sbin/compare_domains"],
	image => ['-n', '-k'],
	time => 400,
	stage2 => join('', map { 'run ' . join('_', @$_) . " compare_domains $$_[0]"
		. join('', map { " /boot/$_" } @$_[1 .. $#$_]) . "\n" } @in_domain, ['pv', 'p9-amd64']),
);
$boot->ended_well;
for my $case (@in_domain) {
	my $label = join('_', @$case);
	is($boot->said("$label.out"), "the same\n", "in a domain: @$case") or diag($boot->said("$label.err"));
}
is($boot->said('pv_p9-amd64.out'), "$none\n", 'in a domain: pv p9-amd64');

done_testing;
