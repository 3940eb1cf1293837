#!/usr/bin/perl
# dom0's kernel command line: which guests, in which order, by profile, and with which changes.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

sub tiny {
	my ($more) = @_;
	return qq(kernel = "/boot/tiny"\nmemory = 16\n) . ($more // '');
}
my %guests = (
	web => tiny(qq(extra = "name=web"\n)),
	db => tiny(qq(profile = ["normal", "recovery"]\n)),
	rescue_me => tiny(qq(profile = "recovery"\n)),
);

# ---- words of a real kernel command line, which the kernel itself has quoted and passed on ----
my $boot = boot('real',
	guests => \%guests,
	dom0 => 'earlydom=web,nobody,db earlydom.web.memory=24 earlydom.web.vcpus=2 '
		. 'earlydom.web.extra="one two=3 four" earlydom.echo=console',
	time => 120,
	stage2 => <<'SH',
await_console web '^tiny is up' 20
await_console db '^tiny is up' 20
run status cat /run/earlydom.status
run facts xenfacts

# The rest of the cases in this dom0, from files: each as if the machine had just come up.
boot_with() {
	label=$1
	shift
	end_supervisor
	printf '%s\n' "$*" >/tmp/cmdline
	run "$label" earlydom boot -l /tmp/cmdline
	run "$label.list" earlydom list
}
boot_with none 'quiet earlydom=none'
boot_with all 'quiet earlydom=all'
boot_with absent 'quiet splash'
boot_with order 'earlydom=web,rescue_me,db'
boot_with both 'earlydom=web earlydom.profile=recovery'
boot_with no_profile 'earlydom.profile=recvoery'
boot_with bad_value 'earlydom=web,db earlydom.web.memory=lots'
boot_with bad_key 'earlydom=web earlydom.web.memroy=32'
boot_with bad_name 'earlydom=wbe earlydom.dbb.memory=32'
boot_with parameter 'earlydom=web earlydom.rescu earlydom.store=maybe'
boot_with word 'earlydom=web,none'
boot_with dashes 'earlydom=web -- earlydom=db'
boot_with kmsg 'earlydom=db earlydom.echo=kmsg'
sleep 1
run dmesg sh -c 'dmesg | grep "earlydom: db:"'
SH
);
$boot->ended_well;
# They are built at the same time: which is done first is open.
my @started = sort grep { /: started as domain / } $boot->earlydom;
like($started[0], qr/^db: started as domain \d+ \(linux pv, 16 MiB, 1 vcpu, /, 'real: db');
like($started[1], qr/^web: started as domain \d+ \(linux pv, 24 MiB, 2 vcpus, /, 'real: web, as overridden');
my ($diag) = grep { /nobody/ } $boot->earlydom;
is($diag, "kernel command line:1:" . ($diag =~ /:1:(\d+):/)[0] . ": unknown guest 'nobody'", 'real: an unknown name is reported');
like((grep { / guests? started in / } $boot->earlydom)[0], qr/^2 of 3 guests started in \d+ ms$/, 'real: and counted');
is($boot->said('status.out'), "1\n", 'real: earlydom boot ends with status 1');
my ($web) = grep { /^web: tiny is up/ } @{$boot->{lines}};
is($web, 'web: tiny is up: 24 MiB, store channel 0, cmdline [one two=3 four]',
	'real: a quoted value, echoed on the console');
my (undef, $domains) = facts($boot->said('facts.out'));
# Which of the two has the lower domid is open: they are built at the same time.
is(join(' ', sort map { "$_->{tot_kib}/$_->{vcpus}" } values %$domains),
	16 * 1024 . '/1 ' . 24 * 1024 . '/2', 'real: the hypervisor has the same');

# names(LABEL): the guests that list shows, with their memory
sub names {
	my ($label) = @_;
	my @rows = split /\n/, $boot->said("$label.list.out");
	return join(' ', map { (split)[0] } @rows[1 .. $#rows]);
}
my %names = (
	none => '', all => 'db rescue_me web', absent => 'db rescue_me web', order => 'web rescue_me db',
	both => 'web db rescue_me', no_profile => '', bad_value => 'db', bad_key => 'web', bad_name => '',
	parameter => 'web', word => 'web', dashes => 'web', kmsg => 'db',
);
is(names($_), $names{$_}, "$_: the guests") for sort keys %names;
my %status = map { $_ => 1 } qw(no_profile bad_value bad_key bad_name parameter word);
is($boot->status_of($_), $status{$_} // 0, "$_: exit status") for sort keys %names;
my %message = (
	no_profile => qr{^earlydom: kernel command line:1:18: no guest has the profile 'recvoery', did you mean 'recovery'\?$}m,
	bad_value => qr{^earlydom: kernel command line:1:\d+: memory = lots: is not an integer$}m,
	bad_key => qr{^earlydom: kernel command line:1:\d+: unknown key 'memroy', did you mean 'memory'\?$}m,
	parameter => qr{^earlydom: kernel command line:1:14: unknown parameter 'earlydom\.rescu', did you mean 'earlydom\.rescue'\?$}m,
	word => qr{^earlydom: kernel command line:1:14: earlydom: 'none' stands alone, not in a list$}m,
);
like($boot->said("$_.err"), $message{$_}, "$_: the message") for sort keys %message;
like($boot->said('bad_name.err'), qr{^earlydom: kernel command line:1:10: unknown guest 'wbe', did you mean 'web'\?$}m,
	'bad_name: a guest');
like($boot->said('bad_name.err'), qr{^earlydom: kernel command line:1:14: unknown guest 'dbb', did you mean 'db'\?$}m,
	'bad_name: an override');
like($boot->said('dmesg.out'), qr/earlydom: db: tiny is up: 16 MiB, /, 'kmsg: guests print to the kernel log');
like($boot->said('parameter.err'), qr{earlydom\.store=maybe: must be on or off$}m, 'parameter: a bad value');

# ---- a profile, and the shell for rescue ----
my $rescue = boot('rescue',
	guests => {%guests, broken => qq(kernel = "/boot/none"\nmemory = 16\nprofile = "recovery"\n)},
	dom0 => 'earlydom.profile=recovery earlydom.rescue',
	image => ['-n'],
	time => 120,
	input => [[qr/\/ # /, "echo in the sh''ell\n"], [qr/^in the shell\r*\n/m, "exit\n"]],
	stage2 => "run list earlydom list\n",
);
is($rescue->{status}, 0, 'rescue: the machine powered itself off') or diag(join("\n", @{$rescue->{lines}}));
my $console = join("\n", @{$rescue->{lines}});
like($console, qr/^init: earlydom boot ended with status 1\ninit: a shell on the console \(earlydom\.rescue\); the boot goes on when it is left$/m,
	'rescue: the shell is announced');
like($console, qr/^in the shell\n.*^\@list\.out: NAME /ms, 'rescue: it works, and the boot goes on behind it');
is(join(' ', map { (split)[0] } (split /\n/, $rescue->said('list.out'))[1 .. 3]), 'broken db rescue_me',
	'rescue: the guests of the profile');
like($rescue->said('list.out'), qr/^broken .* failed .*cannot read kernel \/boot\/none: No such file or directory$/m,
	'rescue: the broken one failed');

# ---- no guest wanted, no shell without a failure; then one that is called as its host is ----
my $host = 'mail.example.org';
my $none = boot('none',
	# Its kernel is beside its descriptor, which came from another system and is for xl, too.
	guests => {%guests, $host => qq(kernel = "tiny"\r\nmemory = "16"\r\nextra = "a"\r\nextra += " b\tc"\r\n)},
	files => [tool('tiny') . ':/etc/earlydom/tiny'],
	dom0 => 'earlydom=none earlydom.rescue', time => 90,
	stage2 => <<"SH",
run facts xenfacts
end_supervisor
echo 'earlydom=$host earlydom.$host.memory=24 earlydom.web.memory=lots' >/tmp/cmdline
run host earlydom boot -l /tmp/cmdline
await_console $host '^tiny is up' 20
run console cat /run/earlydom/console/$host.log
run record cat /run/earlydom/guests/$host
run stop earlydom destroy $host
run list earlydom list
SH
);
$none->ended_well;
is((map { s/ in \d+ ms//r } $none->earlydom)[0], '0 of 0 guests started', 'none: says so');
unlike(join("\n", @{$none->{lines}}), qr/a shell on the console/, 'none: no shell');
is((facts($none->said('facts.out')))[1] && join(' ', keys %{(facts($none->said('facts.out')))[1]}), '', 'none: no domain');
like($none->said('host.err'), qr/^earlydom: \Q$host\E: started as domain \d+ \(linux pv, 24 MiB, 1 vcpu, /m,
	"$host: starts, as overridden");
like($none->said('host.err'), qr/^earlydom: 1 note on descriptors: earlydom check shows them$/m, "$host: a note");
like($none->said('console.out'), qr/^tiny is up: 24 MiB, store channel 0, cmdline \[a b\tc\]\r?$/m,
	"$host: its console");
like($none->said('record.out'), qr/^name=\Q$host\E\nstate=running\n/, "$host: its record");
is($none->status_of('stop'), 0, "$host: a command knows it");
like($none->said('list.out'), qr/^\Q$host\E +- .* destroyed /m, "$host: and has its effect");

done_testing;
