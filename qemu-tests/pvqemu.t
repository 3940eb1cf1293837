#!/usr/bin/perl
# QEMU as the back end of pv and pvh guests: disks in its formats, screens by VNC, and channels. One guest is
# started in the initramfs, where it has all of that, the others later, one with an image that it writes. What
# the store, libxl's records and QEMU's command line have of each is compared with what xl makes of its
# twin. And what powers QEMU has, and what becomes of a guest that loses it.
#
# Channels are consoles beside a guest's own, with a terminal and with a socket in dom0: what is said at one end
# comes out at the other. Of these the nodes are compared, but for those of the twin's first channel, which
# libxl leaves out.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

# ---- the guests ----

# A twin, which xl makes, differs in what normal() takes out again: name and image. QEMU takes the next
# free display for it.
sub descriptors {
	my ($x) = @_;
	my $linux = <<~CFG;
		kernel = "/boot/guests/vmlinux"
		ramdisk = "/boot/guests/front.cpio"
		memory = 144
		device_timeout = 600
		CFG
	my $extra = 'console=hvc0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000';
	return (
		"alpha$x" => <<~CFG,
			name = "alpha$x"
			$linux
			extra = "$extra guest=alpha$x"
			disk = [ "format=qcow2, vdev=xvda, target=/dev/disk/by-id/virtio-hello$x" ]
			vfb = [ "vnc=1,vncdisplay=3,keymap=de" ]
			CFG
		"beta$x" => <<~CFG,
			name = "beta$x"
			type = "pvh"
			$linux
			extra = "$extra guest=beta$x root=/dev/xvda reboot=t"
			disk = [ "/run/beta$x.qcow2,qcow2,xvda,rw" ]
			vfb = [ "vncdisplay=20" ]
			vkb = [ "backend-type=qemu,feature-abs-pointer=1,width=800,height=600" ]
			on_crash = "destroy"
			CFG
	);
}
my $channels = '"connection=pty,name=org.example.log", "connection=socket,path=/run/delta.sock,name=org.example.agent"';

# with_channels(NAME, LIST)
sub with_channels {
	my ($name, $list) = @_;
	return <<~CFG;
		name = "$name"
		kernel = "/boot/guests/vmlinux"
		ramdisk = "/boot/guests/front.cpio"
		memory = 144
		device_timeout = 600
		extra = "console=hvc0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 guest=$name"
		channel = [ $list ]
		CFG
}
my @names = qw(alpha beta);
my %guests = (descriptors(''),
	# Debian's QEMU for Xen can't encrypt what a password is asked with.
	gamma => <<~CFG,
		kernel = "/boot/tiny"
		memory = 16
		vfb = [ "vncdisplay=40,vncpasswd=secret7" ]
		start_retries = 0
		CFG
	delta => with_channels('delta', $channels),
);
my %twins = (descriptors('-x'), 'delta-x' => with_channels('delta-x', '"connection=pty,name=lost", ' . ($channels =~ s/delta/delta-x/r)));
my %up = (alpha => '^alpha(-x)? disk xvda: ', beta => '^beta(-x)? boot number 1');

sub normal {
	my ($text) = @_;
	$text =~ s/\b(alpha|beta|delta|hello)-x\b/$1/g;
	return $text;
}

# image(NAME, RAW): a qcow2 of it
sub image {
	my ($name, $raw) = @_;
	my $file = work_dir . "/$name.qcow2";
	is((command("$Bin/lib/mkqcow2", $raw, $file))[0], 0, "$name.qcow2");
	return $file;
}
my $hello = write_file(work_dir . '/hello', "hello from qcow2\n");
truncate($hello, 1 << 20) or die "$hello: $!";
my $hello_image = image('hello', $hello);
my $root_image = image('root', tool('guest.ext4'));

my $boot = flaky_boot('debian', with => \&dom0_boot,
	guests => \%guests,
	files => [
		tool('vmlinux') . ':/boot/guests/vmlinux',
		tool('front.cpio') . ':/boot/guests/front.cpio',
		tool('tiny') . ':/boot/tiny',
	],
	staged => [
		"$root_image:/root.qcow2",
		map { write_file(work_dir . "/$_.cfg", $twins{$_}) . ":/$_.cfg" } sort keys %twins,
	],
	disks => [map { [$_ => $hello_image] } qw(hello hello-x)],
	dom0 => 'earlydom=alpha,gamma',
	time => 600,
	stage => join("\n", map { "up_$_='$up{$_}'" } @names) . "\n" . <<'SH');
# qemu NAME: its process
qemu() {
	xenstore-read "/local/domain/$(xl domid "$1")/image/device-model-pid"
}
# facts NAME: all that there is to be seen of a guest
facts() {
	xenstore-ls -fp >"store-$1"
	xl list -l >"long-$1"
	cp -a /var/lib/xen "userdata-$1"
	tr '\0' '\n' <"/proc/$(qemu "$1")/cmdline" >"qemu-$1"
}
# rfb PORT: what a VNC server says first, and which kinds of security it wants
rfb() {
	perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Timeout => 60)
			or die "$!\n";
		read $s, $version, 12;
		syswrite $s, "RFB 003.008\n";
		read $s, $n, 1;
		read $s, $kinds, ord $n;
		chomp $version;
		print "$version, security ", join(" ", map { ord } split //, $kinds), "\n"' "$1"
}
# powers NAME
powers() {
	pid=$(qemu "$1")
	run "status.$1" grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs|Seccomp):' "/proc/$pid/status"
	run "limits.$1" cat "/proc/$pid/limits"
	run "namespaces.$1" own_namespaces "$pid"
	run "root.$1" ls -A "/proc/$pid/root" "/proc/$pid/root/dev/xen"
	run "proc.$1" ls "/proc/$pid/root/proc"
	run "command.$1" tr '\0' ' ' <"/proc/$pid/cmdline"
	run "domid.$1" xl domid "$1"
}

# await_connected NAME KIND DEVICE: until that device is
await_connected() {
	left=1200
	domid=$(xl domid "$1")
	until [ "$(xenstore-read "/local/domain/0/backend/$2/$domid/$3/state")" = 4 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $1: $2 connected"; break; }
		sleep 0.5
	done
}

await_console alpha "$up_alpha" 120
# It waits for its image.
earlydom start beta >start.said 2>&1 &
start=$!
sleep 3
run no_image ls /run/beta.qcow2
cp /run/stage/root.qcow2 /run/beta.qcow2
await_console beta "$up_beta" 200
wait "$start"
echo "@start.status: $?"
said start.err <start.said
for guest in alpha beta; do
	facts "$guest"
	powers "$guest"
done
run rfb.alpha rfb 5903
run rfb.beta rfb 5920
run modes find /run/xen -name 'qmp-*' -printf '%f %M\n'

# ---- twins ----
cp /run/stage/root.qcow2 /run/beta-x.qcow2
for guest in alpha beta; do
	xl_create "create.$guest" "/run/stage/$guest-x.cfg"
	await_connected "$guest-x" qdisk 51712
	facts "$guest-x"
done
for guest in alpha beta; do
	run "destroy.$guest" xl destroy "$guest-x"
done

# ---- what was written is there after a restart ----
run restart earlydom restart beta
await_console beta 'beta boot number 2' 200
await_report '^earlydom: beta: started ' 60 2
run sockets find /run/xen -name 'qmp-*' -printf '%f\n'

# ---- a supervisor that takes over sees QEMU end, too ----
kill -9 "$(pgrep -f '^@earlydom supervise')"
kill -9 "$(qemu alpha)"
await_report '^earlydom: alpha: domain .* crashed' 100
run list earlydom list
run destroy earlydom destroy beta
await_report '^earlydom: beta: .*destroyed' 60
# Debian has one for dom0.
run left sh -c "pgrep -fa '[x]en-qemu-system.* -xen-domid [1-9]'"
run last_sockets find /run/xen -name 'qmp-*'
xenstore-ls -f | said last_store

# ---- channels ----
run start_delta earlydom start delta
await_console delta '^delta is up' 120
await_connected delta console 1
await_connected delta console 2
tty=$(xenstore-read "/local/domain/$(xl domid delta)/device/console/1/tty")
# Nobody listens yet: what the guest says is kept.
type_to delta 'exec 3<>/dev/hvc1; stty raw -echo <&3; echo said-$((40 + 2)) >&3; read -r line <&3; echo "got $line"'
sleep 5
run terminal perl -e '
	open my $t, "+<", $ARGV[0] or die "$!\n";
	alarm 100;
	print scalar readline $t;
	syswrite $t, "heard-43\n";' "$tty"
await_console delta '^got heard-43' 60
type_to delta 'exec 4<>/dev/hvc2; stty raw -echo <&4; read -r line <&4; echo "answer to $line" >&4'
sleep 5
run socket perl -MIO::Socket::UNIX -e '
	$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\n";
	alarm 100;
	syswrite $s, "question\n";
	print scalar readline $s;' /run/delta.sock
run root.delta ls -A "/proc/$(qemu delta)/root/dev"
xenstore-ls -fp >store-delta
xl_create create.delta /run/stage/delta-x.cfg
await_connected delta-x console 1
await_connected delta-x console 2
xenstore-ls -fp >store-delta-x
run destroy.delta xl destroy delta-x
run destroy_delta earlydom destroy delta
await_report '^earlydom: delta: .*destroyed' 60
run left_delta ls /run/delta.sock
logs
SH
$boot->ended_well;
my $results = $boot->{results};

# ---- they have their disks and screens ----
like($boot->said('log.alpha'), qr/^alpha disk xvda: 1024 KiB, rw: hello from qcow2$/m, 'alpha: reads a qcow2 image');
like($boot->said('log.beta'), qr/^beta boot number 1$/m, 'beta: runs from one');
like($boot->said('log.beta'), qr/^beta boot number 2, after a clean end$/m, 'beta: what it wrote is there after a restart');
like(($boot->earlydom_on('alpha'))[0] // '', qr/^started as domain \d+ \(linux pv, /, 'alpha: started in the initramfs');
isnt($boot->status_of('no_image'), 0, 'beta: waits for an image that is not there yet');
is($boot->status_of('start'), 0, 'beta: and starts when it comes') or diag($boot->said('start.err'));
is($boot->said("rfb.$_.out"), "RFB 003.008, security 1\n", "$_: VNC is there") for @names;
like(($boot->earlydom_on('gamma'))[0] // '', qr/ -vnc 127\.0\.0\.1:40,password=on\S*: Cipher backend does not support DES algorithm/,
	'gamma: what this QEMU can\'t do is told in its words');

# ---- QEMU has few powers ----
for my $name (@names) {
	my $uid = 65536 + $boot->said("domid.$name.out");
	is($boot->said("status.$name.out"), join('', map { "$_\n" } "Uid:\t$uid\t$uid\t$uid\t$uid",
		"Gid:\t$uid\t$uid\t$uid\t$uid", "Groups:\t ", map({ "Cap$_:\t0000000000000002" } qw(Prm Eff Bnd Amb)),
		"NoNewPrivs:\t1", "Seccomp:\t2"), "$name: QEMU may open files, and nothing else");
	my ($root, $xen) = $boot->said("root.$name.out") =~ /:\n(.*?)\n\n.*:\n(.*)/s;
	is(join(' ', split(/\n/, $root // '')), join(' ', sort(qw(dev lib lib64 proc usr var),
		$name eq 'beta' ? 'run' : ())), "$name: in a root with nothing of dom0's");
	is($boot->said("namespaces.$name.out"), "mnt\nipc\n", "$name: in namespaces of its own");
	# Its image is a qcow2 one, which grows; that of alpha is read alone.
	like($boot->said("limits.$name.out"), $name eq 'beta' ? qr/^Max file size +unlimited/m : qr/^Max file size +262144 /m,
		"$name: the size of files that it may write");
	is(join(' ', split(/\n/, $xen // '')), 'evtchn gntdev', "$name: where it can't make hypercalls any more");
}
unlike($boot->said('modes.out'), qr/^\S+ s..x?rw/m, 'nobody else gets at its sockets');

# ---- and all is as xl makes it ----
# What differs between two guests that are otherwise the same; the values are left out.
my @differ = (
	[qr{/ring-ref$|/page-(?:ref|gref)$}, 'pages, wherever the front ends have put them'],
	[qr{/(?:port|event-channel)$}, 'event channels, as they were free'],
	[qr{/console/tty$}, 'the next free terminal'],
	[qr{/console/vnc-port$}, 'the next free display'],
	[qr{/start_time$}, 'the time'],
	[qr{/image/device-model-pid$}, 'the process'],
);

# command_of(TAG): QEMU's words, without the domain's number, how the program is called (for systemd, with
# an '@'), another name of one directory, and how it gets its sockets: ours are open
sub command_of {
	my ($tag) = @_;
	my $words = normal(eval { read_file("$results/qemu-$tag") } // '');
	$words =~ s/^.*\n//;
	$words =~ s{/var/run/}{/run/}g;
	$words =~ s{^(socket,id=\S+?-cmd),(?:fd=\d+|path=/run/xen/qmp-\w+-\d+),}{$1,}mg;
	$words =~ s/^(-xen-domid\n)\d+$/$1DOMID/m;
	return $words;
}

for my $name (@names) {
	is($boot->status_of("create.$name"), 0, "xl makes a twin of $name")
		or diag($boot->said("create.$name.err"));
	my ($ours, $xls) = (nodes("$results/store-$name", $name, \&normal, @differ),
		nodes("$results/store-$name-x", "$name-x", \&normal, @differ));
	cmp_ok(scalar(keys %$xls), '>', 60, "$name: nodes to compare");
	is(differences($ours, $xls), '', "$name: every node is as xl writes it, and no other is there");
	is(command_of($name), command_of("$name-x"), "$name: QEMU's command line");
	my @configs = map { config(decode_or_empty(read_file("$results/long-$_")), $_, \&normal) } $name, "$name-x";
	is_deeply(@configs, "xl list -l: $name as its twin");
	is(record("$results/userdata-$name", $name, \&normal),
		record("$results/userdata-$name-x", "$name-x", \&normal), "$name: its record, byte by byte");
}

# ---- channels ----
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(start_delta create.delta);
is($boot->said('terminal.out'), "said-42\n", 'a terminal: from the guest');
like($boot->said('log.delta'), qr/^got heard-43/m, 'and to it');
is($boot->said('socket.out'), "answer to question\n", 'a socket, both ways');
unlike($boot->said('root.delta.out'), qr/^pt/m, "QEMU sees none of dom0's terminals");
isnt($boot->status_of('left_delta'), 0, 'the socket is gone with the guest');
my @differ_delta = (@differ,
	[qr{/console(?:/1)?/tty$}, 'the next free terminal'],
	[qr{/device/console/1/output$}, 'a terminal that is made for QEMU is a character device of another name'],
);
my ($ours, $xls) = (nodes("$results/store-delta", 'delta', \&normal, @differ_delta),
	nodes("$results/store-delta-x", 'delta-x', \&normal, @differ_delta));
cmp_ok(scalar(grep { m{device/console/2} } keys %$xls), '>', 8, 'delta: nodes to compare');
is(differences($ours, $xls), '', 'delta: every node is as xl writes it, and no other is there');

# ---- its end ----
like(join("\n", $boot->earlydom_on('alpha')), qr/^domain \d+ crashed: its device model .* was ended by signal 9|has ended/m,
	'a guest that loses its QEMU has crashed');
is($boot->said('left.out'), '', 'no QEMU is left');
is($boot->said('last_sockets.out'), '', 'nor a socket');
unlike($boot->said('last_store'), qr{^/(?:local/domain/[1-9]|local/domain/0/(?:device-model/[1-9]|backend/\w)|libxl/|vm/)}m, 'nor nodes');

done_testing;
