#!/usr/bin/perl
# UEFI firmware: it starts xen.efi, which reads its configuration and all else from the disk; and one signed file that
# is the whole host, with Secure Boot on and a key of the test's own. What was changed, or not signed, does not start.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use File::Basename qw(basename);
use File::Path qw(make_path);
use Test::More;
use Uefi;

my $machine = root . '/build/machine';
my ($xen) = glob("$machine/xen-hypervisor-*/boot/xen-*.efi");
my ($key, $cert) = own_key('vendor');

# configuration(FILE, OPTIONS): the project's own example of one, with what configs/qemu.conf has for this machine, and
# more options of Xen's
sub configuration {
	my ($file, $options) = @_;
	my $text = read_file(root . '/configs/xen.cfg');
	$text =~ s/^options=\K/console=com1 clocksource=pit $options /mg;
	$text =~ s/ console=hvc0\K/ panic=-1 cryptomgr.notests swiotlb=2048 rodata=off/g;
	return write_file($file, $text);
}

# A guest of each profile that the configuration chooses by, so that the section that was booted is seen.
my %guests = map { $_ => qq(kernel = "/boot/tiny"\nmemory = 16\nprofile = "$_"\n) } qw(normal recovery);
my $stage2 = <<'SH';
run list earlydom list
run cmdline cat /proc/cmdline
mkdir /tmp/variables
run variables sh -c 'mount -t efivarfs efivarfs /tmp/variables && ls /tmp/variables'
SH

sub guests_of {
	my ($boot) = @_;
	return join(' ', sort map { /^(\w+): started as domain \d+ \(linux pv, 16 MiB, 1 vcpu, \d+ ms\)$/ ? $1 : () } $boot->earlydom);
}

# screen($boot): what the firmware and what it starts have written, without what moves the cursor
sub screen {
	my ($boot) = @_;
	return join("\n", @{$boot->{lines}}) =~ s/\e\[[0-9;=]*[A-Za-z]//gr;
}

# ---- files on a disk ----
my $plain = boot('plain',
	guests => \%guests,
	efi => sub {
		my ($image, $dir) = @_;
		make_path("$dir/disk/EFI/BOOT");
		my %files = ('BOOTX64.EFI' => $xen, 'vmlinuz' => "$machine/vmlinuz", 'earlydom.img' => $image,
			'BOOTX64.cfg' => configuration("$dir/xen.cfg", ''));
		symlink($files{$_}, "$dir/disk/EFI/BOOT/$_") or die "$_: $!" for keys %files;
		return ('-E', "$dir/disk");
	},
	image => ['-M', 'efivarfs'],
	stage2 => $stage2,
	time => 120,
);
$plain->ended_well;
like(screen($plain), qr/Using configuration file 'BOOTX64[.]cfg'/, 'xen.efi reads its configuration');
is(guests_of($plain), 'normal', 'the guests of its default section are up');
like($plain->said('cmdline.out'), qr/ earlydom[.]profile=normal$/m, "dom0's command line is that of the section");

like($plain->said('variables.out'), qr/^BootOrder-/m, "dom0's root has the firmware's boot entries, if it is not kept from them");

# ---- one signed file ----
my $signed = work_dir . '/signed.efi';
my $boot = boot('signed',
	guests => \%guests,
	efi => sub {
		my ($image, $dir) = @_;
		my @words = (root . '/scripts/mkefi', '-x', $xen, '-k', "$machine/vmlinuz", '-i', $image,
			'-c', configuration("$dir/xen.cfg", 'efi=no-rs'));
		my ($status, undef, $err) = command(@words, '-s', $key, '-C', $cert, '-o', $signed);
		is($status, 0, 'mkefi makes one signed file') or diag($err);
		($status, undef, $err) = command(@words, '-o', work_dir . '/unsigned.efi');
		is($status, 0, 'and one that is not signed') or diag($err);
		# What a boot entry may still say is in docs/security.md.
		return ('-E', $signed, '-V', variables("$dir/variables", cert => $cert,
			arguments => 'xen.efi recovery -- loglvl=all -- earlydom.echo=console'));
	},
	image => ['-M', 'efivarfs'],
	stage2 => $stage2,
	time => 120,
);
$boot->ended_well;
like(screen($boot), qr/Using builtin config file/, 'its configuration is in it');
is(guests_of($boot), 'recovery', 'its guests are up: those of the section that the boot entry names');
like($boot->said('cmdline.out'), qr/ earlydom[.]profile=recovery earlydom[.]rescue.* earlydom[.]echo=console$/m,
	"what the boot entry adds to dom0's command line is there, too");

is($boot->said('variables.out'), '', "dom0's root has no way to the firmware's boot entries");
isnt($boot->status_of('variables'), 0, 'as Xen refuses it');

# ---- what does not start ----

# refused(NAME, FILE, FIRMWARE'S VARIABLES): that the firmware says so, and nothing of Xen is run
sub refused {
	my ($name, $file, $variables) = @_;
	my $refused = run_machine($name, {abort => qr/Access Denied|Security Violation|starting Boot|EFI loader/},
		root . '/scripts/run-qemu', '-t', 180, '-E', $file, '-V', $variables);
	my $text = screen($refused);
	like($text, qr/BdsDxe: failed to load Boot0000 .*: (?:Access Denied|Security Violation)/, "$name: the firmware refuses it");
	unlike($text, qr/EFI loader|Xen/, "$name: nothing of it is run");
	return;
}
my $variables = variables(work_dir . '/variables', cert => $cert, arguments => 'xen.efi');

# One bit in the middle of the initramfs, which is the last section.
my $bytes = read_file($signed);
my $at = int(length($bytes) * 3 / 4);
substr($bytes, $at, 1) ^= "\x01";
refused('changed', write_file(work_dir . '/changed.efi', $bytes), $variables);
refused('unsigned', work_dir . '/unsigned.efi', $variables);
my ($other_key, $other) = own_key('stranger');
refused('stranger', $signed, variables(work_dir . '/others', cert => $other, arguments => 'xen.efi'));

# ---- what mkefi does not make one of ----
my $initramfs = write_file(work_dir . '/initramfs', '070701');
my $out = work_dir . '/out.efi';

# mkefi(OPTIONS): what it says, with OPTIONS in front of those that are good
sub mkefi {
	my ($status, undef, $err) = command(root . '/scripts/mkefi', '-o', $out, '-x', $xen, '-k', "$machine/vmlinuz",
		'-i', $initramfs, '-c', root . '/configs/xen.cfg', @_);
	my ($work, $root) = (work_dir, root);
	return $status . ' ' . $err =~ s{\Q$work\E/|\Q$root\E/|^mkefi: |\n$}{}gr;
}

is(mkefi(), '0 ', 'it makes one');
my $first = read_file($out);
sleep 1;
is(mkefi(), '0 ', 'twice');
ok(read_file($out) eq $first, 'with the same bytes');
unlink($out);

my %pe = (
	'cut' => [sub { substr($_[0], 0, 2_000_000) }, 'is damaged: section .init ends behind the file'],
	'short' => [sub { substr($_[0], 0, 600) }, qr/^is cut off: 600 bytes, /],
	'headless' => [sub { substr($_[0], 0, 200) }, qr/^is no EFI program: there is no PE header/],
	'i386' => [sub { substr($_[0], $_[1] + 4, 2) = "\x4c\x01"; $_[0] }, qr/^is no EFI program for x86-64/],
	'stranger' => [sub { $_[0] =~ s/E\0F\0I\0 \0l\0o/X\0X\0X\0X\0X\0X/r }, 'is an EFI program, but not Xen (-x names another)'],
	'old' => [sub { $_[0] =~ s/b\0u\0i\0l\0t\0i\0n/X\0X\0X\0X\0X\0X\0X/r },
		'is too old for a configuration in it: it takes Xen 4.15 or later'],
	'overlap' => [sub { substr($_[0], $_[1] + 24 + 240 + 40 + 12, 4) = pack('V', 0x300000); $_[0] },
		'is damaged: section .rodata begins before .text ends'],
	'outside' => [sub { substr($_[0], $_[1] + 24 + 56, 4) = pack('V', 0x900000); $_[0] },
		'is damaged: section .bss ends behind the image'],
	'unaligned' => [sub { substr($_[0], $_[1] + 24 + 32, 4) = pack('V', 512); $_[0] },
		'has sections at multiples of 512 bytes: that has to be pages'],
);
for my $name (sort keys %pe) {
	my ($change, $says) = @{$pe{$name}};
	my $image = read_file($xen);
	write_file(work_dir . "/$name.efi", $change->($image, unpack('V', substr($image, 0x3c, 4))));
	my $said = mkefi('-x', work_dir . "/$name.efi");
	like($said =~ s/^1 hypervisor \Q$name\E[.]efi //r, ref $says ? $says : qr/^\Q$says\E$/, "hypervisor: $name");
}
my $is_signed = qr/^1 hypervisor unified[.]efi is signed, and the signature would be wrong then/;
is(mkefi('-o', work_dir . '/unified.efi', '-s', $key, '-C', $cert), '0 ', 'it signs one');
like(mkefi('-x', work_dir . '/unified.efi'), $is_signed, 'hypervisor: signed');
is(mkefi('-x', work_dir . '/unsigned.efi'), "1 hypervisor unsigned.efi has a section .config already: take Xen's own, without any",
	'hypervisor: unified');

my $no_line = 'so that dom0 would get no command line';
my $on_disk = 'names a file on the disk, which is not in the image and no signature covers: leave it out';
for my $case (
	["[a]\nkernel=x", '2: the last line does not end, and Xen leaves it out: add a newline'],
	["options=a\n", "1: there is no kernel=, $no_line"],
	["[a]\noptions=a\n[b]\nkernel=x\n", "1: section [a] has no kernel=, $no_line"],
	["[a]\nkernel=x\n[b]\n", "3: section [b] has no kernel=, $no_line"],
	["[global]\ndefault=b\n[a]\nkernel=x\n", '2: there is no section [b]'],
	["[global]\ndefault=global\n[a]\nkernel=x\n", '2: [global] is no section to boot'],
	["default=a\n[a]\nkernel=x\n", '1: default= has no effect but in [global]'],
	["[global]\nchain=b.cfg\n[a]\nkernel=x\n", "2: chain= $on_disk"],
	["[a]\nkernel=x\nucode=y\n", "3: ucode= $on_disk (-u puts the file into the image)"],
	["[a]\nkernel=x\nxsm=y\n", "3: xsm= $on_disk (-p puts the file into the image)"],
	["kernel = x\n", '1: Xen reads a line as KEY=VALUE, without a blank before the ='],
	["kernl=x\n", "1: unknown key 'kernl' (known are default, options, kernel, ramdisk and video)"],
	["kernel=x a\tb\n", '1: Xen takes a tab for the end of the line: use blanks'],
	["kernel=x \xc3\xa4\n", '1: Xen takes only ASCII there'],
	["kernel=x\nkernel=y\n", '2: kernel= is there already, in line 1, and Xen takes the first'],
	["[a]\nkernel=x\n[a]\nkernel=y\n", '3: section [a] is there already, in line 1'],
	["[a] b\nkernel=x\n", '1: a section is [NAME], alone on its line'],
	["kernel=\n", '1: kernel= has no name; any will do, what follows it is the command line'],
	['kernel=x ' . 'y' x 1024 . "\n", "1: dom0's command line has 1024 characters, Xen passes on 1023"],
) {
	my ($text, $says) = @$case;
	write_file(work_dir . '/bad.cfg', $text);
	is(mkefi('-c', work_dir . '/bad.cfg'), "1 bad.cfg:$says", "configuration: $says");
}
write_file(work_dir . '/good.cfg', "\t# one\r\n; two\n\n[a]\r\n options= b # c\n kernel=x " . 'y' x 1023 . "\n");
is(mkefi('-c', work_dir . '/good.cfg'), '0 ', 'configuration: what Xen passes over is no error');

# Microcode has to be found.
write_file(work_dir . '/ucode', '070701', "\0" x 104, 'kernel/x86/microcode/GenuineIntel.bin');
write_file(work_dir . '/scan.cfg', "[a]\noptions=ucode=nmi,scan dom0_mem=1G\nkernel=x\n");
is(mkefi('-c', work_dir . '/scan.cfg', '-u', work_dir . '/ucode'), '0 ', 'microcode');
like(mkefi('-u', work_dir . '/ucode'), qr/^1 configs\/xen[.]cfg:\d+: Xen looks for microcode in the image only with ucode=scan in options=/,
	'microcode: nobody looks for it');
is(mkefi('-c', work_dir . '/scan.cfg', '-u', $initramfs),
	'1 microcode initramfs is no cpio archive with kernel/x86/microcode/GenuineIntel.bin or AuthenticAMD.bin in it', 'microcode: none');

for my $case (
	[['-k', $initramfs], '1 kernel initramfs is neither a bzImage nor an ELF'],
	[['-i', "$machine/vmlinuz"], '1 initramfs build/machine/vmlinuz is neither a cpio archive nor a packed one'],
	[['-i', write_file(work_dir . '/empty', '')], '1 initramfs empty is empty'],
	[['-i', work_dir . '/none'], '1 no initramfs none'],
	[['-s', $key], qr/^2 -s wants -C: the certificate that goes with /],
	[['-C', $cert], qr/^2 -C wants -s: the key that goes with /],
	[['-s', $other_key, '-C', $cert], qr/^1 sbsign cannot sign with key \S+ and certificate \S+: error in key\/certificate chain$/],
	[['-s', $initramfs, '-C', $cert], qr/^1 sbsign cannot sign with key initramfs and certificate \S+: Can't load key/],
) {
	my ($options, $says) = @$case;
	like(mkefi(@$options), ref $says ? $says : qr/^\Q$says\E$/, "it does not take @$options");
}
# It looks at what objcopy has made.
my $odd = write_file(work_dir . '/objcopy', "#!/bin/sh\nfor last; do :; done\ncp '$xen' \"\$last\"\n");
chmod 0755, $odd;
$ENV{OBJCOPY} = $odd;
like(mkefi(), qr/^1 objcopy has not put \S+ into the image as section [.]config /, 'an objcopy that does something else is seen');
delete $ENV{OBJCOPY};
truncate(write_file(work_dir . '/large', '070701'), 2101 << 20);
like(mkefi('-i', work_dir . '/large'), qr/^1 large does not fit: with it the image would take 21\d\d MiB of memory in one piece below 4 GiB/,
	'an image that no machine has room for');
unlink(work_dir . '/large');
is(join(' ', glob("$out?*")), '', 'nothing that is half done is left');
done_testing;
