#!/usr/bin/perl
# Three Linux guests at once, with Debian's own kernels and no xenstored in dom0: what they find
# themselves to be and what the hypervisor says about them is what their descriptors said. Then
# their lives: a console both ways, a crash, a restart, a clean stop.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

my $uuid = '5f0c1cb2-88b4-4b4b-9d0a-0123456789ab';
my %guests = (
	web => <<~CFG,
		name = "web"
		uuid = "$uuid"
		kernel = "/boot/vmlinuz"
		ramdisk = "/boot/guest.cpio"
		memory = 144
		maxmem = 200
		cpus = "1"
		cpu_weight = 512
		cap = 90
		ip = "10.1.2.3"
		root = "/dev/xvda1 ro"
		extra = "console=hvc0 quiet guest=web"
		CFG
	db => <<~CFG,
		type = "pvh"
		kernel = "/boot/vmlinuz-cloud"
		ramdisk = "/boot/guest.cpio"
		memory = 160
		cmdline = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=db"
		CFG
	cache => <<~CFG,
		type = "pvh"
		kernel = "/boot/vmlinuz-cloud"
		ramdisk = "/boot/guest.cpio"
		memory = 192
		maxmem = 256
		vcpus = 2
		maxvcpus = 3
		cpus = ["0", "0-1", "1"]
		cpu_weight = 128
		extra = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=cache"
		CFG
);
my $boot = flaky_boot('linux',
	guests => \%guests,
	files => [
		root . '/build/machine/vmlinuz:/boot/vmlinuz',
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz-cloud',
		tool('guest.cpio') . ':/boot/guest.cpio',
		tool('unmapped') . ':/sbin/unmapped',
	],
	memory => 3072,
	time => 400,
	stage2 => <<'SH',
for guest in web db cache; do
	await_console $guest "^$guest cmdline: " 150
done
run facts xenfacts
run unmapped unmapped
run list earlydom list --json
run ps ps -o comm,args
run processes sh -c 'for pid in $(pidof earlydom); do tr "\\0" " " </proc/$pid/cmdline; echo; done | sort'
run sockets ls /run/xenstored /var/run/xenstored /var/lib/xenstored
run boot ls /boot

type_to db 'echo $((6 * 7)) from $guest'
await_console db '^42 from db' 30
type_to cache 'echo c >/proc/sysrq-trigger'
await_report '^earlydom: cache: domain [0-9]+ crashed; destroyed' 60

rm -rf /boot /etc/earlydom
type_to web 'reboot -f'
await_report '^earlydom: web: restarted as domain ' 60
run stop earlydom stop -t 500 db
await_console web '^web cmdline: ' 150 2
run late xenfacts
run later_list earlydom list --json
logs
SH
);
$boot->ended_well;

# ---- how they started ----
my %domid;
for my $guest (['cache', 'linux pvh, 192 MiB, 2 vcpus'], ['db', 'linux pvh, 160 MiB, 1 vcpu'],
	['web', 'linux pv, 144 MiB, 1 vcpu']) {
	my ($name, $text) = @$guest;
	my ($line) = $boot->earlydom_on($name);
	like($line, qr/^started as domain \d+ \(\Q$text\E, \d+ ms\)$/, "$name is reported as started");
	($domid{$name}) = ($line // '') =~ /domain (\d+)/;
}
my ($summary) = grep { / of \d+ guests? started / } $boot->earlydom;
like($summary, qr/^3 of 3 guests started in \d+ ms$/, 'the summary');

# The kernels' pages were unmapped by hypercalls, not one by one.
is($boot->said('unmapped.out'), "1500 pages, 1500 to be read, then 0\n",
	'pages of a guest that were unmapped are out of reach');

# ---- what they say themselves ----
my %up = (
	web => "web is up: linux PV, 144 MiB, 1 vcpu\n"
		. "web cmdline: ip=10.1.2.3 root=/dev/xvda1 ro console=hvc0 quiet guest=web\n",
	db => "db is up: linux PVH, 160 MiB, 1 vcpu\n"
		. "db cmdline: console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=db\n",
	cache => "cache is up: linux PVH, 192 MiB, 2 vcpus\n"
		. "cache cmdline: console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=cache\n",
);
for my $name (sort keys %up) {
	my ($said) = $boot->said("log.$name") =~ /^(\Q$name\E is up.*\n.*\n)/m;
	is($said, $up{$name}, "$name finds itself as its descriptor has it");
}

# ---- what the hypervisor says ----
my ($host, $domains) = facts($boot->said('facts.out'));
is(join(' ', sort keys %$domains), join(' ', sort values %domid), 'no other domain is there');
my %web = %{$domains->{$domid{web}} // {}};
is($web{type}, 'pv', 'web is a PV domain');
is($web{uuid}, $uuid, 'web: uuid');
is($web{vcpus}, 1, 'web: vcpus');
is($web{tot_kib}, 144 * 1024, 'web: memory');
is($web{max_memkb}, 144 * 1024 + 1024, 'web: limited to memory, and the 1 MiB that libxl adds as well');
is($web{weight}, 512, 'web: cpu_weight');
is($web{cap}, 90, 'web: cap');
is($web{cpus}, '2', 'web: its vcpu is bound to cpu 1');
my %cache = %{$domains->{$domid{cache}} // {}};
is($cache{type}, 'hvm', 'cache is a domain in an HVM container');
is($cache{vcpus}, 3, 'cache: maxvcpus');
is($cache{online}, 2, 'cache: vcpus');
is($cache{max_memkb}, 192 * 1024 + 1024, 'cache: limited in the same way');
cmp_ok($cache{tot_kib}, '<=', 192 * 1024 + 256, 'cache: not more memory than it should have, and special pages');
cmp_ok($cache{tot_kib}, '>=', 192 * 1024 - 512, 'cache: and hardly less (the hole below 1 MiB)');
is($cache{weight}, 128, 'cache: cpu_weight');
is($cache{cap}, 0, 'cache: no cap where none is given');
is($cache{cpus}, '1,3,2', 'cache: each vcpu is bound where cpus says');
my %db = %{$domains->{$domid{db}} // {}};
is($db{weight}, 256, "db: the hypervisor's own weight where none is given");
like($db{uuid}, qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
	'db: a random uuid where none is given');
is($_->{paused} . $_->{dying} . $_->{shutdown}, '00-', "domain $_->{domain} runs")
	for map { $domains->{$_} } sort keys %$domains;

# ---- no store ----
unlike($boot->said('ps.out'), qr/xenstore|xenconsoled/, 'no store or console daemon runs in dom0');
is($boot->said('sockets.out'), '', 'nor is there a socket or data base of one');
is($boot->said('processes.out'), "\@earlydom keeper \n\@earlydom starter   \n\@earlydom supervise \n",
	"keeper, supervisor and starter: their argv[0] begins with \@, for systemd");

# ---- the files ----
is($boot->said('boot.out'), "guest.cpio\ntiny\nvmlinuz\nvmlinuz-cloud\n",
	'images stay in the initramfs while guests may be restarted');

# ---- their lives ----
my $list = eval { decode_json($boot->said('list.out')) };
is(ref $list, 'ARRAY', 'list --json is JSON') or diag($@, $boot->said('list.out'));
my ($row) = grep { ($_->{name} // '') eq 'cache' } @{$list // []};
cmp_ok(delete $row->{build_ms}, '>', 0, 'the time it took to build is listed');
cmp_ok(delete $row->{longest_turn_us}, '>', 0, "and the longest turn of the supervisor's loop");
is_deeply($row, {
	name => 'cache', domid => $domid{cache}, image => 'linux', type => 'pvh', memory => 192,
	vcpus => 2, state => 'running', restarts => 0, cause => undef,
	failed_starts => 0, retry_s => undef,
}, 'and all else of cache');
like($boot->said('log.db'), qr/^42 from db$/m, 'a command typed on the console of db');
like($boot->said('log.cache'), qr/Kernel panic - not syncing: sysrq triggered crash/,
	'the last words of a crashed kernel are in its log');
my @web = $boot->earlydom_on('web');
is($web[1], "domain $domid{web} rebooted; restarting", 'web rebooted');
like($web[2], qr/^restarted as domain \d+ \(linux pv, 144 MiB, 1 vcpu, \d+ ms\)$/,
	'and was started again, without the files that are gone from dom0');
my @ups = $boot->said('log.web') =~ /^(web is up: linux PV, 144 MiB, 1 vcpu)$/mg;
is(scalar @ups, 2, 'up to its userspace');
is($boot->status_of('stop'), 0, 'stop db') or diag($boot->said('stop.err'));
like($boot->said('log.db'), qr/sysrq: Emergency Sync.*sysrq: Emergency Remount R\/O.*sysrq: Resetting/s,
	'db was asked to sync, to write no more and to end');
is(($boot->earlydom_on('db'))[1], "domain $domid{db} stopped on request; destroyed", 'which it did');

my (undef, $late) = facts($boot->said('late.out'));
my ($second) = ($web[2] // '') =~ /domain (\d+)/;
is(join(' ', keys %$late), $second, 'only the second web is left');
is($late->{$second}{uuid}, $uuid, 'with the same uuid');
is($late->{$second}{$_}, $web{$_}, "and the same $_") for qw(max_memkb weight cap cpus tot_kib);
my %later = map { ($_->{name} // '') => $_ } @{(eval { decode_json($boot->said("later_list.out")) }) || []};
is($later{web}{restarts}, 1, 'list counts the restart');
is($later{cache}{state}, 'ended', 'list: cache has ended');
is($later{cache}{cause}, 'crashed', 'and why');
is($later{db}{cause}, 'stopped on request', 'and db');
is($later{db}{domid}, undef, 'which has no domain any more');

done_testing;
