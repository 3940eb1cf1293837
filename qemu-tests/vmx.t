#!/usr/bin/perl
# vmx guests with QEMU, in an image that has it: a machine that boots from its disk, by SeaBIOS and GRUB,
# and a Linux that QEMU starts itself. What powers QEMU has kept, what becomes of a guest that loses it,
# and that nothing is left of either.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

# Without a card, on whose screen a BIOS spends most of its time: each character is an exit to QEMU.
my $hvm = <<~CFG;
	type = "hvm"
	memory = 144
	vga = "none"
	device_timeout = 600
	CFG
my $extra = 'console=ttyS0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 guest=direct';
my %guests = (
	disk => <<~CFG,
		$hvm
		hdtype = "ahci"
		disk = [ "/dev/vda,raw,hda,rw" ]
		serial = "file:/run/disk.serial"
		CFG
	direct => <<~CFG,
		$hvm
		kernel = "/boot/vmlinuz"
		ramdisk = "/boot/guest.cpio"
		extra = "$extra"
		serial = "file:/run/direct.serial"
		CFG
	# It writes no file, and starts no Linux, which would keep a processor from the others.
	dumb => qq($hvm\ndisk = [ "/dev/vdb,raw,hda,rw" ]\n),
);
my $boot = flaky_boot('vmx',
	guests => \%guests,
	store => 1,
	disks => [tool('boot.disk'), tool('bootsector')],
	files => [
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
		tool('guest.cpio') . ':/boot/guest.cpio',
	],
	image => ['-q'],
	memory => 3072,
	time => 400,
	before => "run before xenfacts\n",
	stage2 => <<'SH');
ports() { grep -o 'evtchn:.*' /proc/interrupts | sort | uniq -c; }
await /run/direct.serial '^direct cmdline: .* guest=direct' 120
said direct </run/direct.serial
for name in direct disk dumb; do
	pid=$(qemu_pid "$name")
	run "cmdline.$name" tr '\0' ' ' <"/proc/$pid/cmdline"
	run "status.$name" grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' "/proc/$pid/status"
	run "limits.$name" cat "/proc/$pid/limits"
	run "namespaces.$name" own_namespaces "$pid"
	run "root.$name" ls -A "/proc/$pid/root"
done
run facts xenfacts
await /run/disk.serial '^disk cmdline: .* guest=disk' 200
said disk </run/disk.serial
run ports ports
run destroy earlydom destroy direct
run destroy_dumb earlydom destroy dumb
kill -9 "$(qemu_pid disk)"
await_report '^earlydom: disk: domain .* crashed' 60
await_report '^earlydom: direct: .* destroyed' 60
# A destroyed domain is there until the hypervisor has taken its last page back.
for tenth in $(seq 100); do
	xenfacts | grep -q '^domain' || break
	sleep 0.1
done
run left sh -c "ps -o args | grep '[x]en-qemu'"
run last xenfacts
run last_store xenstore ls -f
run last_ports ports
run sockets ls /run/xen
logs
SH
$boot->ended_well;

# ---- they boot ----
for my $name (qw(direct disk)) {
	like(($boot->earlydom_on($name))[0] // '', qr/^started as domain \d+ \(vmx hvm, 144 MiB, 1 vcpu, \d+ ms\)$/, "$name is started");
	like($boot->said($name), qr/^$name is up: linux HVM, 144 MiB, 1 vcpu$/m, "$name: up, as its serial port says");
}
like($boot->said('direct'), qr/^direct cmdline: \Q$extra\E/m, 'direct: the command line of its descriptor');
like($boot->said('disk'), qr/boot loader: loads the kernel.*boot loader: starts it.*disk is up: /s,
	'disk: by way of its BIOS and its boot loader');

# ---- what QEMU may do ----
my %domid = map { $_ => (($boot->earlydom_on($_))[0] // '') =~ /domain (\d+)/ ? $1 : 0 } qw(direct disk dumb);
for my $name (qw(direct disk dumb)) {
	my $uid = 65536 + $domid{$name};
	my $status = $boot->said("status.$name.out");
	like($status, qr/^Uid:(?:\s$uid){4}$/m, "$name: QEMU is a user of its own");
	like($status, qr/^Gid:(?:\s$uid){4}\nGroups:\s$uid *$/m, "$name: in a group of its own and no other");
	is(() = $status =~ /^Cap(?:Eff|Prm|Inh|Amb):\s0{16}$/mg, 4, "$name: without capabilities");
	# dac_override, setgid, setuid, net_bind_service, net_admin, sys_chroot, sys_ptrace
	like($status, qr/^CapBnd:\s00000000000c14c2$/m, "$name: and never had more than its start needs");
	like($status, qr/^NoNewPrivs:\s1\nSeccomp:\s2$/m, "$name: nor will it have others; its calls are filtered");
	is($boot->said("namespaces.$name.out"), "mnt\nipc\n", "$name: in namespaces of its own");
	my %limits = $boot->said("limits.$name.out") =~ /^(Max [a-z ]+?) {2,}(\S+)/mg;
	is(join(' ', map { $limits{"Max $_"} // '-' } 'core file size', 'locked memory', 'msgqueue size', 'file locks'),
		'0 0 0 0', "$name: with libxl's limits");
	is($limits{'Max file size'}, $name eq 'dumb' ? 262144 : 'unlimited', "$name: that of files where it writes none");
	is($boot->status_of("root.$name") . $boot->said("root.$name.out"), '0', "$name: in an empty root");
	# It ends where it can't restrict itself to the domain.
	like($boot->said("cmdline.$name.out"), qr/ -xen-domid-restrict -chroot \S+ .* -runas $uid:$uid /, "$name: told so");
}

# ---- ends ----
like(($boot->earlydom_on('disk'))[1] // '',
	qr{^domain $domid{disk} crashed: its device model /usr/libexec/xen-qemu-system-i386 was ended by signal 9 \(Killed\)},
	'a guest without its device model has crashed');
is($boot->status_of('destroy'), 0, 'direct is destroyed');
is(($boot->earlydom_on('direct'))[1], "domain $domid{direct} destroyed on request", 'and that is said');
is($boot->status_of('destroy_dumb'), 0, 'and dumb');
is($boot->said('left.out'), '', 'no device model is left');
my ($before) = facts($boot->said('before.out'));
my ($after, $left) = facts($boot->said('last.out'));
is(join(' ', keys %$left), '', 'nor a domain');
cmp_ok(abs($before->{free_kib} - $after->{free_kib}), '<=', 512,
	"all memory is back ($before->{free_kib} KiB, then $after->{free_kib} KiB)");
like($boot->said('ports.out'), qr/^ *6 evtchn:xen-qemu-system$/m, 'QEMU had event channels');
is($boot->said('last_ports.out') =~ s/^ +//r, "2 evtchn:xenstored\n", "there are none left but xenstored's own");
unlike($boot->said('last_store.out'), qr{^/(?:local/domain/[1-9]|local/domain/0/device-model/|libxl/|vm/)}m, 'nor nodes');
is($boot->said('sockets.out'), '', 'nor sockets');
done_testing;
