#!/usr/bin/perl
# The last words of guests: what they print is in their logs to the last line, however soon they end
# after it and however busy dom0 is; where earlydom drains their consoles, and where xenconsoled does.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

# A guest is started 6 times or, where dom0 is slow, more often, until it has ended too often; its log
# holds all of that.
my ($runs, $lines) = (6, 1000);
my @names = map { sprintf('talk%d', $_) } 1 .. 6;

sub last_words {
	my ($name, %o) = @_;
	my $boot = boot($name,
		guests => {map { $_ => <<~CFG } @names},
			kernel = "/boot/tiny"
			memory = 16
			extra = "count=$lines crash"
			on_crash = "restart"
			CFG
		time => 240,
		before => <<~'SH',
			for i in 1 2 3; do
				{ while [ ! -e /tmp/idle ]; do :; done; } &
			done
			SH
		stage2 => <<~SH . "touch /tmp/idle\nlogs\n",
			await_report 'not started again\$' 120 ${\ scalar @names}
			SH
		%o);
	$boot->ended_well;
	for my $guest (@names) {
		my @ends = grep { /^domain \d+ crashed/ } $boot->earlydom_on($guest);
		cmp_ok(scalar @ends, '>=', $runs, "$name: $guest has ended $runs times");
		my $log = $boot->said("log.$guest");
		my @logs = split /^tiny is up: .*\n/m, $log;
		is(shift @logs, '', "$name: $guest: nothing is in front");
		is(scalar @logs, scalar @ends, "$name: $guest: all runs are in the log");
		my $all = join('', map { sprintf("%06d\n", $_) } 1 .. $lines);
		my @short = grep { $logs[$_] ne $all } 0 .. $#logs;
		is(join(' ', @short), '', "$name: $guest: each to its last line")
			or diag(map { "run $_ ends with " . substr($logs[$_], -60) =~ s/\n/ /gr . "\n" } @short);
	}
	return;
}

last_words('rings');
last_words('xenconsoled', store => 1);

done_testing;
