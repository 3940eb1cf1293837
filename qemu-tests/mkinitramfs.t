#!/usr/bin/perl
# scripts/mkinitramfs -q: what it puts into the image is a QEMU that starts with nothing from elsewhere.
# Kernels: of a UKI the kernel alone. Nothing is booted here.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use File::Path qw(make_path);
use Test::More;

my $script = root . '/scripts/mkinitramfs';

# image(NAME, DESCRIPTORS, OPTIONS): makes one and unpacks it; returns the directory and what was said
sub image {
	my ($name, $guests, @options) = @_;
	my $dir = work_dir . "/$name";
	make_path("$dir/config", "$dir/tree");
	write_file("$dir/config/$_.cfg", $guests->{$_}) for keys %$guests;
	my ($status, $out, $err) = command($script, '-n', '-o', "$dir/image", '-c', "$dir/config", @options);
	is($status, 0, "$name: the image is made") or diag($err);
	is((command('sh', '-c', "cd '$dir/tree' && cpio -id --quiet <../image"))[0], 0, "$name: and unpacked");
	unlink("$dir/image");
	return ("$dir/tree", $out, $err);
}

my ($tree, $said) = image('qemu', {}, '-q');
my ($size) = $said =~ /^mkinitramfs: QEMU: ([\d.]+) MiB$/;
cmp_ok($size // 0, '>', 20, 'its size is said');
cmp_ok($size // 99, '<', 45, 'and is not more than it has to be');
ok(-f "$tree/$_", $_) for qw(usr/lib/xen-4.17/boot/hvmloader usr/share/seabios/bios-256k.bin
	usr/share/qemu/linuxboot_dma.bin usr/share/qemu/keymaps/en-us usr/share/seabios/vgabios-cirrus.bin
	lib/modules/earlydom/tun.list);
ok(!-e "$tree/usr/share/ovmf", 'no OVMF that nobody has asked for');

# The image's own linker, which is told to look nowhere else.
my ($status, $out, $err) = command("$tree/lib64/ld-linux-x86-64.so.2", '--inhibit-cache', '--library-path',
	"$tree/lib/x86_64-linux-gnu", '--list', "$tree/usr/libexec/xen-qemu-system-i386");
is($status, 0, 'the libraries are found') or diag($err);
my @elsewhere = grep { m{=> /} && index($_, "=> $tree/") < 0 && !m{^\s*/lib64/ld-linux} } split /\n/, $out;
is(join("\n", @elsewhere), '', 'all of them in the image');
($status, $out, $err) = command("$tree/lib64/ld-linux-x86-64.so.2", '--inhibit-cache', '--library-path',
	"$tree/lib/x86_64-linux-gnu", "$tree/usr/libexec/xen-qemu-system-i386", '--version');
is($status, 0, 'it starts') or diag($err);
like($out, qr/^QEMU emulator version /, 'and is QEMU');

($tree) = image('ovmf', {uefi => qq(memory = 64; type = "hvm"; bios = "ovmf"\n)}, '-q');
ok(-f "$tree/usr/share/ovmf/OVMF.fd", 'OVMF for a descriptor that wants it');
($tree) = image('own', {uefi => qq(memory = 64; type = "hvm"; bios_path_override = "/images/OVMF.fd"\n)}, '-q');
ok(!-e "$tree/usr/share/ovmf", 'but not for one that has its own, which is for -a');
($tree) = image('keymap', {screen => qq(kernel = "/k"\nmemory = 64\nvfb = ["keymap=fr-ch"]\n)}, '-q');
ok(-f "$tree/usr/share/qemu/keymaps/fr-ch", 'the keymap that a descriptor names');
($tree) = image('without', {});
my $config = work_dir . '/without/config';
ok(!-e "$tree/usr/libexec" && !-e "$tree/lib64", 'nothing of it without -q');

# ---- the time zone, for guests that want it ----
($tree) = image('zone', {local => qq(kernel = "/k"\nmemory = 64\nlocaltime = 1\n), other => qq(kernel = "/k"\nmemory = 64\n)});
ok(-e '/etc/localtime' ? read_file("$tree/etc/localtime") eq read_file('/etc/localtime') : !-e "$tree/etc/localtime",
	"the host's time zone for a guest with local time");
write_file(work_dir . '/zonefile', 'TZif');
($tree) = image('zone-given', {local => qq(kernel = "/k"\nmemory = 64\nlocaltime = 1\n)}, '-a', work_dir . '/zonefile:/etc/localtime');
is(read_file("$tree/etc/localtime"), 'TZif', 'or the one that is given');
($tree) = image('zone-none', {other => qq(kernel = "/k"\nmemory = 64\nlocaltime = 0\n)});
ok(!-e "$tree/etc/localtime", 'and none for others');

# ---- a UKI ----
my ($uki, $kernel) = (work_dir . '/uki.efi', root . '/build/machine/vmlinuz-cloud');
is((command("$Bin/lib/mkuki", $kernel, $kernel, 'quiet', $uki))[0], 0, 'a UKI');
($tree, $said, $err) = image('uki', {web => qq(kernel = "/boot/uki.efi"\nmemory = 192\n)}, '-a', "$uki:/boot/uki.efi");
is($err, "earlydom: note: kernel /boot/uki.efi is a UKI, of which only the section .linux is used, not .initrd and "
	. ".cmdline\n", 'what is not used is told');
is((command(root . '/build/earlydom', 'inspect', '--unpack', work_dir . '/elf', $kernel))[0], 0, 'its kernel');
ok(read_file("$tree/boot/uki.efi") eq read_file(work_dir . '/elf'), 'is in the image, unpacked');

# ---- file names that are relative to the descriptor's directory ----
write_file("$config/web.cfg", qq(kernel = "k"; memory = 256\n));
is((command($script, '-S', '-o', work_dir . '/image', '-c', $config))[2],
	"earlydom: $config/web.cfg:1:10: cannot read kernel /etc/earlydom/k: No such file or directory\n"
		. "mkinitramfs: the descriptors in $config are not good (-n skips the check)\n",
	'a kernel that is not beside its descriptor');
command('cp', $kernel, "$config/k");
($status, $out, $err) = command($script, '-S', '-o', work_dir . '/image', '-c', $config);
is($status, 0, 'one that is') or diag($err);
make_path(work_dir . '/relative');
command('sh', '-c', "cd '" . work_dir . "/relative' && cpio -id --quiet <../image");
cmp_ok(-s work_dir . '/relative/etc/earlydom/k', '>', 2 * -s "$config/k", 'is unpacked in the image');

# ---- what can't be made ----
my $none = work_dir . '/none';
my @make = ($script, '-n', '-o', work_dir . '/image', '-c', work_dir . '/without/config');
is((command(@make, '-q', '-S'))[2],
	"mkinitramfs: -q and -S exclude each other: QEMU wants a store (see $script -h)\n", '-q -S');
is((command(@make, '-Q', $none))[2],
	"mkinitramfs: no directory $none (scripts/fetch machine fills it; -Q names another root)\n", '-Q');
make_path($none);
is((command(@make, '-Q', $none))[2],
	"mkinitramfs: no $none/usr/libexec/xen-qemu-system-i386 (scripts/fetch machine gets it)\n", 'an empty root');
done_testing;
