#!/usr/bin/perl
# Every codec with a real kernel, Debian's, packed by this test: as the payload of a bzImage, as an
# ELF file packed as a whole, and not packed at all; and such a bzImage in a UKI. Each starts a guest
# that prints its version; and on this host each unpacks to the same bytes.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Digest::SHA;
use File::Path qw(make_path);
use Test::More;

my $dir = work_dir . '/kernels';
my $earlydom = root . '/build/earlydom';
my $debian = root . '/build/machine/vmlinuz-cloud';
make_path($dir);

sub sha { return Digest::SHA->new(256)->addfile($_[0], 'b')->hexdigest }

# The commands of the kernel's own build (scripts/Makefile.lib), quicker where that changes nothing
# but the size; `size` tells that it puts the unpacked size behind the data.
my %codecs = (
	gzip => {command => 'gzip -n -c'},
	xz => {command => 'xz -0 --check=crc32 --x86 --lzma2=preset=0,dict=32MiB -c', size => 1},
	lzma => {command => 'xz -0 --format=lzma -c', size => 1},
	zstd => {command => 'zstd -q -3 -c', size => 1},
	lz4 => {command => 'lz4 -q -l -c', size => 1},
);

my ($status, $out, $err) = command($earlydom, 'inspect', '--unpack', "$dir/elf", $debian);
is($status, 0, "Debian's kernel is unpacked") or BAIL_OUT($err);
my $size = -s "$dir/elf";
my $sha = sha("$dir/elf");
my ($version) = read_file("$dir/elf") =~ /(Linux version \d\S+)/;
ok($version, 'it has a version') or BAIL_OUT('not a kernel');

my @kernels = ('elf');
for my $codec (sort keys %codecs) {
	my $packed = "$dir/elf.$codec";
	is(system("$codecs{$codec}{command} <$dir/elf >$packed"), 0, "$codec packs") or next;
	my $payload = read_file($packed) . ($codecs{$codec}{size} ? pack('V', $size) : '');
	write_file("$dir/payload", $payload);
	is(system("$Bin/repack", $debian, "$dir/payload", "$dir/bzimage.$codec"), 0, "$codec: a bzImage of it");
	push @kernels, "elf.$codec", "bzimage.$codec";
}
unlink("$dir/payload");
is((command("$Bin/lib/mkuki", "$dir/bzimage.gzip", "$dir/elf.gzip", 'console=ttyS0', "$dir/uki.gzip"))[0], 0, 'a UKI');
push @kernels, 'uki.gzip';
for my $kernel (@kernels) {
	(undef, $out) = command($earlydom, 'inspect', "$dir/$kernel");
	($status) = command($earlydom, 'inspect', '--unpack', "$dir/again", "$dir/$kernel");
	my ($format, $packing) = (split(/\./, $kernel), "none");
	$format = $format eq 'elf' ? 'ELF' : 'bzImage';
	like($out, qr/^format: $format\n(?:.*\n)*codec: $packing$/m, "$kernel is recognised");
	is($status == 0 && sha("$dir/again"), $sha, "$kernel unpacks to the same");
}
unlink("$dir/again");

# A guest for each. Their share of a cpu is small, so that those which have said what is wanted do
# not keep the next from being built.
sub name { return $_[0] =~ s/\./_/r }
my %guests = map { name($_) => <<~CFG } @kernels;
	kernel = "/boot/$_"
	memory = 80
	cap = 5
	on_reboot = "destroy"
	extra = "earlyprintk=xen"
	CFG
# Its words come when its console is up.
$guests{uki_pvh} = <<~CFG;
	type = "pvh"
	kernel = "/boot/uki.gzip"
	memory = 96
	on_reboot = "destroy"
	extra = "console=hvc0 mitigations=off tsc_early_khz=2600000"
	CFG
my $boot = flaky_boot('codecs',
	guests => \%guests,
	files => [map { "$dir/$_:/boot/$_" } @kernels],
	image => ['-k', '-n'],
	memory => 3072,
	time => 420,
	stage2 => "for guest in @{[map { name($_) } @kernels]} uki_pvh; do\n" . <<'SH');
	await_console $guest 'Linux version' 60
	said version.$guest <<TEXT
$(grep -om1 'Linux version [^ ]*' /run/earlydom/console/$guest.log)
TEXT
	earlydom destroy $guest
done
run facts xenfacts
SH
$boot->ended_well;
for my $kernel (@kernels) {
	my $name = name($kernel);
	my ($line) = grep { /^started / } $boot->earlydom_on($name);
	like($line // '', qr/^started as domain \d+ \(linux pv, 80 MiB, 1 vcpu, \d+ ms\)$/,
		"$kernel is started");
	is($boot->said("version.$name"), "$version\n", "$kernel runs");
}
my $n = keys %guests;
like(join("\n", $boot->earlydom), qr/^$n of $n guests started in /m, 'the summary');

# ---- the UKI ----
is($boot->said('version.uki_pvh'), "$version\n", 'the UKI runs as a pvh guest');
for my $name (qw(uki_gzip uki_pvh)) {
	is(join("\n", grep { /^note: / } $boot->earlydom_on($name)), 'note: kernel /boot/uki.gzip is a UKI, of which '
		. 'only the section .linux is used, not .initrd and .cmdline: the guest has no ramdisk',
		"$name: what is not used is told");
}
is(scalar(grep { /is a UKI/ } $boot->earlydom), 2, 'and of no other guest');
my (undef, $left) = facts($boot->said('facts.out'));
is(join(' ', keys %$left), '', 'no domain is left');
unlink(glob("$dir/*"));

done_testing;
