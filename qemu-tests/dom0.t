#!/usr/bin/perl
# A whole Debian dom0: its own initramfs starts guests with disks and networks, through the hook that
# `make install` installs. After the switch to the real root xl does to them whatever it does to its
# own, earlydom goes on, and none of them notices. And the store: what earlydom writes there for a
# guest is compared, node by node, with what xl writes for its twin.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

# ---- the guests ----

# Linux as pv and as pvh, a kernel that never looks at its devices, one to be released, and Linux that
# is routed. A twin, which xl makes, differs in what normal() takes out again: name, disk, address.
sub descriptors {
	my ($x, $mac, $ip) = @_;
	my $linux = <<~CFG;
		kernel = "/boot/guests/vmlinux"
		ramdisk = "/boot/guests/front.cpio"
		device_timeout = 600
		CFG
	my $extra = 'console=hvc0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 root=/dev/xvda write=1';
	return (
		"alpha$x" => <<~CFG,
			name = "alpha$x"
			$linux
			memory = 144
			vcpus = 1
			maxvcpus = 2
			extra = "$extra guest=alpha$x ip=${ip}1"
			disk = [ "/dev/disk/by-id/virtio-alpha$x,raw,xvda,rw",
				 "format=raw, vdev=xvdb, access=ro, target=/dev/disk/by-id/virtio-shared" ]
			vif = [ "mac=${mac}01,bridge=xenbr0,rate=100Mb/s,ip=${ip}1" ]
			CFG
		"beta$x" => <<~CFG,
			name = "beta$x"
			type = "pvh"
			$linux
			memory = 160
			extra = "$extra guest=beta$x ip=${ip}2"
			disk = [ "/dev/disk/by-id/virtio-beta$x,raw,xvda,rw" ]
			vif = [ "mac=${mac}02,bridge=xenbr0,vifname=beta$x.0" ]
			CFG
		"gamma$x" => <<~CFG,
			name = "gamma$x"
			kernel = "/boot/guests/tiny"
			memory = 16
			device_timeout = 600
			disk = [ "/dev/disk/by-id/virtio-gamma$x,,xvda1,w" ]
			vif = [ "mac=${mac}03,bridge=xenbr0" ]
			on_crash = "restart"
			CFG
		"delta$x" => <<~CFG,
			name = "delta$x"
			kernel = "/boot/guests/tiny"
			memory = 16
			CFG
		"epsilon$x" => <<~CFG,
			name = "epsilon$x"
			$linux
			memory = 128
			extra = "@{[$extra =~ s{root=.*}{}r]}guest=epsilon$x ip=${ip}5"
			vif = [ "mac=${mac}05,script=vif-route,gatewaydev=xenbr0,ip=${ip}5 10.9.0.0/16,vifname=epsilon$x.0" ]
			CFG
	);
}
my %guests = descriptors('', '00:16:3e:00:00:', '10.0.0.');
my %twins = descriptors('-x', '00:16:3e:00:01:', '10.0.0.10');

sub normal {
	my ($text) = @_;
	$text =~ s/\b(alpha|beta|gamma|delta|epsilon)-x\b/$1/g;
	$text =~ s/\b00:16:3e:00:01:/00:16:3e:00:00:/g;
	$text =~ s/\b10\.0\.0\.10/10.0.0./g;
	return $text;
}

my @files = (
	tool('vmlinux') . ':/boot/guests/vmlinux',
	tool('front.cpio') . ':/boot/guests/front.cpio',
	tool('tiny') . ':/boot/guests/tiny',
	# for xl's script vif-route, as Debian's net-tools
	root . '/build/machine/busybox:/usr/sbin/ifconfig',
);

my $boot = flaky_boot('debian', with => \&dom0_boot,
	guests => \%guests,
	files => \@files,
	staged => [map { write_file(work_dir . "/$_.cfg", $twins{$_}) . ":/$_.cfg" } sort keys %twins],
	disks => [
		(map { [$_ => tool('guest.ext4')] } qw(alpha beta alpha-x beta-x shared)),
		['gamma', 8], ['gamma-x', 8],
	],
	dom0 => 'earlydom.bridge=xenbr0 earlydom=alpha,beta,gamma,delta',
	stage => <<'SH');
echo "@up: $(cut -d ' ' -f 1 /proc/uptime)"

# ---- what is there ----
# processes: those that came from the initramfs, and any other of their kind
processes() {
	for pid in $(pgrep -x 'earlydom|o?xenstored|xenconsoled'); do
		echo "$(cat "/proc/$pid/comm")|$pid|$(cut -d ' ' -f 22 "/proc/$pid/stat")|$(
			readlink "/proc/$pid/exe")|$(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done
}
systemctl show -P UserspaceTimestampMonotonic | said systemd
processes | said process
run xen systemctl is-active xen.service xendomains.service earlydom.service
run failed systemctl --failed --plain --no-legend
said status </run/earlydom.status
await_console alpha 'alpha eth0: ' 60
await_console beta 'beta eth0: ' 60
await_front_ends alpha 100
await_front_ends beta 100

# ---- one that is routed, and waits for the address of the bridge ----
# reach LABEL ADDRESS: by ping, and by TCP
reach() {
	run "$1.ping" ping -c 1 -w 60 "$2"
	run "$1.tcp" timeout 60 bash -c "exec 3<>/dev/tcp/$2/7 && cat <&3"
}
# routes LABEL INTERFACE: what dom0 has for it
routes() {
	run "$1.address" ip -4 -o address show dev "$2"
	run "$1.route" ip route show dev "$2"
	run "$1.proxy" cat "/proc/sys/net/ipv4/conf/$2/proxy_arp"
}
earlydom start epsilon >/tmp/start 2>&1 &
start=$!
sleep 3
run waiting earlydom list --json
ip address add 10.0.0.254/24 dev xenbr0
wait "$start"
echo "@start.status: $?"
said start.err </tmp/start
await_console epsilon 'epsilon eth0: ' 60
await_front_ends epsilon 100
reach started 10.0.0.5
routes ours epsilon.0
# Others find it, and it finds them, when dom0 forwards.
sysctl -q net.ipv4.ip_forward=1 net.ipv4.conf.xenbr0.proxy_arp=1
type_to epsilon 'nc 10.0.0.2 7 </dev/null'
await_console epsilon '^hello from beta' 30
run json earlydom list --json
run list xl list
xenstore-ls -fp >store
xl list -l >long
cp -a /var/lib/xen userdata

# ---- what xl does to guests that it has not made ----
run pin xl vcpu-pin alpha 0 1
run vcpus xl vcpu-list alpha
run pause xl pause beta
run paused xl list beta
run unpause xl unpause beta
run unpaused xl list beta
run mem xl mem-set alpha 120
left=600
until [ "$(xl list alpha | awk 'NR == 2 { print $3 }')" = 120 ]; do
	left=$((left - 1))
	[ "$left" -gt 0 ] || { echo '@late: mem-set'; break; }
	sleep 0.5
done
# xl wants a terminal, and Ctrl-] ends it.
mkfifo /tmp/typing
script -qfc 'xl console alpha' /tmp/typed </tmp/typing >/dev/null 2>&1 &
exec 3>/tmp/typing
await /tmp/typed 'alpha# ' 30
echo 'echo typed-$((6 * 7))' >&3
await /tmp/typed '^typed-42' 20
printf '\035' >&3
wait
exec 3>&-
said typed </tmp/typed

# ---- earlydom goes on: a console, the network ----
type_to beta 'echo typed-$((6 * 7))'
await_console beta '^typed-42' 20
type_to beta 'nc 10.0.0.1 7 </dev/null'
await_console beta '^hello from alpha' 30

# ---- other supervisors, which begin where the initramfs is gone ----
# another LABEL: what the next one lists
another() {
	run "$1" timeout 60 earlydom list --json
}
run reload systemctl reload earlydom.service
another reloaded
kill -9 "$(pgrep -x earlydom)"
another killed

# ---- ends; what was in the initramfs is not needed ----
mv /boot/guests /boot/gone
run reboot xl reboot alpha
run reboot_routed xl reboot epsilon
await_report '^earlydom: alpha: restarted as domain' 60
await_console alpha '^alpha eth0: ' 90 2
await_report '^earlydom: epsilon: restarted as domain' 60
await_console epsilon '^epsilon eth0: ' 90 2
reach restarted 10.0.0.5
run rebooted xl list
run shutdown timeout 500 xl shutdown -w beta
await_report '^earlydom: beta: domain [0-9]+ powered off' 20
# Keeper and supervisor; then what earlydom.service does when it is started. Nobody has the images
# any more: they are found where they were.
mv /boot/gone /boot/guests
# shellcheck disable=SC2046 # numbers
kill -9 $(pgrep -x earlydom-keep) $(pgrep -x earlydom)
while pgrep -x 'earlydom-keep|earlydom' >/dev/null; do
	sleep 0.1
done
run adopt sh -c 'earlydom list || exec earlydom boot --adopt'
another adopted
reach adopted 10.0.0.5
run destroy xl destroy gamma
await_report '^earlydom: gamma: domain [0-9]+ was destroyed' 20
run release earlydom release delta
run released xl list delta
run destroy_released xl destroy delta
run release_routed earlydom release epsilon
reach released 10.0.0.5
run destroy_routed xl destroy epsilon
run unit_stop systemctl stop earlydom.service
run ended earlydom list --json

# ---- what is left ----
processes | said process_at_end
run last xl list
xenstore-ls -fp >store-at-end
ls /var/lib/xen | said userdata_at_end
ls /sys/class/net | said net_at_end
run routes_at_end ip route
for guest in alpha beta; do
	mount -o ro "/dev/disk/by-id/virtio-$guest" /mnt
	cp /mnt/writes "$guest.writes"
	umount /mnt
done
logs

# ---- the twins, one after the other ----
for guest in alpha beta gamma delta epsilon; do
	xl_create "create.$guest" "/run/stage/$guest-x.cfg"
	case $guest in
	alpha | beta | epsilon)
		await_front_ends "$guest-x" 100
		# Linux says what it can do when it has all its drivers.
		sleep 3
		;;
	esac
	xenstore-ls -fp >"store-$guest"
	xl list -l "$guest-x" >"long-$guest"
	cp -a /var/lib/xen "userdata-$guest"
	[ "$guest" != epsilon ] || routes xls epsilon-x.0
	xl destroy "$guest-x"
done
SH
$boot->ended_well;
my $results = $boot->{results};

# ---- the switch ----
is($boot->said('status'), "0\n", 'earlydom boot went well');
like($_, qr/^(?:started as domain|restarted)/) for map { ($boot->earlydom_on($_))[0] // 'nothing' } sort keys %guests;
my ($systemd) = $boot->said('systemd') =~ /(\d+)/;
# processes(LABEL): NAME => [PID, seconds from the boot to its start, its file, its words]
sub processes {
	my ($label) = @_;
	my %process;
	for (split /\n/, $boot->said($label)) {
		my ($name, $pid, $ticks, $exe, $args) = split /\|/;
		push @{$process{$name}}, [$pid, $ticks / 100, $exe, $args];
	}
	return \%process;
}
my $process = processes('process');
is(join(' ', map { "$_ " . @{$process->{$_}} } sort keys %$process),
	'earlydom 1 xenconsoled 1 xenstored 1', 'one process of each, and no other xenstored');
for my $name (qw(earlydom xenstored xenconsoled)) {
	my ($first) = @{$process->{$name} // [['', 1e9, '', '']]};
	cmp_ok($first->[1], '<', $systemd / 1e6, "$name: from the initramfs");
	like($first->[3], qr/^\@$name/, "$name: named so that systemd leaves it alone");
}
like($process->{$_}[0][2], qr{^/usr/lib/xen-4\.\d+/bin/$_(?: \(deleted\))?$}, "$_: known by its file")
	for qw(xenstored xenconsoled);
my $at_end = processes('process_at_end');
is_deeply($at_end->{$_}, $process->{$_}, "$_: the same one at the end") for qw(xenstored xenconsoled);
is(scalar(@{$at_end->{earlydom} // []}), 1, 'and one supervisor');
is($boot->said('xen.out'), "active\n" x 3, '/etc/init.d/xen, xendomains and earlydom.service have started');
is($boot->said('failed.out'), '', 'and systemd is with all units');

# ---- what xl shows ----
# domids(LABEL): NAME => domid, as xl list has it
sub domids {
	my ($label) = @_;
	return { map { /^(\S+) +(\d+) / ? ($1 => $2) : () } split /\n/, $boot->said("$label.out") };
}
my $rows = decode_or_empty($boot->said('json.out'));
my %early = map { ($_->{name} // '') => $_->{domid} } @$rows;
is(join(' ', sort keys %early), join(' ', sort keys %guests), 'earlydom lists its guests');
is_deeply(domids('list'), {%early, 'Domain-0' => 0}, 'xl list: their names and domains');

# ---- the store ----

for my $name (sort keys %guests) {
	is($boot->status_of("create.$name"), 0, "xl makes a twin of $name")
		or diag($boot->said("create.$name.err"));
	my ($ours, $xls) = (nodes("$results/store", $name, \&normal, @twins_differ),
		nodes("$results/store-$name", "$name-x", \&normal, @twins_differ));
	cmp_ok(scalar(keys %$xls), '>', 40, "$name: nodes to compare");
	is(differences($ours, $xls), '', "$name: every node is as xl writes it, and no other is there");
}

# ---- libxl's records ----
my $long = decode_or_empty(read_file("$results/long"));
for my $name (sort keys %guests) {
	my $twin = config(decode_or_empty(read_file("$results/long-$name")), "$name-x", \&normal);
	is_deeply(config($long, $name, \&normal), $twin, "xl list -l: $name as its twin");
	is(record("$results/userdata", $name, \&normal),
		record("$results/userdata-$name", "$name-x", \&normal), "$name: its record, byte by byte");
}

# ---- xl at work ----
sub works {
	my ($label, $what) = @_;
	is($boot->status_of($label), 0, $what) or diag($boot->said("$label.err"));
	return;
}
works('pin', 'xl vcpu-pin');
like($boot->said('vcpus.out'), qr{^alpha +\d+ +0 +\d+ +\S+ +\S+ +1 / all *$}m, 'vcpu 0 is pinned');
works('pause', 'xl pause');
like($boot->said('paused.out'), qr/^beta +\d+ +\d+ +\d+ +--p---/m, 'beta is paused');
works('unpause', 'xl unpause');
unlike($boot->said('unpaused.out'), qr/^beta .* --p/m, 'and goes on');
works('mem', 'xl mem-set');
like($boot->said('typed'), qr/^typed-42$/m, 'xl console, both ways');

# ---- other supervisors ----
works('reload', 'systemctl reload earlydom');
works('adopt', 'earlydom boot --adopt, with none left');
# now(LABEL): NAME => domid and state, as earlydom list has it
sub now {
	my ($label) = @_;
	return { map { ($_->{name} // '') => ($_->{domid} // '-') . " $_->{state}" } @{decode_or_empty($boot->said("$label.out"))} };
}
is_deeply(now($_), { map { $_ => "$early{$_} running" } keys %early }, "$_: the guests go on") for qw(reloaded killed);
is_deeply(now('adopted'), {
	alpha => domids('rebooted')->{alpha} . ' running', beta => '- ended',
	gamma => "$early{gamma} running", delta => "$early{delta} running",
	epsilon => domids('rebooted')->{epsilon} . ' running',
}, 'adopted: they go on, and what has ended is known');
like($boot->said('report'), qr/^earlydom: \Q$_\E/m, $_)
	for 'another version of earlydom goes on', 'the supervisor was ended by signal 9';

# ---- ends ----
my @report = split /\n/, $boot->said('report');
# reports(NAME): what earlydom has said about it; not that a slow machine makes it late
sub reports {
	my ($name) = @_;
	return grep { !/^not up after/ } map { /^earlydom: \Q$name\E: (.*)/ ? $1 : () } @report;
}
works('reboot', 'xl reboot');
my $again = domids('rebooted')->{alpha} // 0;
my @alpha = reports('alpha');
is($alpha[1], "domain $early{alpha} rebooted; restarting", 'earlydom sees it');
like($alpha[2], qr/^restarted as domain $again \(/, 'and starts alpha again, without the initramfs');
like($boot->said('log.alpha'), qr/^alpha boot number 2, after a clean end$/m, 'with its disk');
works('shutdown', 'xl shutdown -w');
is((reports('beta'))[1], "domain $early{beta} powered off; destroyed", 'earlydom sees that, too');
works('destroy', 'xl destroy');
is_deeply([(reports('gamma'))[1 .. 2]],
	["domain $early{gamma} was destroyed by somebody else", undef], 'gamma is not started again');
works('release', 'earlydom release');
is(domids('released')->{delta}, $early{delta}, 'delta is there still');
works('destroy_released', 'xl destroy, of a released one');
is_deeply([(reports('delta'))[1 .. 2]], ["domain $early{delta} released",
	"domain $early{delta} was destroyed by somebody else"], 'and nothing else happens to it');
works('unit_stop', 'systemctl stop earlydom');
is($alpha[3], "domain $again stopped on request; destroyed", 'alpha is shut down');
my %end = map { ($_->{name} // '') => $_->{state} } @{decode_or_empty($boot->said('ended.out'))};
is_deeply(\%end, {alpha => 'ended', beta => 'ended', gamma => 'ended', delta => 'ended', epsilon => 'ended'},
	'how they ended');

# ---- the one that is routed ----
my ($waiting) = grep { $_->{name} eq 'epsilon' } @{decode_or_empty($boot->said('waiting.out'))};
is($waiting->{state}, 'waiting', 'gatewaydev has no address: it waits');
works('start', 'with an address it starts');
for my $when (qw(started restarted adopted released)) {
	works("$when.ping", "$when: dom0 reaches it by ping");
	is($boot->said("$when.tcp.out"), "hello from epsilon\n", "$when: and by TCP");
}
like($boot->said('log.epsilon'), qr/^hello from beta$/m, 'it reaches another guest on the bridge');
# on(LABEL): what dom0 has for an interface, without what only ifconfig makes
sub on {
	my ($label) = @_;
	my $text = join('', map { $boot->said("$label.$_.out") } qw(address route proxy));
	return normal($text) =~ s/^\d+: //mr =~ s/ brd \S+//r =~ s/ +/ /gr;
}
is(on('ours'), on('xls'), 'address, routes and proxy_arp are those that xl\'s script makes');
like(on('ours'), qr{^10\.9\.0\.0/16 .*src 10\.0\.0\.254 metric 2}m, 'with the network');
works('reboot_routed', 'xl reboot, of one that is routed');
works('release_routed', 'earlydom release');
works('destroy_routed', 'xl destroy, by its script');
unlike($boot->said('routes_at_end.out'), qr/^10\.0\.0\.5|^10\.9\./m, 'no route is left');

# ---- nothing is left ----
is_deeply(domids('last'), {'Domain-0' => 0}, 'no domain');
my $store = read_file("$results/store-at-end");
unlike($store, qr{^/(?:local/domain|libxl|local/domain/0/backend/\w+)/[1-9]\d*/?(?: |/)}m, 'no node of one');
is(join(' ', grep { !/^userdata-d\.0\./ } split ' ', $boot->said('userdata_at_end')), '',
	'no record of one');
is(join(' ', sort split ' ', $boot->said('net_at_end')), 'lo xenbr0', 'no interface of one');

# ---- and none of them noticed the switch ----
for my $name (qw(alpha beta)) {
	my @writes = map { [split ' '] } split /\n/, read_file("$results/$name.writes");
	my ($bad, $longest) = (0, 0);
	for my $i (1 .. $#writes) {
		my ($before, $after) = @writes[$i - 1, $i];
		next if $after->[0] != $before->[0] && $after->[1] == 1;
		$bad++ if $after->[0] != $before->[0] || $after->[1] != $before->[1] + 1;
		my $pause = $after->[2] - $before->[2];
		$longest = $pause if $pause > $longest;
	}
	is($bad, 0, "$name: one sequence of " . @writes . ' lines on its disk');
	cmp_ok($longest, '<', 60, "$name: never longer than $longest s between two");
	cmp_ok(scalar @writes, '>', 20, "$name: written from the initramfs to the end");
}

done_testing;
