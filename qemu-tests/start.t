#!/usr/bin/perl
# Guests by hand: one that was not selected is started, others are started again and restarted, and all
# are stopped; dom0's boot does not wait for one whose disk is late, which comes up behind it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

sub tiny {
	return join("\n", 'kernel = "/boot/tiny"', 'memory = 16', @_, '');
}
my $boot = boot('start',
	guests => {
		web => tiny(),
		db => tiny('after = "web"'),
		late => tiny('disk = ["/disks/late,raw,xvda,rw"]', 'device_timeout = 600'),
		spare => tiny('disk = ["/images/text,raw,xvda,ro"]'),
		twin => tiny('disk = ["/disks/late,raw,xvda,rw"]'),
	},
	store => 1,
	disks => [8],
	image => ['-n'],
	files => [write_file(work_dir . '/text', 'a line', "\n", '.' x 1017) . ':/images/text'],
	dom0 => 'earlydom=web,db,late earlydom.wait=10',
	time => 240,
	before => "mkdir /disks\n",
	stage2 => <<'SH',
run early earlydom list --json
ln -s /dev/vda /disks/late
await_report '^earlydom: late: started as' 60
await_report '^earlydom: 3 of 3 guests started' 60

run spare earlydom start spare
run twin earlydom start twin
run running earlydom start web
run nobody earlydom start nobody
run destroy earlydom destroy web
run again earlydom start web
# tiny does not listen.
run late_restart earlydom restart -t 2 db
run restart earlydom restart -t 2 --force db
run list earlydom list --json
run stop_all earlydom stop -t 2 --all
run stop_force earlydom stop -t 2 --force --all
run last earlydom list --json
run facts xenfacts
said report </run/earlydom/earlydom.log
SH
);
$boot->ended_well;

my @said = $boot->earlydom;
my ($goes_on) = grep { /boot goes on/ } @said;
is($goes_on // '', "dom0's boot goes on; 1 of 3 guests not up within 10 s: late", 'the boot waits no longer');
sub states {
	my ($list) = @_;
	my $rows = eval { decode_json($boot->said("$list.out")) } // [];
	return {map { $_->{name} => $_ } @$rows};
}
my $early = states('early');
is($early->{late}{state} // '', 'waiting', 'one guest waits for its disk');
is($early->{web}{state} // '', 'running', 'the others run');
is($early->{spare}, undef, 'what was not selected is not listed');

is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(spare destroy again restart stop_force);
my %fails = (
	twin => "earlydom: twin: disk xvda: /disks/late is disk xvda of late, and one of them writes it\n",
	running => "earlydom: web is running already\n",
	nobody => "earlydom: no guest has the name nobody\n",
	stop_all => "earlydom: not ended: web, db, late, spare\n",
);
for my $name (sort keys %fails) {
	is($boot->said("$name.err"), $fails{$name}, "$name: is refused");
	is($boot->status_of($name), 1, "$name: status");
}
like($boot->said('late_restart.err'), qr/^earlydom: db: not ended within 2 s: /, 'a guest that does not listen is not restarted');
my $later = states('list');
is($later->{$_}{state} // '', 'running', "$_ runs") for qw(web db late spare);
isnt($later->{$_}{domid}, $early->{$_}{domid}, "$_ has another domain") for qw(web db);
my $last = states('last');
is($last->{$_}{state} // '', 'ended', "$_ has ended") for qw(web db late spare);
my (undef, $domains) = facts($boot->said('facts.out'));
is(join(' ', keys %$domains), '', 'no domain is left');

done_testing;
