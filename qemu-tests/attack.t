#!/usr/bin/perl
# Guests that attack dom0 (qemu-tests/attacker): floods and wild indices in a console's ring, a flood of a
# serial port, all that the store takes and what it must not take, devices that come and go; one after
# the other, then all at once. Beside them other guests end and are started again, in time; what dom0's
# processes take of a processor is printed; nobody else's nodes change. First with a store,
# then, in the same boot, without one, where consoles are earlydom's own to serve.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use JSON::PP;
use List::Util qw(max);
use Test::More;
use Twin;

# What a process may take in an attack, in percent of a processor, by the clock. What the others take is
# printed, and not judged: there are no measurements yet that a bound could come from.
my %most = (keeper => 1);

# How long the restart of a guest may take, in ms, on a machine that does it in that without an attack. One
# that is so many times as slow may take so many times as much, of all.
my $restart_ms = 1000;

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
	flood => attacker('seconds=600 flood'),
	ring => attacker('seconds=600 ring'),
	asks => attacker('seconds=20 store', 'ready = "data/up"'),
	unplug => attacker('seconds=20 unplug', devices('/dev/vdc', 'unplug0')),
	lie => attacker('seconds=600 lie'),
	serial => $serial,
	whole => attacker('seconds=600 flood ring store unplug', 'ready = "data/up"', devices('/dev/vdd', 'whole0')),
);
my %without = (
	quiet => $quiet,
	calm => $quiet,
	still => $guests{still},
	flood => $guests{flood},
	ring => $guests{ring},
	serial => $serial,
);

my $boot = flaky_boot('attack',
	guests => \%guests,
	store => 1,
	disks => [8, 8, 8, 8],
	files => [
		root . "/build/earlydom-model:$own",
		map({ tool($_) . ":/boot/$_" } qw(attacker serial)),
		tool('faulty') . ':/sbin/faulty',
		write_file(work_dir . '/serial', "log = \"/run/serial.log\"\n") . ':/etc/models/serial',
		map { write_file(work_dir . "/without/$_.cfg", $without{$_}) . ":/etc/without/$_.cfg" } sort keys %without,
	],
	dom0 => 'earlydom.bridge=br0 earlydom=quiet,calm,still',
	memory => 2560,
	time => 400,
	stage2 => <<'SH');
now_ms() {
	read -r up _ </proc/uptime
	ms=${up%.*}${up#*.}0
}

# process NAME: its number
process() {
	case $1 in
	supervisor) faulty kill 0 '@earlydom supervise' ;;
	keeper) faulty kill 0 '@earlydom keeper' ;;
	xenstored) cat /run/xenstore.pid ;;
	xenconsoled) cat /run/xenconsoled.pid ;;
	model) pidof earlydom-model ;;
	esac
}

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
	now_ms
	[ "$ms" -ge "$end" ] || sleep $(((end - ms) / 1000 + 1))
	over "$round"
	others | said "$round.others"
}
# ended GUEST...: what they have said, and their ends, in the midst of it but for two
ended() {
	for guest; do
		case $guest in
		asks | unplug) await_console "$guest" '^attack over: ' 30 ;;
		esac
		log=/run/earlydom/console/$guest.log
		tail -c 4096 "$log" | tr -cd ' -~\n' | grep -e '^attack over: ' -e '^done: ' | said "said.$guest"
		stat -c "$guest %s" "$log" | said sizes
		run "destroy.$guest" earlydom destroy "$guest"
	done
}
still=$(domid_of still)
vm=$(xenstore read "/local/domain/$still/vm")
# others: nodes that are no attacker's, while one attacks
others() {
	for dir in "/local/domain/$still" "/libxl/$still" "$vm" /tool; do
		xenstore ls -fp "$dir"
	done
	for dir in / /local /local/domain/0; do
		xenstore list "$dir"
	done
}

xenstore write "/local/domain/$still/data/mine" 'of still'
others | said rest.others
xenstore ls -fp | said before
run facts_before xenfacts
begin rest
for time in 1 2 3 4 5; do
	sleep 1
	again rest
done
over rest
for guest in flood ring asks unplug serial lie; do
	attack "$guest" 12 1 "$guest"
	ended "$guest"
done
attack whole 60 4 whole serial
ended whole serial
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
for time in 1 2 3 4 5; do
	sleep 1
	again alone
done
over alone
others() { :; }
for guest in flood ring serial; do
	attack "$guest.alone" 12 1 "$guest"
	ended "$guest"
done
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
my @with = qw(flood ring asks unplug serial lie whole);
my @without = map { "$_.alone" } qw(flood ring serial);
my @table;
for my $round ('rest', @with, 'alone', @without) {
	my %share = shares($round);
	push @table, sprintf('%-13s', $round) . join('', map { sprintf(' %5.1f', $share{$_} // 0) }
		qw(dom0 supervisor keeper xenstored xenconsoled model)) . '  ' . join(' ', restarts($round)) . ', ' . ($boot->said("$round.list") =~ s/\s//gr);
}
diag("percent of a processor (a machine of two), restarts of others in ms, the list in ms\n",
	"               dom0 super- keeper xen-  xen-  model\n", "                    visor        stored console\n", map { "$_\n" } @table);

for ([rest => @with], [alone => @without]) {
	my ($rest, @rounds) = @$_;
	my ($longest) = sort { $b <=> $a } restarts($rest);
	my $most = max($restart_ms, 3 * $longest);
	my $slow = max(1, $longest / $restart_ms);
	for my $round (@rounds) {
		my ($late) = sort { $b <=> $a } restarts($round);
		cmp_ok($late // 60_000, '<=', $most, "$round: others are started again in time");
		my %share = shares($round);
		for my $process (sort keys %most) {
			next if !defined $share{$process};
			cmp_ok($share{$process}, '<=', $most{$process} * $slow, "$round: $process takes no more than its share");
		}
		cmp_ok($boot->said("$round.list") || 60_000, '<=', 1000 * $slow * $Boot::patience, "$round: the list is answered");
	}
}

# ---- they did attack ----
for my $guest (qw(asks unplug)) {
	my $said = $boot->said("said.$guest");
	my ($answers, $refused, $stopped, $done) =
		$said =~ /^attack over: (\d+) answers, (\d+) refused, \d+ watch events; of what it must not do: (\d+) refused, (\d+) done$/m;
	cmp_ok($answers // 0, '>', 10, "$guest: the store answered");
	cmp_ok($stopped // 0, '>', 10, "$guest: and refused what it must not do");
	is($done // '-', 0, "$guest: always") or diag($said);
}
my %size = numbers('sizes');
for (qw(flood ring whole serial serial.own earlydom)) {
	cmp_ok($size{$_} // 0, '>', $_ eq 'earlydom' ? 0 : 1000, "$_: has a log");
	cmp_ok($size{$_} // 0, '<=', 256 * 1024, "$_: which is bounded");
}

# ---- what is left ----
my %attacker = map { $_ => 1 } split /\n/, $boot->said('attackers');
is($boot->status_of("destroy.$_"), 0, "$_ is destroyed") for qw(flood ring asks unplug lie whole serial);
for my $round (@with) {
	is($boot->said("$round.others"), $boot->said('rest.others'), "$round: nobody else's nodes change");
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
