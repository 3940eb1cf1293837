#!/usr/bin/perl
# Where no guest can be built: not on Xen, not in dom0, without the devices. Each has its own words.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $tiny = qq(kernel = "/boot/tiny"\nmemory = 16\n);

# ---- Linux directly on the machine ----
my $bare = boot('bare', guests => {one => $tiny}, machine => ['-n'], time => 90,
	stage2 => <<'SH');
run status cat /run/earlydom.status
run boot earlydom boot
run list earlydom list
SH
$bare->ended_well;
is(join("\n", $bare->earlydom), 'not running on Xen', 'not on Xen: the only line');
is($bare->said('status.out'), "1\n", 'not on Xen: exit status');
is($bare->said('boot.err'), "earlydom: not running on Xen\n", 'not on Xen: the same from a shell');
is($bare->said('list.err'), "earlydom: no supervisor is running (/run/earlydom/control does not answer)\n",
	'not on Xen: no supervisor stays');

# ---- in a guest, and in a dom0 that lacks what it needs ----
my $init = write_file(work_dir . '/init', <<'SH');
#!/bin/sh
/bin/busybox mount -a -T /etc/mounts
/bin/mkdir -p /etc/earlydom
echo "in a guest:"
/earlydom boot
echo "status $?"
/bin/busybox poweroff -f
SH
chmod 0755, $init;
my $ramdisk = work_dir . '/guest.cpio';
is((command(root . '/scripts/mkguest', '-o', $ramdisk, '-i', $init, '-a', root . '/build/earlydom:/earlydom'))[0],
	0, 'a ramdisk with earlydom in it');
my $boot = boot('dom0',
	guests => {inner => <<~CFG},
		kernel = "/boot/vmlinuz"
		ramdisk = "/boot/guest.cpio"
		memory = 144
		extra = "console=hvc0 quiet"
		CFG
	files => [root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz', "$ramdisk:/boot/guest.cpio"],
	time => 240,
	stage2 => <<'SH');
await_report '^earlydom: inner: domain [0-9]+ powered off; destroyed' 150
said inner </run/earlydom/console/inner.log
end_supervisor
mkdir /tmp/empty
mv /dev/xen/evtchn /tmp/evtchn
run no_evtchn earlydom boot -c /tmp/empty
mv /tmp/evtchn /dev/xen/
mv /dev/xen/privcmd /tmp/privcmd
run no_privcmd earlydom boot -c /tmp/empty
mkdir /dev/xen/privcmd
run odd_privcmd earlydom boot -c /tmp/empty
rmdir /dev/xen/privcmd
mv /tmp/privcmd /dev/xen/
run good earlydom boot -c /tmp/empty
end_supervisor
run no_directory earlydom boot -c /nowhere
end_supervisor
run no_cmdline earlydom boot -l /nowhere
SH
$boot->ended_well;
like($boot->said('inner'),
	qr/^in a guest:\nearlydom: not running in dom0: only the initial domain may build guests\nstatus 1\n/,
	'in a guest');
is($boot->said('no_privcmd.err'), "earlydom: /dev/xen/privcmd is missing: load the kernel module xen-privcmd\n", 'no privcmd');
is($boot->status_of('no_privcmd'), 1, 'no privcmd: exit status');
is($boot->said('no_evtchn.err'), "earlydom: /dev/xen/evtchn is missing: load the kernel module xen-evtchn\n", 'no evtchn');
is($boot->status_of('no_evtchn'), 1, 'no evtchn: exit status');
like($boot->said('odd_privcmd.err'), qr{^earlydom: [^\n]*/dev/xen/privcmd[^\n]*\n\z}, 'a privcmd that is none: one line');
is($boot->status_of('odd_privcmd'), 1, 'a privcmd that is none: exit status');
is($boot->status_of('good'), 0, 'with all of them, all is well');
like($boot->said('no_directory.err'), qr{^earlydom: /nowhere: cannot read the directory of descriptors: No such file or directory$}m,
	'no directory of descriptors');
is($boot->status_of('no_directory'), 1, 'no directory: exit status');
is($boot->said('no_cmdline.err'), "earlydom: cannot read the kernel command line /nowhere: No such file or directory\n",
	'no kernel command line');

done_testing;
