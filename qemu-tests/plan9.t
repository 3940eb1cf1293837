#!/usr/bin/perl
# Plan 9 guests on a hypervisor that runs 32-bit PV kernels, as a.out of both kinds and as the ELF of
# Plan 9's port, packed and not, beside Linux guests and other people's kernels: what they find is what
# their descriptors say.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $dir = work_dir;
my $linux = tool('vmlinux');
system("gzip -9 -c '@{[tool('p9-386')]}' >'$dir/p9-386.gz'") == 0 or die;
system("xz -9 -c '@{[tool('p9-amd64')]}' >'$dir/p9-amd64.xz'") == 0 or die;
my $ramdisk = join('', map { chr($_ % 251) } 1 .. 9000);
my $sum = 0;
my $flags = 1 << 4; # SIF_VIRT_P2M_4TOOLS of public/xen.h, for every pv guest
$sum += $_ % 251 for 1 .. 9000;

sub plan9 {
	my ($kernel, $mib, @more) = @_;
	return join("\n", 'image = "plan9"', qq(kernel = "/boot/$kernel"), "memory = $mib", @more, '');
}
my %guests = (
	aout => plan9('p9-386', 32, 'extra = "\nuser=glenda\nnobootprompt=tcp\n"'),
	packed => plan9('p9-386.gz', 40, 'ramdisk = "/boot/ramdisk"', 'root = "/dev/sdC0"', 'ip = "10.1.2.3"'),
	elf => plan9('p9-xen', 48, 'ramdisk = "/boot/ramdisk"', 'cmdline = "\nbootargs=tcp"'),
	wide => plan9('p9-amd64.xz', 56, 'extra = "x"', 'on_reboot = "destroy"'),
	pv => qq(kernel = "/boot/vmlinux"\nramdisk = "/boot/guest.cpio"\nmemory = 128\n)
		. qq(extra = "console=hvc0 quiet guest=pv"\n),
	pvh => qq(kernel = "/boot/vmlinux"\nramdisk = "/boot/guest.cpio"\nmemory = 128\ntype = "pvh"\n)
		. qq(extra = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=pvh"\n),
	# Debian 12's Mach says its first lines to the hypervisor's console, and keeps them. Then it writes to
	# a page table of its own without asking, which is a fault.
	mach => qq(kernel = "/boot/gnumach.gz"\nmemory = 64\non_crash = "preserve"\n),
	grub => qq(kernel = "/boot/grub"\nmemory = 64\n),
	# A 32-bit kernel has no addresses for that.
	huge => plan9('p9-386', 2048),
);
my $boot = flaky_boot('plan9',
	guests => \%guests,
	store => 1,
	files => [
		(map { tool($_) . ":/boot/$_" } qw(p9-386 p9-xen grub guest.cpio)),
		tool('pvlines') . ':/sbin/pvlines',
		"$dir/p9-386.gz:/boot/p9-386.gz", "$dir/p9-amd64.xz:/boot/p9-amd64.xz", "$linux:/boot/vmlinux",
		root . '/build/machine/gnumach.gz:/boot/gnumach.gz',
		Boot::write_file("$dir/ramdisk", $ramdisk) . ':/boot/ramdisk',
	],
	image => ['-k', '-n'],
	machine => ['-x', root . '/build/xen-pv32/xen'],
	memory => 3072,
	time => 200,
	stage2 => <<'SH');
for guest in aout packed elf wide; do
	await_console $guest '^p9 waits' 30
done
for guest in pv pvh; do
	await_console $guest "^$guest cmdline: " 150
done
await_report '^earlydom: grub: domain [0-9]+ powered off' 30
await_report '^earlydom: mach: domain [0-9]+ crashed' 30
run mach pvlines "$(domid_of mach)" c0000000 c0400000 'GNU Mach '
run facts xenfacts
for guest in aout packed elf wide; do
	domain=/local/domain/$(domid_of $guest)
	run ports_$guest xenstore read $domain/console/port $domain/store/port
done
run inspect earlydom inspect /boot/p9-386.gz
type_to aout poweroff
await_report '^earlydom: aout: domain [0-9]+ powered off' 30
type_to elf crash
await_report '^earlydom: elf: domain [0-9]+ crashed' 30
type_to wide reboot
await_report '^earlydom: wide: domain [0-9]+ rebooted' 30
type_to packed reboot
await_report '^earlydom: packed: restarted as domain' 30
await_console packed '^p9 waits' 30 2
logs
SH
$boot->ended_well;

# ---- what the guests find ----
my (undef, $domains) = facts($boot->said('facts.out'));
my %finds = (
	aout => ['386', 32, '', ['ip=dhcp ', 'user=glenda', 'nobootprompt=tcp', '']],
	packed => ['386', 40, $ramdisk, ['ip=10.1.2.3 root=/dev/sdC0']],
	elf => ['386', 48, $ramdisk, ['', 'bootargs=tcp']],
	wide => ['amd64', 56, '', ['ip=dhcp x']],
);
for my $name (sort keys %finds) {
	my ($machine, $mib, $bytes, $lines) = @{$finds{$name}};
	my ($console, $store) = split /\n/, $boot->said("ports_$name.out");
	my @last = ('p9 last line [' . pop(@$lines) . ']', 'p9 waits []');
	my $want = join("\n", "p9 is up [$machine]",
		'p9 magic [xen-3.0-' . ($machine eq '386' ? 'x86_32p' : 'x86_64') . ']',
		'p9 nr_pages ' . $mib * 256, "p9 flags $flags", 'p9 console port ' . ($console // 'none'),
		'p9 store port ' . ($store // 'none'), 'p9 ramdisk bytes ' . length $bytes,
		'p9 ramdisk sum ' . ($bytes eq '' ? 0 : $sum), 'p9 data [data as it was in the file]', 'p9 bss sum 0',
		(map { "p9 line [$_]" } @$lines), @last) . "\n";
	my $got = $boot->said("log.$name");
	is(substr($got, 0, length $want), $want, "$name: what it finds");
	my ($said) = $boot->earlydom_on($name);
	like($said // '', qr/^started as domain \d+ \(plan9 pv, $mib MiB, 1 vcpu, \d+ ms\)$/, "$name: is started");
}
like($boot->said('log.pv'), qr/^pv is up: linux PV, 128 MiB/m, 'a Linux PV guest beside them');
like($boot->said('log.pvh'), qr/^pvh is up: linux PVH, 12[78] MiB/m, 'a Linux PVH guest beside them');
like($boot->said('mach.out'), qr/^GNU Mach 1\.8.*-xen-486\nRunning on xen-3\.0-x86_32p\.\n.*physical memory map:\n/m,
	"somebody else's 32-bit kernel");
like($boot->said('mach.out'), qr/:0+4000000, available$/m, 'finds its memory');
like($boot->said('log.grub'), qr/GRUB for x86_64-xen is up$/m, "somebody else's 64-bit kernel");
is(scalar(keys %$domains), 7, 'all at once, but for GRUB');
like($boot->said('inspect.out'), qr/^format: Plan 9 a\.out\n.*\ncodec: gzip\n.*\nstarts as: pv\n/s, 'inspect');

# ---- how they end ----
my %ends = (
	aout => qr/^domain \d+ powered off; destroyed$/,
	elf => qr/^domain \d+ crashed; destroyed$/,
	wide => qr/^domain \d+ rebooted; destroyed$/,
	packed => qr/^domain \d+ rebooted; restarting$/,
	grub => qr/^domain \d+ powered off; destroyed$/,
);
like(($boot->earlydom_on($_))[1] // '', $ends{$_}, "$_: its end") for sort keys %ends;
is(($boot->earlydom_on('huge'))[0] // '',
	'memory = 2048 MiB is too much: a 32-bit kernel at 0x80000000 has addresses for 1880 MiB', 'huge: is refused');

done_testing;
