#!/usr/bin/perl
# dom0's daemons end, hang and come again while guests run: xenconsoled is started again, guests
# outlive xenstored, one that needs no store is started without, and another xenstored has them all.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

sub tiny {
	return join("\n", 'kernel = "/boot/tiny"', 'memory = 16', 'on_crash = "restart"', @_, '');
}
my $boot = boot('daemons',
	store => 1,
	disks => [4],
	guests => {
		again => tiny(),
		disk => tiny('disk = ["/dev/vda,raw,xvda,rw"]'),
		stays => tiny(),
	},
	time => 300,
	stage2 => <<'SH',
bin=$(echo /usr/lib/xen-*/bin)
await_console stays '^tiny is up' 60
await_console disk '^tiny is up' 60

# Neither has more than it needs, and what it has is enough: also for its log to be opened anew.
powers() {
	grep -Eh '^(Name|CapInh|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$(cat /run/xenstore.pid)/status" \
		"/proc/$(cat /run/xenconsoled.pid)/status"
	cat "/proc/$(cat /run/xenconsoled.pid)/limits"
}
run powers powers
kill -HUP "$(cat /run/xenstore.pid)" "$(cat /run/xenconsoled.pid)"
type_to stays 'after a rotation'
await_console stays '^got: after a rotation' 20

# xenconsoled ends. What a guest prints meanwhile stays in its ring.
kill -9 "$(cat /run/xenconsoled.pid)"
await_report '^earlydom: xenconsoled had ended; it was started again$' 20
type_to stays 'heard again'
await_console stays '^got: heard again' 20
run powers_again powers

# xenstored hangs while somebody waits for it.
type_to again wait=5
sleep 1
type_to again crash
sleep 1
kill -STOP "$(cat /run/xenstore.pid)"
await_report '^earlydom: xenstored does not answer: what needs it waits$' 30
kill -CONT "$(cat /run/xenstore.pid)"
await_report '^earlydom: xenstored answers again$' 20
await_report '^earlydom: again: restarted as domain' 60
await_console again '^tiny is up' 20 2

# xenstored ends.
for name in again disk; do
	type_to $name wait=20
	sleep 1
	type_to $name crash
done
sleep 1
kill -9 "$(cat /run/xenstore.pid)"
await_report '^earlydom: xenstored has ended: ' 20
await_report '^earlydom: again: restarted as domain' 60 2
await_report '^earlydom: disk: domain .* has ended' 60
await_console again '^tiny is up' 20 3
run gone_list earlydom list
run gone_facts xenfacts
run gone_ps ps -o comm

# Another one is found, and has them.
rm -f /run/xenstore.pid
"$bin/xenstored" --pid-file /run/xenstore.pid
await_report '^earlydom: another xenstored serves: ' 30
await_report '^earlydom: stays: domain .* is in the store now' 60
await_report '^earlydom: again: domain .* is in the store now' 60
type_to stays 'in another store'
await_console stays '^got: in another store' 60
type_to again 'in another store'
await_console again '^got: in another store' 60
run names xenstore ls -f /local/domain
run last_list earlydom list
run last_facts xenfacts
dmesg >/tmp/kernel
run kernel grep -E 'type=1326|Command line' /tmp/kernel
logs
SH
);
$boot->ended_well;

sub states {
	my ($label) = @_;
	my %state = map { my @f = split ' '; ($f[0] => $f[6]) } split /\n/, $boot->said("$label.out");
	return join(' ', map { "$_=" . ($state{$_} // '-') } qw(again disk stays));
}
for my $label (qw(powers powers_again)) {
	my $powers = $boot->said("$label.out");
	my $none = join('', map { "$_:\t" . '0' x 16 . "\n" } qw(CapInh CapPrm CapEff CapBnd)) . "NoNewPrivs:\t1\nSeccomp:\t2\n";
	like($powers, qr/^Name:\t$_\n\Q$none\E/m, "$label: $_ has no capability, gets none, and its calls are filtered")
		for qw(xenstored xenconsoled);
	like($powers, qr/^Max open files +132008 +/m, "$label: xenconsoled may have files for all domains");
}
my $kernel = $boot->said('kernel.out');
like($kernel, qr/Command line/, "dom0's kernel says what it does");
unlike($kernel, qr/type=1326/, 'no call of theirs was refused') or diag($kernel);
my @report = $boot->earlydom;
is(states('gone_list'), 'again=running disk=running stays=running', 'nobody has failed without the store');
unlike($boot->said('gone_ps.out'), qr/^xenstored$/m, 'no second xenstored is started');
my (undef, $domains) = facts($boot->said('gone_facts.out'));
is(scalar(keys %$domains), 3, 'three domains are there');
my ($kept) = map { /^domain (\d+) has ended; it stays until the store is there$/ } $boot->earlydom_on('disk');
ok($kept && $domains->{$kept}{shutdown} ne '-', 'that of the guest with a disk has ended and is kept');
is(scalar(grep { /does not answer/ } @report), 1, 'that xenstored hangs is said once');
is(scalar(grep { /xenconsoled had ended/ } @report), 1, 'that xenconsoled was started again too');
like($boot->said('names.out'), qr/^\/local\/domain\/\d+\/name = "$_"$/m, "$_ is in the other store") for qw(again stays);
is(states('last_list'), 'again=running disk=running stays=running', 'nor with another one');
my @stays = $boot->earlydom_on('stays');
is(scalar(grep { /^started/ } @stays), 1, 'stays was started once') or diag(join("\n", @stays));
unlike(join("\n", @report), qr/can't while|please report/, 'nothing is out of order');

done_testing;
