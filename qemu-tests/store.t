#!/usr/bin/perl
# Guests with a store: disks, networks and consoles, the order in which they start, their lives and
# their ends. A pv guest has block devices, a pvh guest an image file; both boot from them, keep what
# they wrote, and talk to each other; all before anything else runs in dom0.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

sub tiny {
	return join("\n", 'kernel = "/boot/tiny"', 'memory = 16', @_, '');
}
my $linux = <<~CFG;
	kernel = "/boot/vmlinuz"
	ramdisk = "/boot/front.cpio"
	root = "/dev/xvda"
	device_timeout = 600
	CFG
my %guests = (
	# Comes up when it is told to: it has to write a node.
	net => <<~CFG,
		$linux
		memory = 144
		disk = ["format=raw, vdev=xvda, access=rw, target=LABEL=guest", "/dev/vdb,raw,xvdb,ro"]
		vif = ["mac=00:16:3e:00:00:01,bridge=br0,rate=10Mb/s"]
		ip = "10.0.0.1"
		extra = "console=hvc0 quiet guest=net write=1"
		ready = "data/up"
		ready_timeout = 1200
		CFG
	web => <<~CFG,
		$linux
		type = "pvh"
		memory = 160
		disk = ["/images/web.ext4,raw,xvda,rw", "/dev/vdb,raw,xvdb,ro"]
		vif = ["bridge=br0,vifname=web0"]
		ip = "10.0.0.2"
		extra = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=web peer=10.0.0.1"
		after = ["net"]
		on_crash = "restart"
		CFG
	late => tiny('after = ["mute", "nobody"]'),
	loud => tiny('extra = "flood=6000"'),
	mute => tiny('ready = "data/never"', 'ready_timeout = 4'),
	nobody => tiny(),
	zeta => tiny(),
);
my $text = write_file(work_dir . '/text', "a line of dom0's disk\n", '.' x 4096);
my $boot = flaky_boot('store',
	guests => \%guests,
	store => 1,
	disks => [tool('guest.ext4'), $text],
	files => [
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
		tool('front.cpio') . ':/boot/front.cpio',
		tool('guest.ext4') . ':/images/web.ext4',
	],
	dom0 => 'earlydom.bridge=br0 earlydom=late,loud,mute,net,web,zeta',
	memory => 3072,
	time => 300,
	before => <<'SH',
run before xenfacts
{
	await_report '^earlydom: zeta: started' 200
	await_report '^earlydom: late: started' 200
	await_console net 'net# ' 200
	said gate </run/earlydom/earlydom.log
	type_to net 'xenstore write data/up yes'
} &
SH
	stage2 => <<'SH',
await_console web '^web got: hello from net' 200
await_console loud '^flood 006000 ' 100
run facts xenfacts
run list earlydom list --json
run store xenstore ls -fp
run loops losetup -a
run links ls /sys/class/net
run ports ls /sys/class/net/br0/brif
run ps ps -o comm,args
run loud_size stat -c %s /run/earlydom/console/loud.log

type_to web 'echo $((6 * 7)) from $guest'
await_console web '^42 from web' 60

# Requests to the guest by the store, as a toolstack makes them; and a crash.
rm -rf /boot /etc/earlydom /images
xenstore write "/local/domain/$(domid_of net)/control/shutdown" reboot
await_report '^earlydom: net: restarted as domain' 200
await_console net '^net eth0: ' 200 2
type_to web 'sync; echo c >/proc/sysrq-trigger'
await_report '^earlydom: web: restarted as domain' 200
await_console web '^web got: hello from net' 200 2
run again_list earlydom list --json

run stop earlydom stop -t 500 net
run release earlydom release zeta
run release_twice earlydom release zeta
run release_ended earlydom release net
run release_unknown earlydom release somebody
run stop_released earlydom stop zeta
run destroy_released earlydom destroy zeta
for name in late loud mute web; do
	run "destroy_$name" earlydom destroy "$name"
done
run last_list earlydom list --json
run last_store xenstore ls -f
run last_loops losetup -a
run last_links ls /sys/class/net
run last xenfacts
logs
SH
);
$boot->ended_well;

# rows(LABEL): {NAME => its row in list --json}
sub rows {
	my ($label) = @_;
	return map { $_->{name} => $_ } @{(eval { decode_json($boot->said("$label.out")) }) || []};
}
# lines(NAME): what it printed on its console, without what comes before the last \r
sub lines {
	my ($name) = @_;
	return split /\n/, $boot->said("log.$name");
}

# ---- in order ----
my @report = $boot->earlydom;
my ($nr, %at) = (0);
for my $line (@report) {
	$at{$1} //= $nr if $line =~ /^(\w+: (?:started|not up))/;
	$nr++;
}
my %row = rows('list');
like(($boot->earlydom_on($_))[0] // '', qr/^started as domain \d+ \(/, "$_ is started") for qw(late loud mute net web zeta);
is(($boot->earlydom_on('mute'))[1], 'not up after 4 s (data/never); what comes after it waits no longer',
	'mute does not say that it is up');
cmp_ok($at{'mute: not up'} // -1, '<', $at{'late: started'} // -1, 'late comes after that');
cmp_ok($at{'zeta: started'} // -1, '<', $at{'late: started'} // -1, 'others do not wait for it');
my $gate = $boot->said('gate');
like($gate, qr/^earlydom: zeta: started as domain/m, 'zeta does not wait for net');
unlike($gate, qr/^earlydom: web: /m, 'web waits as long as net has not written its node');
like((grep { / of \d+ guests? started / } @report)[0] // '', qr/^6 of 6 guests started in \d+ ms$/, 'the summary');
is(scalar(grep { /^(?!late|loud|mute|net|web|zeta)\w+: / } @report), 0, 'nothing else was worth a line')
	or diag(join("\n", @report));

# ---- disks and networks ----
my $net = join("\n", lines('net'));
like($net, qr/^net is up: linux PV, 144 MiB, 1 vcpu\nnet cmdline: .*\nnet boot number 1$/m, 'net boots from its disk');
like($net, qr/^net disk xvda: 8192 KiB, rw: $/m, 'net: its root can be written');
like($net, qr/^net disk xvdb: 4 KiB, ro: a line of dom0's disk$/m, 'net: its second disk is read-only');
like($net, qr/^net eth0: 00:16:3e:00:00:01, 10\.0\.0\.1$/m, 'net: its address');
my $web = join("\n", lines('web'));
like($web, qr/^web is up: linux PVH, 160 MiB, 1 vcpu\nweb cmdline: .*\nweb boot number 1$/m, 'web boots from an image file');
like($web, qr/^web disk xvdb: 4 KiB, ro: a line of dom0's disk$/m, 'web: shares a disk for reading');
my ($mac) = $web =~ /^web eth0: (00:16:3e:[0-9a-f:]{8}), 10\.0\.0\.2$/m;
ok(defined $mac, 'web: a random address');
like($web, qr/^web got: hello from net$/m, 'they reach each other over the bridge');
my %domid = map { $_ => $row{$_}{domid} // 'none' } keys %row;
is(join(' ', sort split(/\n/, $boot->said('ports.out'))), "vif$domid{net}.0 web0", 'the ports of the bridge');
is(join(' ', sort split(/\n/, $boot->said('links.out'))), "br0 lo vif$domid{net}.0 web0", 'all interfaces of dom0');
like($boot->said('loops.out'), qr{^/dev/loop0: \S+ /images/web\.ext4$}m, 'a loop device for the image file');
my $store = $boot->said('store.out');
for my $name (qw(net web)) {
	like($store, qr{^/local/domain/$domid{$name}/name = "$name"}m, "$name has its name in the store");
	is(scalar(() = $store =~ m{^/local/domain/0/backend/(?:vbd|vif)/$domid{$name}/\d+/state = "4"}mg), 3,
		"$name: three back ends are connected");
}
like($store, qr{^/local/domain/$domid{net}/data/up = "yes"}m, 'the node is that of the guest');

# ---- consoles, by xenconsoled ----
like($boot->said('ps.out'), qr/^xenstored .*\@xenstored .*^xenconsoled .*\@xenconsoled /ms, 'both daemons run, to be left alone by systemd');
like($web, qr/^42 from web$/m, 'a command typed on the console of web');
my @loud = lines('loud');
like($loud[-1], qr/^flood 006000 /, 'the newest of a long log is kept');
cmp_ok($boot->said('loud_size.out'), '<=', 256 * 1024, 'in 256 KiB');
my @numbers = map { /^flood (\d+)/ ? $1 + 0 : () } @loud;
is(scalar(grep { $numbers[$_] != $numbers[$_ - 1] + 1 } 1 .. $#numbers), 0, 'no line is missing in it');

# ---- restarts ----
my @net = $boot->earlydom_on('net');
is($net[1], "domain $domid{net} rebooted; restarting", 'net reboots on request');
like($net[2], qr/^restarted as domain \d+ \(linux pv, 144 MiB, /, 'and is started again');
like($net, qr/^net boot number 2, after a clean end$/m, 'with its disk as it left it');
my @web = $boot->earlydom_on('web');
is($web[1], "domain $domid{web} crashed; restarting", 'web crashes');
like($web[2], qr/^restarted as domain \d+ \(linux pvh, 160 MiB, /, 'and is started again');
like($web, qr/^web boot number 2, after no clean end$/m, 'with its disk, whose file has no name any more');
is(scalar(() = $web =~ /^web eth0: \Q$mac\E, /mg), 2, 'and the same random address') if defined $mac;
my %again = rows('again_list');
is($again{$_}{restarts}, 1, "list counts the restart of $_") for qw(net web);

# ---- ends ----
is($boot->status_of('stop'), 0, 'stop net') or diag($boot->said('stop.err'));
like($net, qr/poweroff on request$/m, 'net was asked by the store');
unlike($net, qr/sysrq:/, 'and not by its console');
is($net[-1], "domain $again{net}{domid} stopped on request; destroyed", 'which it did');
is($boot->status_of('release'), 0, 'release zeta') or diag($boot->said('release.err'));
is(join("\n", ($boot->earlydom_on('zeta'))[1 .. 1]), "domain $domid{zeta} released", 'zeta: is said');
sub fails {
	my ($label, $text) = @_;
	is($boot->status_of($label), 1, "$label: exit status");
	is($boot->said("$label.err"), "earlydom: $text\n", "$label: message");
	return;
}
fails('release_twice', 'zeta was released already');
fails('release_ended', 'net is not running');
fails('release_unknown', 'no guest has the name somebody');
fails('stop_released', "zeta was released: it is not earlydom's any more");
fails('destroy_released', "zeta was released: it is not earlydom's any more");
my %last = rows('last_list');
is($last{zeta}{state}, 'released', 'list: zeta');
is($last{zeta}{domid}, $domid{zeta}, 'list: its domain is known still');
is($last{net}{state} . ', ' . $last{net}{cause}, 'ended, stopped on request', 'list: net');
is($last{$_}{state} . ', ' . $last{$_}{cause}, 'ended, destroyed on request', "list: $_") for qw(late loud mute web);

# ---- nothing is left behind ----
my ($before) = facts($boot->said('before.out'));
my ($after, $left) = facts($boot->said('last.out'));
is(join(' ', keys %$left), $domid{zeta}, 'only zeta has a domain');
my $end = $boot->said('last_store.out');
my %known = map { $_ => 1 } $end =~ m{^/(?:local/domain|libxl)/(\d+)\b}mg;
is(join(' ', sort keys %known), join(' ', sort 0, $domid{zeta}), 'and a place in the store');
is(scalar(() = $end =~ m{^/vm/[^/ ]+ }mg), 1, 'also below /vm');
unlike($end, qr{^/local/domain/0/(?:backend/(?:vbd|vif)/\d|error/)}m, 'there are no back ends, nor complaints of some')
	or diag($end);
is($boot->said('last_loops.out'), '', 'there is no loop device');
is(join(' ', sort split(/\n/, $boot->said('last_links.out'))), 'br0 lo', 'there is no interface');
my $zeta = $left->{$domid{zeta}}{tot_kib} // 0;
cmp_ok(abs($before->{free_kib} - $zeta - $after->{free_kib}), '<=', 512,
	"all memory but zeta's is back ($before->{free_kib} KiB, then $after->{free_kib} KiB and zeta's $zeta KiB)");

# ---- what is on the disk ----
my $disk = "$boot->{dir}/vda";
$ENV{PATH} .= ':/sbin:/usr/sbin';
is((command('e2fsck', '-fn', $disk))[0], 0, "net's disk is in order");
is((command('debugfs', '-R', 'cat /boots', $disk))[1], "2\n", 'it has seen two boots');
my %next = (1 => 1, 2 => 1);
my @lost = grep { /^(\d+) (\d+) / ? $2 != $next{$1}++ : 1 } split /\n/, (command('debugfs', '-R', 'cat /writes', $disk))[1];
is(join("\n", @lost), '', 'what was written in each of them is there, in order');
cmp_ok($next{$_}, '>', 2, "lines of boot $_") for 1, 2;

done_testing;
