#!/usr/bin/perl
# The supervisor and its keeper, killed and stopped in every order: the guests go on as the domains
# that they were, their ends are handled, and no file of the initramfs is needed for it.
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
my $boot = boot('keeper',
	guests => {
		web => tiny('', qq(on_crash = "restart"\n)),
		db => tiny("", qq(on_crash = "restart"\n)),
		again => tiny("", qq(on_crash = "restart"\n)), # one that ends more than 5 times a minute is given up
		kept => tiny('poweroff', qq(on_poweroff = "preserve"\n)),
		over => tiny('poweroff'),
	},
	time => 240,
	stage2 => <<'SH',
await_report '^earlydom: over: domain .* destroyed' 30
await_report '^earlydom: kept: domain .* preserved' 30
mv /boot /hidden
rm -rf /etc/earlydom

# process supervise|keeper|starter: its number
process() {
	for dir in /proc/[0-9]*; do
		case $(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null) in
		"@earlydom $1 "*) echo "${dir#/proc/}" ;;
		esac
	done
}
# answers LABEL: the list, as soon as somebody gives it; and in how many tenths of a second
answers() {
	tenths=0
	until earlydom list --json >/tmp/list 2>&1 || [ "$tenths" -gt 300 ]; do
		sleep 0.1
		tenths=$((tenths + 1))
	done
	said "$1" </tmp/list
	echo "$tenths" | said "$1.tenths"
}
# crashes LABEL GUEST: it crashes and is restarted
crashes() {
	count=$(grep -c "^earlydom: $2: restarted as domain" /run/earlydom/earlydom.log)
	type_to "$2" crash
	await_report "^earlydom: $2: restarted as domain" 30 $((count + 1))
	await_console "$2" '^tiny is up' 20 $((count + 2))
}
# another supervise|keeper PID: until there is one with another number
another() {
	for i in $(seq 300); do
		now=$(process "$1")
		[ -z "$now" ] || [ "$now" = "$2" ] || return 0
		sleep 0.1
	done
	echo "@late: another $1"
}

answers first
old=$(process supervise)
kill -9 "$old"
answers killed
another supervise "$old"
crashes killed web
crashes killed db

kill -STOP "$(process supervise)"
answers stopped
crashes stopped web

old=$(process keeper)
kill -9 "$old"
answers keeper_killed
another keeper "$old"
old=$(process supervise)
kill -9 "$old"
another supervise "$old"
answers then_supervisor
crashes then_supervisor db

# Nothing can be started without it.
old=$(process supervise)
kill -9 "$(process starter)"
another supervise "$old"
answers starter_killed
crashes starter_killed db

kill -STOP "$(process keeper)"
answers keeper_stopped
crashes keeper_stopped web
kill -CONT "$(process keeper)"

# While a guest is built anew.
for i in 1 2 3 4; do
	earlydom list --json >/tmp/before
	type_to again crash
	sleep "0.$i"
	kill -9 "$(process supervise)"
	answers "building$i"
	sleep 2
done
answers built

# Another version: itself, and one that is none.
old=$(process supervise)
run upgrade earlydom upgrade
[ "$(process supervise)" = "$old" ] || echo yes | said upgraded
crashes upgraded web
run upgrade_bad earlydom upgrade /bin/busybox
answers not_upgraded
run upgrade_none earlydom upgrade /stage2
run upgrade_usage earlydom upgrade -x

# Both: the files are those at their paths now.
mv /hidden /boot
killall -9 earlydom
sleep 0.2
run none earlydom list
run adopt earlydom boot --adopt
answers both
crashes both web
killall -9 earlydom
sleep 0.2
run boot earlydom boot
answers both_again

# As it is told to.
kill_supervisor
process keeper | said keeper_left
run boot_over earlydom boot
answers told
crashes told db
run facts xenfacts
run nothing earlydom boot --adopt
for guest in again web db kept; do
	run destroy_$guest earlydom destroy $guest
done
kill_supervisor
run nothing_left earlydom boot --adopt
run at_the_end xenfacts

# Told to end while it starts eight guests: each that was begun runs or is gone. The next one starts
# those that are missing, and none twice.
mkdir /tmp/eight
for i in 1 2 3 4 5 6 7 8; do
	printf 'kernel = "/boot/tiny"\nmemory = 16\n' >"/tmp/eight/g$i.cfg"
done
for delay in 0.1 0.3 0.6; do
	earlydom boot -c /tmp/eight >/tmp/eight.out 2>&1 &
	sleep "$delay"
	killall earlydom
	for i in $(seq 300); do
		[ -n "$(process supervise)$(process keeper)" ] || break
		sleep 0.1
	done
	run "term_$delay" xenfacts
	said "term_$delay.said" </tmp/eight.out
done
run eight earlydom boot -c /tmp/eight
answers eight_list
run eight_facts xenfacts
SH
);
$boot->ended_well;

sub rows {
	my ($label) = @_;
	my $list = eval { decode_json($boot->said($label)) };
	diag("$label: " . $boot->said($label)) unless $list;
	return { map { $_->{name} => $_ } @{$list // []} };
}
my $before = rows('first');
is($before->{$_->[0]}{state}, $_->[1], "$_->[0] is $_->[1]")
	for ['web', 'running'], ['db', 'running'], ['kept', 'preserved'], ['over', 'ended'];
for my $label (qw(killed stopped keeper_killed then_supervisor starter_killed keeper_stopped not_upgraded both both_again told)) {
	my $now = rows($label);
	is(join(' ', sort keys %$now), 'again db kept over web', "$label: all are known");
	is($now->{$_}{state}, $before->{$_}{state}, "$label: $_ is what it was") for sort keys %$before;
	is($now->{kept}{domid}, $before->{kept}{domid}, "$label: kept is the domain that it was");
	cmp_ok($now->{web}{domid}, '>=', $before->{web}{domid}, "$label: web is not started anew");
	cmp_ok($boot->said("$label.tenths"), '<=', $label =~ /keeper/ ? 10 : 150, "$label: answers in time");
}
is(rows('killed')->{$_}{domid}, $before->{$_}{domid}, "killed: $_ is the domain that it was") for qw(web db);
is(rows('both')->{web}{restarts}, rows('keeper_stopped')->{web}{restarts} + 2, 'restarts are counted on');
like(join("\n", $boot->earlydom), qr/^the starter has ended: the supervisor begins anew$/m, 'a starter that ends is said to have');
is(rows('built')->{again}{state}, 'running', 'a guest that was built when the supervisor was killed runs');
my (undef, $facts) = facts($boot->said('facts.out'));
is(scalar(keys %$facts), 4, 'no domain is there twice, and none half-built');
is($boot->said('upgraded'), "yes\n", 'another version has taken over') or diag($boot->said('upgrade.err'));
is($boot->status_of('upgrade_bad'), 1, 'a version that does not come up is an error');
like($boot->said('upgrade_bad.err'), qr/^earlydom: the new version .*; the one before goes on$/, 'which is said');
is($boot->said('upgrade_none.err'), "earlydom: /stage2 is no program\n", 'what is no program is refused');
is($boot->status_of('upgrade_usage'), 2, 'upgrade: usage');
is($boot->status_of($_), 0, "$_: exit status") for qw(upgrade adopt boot boot_over);
is($boot->said('nothing.err'), "earlydom: another earlydom is running (/run/earlydom/control answers)\n", 'never two supervisors');
is($boot->said('nothing_left.err'), "earlydom: there are no guests to adopt\n", 'nothing to adopt is said');
is($boot->said('keeper_left'), '', 'the keeper ends with its supervisor, where that was told to');
my (undef, $end) = facts($boot->said('at_the_end.out'));
is(scalar(keys %$end), 0, 'nothing is left');
for my $delay (qw(0.1 0.3 0.6)) {
	my (undef, $now) = facts($boot->said("term_$delay.out"));
	is(scalar(grep { $_->{paused} } values %$now), 0, "told to end after $delay s: no domain is left paused");
	like($boot->said("term_$delay.said"), qr/^earlydom: told to end: the guests go on without supervision$/m, 'which is said')
		if $boot->said("term_$delay.said") =~ /started as/;
}
is($boot->status_of('eight'), 0, 'the next one starts the rest') or diag($boot->said('eight.err'));
is(scalar(grep { $_->{state} eq 'running' } values %{rows('eight_list')}), 8, 'all eight run');
my (undef, $eight) = facts($boot->said('eight_facts.out'));
is(scalar(keys %$eight), 8, 'each once');
is(scalar(grep { /please report/ } $boot->earlydom), 0, 'nothing happened that cannot');
done_testing;
