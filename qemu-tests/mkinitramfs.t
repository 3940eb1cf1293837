#!/usr/bin/perl
# scripts/mkinitramfs -q: what it puts into the image is a QEMU that starts with nothing from elsewhere.
# Kernels: of a UKI the kernel alone. Digests: what -H and Debian's hook write into descriptors, and, in
# the one boot of this file, what comes of files that have others.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Digest::SHA;
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

# ---- programs for other releases of Xen ----
# other(NAME, RELEASE): the directory of a build; its program knows only its version, and what is wrong.
sub other {
	my ($name, $release) = @_;
	my $dir = work_dir . "/$name";
	make_path($dir);
	write_file("$dir/earlydom", qq{#!/bin/sh\n[ "\$1" != --version ] || exec echo "earlydom 0 (libraries of Xen $release)"\n}
		. qq{echo "no hvmloader of $release" >&2\nexit 1\n});
	write_file("$dir/$_", $_) for qw(xenstored xenconsoled);
	chmod(0755, map { "$dir/$_" } qw(earlydom xenstored xenconsoled));
	return $dir;
}
my ($new, $newer) = (other('new', '4.18'), other('newer', '4.20'));
($tree) = image('releases', {}, '-x', $new, '-x', $newer);
ok(-x "$tree/usr/lib/earlydom/xen-$_/earlydom" && read_file("$tree/usr/lib/xen-$_/bin/xenstored") eq 'xenstored'
	&& -x "$tree/usr/lib/xen-$_/bin/xenconsoled", "all that Xen $_ wants") for qw(4.18 4.20);
ok(-x "$tree/usr/lib/xen-4.17/bin/xenstored", 'beside its own');
($tree) = image('releases-small', {}, '-S', '-x', $new);
ok(-x "$tree/usr/lib/earlydom/xen-4.18/earlydom" && !-e "$tree/usr/lib/xen-4.18", 'no daemons where there is no store');
for (['a second one', "-x $new: a second one for Xen 4.18", '-x', $new, '-x', $new],
	['the same release', '-x ' . other('same', '4.17') . ': that one is for Xen 4.17, as ' . root . '/build/earlydom is',
		'-x', work_dir . '/same'],
	['no build', '-x /nowhere: no program /nowhere/earlydom', '-x', '/nowhere']) {
	my ($what, $says, @options) = @$_;
	my (undef, undef, $message) = command($script, '-n', '-o', work_dir . '/image', '-c', "$config", @options);
	is($message, "mkinitramfs: $says\n", $what);
}

# ---- Debian's own daemons, with their libraries ----
system(root . '/scripts/mkdom0root') == 0 or BAIL_OUT('the root of dom0 cannot be made');
my $debian = root . '/build/dom0root/tree';
($tree) = image('debian', {}, '-d', $debian);
ok(-x "$tree/usr/lib/xen-4.17/bin/$_", "Debian's $_") for qw(xenstored xenconsoled);
ok(-x "$tree/lib64/ld-linux-x86-64.so.2" && -e "$tree/lib/x86_64-linux-gnu/libxenctrl.so.4.17", 'and its libraries');
is((command('chroot', $tree, '/usr/lib/xen-4.17/bin/xenstored', '--help'))[0], 0, 'it runs');
my $bare = other('bare', '4.18');
unlink("$bare/xenstored", "$bare/xenconsoled");
is((command($script, '-n', '-o', work_dir . '/image', '-c', "$config", '-d', $debian, '-x', $bare))[2],
	"mkinitramfs: -x $bare: no program $bare/xenstored\n", 'a release that has none there');

write_file("$config/web.cfg", qq(kernel = "/k"; memory = 256\n));
is((command($script, '-S', '-k', '-o', work_dir . '/image', '-c', $config, '-x', $new, '-a', root
	. '/build/machine/vmlinuz-cloud:/k'))[2],
	"no hvmloader of 4.18\nmkinitramfs: the descriptors in $config are not good for Xen 4.18 (-n skips the check)\n",
	'descriptors are checked by each program');
unlink("$config/web.cfg");

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

# ---- digests ----
sub sum { return Digest::SHA->new(256)->addfile($_[0])->hexdigest }
sub lines_of { return join('', map { qq($_->[0]_sha256 = "$_->[1]"\n) } @_) }
# made(NAME, DESCRIPTORS, OPTIONS): as image, with the check of descriptors; returns what was said, too,
# where it fails
sub made {
	my ($name, $guests, @options) = @_;
	my $dir = work_dir . "/$name";
	make_path("$dir/config", "$dir/tree");
	write_file("$dir/config/$_.cfg", $guests->{$_}) for keys %$guests;
	my ($code, undef, $messages) = command($script, '-S', '-o', "$dir/image", '-c', "$dir/config", @options);
	command('sh', '-c', "cd '$dir/tree' && cpio -id --quiet <../image") if $code == 0;
	unlink("$dir/image");
	return ($code, "$dir/tree", $messages);
}
my $ramdisk = write_file(work_dir . '/ramdisk', 'a ramdisk');
my @files = ('-a', "$kernel:/boot/k", '-a', "$ramdisk:/boot/r");
my $text = qq(memory = 256\nkernel = "/boot/k");
my %two = (web => qq($text; after = "db"; ramdisk = "/boot/r"), db => "$text\n");
my $packed = sum($kernel);
($status, $tree, $err) = made('digests', \%two, '-H', @files);
is($status, 0, '-H') or diag($err);
is($err, '', 'says nothing');
my $unpacked = sum("$tree/boot/k");
isnt($unpacked, $packed, 'the kernel is unpacked');
is(read_file("$tree/etc/earlydom/db.cfg"), $two{db} . lines_of([kernel => $unpacked]), 'the digest is that of the unpacked one');
is(read_file("$tree/etc/earlydom/web.cfg"), "$two{web}\n" . lines_of([kernel => $unpacked], [ramdisk => sum($ramdisk)]),
	'behind a last line without an end, too');
is((command(root . '/build/earlydom', 'check', '--root', $tree, glob("$tree/etc/earlydom/*.cfg")))[0], 0, 'all of them are right');
($status, $tree, $err) = made('digests-kept', \%two, '-H', '-k', @files);
is(read_file("$tree/etc/earlydom/db.cfg"), $two{db} . lines_of([kernel => $packed]), '-k: of the packed one');

# One digest that is given keeps the kernel packed for all.
my %given = (%two, db => "$two{db}" . lines_of([kernel => $packed]));
for my $option ([], ['-n'], ['-H']) {
	my $name = join(' ', 'given', @$option);
	($status, $tree, $err) = made($name =~ tr/ /-/r, \%given, @$option, @files);
	is($status, 0, $name) or diag($err);
	is(sum("$tree/boot/k"), $packed, "$name: the kernel stays packed");
	is(read_file("$tree/etc/earlydom/db.cfg"), $given{db}, "$name: the digest is left alone");
}
like(read_file("$tree/etc/earlydom/web.cfg"), qr/^kernel_sha256 = "$packed"$/m, 'the other guest has the same');
my $wrong = '0' x 64;
my %wrong = (%two, web => "$two{web}\n" . lines_of([ramdisk => $wrong]));
my $mismatch = work_dir . '/%s/config/web.cfg:3:18: ramdisk /boot/r: its sha256 is ' . sum($ramdisk) . ", and ramdisk_sha256 says $wrong\n";
for my $option ([], ['-H']) {
	my $name = join('', 'wrong', @$option);
	($status, $tree, $err) = made($name, \%wrong, @$option, @files);
	is($status, 1, "$name: a wrong one");
	is($err, sprintf("db: ok (linux pv, 256 MiB, 1 vcpu)\nearlydom: $mismatch", $name)
		. 'mkinitramfs: the descriptors in ' . work_dir . "/$name/config are not good (-n skips the check)\n", "$name: is told");
}
($status, $tree, $err) = made('wrong-n', \%wrong, '-n', '-H', @files);
is($status, 0, 'wrong -n -H');
is(read_file("$tree/etc/earlydom/web.cfg"), $wrong{web} . lines_of([kernel => sum("$tree/boot/k")]),
	'the wrong one stays, for the boot to refuse');

# An hvm guest's firmware, where there is one.
my %vmx = (vmx => qq(memory = 64; type = "hvm"\n));
($status, $tree, $err) = made('firmware-none', \%vmx, '-H');
is($status, 1, 'no firmware');
like($err, qr{^earlydom: \S+/vmx.cfg: note: no firmware_sha256: cannot read firmware /usr/lib/xen-4.17/boot/hvmloader: No such file or directory$}m, 'is told');
like($err, qr/^mkinitramfs: not all digests can be added \(-n goes on without them\)$/m, 'and is an error');
($tree) = image('firmware', \%vmx, '-q', '-H');
is(read_file("$tree/etc/earlydom/vmx.cfg"), $vmx{vmx} . lines_of([firmware => sum("$tree/usr/lib/xen-4.17/boot/hvmloader")],
	[bios => sum("$tree/usr/share/seabios/bios-256k.bin")]), 'firmware and BIOS');

# ---- Debian's hook does the same ----
# hooked(NAME, DIGESTS, DESCRIPTORS, [COMMAND]): the initramfs of the tests' Debian, unpacked, and what was said.
# The command is run where it is installed, before.
sub hooked {
	my ($name, $digests, $guests, $command) = @_;
	my $dir = work_dir . "/$name";
	make_path("$dir/installed/boot", "$dir/tree");
	is((command('make', '-s', '-C', root, 'install', "DESTDIR=$dir/installed", 'PREFIX=/usr'))[0], 0, "$name: installed");
	write_file("$dir/installed/etc/earlydom/$_.cfg", $guests->{$_}) for keys %$guests;
	write_file("$dir/installed/etc/earlydom/initramfs.conf", "DIGESTS=$digests\n");
	command('cp', $kernel, "$dir/installed/boot/k");
	command('cp', $ramdisk, "$dir/installed/boot/r");
	is((command('sh', '-ec', "cd '$dir/installed'; $command"))[0], 0, "$name: prepared") if $command;
	my ($code, undef, $messages) = command("$Bin/lib/dom0-initramfs", '-o', "$dir/image", '-d', "$dir/installed");
	is($code, 0, "$name: the initramfs is made") or diag($messages);
	is((command('sh', '-c', "cd '$dir/tree' && zstd -dcq ../image | cpio -id --quiet 'etc/*' 'boot/*' 'usr/lib/xen-*' 'usr/lib/earlydom/*'"))[0], 0, "$name: and unpacked");
	command('rm', '-rf', "$dir/image", "$dir/installed");
	return ("$dir/tree", $messages);
}
SKIP: {
	skip('no root of Debian (make dom0root)', 1) if !-d root . '/build/dom0root/tree';
	($tree, $err) = hooked('hook', 'yes', \%two);
	is($unpacked, sum("$tree/boot/k"), 'hook: the kernel is unpacked');
	is(read_file("$tree/etc/earlydom/db.cfg"), $two{db} . lines_of([kernel => $unpacked]), 'hook: its digest');
	is(read_file("$tree/etc/earlydom/web.cfg"), "$two{web}\n" . lines_of([kernel => $unpacked], [ramdisk => sum($ramdisk)]),
		'hook: of both guests');
	unlike($err, qr/^[EW]: earlydom: /m, 'hook: nothing is said');
	is_deeply([glob("$tree/usr/lib/earlydom/xen-*")], [], 'hook: a program for the one hypervisor that there is');
	# A host with more hypervisors: there is a program for one of them.
	($tree, $err) = hooked('hook-given', 'maybe', {%wrong, db => $given{db}}, ': >boot/xen-4.18-amd64.gz; '
		. ": >boot/xen-4.18-amd64.config; : >boot/xen-4.20.4.gz; cp -r '$newer' usr/lib/earlydom/xen-4.20");
	ok(-x "$tree/usr/lib/earlydom/xen-4.20/earlydom" && -x "$tree/usr/lib/xen-4.20/bin/xenstored", 'hook: it is in the image');
	like($err, qr{^W: earlydom: /boot has Xen 4.18, and there is no /usr/lib/earlydom/xen-4.18/earlydom: }m,
		'hook: that there is none for the other is told');
	is(sum("$tree/boot/k"), $packed, 'hook: a kernel whose digest is given stays packed');
	is(read_file("$tree/etc/earlydom/web.cfg"), $wrong{web} . lines_of([kernel => $packed]), 'hook: a wrong digest stays');
	like($err, qr{^E: earlydom: /etc/earlydom/web.cfg:3:18: ramdisk /boot/r: its sha256 is }m, 'hook: and is told');
	like($err, qr{^E: earlydom: /etc/earlydom/initramfs.conf: DIGESTS is 'maybe', which is none of: yes no$}m, 'hook: as is a wrong setting');
	($tree) = hooked('hook-no', 'no', \%two);
	is(read_file("$tree/etc/earlydom/db.cfg"), $two{db}, 'hook: nothing unless it is asked for');
}

# ---- what comes of them at boot ----
my $gz = work_dir . '/tiny.gz';
is((command('sh', '-c', "gzip -nc '" . tool('tiny') . "' >'$gz'"))[0], 0, 'a packed kernel');
my $tiny = qq(memory = 16\nextra = "quiet"\n);
my $boot = boot('boot',
	guests => {
		web => qq(${tiny}kernel = "/boot/tiny"\nramdisk = "/boot/r"\n),
		packed => qq(${tiny}kernel = "/boot/packed"\n) . lines_of([kernel => sum($gz)]),
		unpacked => qq(${tiny}kernel = "/boot/tiny.gz"\n),
	},
	files => ["$gz:/boot/packed", "$gz:/boot/tiny.gz", "$ramdisk:/boot/r"],
	image => ['-H'],
	dom0 => 'earlydom.require_sha256',
	time => 150,
	stage2 => <<'SH',
for guest in web packed unpacked; do
	await_console "$guest" '^tiny is up' 20
done
run status cat /run/earlydom.status
run kernels sha256sum /boot/packed /boot/tiny.gz

# A file that is written to in its place, while its guest runs.
cp /boot/r /tmp/r
printf A | dd of=/boot/r bs=1 conv=notrunc 2>/dev/null
run changed earlydom restart -t 2 --force web
cat /tmp/r >/boot/r
run back earlydom start web

boot_with() {
	label=$1
	shift
	end_supervisor
	printf '%s\n' "$*" >/tmp/cmdline
	run "$label" earlydom boot -l /tmp/cmdline
	run "$label.list" earlydom list
}
boot_with override 'earlydom.unpacked.kernel=/boot/packed earlydom=web,unpacked'
boot_with overrides 'earlydom.require_sha256 earlydom.web.ramdisk=[] earlydom=web,packed'
sed -i 's/^kernel_sha256 = "./kernel_sha256 = "X/; /^ramdisk_sha256/d' /etc/earlydom/web.cfg
boot_with digit 'earlydom=web'
sed -i '/^kernel_sha256/d' /etc/earlydom/web.cfg
boot_with missing 'earlydom.require_sha256'
boot_with allowed 'earlydom=all'
boot_with unsure 'earlydom.require_sha256=maybe'
SH
);
$boot->ended_well;
like(join("\n", $boot->earlydom), qr/^3 of 3 guests started in /m, 'boot: all three start');
is($boot->said('status.out'), "0\n", 'boot: and no other was wanted');
is($boot->said('kernels.out'), sum($gz) . "  /boot/packed\n" . sum(tool('tiny')) . "  /boot/tiny.gz\n", 'boot: one is packed, one is not');
my $was = sum($ramdisk);
my $is = Digest::SHA::sha256_hex('A ramdisk');
isnt($boot->status_of('changed'), 0, 'boot: a guest whose file was written to is not started again');
like($boot->said('changed.err'), qr{ramdisk /boot/r: its sha256 is $is, and ramdisk_sha256 says $was$}m, 'boot: and why is told');
is($boot->status_of('back'), 0, 'boot: it is with the file as it was');

# running(LABEL): the guests that were started then
sub running {
	my ($label) = @_;
	return join(' ', sort map { /^(\S+) +\d+ / ? $1 : () } split /\n/, $boot->said("$label.list.out"));
}
is(running('override'), 'web', 'boot: a kernel of the command line with the digest of another one');
like($boot->said('override.err'), qr{^earlydom: unpacked: kernel /boot/packed: its sha256 is \S+, and kernel_sha256 says \S+$}m, 'boot: does not start its guest');
is(running('overrides'), 'packed', 'boot: nor does a ramdisk that is no name');
is(running('digit'), '', 'boot: a wrong digit');
like($boot->said('digit.err'), qr{web\.cfg:\d+:18: kernel_sha256 = "X\w+\.\.\.": must be 64 hexadecimal digits, and here is something else$}m, 'boot: is told');
for my $label (qw(missing unsure)) {
	is(running($label), 'packed unpacked', "boot: $label: a guest without digests does not start, others do");
	is($boot->status_of($label), 1, "boot: $label: which is an error");
	like($boot->said("$label.err"), qr{web\.cfg:\S+: $_\_sha256 is missing, and earlydom\.require_sha256 wants it \(`earlydom check --digest /etc/earlydom/web\.cfg` prints it\)$}m,
		"boot: $label: for the $_") for qw(kernel ramdisk);
}
like($boot->said('unsure.err'), qr{earlydom\.require_sha256=maybe: must be on or off$}m, 'boot: a wrong value is told, and counts as on');
is(running('allowed'), 'packed unpacked web', 'boot: without the parameter it starts');

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
