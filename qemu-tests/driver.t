#!/usr/bin/perl
# A driver domain: a pv guest that serves the network interfaces of two others, which talk to each other by its
# bridge; dom0 has no part in it. It is restarted, and the two go on with the next one; one of the two ends; and the
# driver domain ends for good.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

my $common = <<~CFG;
	kernel = "/boot/vmlinux"
	ramdisk = "/boot/driver.cpio"
	memory = 128
	device_timeout = 300
	CFG
my $quiet = 'console=hvc0 quiet cryptomgr.notests rodata=off mitigations=off';

# host(NAME, N, PEER, WORDS)
sub host {
	my ($name, $n, $peer, @words) = @_;
	return join("\n", $common, qq(extra = "$quiet guest=$name role=host ip=10.0.0.$n peer=10.0.0.$peer"),
		qq(vif = ["mac=00:16:3e:00:00:0$n,backend=net,bridge=br0"]), @words, '');
}
my %guests = (
	a => host('a', 1, 2),
	b => host('b', 2, 1, 'on_backend_lost = "destroy"'),
	net => join("\n", $common, qq(extra = "$quiet guest=net role=net"), 'driver_domain = 1', 'ready = "data/up"',
		'ready_timeout = 600', ''),
);
my $boot = boot('driver',
	guests => \%guests,
	store => 1,
	files => [
		tool('vmlinux') . ':/boot/vmlinux',
		tool('driver.cpio') . ':/boot/driver.cpio',
	],
	dom0 => 'earlydom=a,b,net',
	memory => 2048,
	time => 200,
	stage2 => <<'SH',
# What is not compared is not printed: the console is slow.
devices() {
	xenstore ls -fp | grep -E -e '/vif/[0-9]+(/0)?(/state|/hotplug-status|/backend|/backend-id)? =' \
		-e '^/(local/domain|libxl)/[1-9][0-9]* ' | grep -Ev '^/libxl/.*(state|status)|/device/.*/state'
}

for guest in a b; do
	await_console "$guest" "^$guest: hears" 60
done
run list earlydom list
run links ls /sys/class/net
run store devices

run restart earlydom restart net
for guest in a b; do
	await_report "^earlydom: $guest: its back end net serves it again" 60
	await_console "$guest" "^$guest: hears" 60 2
done
run again_list earlydom list
run again_store devices

# The guest's domain goes only when the back end has let go of its memory.
run destroy earlydom destroy a
await_report '^earlydom: a: .*destroyed' 30
run less_facts xenfacts
run less_store devices

run destroy_net earlydom destroy net
await_report '^earlydom: b: its back end net, domain .* has ended' 30 2
run lost_list earlydom list
run lost_store devices
run destroy_b earlydom destroy b
run last_store devices
logs
SH
);
$boot->ended_well;

# rows(LABEL): {NAME => [domain, state]}
sub rows {
	my ($label) = @_;
	return map { /^(\w+)\s+(\S+)\s/ ? ($1 => $2) : () } split /\n/, $boot->said("$label.out");
}
my %first = rows('list');
my %again = rows('again_list');
my $report = $boot->said('report');

# ---- the order, and who does what ----
my @started = grep { /: (?:re)?started as/ } $boot->earlydom;
like($started[0] // '', qr/^net: started/, 'net is the first to start');
like(join("\n", @started[1, 2]), qr/^a: started.*^b: started|^b: started.*^a: started/ms, 'a and b come after it');
like($boot->said('log.net'), qr/^net: serves vif$first{$_}\.0$/m, "net serves the interface of $_") for qw(a b);
unlike($boot->said('links.out'), qr/vif/, 'dom0 has none of them');
for my $guest (['a', 1, 2], ['b', 2, 1]) {
	my ($name, $n, $peer) = @$guest;
	my ($by, $id) = @first{'net', $name};
	my $store = $boot->said('store.out');
	my $back = "/local/domain/$by/backend/vif/$id/0";
	my $front = "/local/domain/$id/device/vif/0";
	like($store, qr/^\Q$back\E = ""\s+\(n$by,r$id\)$/m, "$name: the back end's nodes are net's");
	like($store, qr/^\Q$back\/state\E = "4"/m, "$name: it is connected");
	like($store, qr/^\Q$back\/hotplug-status\E = "connected"/m, "$name: plugged by net itself");
	like($store, qr/^\Q$front\E = ""\s+\(n$id,r$by\)$/m, "$name: net may read the front end's");
	like($store, qr/^\Q$front\/backend-id\E = "$by"/m, "$name: which names it");
	like($store, qr{^/libxl/$id/device/vif/0/backend = "\Q$back\E"}m, "$name: libxl's copy");
	like($boot->said("log.$name"), qr/^$name: hears 10\.0\.0\.$peer by interface 2$/m, "$name hears the other");
}

# ---- another one in its place ----
is($boot->status_of('restart'), 0, 'net is restarted');
isnt($again{net}, $first{net}, '... as another domain');
is($again{$_}, $first{$_}, "$_ runs on") for qw(a b);
for my $name (qw(a b)) {
	my ($by, $id) = ($again{net}, $first{$name});
	my $store = $boot->said('again_store.out');
	my @said = grep { /back end/ } $boot->earlydom_on($name);
	is($said[0], "its back end net, domain $first{net}, has ended; it goes without", "$name: that is said");
	is($said[1], "its back end net serves it again, domain $by", "$name: and that it has the next one");
	like($store, qr{^/local/domain/$by/backend/vif/$id/0/state = "4"}m, "$name: connected with that");
	my @heard = $boot->said("log.$name") =~ /^$name: hears \S+ by interface (\d+)$/mg;
	cmp_ok($heard[-1] // 0, '>', 2, "$name: hears the other by an interface that has come anew");
}
unlike($boot->said('again_store.out'), qr{^/local/domain/$first{net}\b}m, 'nothing is left of the old domain');

# ---- one of the two ends, then net ----
is($boot->status_of('destroy'), 0, 'a is destroyed');
unlike($boot->said('less_facts.out'), qr/\bdomain=$first{a}\b/, '... and gone: net has let go of it');
unlike($boot->said('less_store.out'), qr{/vif/$first{a}\b|^/libxl/$first{a}\b}m, '... and its nodes, in net, too');
like($boot->said('less_store.out'), qr{^/local/domain/$again{net}/backend/vif/$first{b}/0/state}m, "b's are left");
like($boot->said('lost_list.out'), qr/^b\s+$first{b}\s.*running.*its back end net has ended/m, 'b runs on without');
unlike($boot->said('lost_store.out'), qr{^/local/domain/$first{b}/device/vif/0|backend/vif/$first{b}}m,
	'... and has no interface');
unlike($boot->said('last_store.out'), qr{^/(?:local/domain|libxl)/[1-9]}m, 'nothing is left at the end');

done_testing;
