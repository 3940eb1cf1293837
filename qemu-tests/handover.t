#!/usr/bin/perl
# Guests that were started without a store are given to one that has come up later: a pvh guest
# becomes a full citizen of it, a pv guest gets its name and its console. Until then all is as without
# a store, in an image that has none.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

my $linux = <<~CFG;
	kernel = "/boot/vmlinuz"
	ramdisk = "/boot/front.cpio"
	CFG
my $boot = flaky_boot('handover',
	guests => {
		pv => <<~CFG,
			$linux
			memory = 144
			vcpus = 2
			extra = "console=hvc0 quiet guest=pv"
			CFG
		pvh => <<~CFG,
			$linux
			type = "pvh"
			memory = 160
			maxmem = 224
			uuid = "5f0c1cb2-88b4-4b4b-9d0a-0123456789ab"
			extra = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 guest=pvh"
			CFG
		# A back end is known by its nodes in the store alone.
		disk => qq(kernel = "/boot/tiny"\nmemory = 16\ndisk = ["/dev/null,raw,xvda,rw"]\nstart_retries = 0\n),
		vif => qq(kernel = "/boot/tiny"\nmemory = 16\nvif = [""]\nstart_retries = 0\n),
	},
	files => [
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
		tool('front.cpio') . ':/boot/front.cpio',
		tool('xenstore') . ':/bin/xenstore',
		root . '/build/xenstored:/usr/local/sbin/xenstored',
		root . '/build/xenconsoled:/usr/local/sbin/xenconsoled',
	],
	memory => 3072,
	time => 300,
	stage2 => <<'SH',
await_console pv '^pv cmdline: ' 200
await_console pvh '^pvh cmdline: ' 200
run list earlydom list --json
run facts xenfacts
run none earlydom handover
run release earlydom release pv

mkdir -p /run/xenstored /var/lib/xenstored
/usr/local/sbin/xenstored --pid-file /run/xenstore.pid
xenstore ls >/dev/null
run half earlydom handover
/usr/local/sbin/xenconsoled --pid-file /run/xenconsoled.pid
await /run/xenconsoled.pid '^[0-9]' 20
run handover earlydom handover
run again earlydom handover

# Their consoles are where the store says, as `xl console` finds them.
await_node() {
	for try in $(seq 60); do
		xenstore read "$1" 2>/dev/null && return
		sleep 2
	done
	echo "@late: $1"
}
for name in pv pvh; do
	tty=$(await_node "/local/domain/$(domid_of $name)/console/tty")
	echo "@tty.$name: $tty"
	timeout 600 cat "$tty" >"/tmp/$name" &
	echo 'echo $((6 * 7)) from $guest' >"$tty"
	await "/tmp/$name" '^42 from' 50
done
run store xenstore ls -fp

# The kernel of the pvh guest has found its store, and so have its programs.
echo 'xenstore write data/up yes' >"$tty"
run up await_node "/local/domain/$(domid_of pvh)/data/up"
run late_list earlydom list --json
# Long enough to give back what it should not. It may not ask its store before there is one: Linux takes that for the
# store's own sign.
sleep 3
cat >"$tty" <<'END'
read -r _ t _ </proc/meminfo; read -r k </sys/devices/system/xen_memory/xen_memory0/info/current_kb
xenstore write data/memory "$t $k"
END
run memory await_node "/local/domain/$(domid_of pvh)/data/memory"
run stop earlydom stop -t 500 pvh
run stop_pv earlydom stop -t 500 pv
killall cat
for name in pv pvh; do
	{ cat "/tmp/$name"; echo; } | said "console.$name"
done
run last_store xenstore ls -f
run last xenfacts
logs
SH
);
$boot->ended_well;

# ---- without a store ----
for my $name (qw(disk vif)) {
	is(join("\n", $boot->earlydom_on($name)), 'its disks and network interfaces need a store, and there is none',
		"$name: a guest with devices says what it lacks");
}
like(($boot->earlydom_on($_))[0], qr/^started as domain \d+ \(linux $_, /, "$_ is started") for qw(pv pvh);
like((grep { / of 4 guests started / } $boot->earlydom)[0] // '', qr/; failed: disk vif$/, 'the summary');
my %row = map { ($_->{name} // '') => $_ } @{(eval { decode_json($boot->said('list.out')) }) || []};
my %domid = map { $_ => $row{$_}{domid} // 'none' } qw(pv pvh);
sub fails {
	my ($label, $text) = @_;
	is($boot->status_of($label), 1, "$label: exit status");
	is($boot->said("$label.err"), "earlydom: $text\n", "$label: message");
	return;
}
fails('none', 'no xenstored runs (/run/xenstored/socket does not answer)');
fails('half', 'no xenconsoled runs (/run/xenconsoled.pid names none), to which the consoles go');
fails('release', 'pv would stop when its console is full, which only earlydom drains: `earlydom handover` gives it to xenconsoled first');

# ---- the hand-over ----
is($boot->status_of('handover'), 0, 'handover') or diag($boot->said('handover.err'));
is(($boot->earlydom_on('pvh'))[1], "domain $domid{pvh} is in the store now", 'pvh is handed over');
is(($boot->earlydom_on('pv'))[1], "domain $domid{pv} is in the store now, with its name and its console; as a pv guest "
	. 'that was started without one it does not see requests there (shutdown, memory, vcpus, devices)',
	'pv as well, and what it lacks is said');
is($boot->status_of('again'), 0, 'another one has nothing to do') or diag($boot->said('again.err'));
my $store = $boot->said('store.out');
for my $name (qw(pv pvh)) {
	my ($id, $uuid) = ($domid{$name});
	like($store, qr{^/local/domain/$id/name = "$name" +\(n0,r$id\)}m, "$name: its name");
	ok((($uuid) = $store =~ m{^/local/domain/$id/vm = "/vm/([0-9a-f-]{36})"}m), "$name: its /vm");
	like($store, qr{^/vm/\Q$uuid\E/name = "$name"}m, "$name: its name there") if defined $uuid;
	like($store, qr{^/libxl/$id/type = "$name"}m, "$name: its type, for libxl");
	like($store, qr{^/local/domain/$id/console/tty = "\Q@{[$boot->said("tty.$name") =~ s/\n//r]}\E"}m, "$name: its terminal");
	like($boot->said("tty.$name"), qr{^/dev/pts/\d+\n}, "$name: which is one");
	like($boot->said("console.$name"), qr/^42 from $name$/m, "$name: and serves it both ways");
}
# Its map was made without a store, and ends at memory: nothing is to be given back for what is behind it.
like($store, qr{^/local/domain/$domid{pvh}/memory/static-max = "@{[160 * 1024]}"}m, 'pvh: its maximum is what it has');
like($store, qr{^/vm/5f0c1cb2-88b4-4b4b-9d0a-0123456789ab/name = "pvh"}m, 'pvh: its own uuid');

# ---- afterwards ----
is($boot->said('up.out'), "yes\n", 'pvh: its kernel has connected with the store, in which it has written');
my ($has) = $boot->said('memory.out') =~ /^\d+ (\d+)$/;
cmp_ok($has // 0, '>', 158 << 10, 'pvh: it keeps its memory');
my %late = map { ($_->{name} // '') => $_ } @{(eval { decode_json($boot->said('late_list.out')) }) || []};
is($late{$_}{state}, 'running', "list: $_ runs on") for qw(pv pvh);
is($late{$_}{domid}, $domid{$_}, "as the same domain") for qw(pv pvh);
is($boot->status_of('stop'), 0, 'stop pvh') or diag($boot->said('stop.err'));
like($boot->said('console.pvh'), qr/poweroff on request$/m, 'pvh: stops by the request in its store');
is(($boot->earlydom_on('pvh'))[2], "domain $domid{pvh} stopped on request; destroyed", 'pvh: cleanly');
is($boot->status_of('stop_pv'), 0, 'stop pv') or diag($boot->said('stop_pv.err'));
is(($boot->earlydom_on('pv'))[2], "domain $domid{pv} stopped on request; destroyed", 'pv: by its console, as before');
unlike($boot->said('last_store.out'), qr{^/(?:local/domain/[1-9]|vm/|libxl/\d)}m, 'nothing is left of them in the store')
	or diag($boot->said('last_store.out'));
is(join(' ', keys %{(facts($boot->said('last.out')))[1]}), '', 'nor in the hypervisor');

done_testing;
