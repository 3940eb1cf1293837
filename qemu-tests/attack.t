#!/usr/bin/perl
# Guests that attack dom0 (qemu-tests/attacker): floods and wild indices in a console's ring, a flood of a
# serial port, all that the store takes and what it must not take, devices that come and go, nonsense in
# the store's ring; all at once, for a minute. Beside them other guests end and are started again, in time;
# what dom0's processes take of a processor is bounded; nobody else's nodes change. First with a store,
# then, in the same boot, without one, where consoles are earlydom's own to serve.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use List::Util qw(max);
use Test::More;
use Twin;

# What a process may take in an attack, in percent of a processor, by the clock: a processor by default, and
# much less where the attackers have rates (console_rate, io_rate), without which it takes 77 and 70 percent of
# this emulated one. xenconsoled has a rate of its own.
my %most = (
	all => {keeper => 1, supervisor => 90, xenconsoled => 30, model => 90},
	'all.alone' => {keeper => 1, supervisor => 45, model => 25},
);

# How long the restart of a guest may take, in ms, on a machine that does it in so many without an attack. One
# that is slower may take so many times as much.
my ($restart_ms, $at_rest_ms) = (1000, 60);

# ---- the guests ----
sub attacker {
	my ($words, @more) = @_;
	return join("\n", 'kernel = "/boot/attacker"', 'memory = 16', qq(extra = "$words"), @more, '');
}
my $own = '/usr/lib/earlydom/earlydom-model';
my $serial = <<~CFG;
	image = "vmx"
	device_model_protocol = "classic"
	device_model_override = "$own"
	device_model_config = "/etc/models/serial"
	kernel = "/boot/serial"
	memory = 16
	CFG
my $quiet = qq(kernel = "/boot/tiny"\nmemory = 16\non_crash = "restart"\n);
sub devices {
	my ($disk, $vif) = @_;
	return (qq(disk = ["$disk,raw,xvda,rw"]), qq(vif = ["bridge=br0,vifname=$vif"]), 'device_timeout = 600', '');
}
# Two of them end in turn: one that ends more than five times in a minute is not started again.
my @quiet = qw(quiet calm);
my %guests = (
	quiet => $quiet . join("\n", devices('/dev/vda', 'quiet0')),
	calm => $quiet . join("\n", devices('/dev/vdb', 'calm0')),
	still => qq(kernel = "/boot/tiny"\nmemory = 16\n),
	whole => attacker('seconds=60 flood ring store unplug', 'ready = "data/up"', devices('/dev/vdc', 'whole0')),
	lie => attacker('seconds=600 lie'),
	serial => $serial,
);
my %without = (
	quiet => $quiet,
	calm => $quiet,
	still => $guests{still},
	noise => attacker('seconds=600 flood ring', 'console_rate = 32'),
	serial => $serial =~ s{models/serial}{models/slow}r,
);

my $boot = flaky_boot('attack',
	guests => \%guests,
	store => 1,
	disks => [8, 8, 8],
	files => [
		root . "/build/earlydom-model:$own",
		map({ tool($_) . ":/boot/$_" } qw(attacker serial)),
		tool('faulty') . ':/sbin/faulty',
		write_file(work_dir . '/serial', "log = \"/run/serial.log\"\n") . ':/etc/models/serial',
		write_file(work_dir . '/slow', "io_rate = 200\n") . ':/etc/models/slow',
		map { write_file(work_dir . "/without/$_.cfg", $without{$_}) . ":/etc/without/$_.cfg" } sort keys %without,
	],
	dom0 => 'earlydom.bridge=br0 earlydom=quiet,calm,still',
	memory => 2560,
	time => 400,
	stage2 => <<'SH');
# used: NAME TICKS, and KIB in memory, of each process by now; of all dom0, and by the clock. A tick is
# 10 ms (proc(5)).
used() {
	for name in supervisor keeper xenstored xenconsoled model; do
		pid=$(process "$name")
		[ -n "$pid" ] || continue
		awk -v name="$name" -v kib="$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status")" \
			'{ sub(/.*\) /, ""); print name, $12 + $13, kib }' "/proc/$pid/stat"
	done
	awk '$1 == "cpu" { print "dom0", $2 + $3 + $4 + $7 + $8 }' /proc/stat
	now_ms
	echo "clock $((ms / 10))"
}

# again LABEL: one of the quiet guests ends; how long it takes until its kernel says something again
turn=calm
again() {
	case $turn in
	quiet) turn=calm ;;
	*) turn=quiet ;;
	esac
	faulty restart "$(domid_of $turn)" "/run/earlydom/console/$turn.log" 'tiny is up' | said "$1.ms"
}

# answered LABEL: how long the list takes
answered() {
	now_ms
	asked=$ms
	earlydom list >/tmp/list
	now_ms
	echo "@$1.list: $((ms - asked))"
}

# begin LABEL; over LABEL: what was used between them
begin() {
	used | said "$1.begin"
}
over() {
	used | said "$1.end"
	answered "$1"
}

# attack ROUND SECONDS TIMES GUEST...: these guests attack for so long, while others end so many times
attack() {
	round=$1 seconds=$2 times=$3
	shift 3
	for guest; do
		run "$round.$guest" earlydom start "$guest"
		domid_of "$guest" | said attackers
	done
	begin "$round"
	now_ms
	end=$((ms + 1000 * seconds))
	for time in $(seq "$times"); do
		sleep $((seconds / (times + 1)))
		again "$round"
	done
	others | said "$round.others"
	now_ms
	[ "$ms" -ge "$end" ] || sleep $(((end - ms) / 1000 + 1))
	over "$round"
}
# ended ROUND GUEST...: what they have said, and their ends, in the midst of it but for one
ended() {
	round=$1
	shift
	for guest; do
		[ "$guest" != whole ] || await_console "$guest" '^attack over: ' 60
		log=/run/earlydom/console/$guest.log
		tail -c 4096 "$log" | tr -cd ' -~\n' | grep -e '^attack over: ' -e '^done: ' | said "said.$guest"
		stat -c "$guest.$round %s" "$log" | said sizes
		run "destroy.$guest.$round" earlydom destroy "$guest"
	done
}
still=$(domid_of still)
vm=$(xenstore read "/local/domain/$still/vm")
# others: nodes that are no attacker's, while one attacks. What Linux says of its devices' back ends is in an
# `error` of dom0's.
others() {
	for dir in "/local/domain/$still" "/libxl/$still" "$vm" /tool; do
		xenstore ls -fp "$dir"
	done
	for dir in / /local /local/domain/0; do
		xenstore list "$dir" | grep -vx error
	done
}

xenstore write "/local/domain/$still/data/mine" 'of still'
others | said rest.others
xenstore ls -fp | said before
run facts_before xenfacts
begin rest
for time in 1 2 3 4; do
	sleep 2
	again rest
done
over rest
attack all 60 4 whole lie serial
ended all whole lie serial
sleep 2
xenstore ls -fp | said after
run facts_after xenfacts
run last earlydom list --json
stat -c 'earlydom %s' /run/earlydom/earlydom.log | said sizes
stat -c 'serial.own %s' /run/serial.log | said sizes
du -k /run/earlydom/xenconsoled | said logs_kib
said report </run/earlydom/earlydom.log
dmesg | grep -c . | said dmesg

# ---- without a store ----
end_supervisor
echo 'earlydom.store=off earlydom=quiet,calm,still' >/tmp/cmdline
earlydom boot -c /etc/without -l /tmp/cmdline >/dev/null 2>&1
begin alone
for time in 1 2 3 4; do
	sleep 2
	again alone
done
over alone
others() { :; }
attack all.alone 30 4 noise serial
ended all.alone noise serial
run last_alone earlydom list --json
said report_alone </run/earlydom/earlydom.log
SH
$boot->ended_well;

# ---- in numbers ----
# numbers(LABEL): what begins with a name there, and its number
sub numbers {
	my ($label) = @_;
	return map { /^(\S+) (\d+)/ ? ($1 => $2) : () } split /\n/, $boot->said($label);
}
# restarts(ROUND): the milliseconds that restarts took; one that never came is a minute
sub restarts {
	my ($round) = @_;
	return map { /^\d+$/ ? $_ : 60_000 } split /\n/, $boot->said("$round.ms");
}
# shares(ROUND): what each process has used of a processor, in percent; of `dom0` all that was used in it
sub shares {
	my ($round) = @_;
	my %begin = numbers("$round.begin");
	my %end = numbers("$round.end");
	my $clock = (delete $end{clock} // 0) - ($begin{clock} // 0) || 1;
	return map { $_ => 100 * ($end{$_} - ($begin{$_} // 0)) / $clock } keys %end;
}
my @table;
for my $round (qw(rest all alone all.alone)) {
	my %share = shares($round);
	push @table, sprintf('%-13s', $round) . join('', map { sprintf(' %5.1f', $share{$_} // 0) }
		qw(dom0 supervisor keeper xenstored xenconsoled model)) . '  ' . join(' ', restarts($round)) . ', ' . ($boot->said("$round.list") =~ s/\s//gr);
}
diag("percent of a processor (a machine of two), restarts of others in ms, the list in ms\n",
	"               dom0 super- keeper xen-  xen-  model\n", "                    visor        stored console\n", map { "$_\n" } @table);

for ([qw(rest all)], [qw(alone all.alone)]) {
	my ($rest, $round) = @$_;
	my $slow = max(1, max(restarts($rest), 0) / $at_rest_ms);
	my %share = shares($round);
	my $most = $most{$round};
	cmp_ok(scalar(restarts($round)), '==', 4, "$round: others ended");
	cmp_ok(max(restarts($round), 0), '<=', $restart_ms * $slow, "$round: others are started again in time");
	cmp_ok($share{$_} // 100, '<=', $most->{$_}, "$round: $_ takes no more than its share") for sort keys %$most;
	cmp_ok($boot->said("$round.list") || 60_000, '<=', 1000 * $Boot::patience, "$round: the list is answered");
}

# ---- they did attack ----
my $said = $boot->said('said.whole');
my ($answers, $refused, $stopped, $done) =
	$said =~ /^attack over: (\d+) answers, (\d+) refused, \d+ watch events; of what it must not do: (\d+) refused, (\d+) done$/m;
cmp_ok($answers // 0, '>', 10, 'the store answered');
cmp_ok($stopped // 0, '>', 10, 'and refused what it must not do');
is($done // '-', 0, 'always') or diag($said);
my %size = numbers('sizes');
for (qw(whole.all serial.all noise.all.alone serial.all.alone serial.own earlydom)) {
	cmp_ok($size{$_} // 0, '>', $_ eq 'earlydom' ? 0 : 1000, "$_: has a log");
	cmp_ok($size{$_} // 0, '<=', 256 * 1024, "$_: which is bounded");
}

# ---- what is left ----
my %attacker = map { $_ => 1 } split /\n/, $boot->said('attackers');
is($boot->status_of("destroy.$_"), 0, "$_: destroyed") for qw(whole.all lie.all serial.all noise.all.alone serial.all.alone);
isnt($boot->said('rest.others'), '', 'nodes to compare');
is(differences(others('all'), others('rest')), '', "nobody else's nodes change");
# others(ROUND): the nodes, each with what is to be seen of it
sub others {
	my ($round) = @_;
	return {map { /^(\S+)(.*)/ ? ($1 => $2) : () } split /\n/, $boot->said("$round.others")};
}
sub nodes_of {
	my ($label, $name) = @_;
	return nodes(write_file(work_dir . "/$label", $boot->said($label)), $name, sub { return $_[0] },
		map { [$_, 'of each start'] } qr{/(?:ring-ref|port|event-channel|start_time|tty|mac|handle|hotplug-status)$});
}
for my $name (@quiet, 'still') {
	my ($before, $after) = map { nodes_of($_, $name) } qw(before after);
	cmp_ok(scalar(keys %$before), '>', 20, "$name: nodes to compare");
	is(differences($after, $before), '', "$name: its nodes are as they were");
}
my %left = map { $_ => 1 } $boot->said('after') =~ m{^/(?:local/domain|libxl|local/domain/0/(?:backend|error/backend)/\w+)/(\d+)\b}mg;
is(join(' ', grep { $attacker{$_} } sort keys %left), '', 'nothing of an attacker is left in the store');
my (undef, $domains) = facts($boot->said('facts_after.out'));
is(scalar(keys %$domains), 3, 'nor in the hypervisor');
for my $label (qw(last last_alone)) {
	my %row = map { $_->{name} => $_ } @{(eval { decode_json($boot->said("$label.out")) }) || []};
	is(join(' ', map { "$_ " . ($row{$_}{state} // 'gone') } @quiet, 'still'), 'quiet running calm running still running',
		"$label: the others run");
}
for my $label (qw(report report_alone)) {
	my @lines = split /\n/, $boot->said($label);
	is(join("\n", grep { /please report|supervisor|keeper|xenconsoled|xenstored|has not answered|device model/ } @lines), '',
		"$label: dom0's processes go on, as if nothing were");
	cmp_ok(scalar(@lines), '<', 100, "$label: and say no more than usual");
}

done_testing;
