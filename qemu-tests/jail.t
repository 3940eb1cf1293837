#!/usr/bin/perl
# What each process of dom0 that serves guests may do, in a boot with guests of all kinds: as the table of
# docs/security.md has it, which lacks none of them, and none of which lacks a process.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Powers;
use Test::More;

my @table = powers_table(read_file(root . '/docs/security.md'));

# ---- the comparison itself ----
my $made_up = <<'TEXT';
| process | Uid | CapEff | NoNewPrivs | Seccomp | root | how it is recognised |
|---|---|---|---|---|---|---|
| the supervisor | 0 | all | 0 | 0 | own root | `^earlydom: @earlydom supervise$` |
| a model | 65536 + domid | dac_override, kill | 1 | 2 | empty | `^earlydom-model: .* -d (\d+)$` |
| a helper (short-lived) | 0 | none | 0 | 0 | dom0's | `^earlydom: @earlydom help$` |
TEXT
my $good = <<'TEXT';
1 0 0 1ff 0 0 1/1:bin,dev init: init
5 1 0 1ff 0 0 2/1:dev,run earlydom: @earlydom supervise
6 5 65543 22 1 2 2/7: earlydom-model: @earlydom-model -d 7
9 1 0 1ff 0 0 1/1:bin,dev sh: sh
TEXT
# compared(TEXT): the differences between that and the table that is made up
sub compared {
	my ($text) = @_;
	return join("\n", powers_differ([powers_table($made_up)], [powers_seen($text)]));
}
is(compared($good), '', 'what is as the table has it');
for my $bad (
	['6 5 65543 22', '6 5 65544 22', 'a model: Uid 65544, not 65543 (earlydom-model: @earlydom-model -d 7)', 'another user'],
	['65543 22 1 2', '65543 20 1 2', 'a model: CapEff kill, not dac_override, kill (earlydom-model: @earlydom-model -d 7)', 'other powers'],
	['22 1 2 2/7:', '22 1 2 1/1:', "a model: root dom0's, not empty (earlydom-model: \@earlydom-model -d 7)", 'another root'],
	['22 1 2 2/7:', '22 1 0 2/7:', 'a model: Seccomp 0, not 2 (earlydom-model: @earlydom-model -d 7)', 'no filter'],
	['9 1 0', '9 6 0', 'sh: sh: no row is about it', "a child of one of ours"],
	['sh: sh', 'xenstored: x', 'xenstored: x: no row is about it', 'one with a name of ours'],
	[qr/^6.*\n/m, '', 'a model: no process is', 'a row without a process'],
) {
	my ($from, $to, $said, $what) = @$bad;
	is(compared($good =~ s/$from/$to/r), $said, "the comparison finds $what");
}

my $helper = $good . "12 5 0 1ff 0 0 2/1:dev,run earlydom: \@earlydom help\n";
# watched(TEXT): the same for what was seen over a time
sub watched {
	my ($text) = @_;
	return join("\n", powers_differ([powers_table($made_up)], [powers_seen($text)], watched => 1));
}
is(watched($helper), "a helper (short-lived): CapEff all, not none (earlydom: \@earlydom help)\n"
	. "a helper (short-lived): root own root, not dom0's (earlydom: \@earlydom help)", 'and a helper that was never without powers');
is(watched($helper . "12 5 0 0 0 0 1/1:bin,dev earlydom: \@earlydom help\n"), '', 'but not one that came to be without');

# ---- guests of all kinds ----
my $own = '/usr/lib/earlydom/earlydom-model';
# Without a card, on whose screen a BIOS spends most of its time.
my $hvm = qq(type = "hvm"\nmemory = 64\nvga = "none"\nvnc = 0\ndevice_timeout = 600\n);
my %guests = (
	pv => <<~CFG,
		kernel = "/boot/tiny"
		memory = 16
		disk = ["/dev/vda,raw,xvda,rw"]
		device_timeout = 600
		CFG
	pvh => <<~CFG,
		type = "pvh"
		kernel = "/boot/tinyhvm"
		memory = 16
		CFG
	board => <<~CFG,
		image = "vmx"
		device_model_protocol = "classic"
		device_model_override = "$own"
		device_model_config = "/etc/models/board"
		kernel = "/boot/tinyhvm"
		memory = 16
		CFG
	screen => <<~CFG,
		kernel = "/boot/tiny"
		memory = 16
		vfb = [ "vncdisplay=3" ]
		device_timeout = 600
		CFG
	pc => $hvm,
	# QEMU serves its disk, as the image is none that the kernel can.
	served => qq($hvm\ndisk = [ "/images/disk.qcow2,qcow2,hda,rw" ]\n),
);
my $image = work_dir . '/disk.qcow2';
system("$Bin/lib/mkqcow2", tool('bootsector'), $image) == 0 or BAIL_OUT('no qcow2 image');
my $boot = flaky_boot('jail',
	guests => \%guests,
	store => 1,
	disks => [8],
	files => [
		root . "/build/earlydom-model:$own",
		tool('tinyhvm') . ':/boot/tinyhvm',
		tool('powers') . ':/sbin/powers',
		write_file(work_dir . '/board', "log = \"/run/board.serial\"\n") . ':/etc/models/board',
		"$image:/images/disk.qcow2",
	],
	image => ['-q'],
	memory => 3072,
	time => 240,
	before => <<'SH',
powers watch >/tmp/watched 2>&1 &
echo $! >/tmp/watcher
SH
	stage2 => <<'SH');
await_report ' guests started in ' 120
run list earlydom list
earlydom destroy pv
earlydom start pv >/tmp/start 2>&1
await_report '^earlydom: pv: started' 60 2
kill "$(cat /tmp/watcher)"
said watched </tmp/watched
run powers powers
logs
SH
$boot->ended_well;

like((grep { / of 6 guests started in / } $boot->earlydom)[0] // '', qr/^6 of 6 guests started/, 'guests of all kinds run')
	or diag($boot->said('report'));
# The shell that begins the watching has earlydom's name.
my @seen = powers_seen($boot->said('powers.out'));
my @watched = grep { $_->{what} ne 'earlydom: /bin/sh /sbin/earlydom boot' } powers_seen($boot->said('watched'));
is(join("\n", powers_differ(\@table, \@seen)), '', 'each process may do what docs/security.md says');
is(join("\n", powers_differ(\@table, \@watched, watched => 1)), '', 'and there was none that it does not know');
cmp_ok(scalar(grep { $_->{what} =~ /^earlydom: / } @watched), '>', 2, 'which was watched from the first one on');
note(join("\n", map { "$_->{pid} $_->{uid} $_->{caps} $_->{new_privs} $_->{seccomp} $_->{root_id}:$_->{names} $_->{what}" } @seen));

# ---- a decoder that an attacker has got hold of ----
# build/earlydom-evil does in the place of the decoder what a file says (builder/fake/evil_decoder.c). Whatever
# that is costs its own guest one line, and the others start. What takes its time to be ended, and what has no
# words of its own, is evil_test's.
my $ended = qr/the decoder was ended \(signal 31\)/;
my %evil = (
	(map { ($_ => $ended) } qw(open-privcmd open-file socket fork exec ptrace kill write-input write-output grow-output code)),
	crash => qr/the decoder was ended \(signal 11\)/,
	beside => qr/the decoder was ended \(signal 7\)/,
	memory => qr/: it has taken [1-3]?\d\d MiB$/, # and then there was none
	(map { ($_ => qr/the decoder's answer is wrong \(/) }
		qw(exit wraps overlap outside bare span segments text escape bool symbols codec)),
	message => qr/^cannot be started: [ -~]+$|^[ -~]+$/,
	silent => qr/the decoder's answer is wrong \(an error without words\)/,
);
system('make', '-s', '-C', root, 'build/earlydom-evil') == 0 or BAIL_OUT('no program with an evil decoder');
my $tiny = read_file(tool('tiny'));
my @evil_files = map {
	write_file(work_dir . "/evil-$_", "earlydom evil: $_" . "\0" x (64 - length("earlydom evil: $_")), $tiny) . ":/boot/$_"
} sort keys %evil;
$ENV{EARLYDOM_HOST} = root . '/build/earlydom';
my $caught = boot('evil',
	guests => {
		good => qq(kernel = "/boot/tiny"\nmemory = 16\n),
		last => qq(kernel = "/boot/tiny"\nmemory = 16\n),
		map { ("a-$_" => qq(kernel = "/boot/$_"\nmemory = 16\nstart_retries = 0\n)) } keys %evil,
	},
	files => [tool('powers') . ':/sbin/powers', @evil_files],
	# Neither unpacked nor checked beforehand.
	image => ['-n', '-k', '-e', root . '/build/earlydom-evil'],
	time => 240,
	stage2 => <<'SH');
await_report ' guests started in ' 200
ls -A /tmp | said tmp
run powers powers
run list earlydom list
SH
$caught->ended_well;
for my $guest (qw(good last)) {
	like(join("\n", $caught->earlydom_on($guest)), qr/^started as domain /m, "beside an evil decoder $guest starts");
}
for my $act (sort keys %evil) {
	my @lines = $caught->earlydom_on("a-$act");
	like($lines[0] // '', $evil{$act}, "evil decoder: $act is one line");
	is(scalar(grep { /started as/ } @lines), 0, "evil decoder: $act: nothing is started");
}
is(join(' ', sort map { $_->{what} =~ /^(\S+):/ } grep { $_->{what} =~ /^earlydom/ } powers_seen($caught->said('powers.out'))),
	'earlydom earlydom-keep earlydom-start', 'and no evil process is left');

done_testing;
