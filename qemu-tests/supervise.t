#!/usr/bin/perl
# Supervision, with guests that start in no time: how each end is acted on, guests that end too
# often, bounded logs, and every command for a shell in dom0.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

sub tiny {
	my ($extra, $more) = @_;
	return qq(kernel = "/boot/tiny"\nmemory = 16\nextra = "$extra"\n) . ($more // '');
}
my $boot = boot('supervise',
	guests => {
		stays => tiny(''),
		typed => tiny(''),
		victim => tiny(''),
		off => tiny('poweroff'),
		kept => tiny('poweroff', qq(on_poweroff = "preserve"\n)),
		hang => tiny('watchdog', qq(on_watchdog = "preserve"\n)),
		again => tiny('', qq(on_crash = "restart"\non_watchdog = "restart"\n)),
		gone => tiny('crash'),
		loops => tiny('reboot'),
		loud => tiny('flood=6000', qq(console_rate = 64\n)),
	},
	time => 300,
	stage2 => <<'SH',
await_report '^earlydom: loops: .*not started again' 90
await_console loud '^flood 006000 ' 60
run list earlydom list
run json earlydom list --json
run report earlydom report --json
run svg earlydom report --svg /tmp/boot.svg
said picture </tmp/boot.svg
run facts xenfacts
run loud_size stat -c %s /run/earlydom/console/loud.log

# Nothing happens now.
# The keeper's process has another name.
wakes() { for p in /proc/[0-9]*; do
	grep -qsx earlydom $p/comm && grep -qs '^@' $p/cmdline && cat $p/status
done | sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p'; }
before=$(wakes); sleep 20; echo "$before $(wakes)" >/tmp/wakes
said wakes </tmp/wakes

# 469000 bytes, of which 64 KiB are taken at once.
now() { cut -d ' ' -f 1 /proc/uptime; }
before=$(now)
type_to loud flood=7000
await_console loud '^flood 007000 ' 60
echo "$before $(now)" | said flood

# Both ways, and only to the one that is meant.
type_to typed 'hello there'
await_console typed '^got: hello there' 20
echo late | timeout 2 earlydom console typed >/tmp/attached 2>&1
said attached </tmp/attached

# A restart needs no file.
rm -rf /boot /etc/earlydom
type_to again crash
await_report '^earlydom: again: restarted as domain' 30
await_console again '^tiny is up' 20 2
type_to again watchdog
await_report '^earlydom: again: restarted as domain' 30 2
run again_list earlydom list

# tiny does not know SysRq.
run stop earlydom stop -t 2 typed
run destroy earlydom destroy victim
run destroy_twice earlydom destroy victim
run destroy_kept earlydom destroy kept
run stop_hang earlydom stop hang
run stop_ended earlydom stop off
run unknown_stop earlydom stop nobody
run unknown_destroy earlydom destroy nobody
run unknown_console earlydom console nobody
run second earlydom boot -c /tmp
run usage earlydom stop
run usage_t earlydom stop -t 0 typed
run verb earlydom dance
run late_facts xenfacts
run late_list earlydom list
logs

# The supervisor goes, its guests stay.
kill_supervisor
run after_facts xenfacts
run none_list earlydom list
run none_console timeout 5 earlydom console stays
run none_stop earlydom stop -t 5 stays
SH
);
$boot->ended_well;

my %of;
for ($boot->earlydom) {
	push @{$of{$1}}, $2 if /^(\w+): (.*)/;
}
# started(NAME, N): the domain that the Nth line about a guest says it has become
sub started {
	my ($name, $nr) = @_;
	my ($how, $domid) = ($of{$name}[$nr] // '') =~ /^(started|restarted) as domain (\d+) \(/;
	is($how, $nr ? 'restarted' : 'started', "$name: start " . ($nr + 1));
	return $domid // 'none';
}
sub ends {
	my ($name, $nr, $text) = @_;
	is($of{$name}[$nr], $text, "$name: $text");
	return;
}

# ---- each end and each policy ----
my %domid = map { $_ => started($_, 0) } qw(stays typed victim off kept hang again gone loops loud);
ends('off', 1, "domain $domid{off} powered off; destroyed");
ends('kept', 1, "domain $domid{kept} powered off; preserved");
ends('hang', 1, "domain $domid{hang} was ended by its watchdog; preserved");
ends('gone', 1, "domain $domid{gone} crashed; destroyed");
ends('again', 1, "domain $domid{again} crashed; restarting");
my $second = started('again', 2);
ends('again', 3, "domain $second was ended by its watchdog; restarting");
my $third = started('again', 4);
cmp_ok($third, '>', $second, 'a restart is a new domain');

# ---- a guest that ends too often ----
my @ends = grep { /rebooted/ } @{$of{loops} // []};
is(scalar @ends, 6, 'loops ended six times');
like($_, qr/^domain \d+ rebooted; restarting$/, 'and was started again') for @ends[0 .. 4];
like($ends[5], qr/^domain \d+ rebooted, more than 5 times within 60 s; destroyed, not started again$/,
	'until it was too often');

# ---- what the hypervisor has ----
my (undef, $domains) = facts($boot->said('facts.out'));
is(join(' ', sort { $a <=> $b } keys %$domains),
	join(' ', sort { $a <=> $b } @domid{qw(stays typed victim kept hang again loud)}),
	'the domains that should be there are, and no other');
is($domains->{$domid{kept}}{shutdown}, 0, 'kept is there, and is powered off');
is($domains->{$domid{hang}}{shutdown}, 4, 'hang is there, ended by its watchdog');
is($domains->{$domid{stays}}{shutdown}, '-', 'stays runs');

# ---- it sleeps while nothing happens: without a store it looks at domains once a second ----
my @wakes = split ' ', $boot->said('wakes');
is(scalar @wakes, 2, 'the supervisor is one process');
cmp_ok($wakes[1] - $wakes[0], '>', 10, 'the supervisor looks at domains');
cmp_ok($wakes[1] - $wakes[0], '<', 27, 'and wakes up for nothing else');

# ---- the logs ----
my @loud = split /\n/, $boot->said('log.loud');
like($loud[-1], qr/^flood 007000 /, 'the newest of a long log is kept');
cmp_ok($boot->said('loud_size.out'), '<=', 256 * 1024, 'in 256 KiB');
cmp_ok($boot->said('loud_size.out'), '>=', 128 * 1024, 'of which no more than half is dropped');
my @numbers = map { /^flood (\d+)/ ? $1 + 0 : () } @loud;
is(scalar(grep { $numbers[$_] != $numbers[$_ - 1] + 1 } 1 .. $#numbers), 0, 'no line is missing in it');
my ($began, $over) = split ' ', $boot->said('flood');
cmp_ok($over - $began, '>', 6, 'a flood takes as long as its rate wants');
is($boot->said('log.stays'), "tiny is up: 16 MiB, store channel 0, cmdline []\n",
	'a log has what its guest printed, and nothing of others');

# ---- list ----
my $list = [grep { defined $_->{name} } @{(eval { decode_json($boot->said('json.out')) }) // []}];
my %row = map { $_->{name} => $_ } @$list;
is(join(' ', map { $_->{name} } @$list), 'again gone hang kept loops loud off stays typed victim',
	'list --json has all of them');
my %state = (stays => 'running', off => 'ended', kept => 'preserved', hang => 'preserved',
	gone => 'ended', loops => 'failed', loud => 'running');
is($row{$_}{state}, $state{$_}, "list: $_ is $state{$_}") for sort keys %state;
is($row{loops}{cause}, 'rebooted, more than 5 times within 60 s', 'list: the cause');
is($row{loops}{restarts}, 5, 'list: the restarts');
is($row{loops}{domid}, undef, 'list: no domain');
is($row{stays}{domid}, $domid{stays}, 'list: the domain');
like($boot->said('list.out'),
	qr/^NAME +ID IMAGE +TYPE +MiB VCPUS STATE +RESTARTS +BUILD +CAUSE\n/, 'list has a title');
like($boot->said('list.out'), qr/^stays +$domid{stays} linux +pv +16 +1 running +0 +\d+ms +-$/m,
	'and a line for each guest');
like($boot->said('again_list.out'), qr/^again +$third linux +pv +16 +1 running +2 /m,
	'it counts restarts');

# ---- report ----
my $report = eval { decode_json($boot->said('report.out')) } // {};
my ($stays) = grep { $_->{name} eq 'stays' } @{$report->{guests} // []};
my @phases = @{$stays->{phases} // []};
is(join(' ', map { $_->{phase} } @phases), 'read wait unpack create populate load boot store connect unpause',
	'report: the phases of a guest');
my $at = $report->{began_us} // 0;
cmp_ok($at, '>', 0, "report: earlydom's start");
for my $phase (@phases, {phase => 'end', at_us => $stays->{end_us}, us => 0}) {
	cmp_ok(abs($phase->{at_us} - $at), '<=', $phase->{phase} eq 'read' ? 60e6 : 1, "report: $phase->{phase} begins where the last one ends");
	$at = $phase->{at_us} + $phase->{us};
}
cmp_ok($report->{over_us} // 0, '>=', $stays->{end_us} // 1, 'report: the end of the boot is after that');
is(scalar(grep { $_->{end_us} } @{$report->{guests} // []}), 10, 'report: all have come to an end of their start');
is($boot->status_of('svg'), 0, 'report --svg') or diag($boot->said('svg.err'));
like($boot->said('picture'), qr/^<svg .*>stays<\/text>.*<\/svg>\n\z/ms, 'writes a picture');

# ---- console ----
is($boot->said('attached'),
	"tiny is up: 16 MiB, store channel 0, cmdline []\ngot: hello there\ngot: late\n",
	'console: what was, and then what comes') or diag($boot->said('attached'));

# ---- stop, destroy ----
sub fails {
	my ($label, $text, $status) = @_;
	is($boot->status_of($label), $status // 1, "$label: exit status");
	is($boot->said("$label.err"), $text, "$label: message");
	return;
}
fails('stop', "earlydom: typed: not ended within 2 s: it may not listen (without a store a "
	. "Linux guest needs console=hvc0 and SysRq); `earlydom destroy typed` ends it at once\n");
is($boot->status_of('destroy'), 0, 'destroy');
ends('victim', 1, "domain $domid{victim} destroyed on request");
is($boot->status_of('destroy_kept'), 0, 'destroy of a preserved guest');
fails('destroy_twice', "earlydom: victim is not running\n");
fails('stop_hang', "earlydom: hang is not running\n");
fails('stop_ended', "earlydom: off is not running\n");
fails("unknown_$_", "earlydom: no guest has the name nobody\n") for qw(stop destroy console);
fails('second', "earlydom: another earlydom is running (/run/earlydom/control answers)\n");
for my $label (qw(usage usage_t)) {
	is($boot->status_of($label), 2, "$label: exit status");
	like($boot->said("$label.err"), qr/^usage: earlydom stop \[-t SECONDS\] \[-f\] NAME \| --all\n/, "$label: message");
}
is($boot->status_of('verb'), 2, 'an unknown command');
like($boot->said('verb.err'), qr/^earlydom: unknown command 'dance'$/m, 'is named');
my (undef, $late) = facts($boot->said('late_facts.out'));
ok(!$late->{$domid{$_}}, "$_ is gone from the hypervisor") for qw(victim kept);
ok($late->{$domid{hang}}, 'hang is still kept');

# ---- without a supervisor ----
my (undef, $after) = facts($boot->said('after_facts.out'));
is(join(' ', sort keys %$after), join(' ', sort keys %$late), 'guests go on without supervisor');
ok((grep { $_ eq 'told to end: the guests go on without supervision' } $boot->earlydom),
	'which said so');
fails("none_$_", "earlydom: no supervisor is running (/run/earlydom/control does not answer)\n")
	for qw(list console stop);

done_testing;
