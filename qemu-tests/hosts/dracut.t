#!/usr/bin/perl
# An initramfs that dracut makes, with the module that `make install` installs, in a whole Debian dom0:
# with systemd in it, which ends what it leaves behind, and without. The guests that it starts, their
# device models among them that are not root's, are the same ones in the real root, and supervised.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use Dom0;
use File::Path qw(make_path);
use JSON::PP;
use Test::More;

my $own = '/usr/lib/earlydom/earlydom-model';
my %guests = (
	# No device model; QEMU as a user of its own; the project's, which is one, too.
	plain => qq(kernel = "/boot/guests/tiny"\nmemory = 16\n),
	machine => <<~CFG,
		type = "hvm"
		memory = 32
		vga = "none"
		vnc = 0
		device_timeout = 600
		on_crash = "restart"
		disk = [ "/dev/disk/by-id/virtio-machine,raw,hda,rw" ]
		serial = "file:/run/machine.serial"
		CFG
	board => <<~CFG,
		image = "vmx"
		device_model_protocol = "classic"
		device_model_override = "$own"
		device_model_config = "/etc/models/board"
		kernel = "/boot/guests/tinyhvm"
		memory = 16
		on_crash = "restart"
		CFG
);

# What both boots look at, in the real root.
my $look = <<'SH';
# qemus: guests' ones; dom0's own, for disks that it attaches to itself, is root's
qemus() {
	for pid in $(pgrep -x 'xen-qemu-syst.*'); do
		grep -q '^Uid:[[:space:]]*0[[:space:]]' "/proc/$pid/status" || echo "$pid"
	done
}
# processes LABEL: earlydom's and its children, NAME|PID|its start in 1/100 s|users|blocks SIGTERM
processes() {
	for pid in $(pgrep -x 'earlydom|earlydom-keep|earlydom-start|earlydom-model|xenstored|xenconsoled') $(qemus); do
		blocked=$(sed -n 's/^SigBlk:.*\(....\)$/0x\1/p' "/proc/$pid/status")
		echo "$(cat "/proc/$pid/comm")|$pid|$(cut -d ' ' -f 22 "/proc/$pid/stat")|$(
			sed -n 's/^Uid:\s*//p' "/proc/$pid/status" | tr '\t' ' ')|$((blocked >> 14 & 1))"
	done | said "$1"
}
said status </run/earlydom.status
processes switched
run switched.list earlydom list --json
SH
my @options = (
	guests => \%guests,
	files => [
		tool('tiny') . ':/boot/guests/tiny',
		tool('tinyhvm') . ':/boot/guests/tinyhvm',
		write_file(work_dir . '/board', qq(log = "/run/board.serial"\n)) . ':/etc/models/board',
	],
	disks => [['machine', tool('bootsector')]],
	time => 200,
);
# A device that there is not is told of when devices are hidden.
my $hide = 'earlydom.pci.hide=1f:00.0';
# A busy machine takes more than the two minutes for which dom0's boot waits, and than systemd's 90 s.
my $patient = 'earlydom.wait=600 systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900';
# maker(WORDS): dracut, with as little time as can be spent on packing
sub maker { return "dracut --force --quiet --compress 'zstd -1 -T0' @_ \"\$1\" \"\$2\"" }

# processes(BOOT, LABEL): NAME => [PID, its start in s, users, whether it has blocked SIGTERM]
sub processes {
	my ($boot, $label) = @_;
	my %process;
	for (split /\n/, $boot->said($label)) {
		my ($name, $pid, $ticks, @more) = split /\|/;
		push @{$process{$name =~ s/^xen-qemu.*/qemu/r}}, [$pid, $ticks / 100, @more];
	}
	return \%process;
}
# now(BOOT, LABEL): NAME => "DOMID STATE"
sub now {
	my ($boot, $label) = @_;
	my $rows = eval { decode_json($boot->said("$label.out")) } // [];
	return { map { ($_->{name} // '') => ($_->{domid} // '-') . " $_->{state}" } @$rows };
}
# same_guests(BOOT, SWITCH): all of them are up, from before the SWITCH in s after the start
sub same_guests {
	my ($boot, $switch) = @_;
	is($boot->said('status'), "0\n", "$boot->{name}: all guests were started");
	my @hides = grep { /PCI device 0000:1f:00\.0 is not there; what comes later is not hidden$/ } @{$boot->{lines}};
	is(@hides, 1, "$boot->{name}: devices are hidden once");
	my @order = map { /is not there; what comes later/ ? 'hide' : /: started as domain/ ? 'start' : () } @{$boot->{lines}};
	is($order[0], 'hide', "$boot->{name}: before the guests");
	my $process = processes($boot, 'switched');
	is(join(' ', map { "$_ " . @{$process->{$_}} } sort keys %$process),
		'earlydom 1 earlydom-keep 1 earlydom-model 1 earlydom-start 1 qemu 1 xenconsoled 1 xenstored 1',
		"$boot->{name}: one process of each");
	for my $name (sort keys %$process) {
		cmp_ok($_->[1], '<', $switch, "$boot->{name}: $name is from the initramfs") for @{$process->{$name}};
	}
	my $now = now($boot, 'switched.list');
	is(join(' ', map { "$_ $now->{$_}" =~ s/\d+ //r } sort keys %$now), 'board running machine running plain running',
		"$boot->{name}: earlydom list shows them");
	my ($uid) = map { 65536 + ($_ =~ s/ .*//r) } $now->{machine} // 0;
	is($process->{qemu}[0][2], join(' ', ($uid) x 4), "$boot->{name}: QEMU is a user of its own");
	unlike($boot->said('report'), qr/crashed(?!: its device model \S+ was ended by signal 9)|started again/,
		"$boot->{name}: none of them noticed the switch");
	return ($process, $now);
}

# ---- what is said where not all is well, and what is in the image ----
my $dir = work_dir . '/said';
make_path("$dir/tree");
is((command('make', '-s', '-C', root, 'install', "DESTDIR=$dir/installed", 'PREFIX=/usr'))[0], 0, 'installed');
write_file("$dir/installed/etc/earlydom/good.cfg", qq(kernel = "/boot/guests/tiny"\nmemory = 16\n));
write_file("$dir/installed/etc/earlydom/bad.cfg", qq(kernel = "/boot/none"\nmemory = 16\n));
write_file("$dir/installed/etc/earlydom/initramfs.conf", "DIGESTS=yes\n");
make_path("$dir/installed/boot/guests");
command('cp', tool('tiny'), "$dir/installed/boot/guests/tiny");
chmod 0755, "$dir/installed/boot/guests/tiny";
my ($status, undef, $said) = command("$Bin/../lib/dom0-initramfs", '-o', "$dir/image", '-d', "$dir/installed", '-m', <<'SH');
make() { dracut --force --gzip --modules 'base earlydom' "$@"; }
cp /etc/earlydom/initramfs.conf /tmp
echo ERRORS=fail >>/etc/earlydom/initramfs.conf
make /tmp/image "$2" 2>/tmp/said
echo "fail: status $?"
sed 's/^/fail: /' /tmp/said
cp /tmp/initramfs.conf /etc/earlydom
make "$1" "$2" || exit
rm /etc/earlydom/*.cfg
make /tmp/none "$2" 2>/tmp/said
echo "none: status $?"
sed 's/^/none: /' /tmp/said
SH
is($status, 0, 'an image is made with an error') or diag($said);
my $missing = qr{earlydom: /etc/earlydom/bad\.cfg:1:10: cannot read kernel /boot/none: No such file or directory$}m;
is(() = $said =~ /^dracut.*$missing/mg, 1, 'which is said in one line, as dracut says it') or diag($said);
like($said, qr/ERRORS=fail in .* would end here$/m, 'with what it means');
like($said, qr/^fail: status 1$/m, 'ERRORS=fail ends it') or diag($said);
like($said, qr/^fail: .*$missing/m, 'with the cause');
like($said, qr/^none: status 0$/m, 'no guests are no error') or diag($said);
like($said, qr{^none: .*earlydom: no guests in /etc/earlydom: none are put into the initramfs$}m, 'but are told');
is((command('sh', '-c', "cd '$dir/tree' && zcat ../image | cpio -id --quiet"))[0], 0, 'the image');
is((command(root . '/build/earlydom', 'check', '--root', "$dir/tree", "$dir/tree/etc/earlydom/good.cfg"))[0], 0, 'its guest is right');
like(read_file("$dir/tree/etc/earlydom/good.cfg"), qr/^kernel_sha256 = "\w{64}"$/m, 'it has a digest');
is((stat("$dir/tree/boot/guests/tiny"))[2] & 0777, 0644, 'of a kernel that no strip changes');
is(join(' ', sort map { s{.*/}{}r } glob("$dir/tree/lib/modules/earlydom/*")),
	'blkback.list bridge.list loop.list netback.list pciback.list tun.list', 'lists of modules');
for my $list (glob("$dir/tree/lib/modules/earlydom/*")) {
	ok(-f "$dir/tree$_", "$_ is there") for split /\n/, read_file($list);
}
command('rm', '-rf', $dir);

# ---- with systemd ----
my $boot = flaky_boot('systemd', with => \&dom0_boot, @options,
	maker => maker('--no-hostonly'),
	dom0 => "$patient $hide",
	stage => $look . <<'SH');
systemctl show -P UserspaceTimestampMonotonic | said userspace
systemctl show -P InitRDTimestampMonotonic | said initrd
run unit systemctl show -P ActiveState -P SubState -P IgnoreOnIsolate earlydom-initramfs.service
run failed systemctl --failed --plain --no-legend
run cgroup cat "/proc/$(qemus)/cgroup"
# A target of the real root, which stops what it does not want
run isolate systemctl isolate multi-user.target
processes isolated
# They end and come again, from what the initramfs had.
rm /run/machine.serial
kill -9 "$(qemus)"
await_report '^earlydom: machine: restarted as domain' 60
# Its kernel does not hear what asks it to end.
run destroy earlydom destroy board
run start earlydom start board
await /run/machine.serial 'boots' 60
processes restarted
run restarted.list earlydom list --json
run stopped systemctl stop earlydom.service
run stopped.list earlydom list --json
logs
SH
$boot->ended_well;
my ($switch) = $boot->said('userspace') =~ /(\d+)/;
cmp_ok($boot->said('initrd') =~ s/\s//gr || 0, '>', 0, 'there was a systemd in the initramfs');
my ($process, $now) = same_guests($boot, ($switch // 0) / 1e6);
is($process->{$_}[0][3], 1, "$_ does not hear the SIGTERM that systemd sends") for qw(qemu earlydom-model);
is($boot->said('unit.out'), "active\nexited\nyes\n", 'their unit is known in the real root');
is($boot->said('cgroup.out'), "0::/system.slice/earlydom-initramfs.service\n", 'and they are its processes');
is($boot->said('failed.out'), '', 'no unit has failed');
is($boot->status_of('isolate'), 0, 'systemctl isolate');
is_deeply(processes($boot, 'isolated'), $process, 'stops none of them');
my $restarted = processes($boot, 'restarted');
is_deeply($restarted->{$_}, $process->{$_}, "$_ is the same one at the end") for qw(earlydom earlydom-start xenstored);
for my $name (qw(qemu earlydom-model)) {
	isnt($restarted->{$name}[0][0], $process->{$name}[0][0], "$name: another one for a guest that was restarted");
	is($restarted->{$name}[0][3], $name eq 'qemu' ? 0 : 1, "$name: whose SIGTERM is as ever");
}
my $again = now($boot, 'restarted.list');
is($again->{plain}, $now->{plain}, 'plain goes on');
like($again->{$_}, qr/^\d+ running$/, "$_ runs again") for qw(machine board);
isnt($again->{$_}, $now->{$_}, "$_: as another domain") for qw(machine board);
is($boot->status_of('stopped'), 0, 'systemctl stop earlydom');

# ---- and without ----
my $bare = flaky_boot('hooks', with => \&dom0_boot, @options,
	maker => 'mount -t tmpfs tmpfs /run; ' . maker(q(--hostonly --omit 'systemd systemd-initrd dracut-systemd' --add-drivers 'virtio_pci virtio_blk ext4')),
	dom0 => "$patient $hide init=/usr/local/sbin/stage",
	stage => <<'SH' . $look . "run comm cat /proc/1/comm\nlogs\n");
mount -t tmpfs tmpfs /tmp
now_ms
echo "@switch: $ms"
SH
$bare->ended_well;
same_guests($bare, ($bare->said('switch') || 0) / 1000);
is($bare->said('comm.out'), "stage\n", 'hooks: no systemd anywhere');
done_testing;
