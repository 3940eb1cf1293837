#!/usr/bin/perl
# A Debian dom0 that does not wait for its guests: one whose disk comes when the real root runs comes up
# then, one that was not selected is started from there with files of the real root, and dom0's end
# stops all.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use JSON::PP;
use Test::More;

sub tiny {
	return join("\n", 'kernel = "/boot/guests/tiny"', 'memory = 16', @_, '');
}
my $boot = flaky_boot('late', with => \&dom0_boot,
	guests => {
		late => tiny('disk = ["/dev/late,raw,xvda,rw"]', 'device_timeout = 3600'),
		plain => tiny('after = "late"'),
		spare => tiny('disk = ["/srv/disk,raw,xvda,ro"]'),
	},
	files => [
		tool('tiny') . ':/boot/guests/tiny',
		write_file(work_dir . '/disk', '.' x 4096) . ':/srv/disk',
	],
	disks => [['late', 8]],
	dom0 => 'earlydom=plain,late earlydom.wait=5',
	stage => <<'SH');
said status </run/earlydom.status
run early earlydom list --json
run spare earlydom start spare
ln -s /dev/vdd /dev/late
await_report '^earlydom: plain: started as' 60
run later earlydom list --json
run restart earlydom restart --force -t 2 spare
run stop /usr/lib/earlydom/stop-guests /usr/sbin/earlydom 2
run last earlydom list --json
said report </run/earlydom/earlydom.log
SH
$boot->ended_well;

sub states {
	my ($list) = @_;
	my $rows = eval { decode_json($boot->said("$list.out")) } // [];
	return {map { $_->{name} => $_->{state} } @$rows};
}
like($boot->said('report'), qr/^earlydom: dom0's boot goes on; 2 of 2 guests not up within 5 s: plain late$/m,
	'the boot waits no longer');
is($boot->said('status'), "0\n", 'which is no failure');
is_deeply(states('early'), {late => 'waiting', plain => 'waiting'}, 'the guests wait');
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(spare restart stop);
is_deeply(states('later'), {late => 'running', plain => 'running', spare => 'running'}, 'all are there');
is_deeply(states('last'), {late => 'ended', plain => 'ended', spare => 'ended'}, 'and have ended');

done_testing;
