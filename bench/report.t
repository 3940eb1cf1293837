#!/usr/bin/perl
# What the benchmark makes of a log: figures, targets, text, JSON and picture; no boot is needed.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Bench qw(median parse figures text json svg);
use JSON::PP;
use Test::More;

is(median(), undef, 'the median of nothing');
is(median(3, 10, 2), 3, 'of three');
is(median(4, 1, 3, 2), 2.5, 'of four');

# A report of so many guests, each with these phases in us; as lines of the console.
sub report {
	my ($label, @guests) = @_;
	my (@rows, $n);
	for my $phases (@guests) {
		my ($at, @list) = (1000);
		for my $pair (@$phases) {
			push @list, {phase => $pair->[0], at_us => $at, us => $pair->[1]};
			$at += $pair->[1];
		}
		push @rows, {name => 'g' . ++$n, state => 'running', phases => \@list, end_us => $at};
	}
	my $text = JSON::PP->new->canonical->pretty->encode({began_us => 900, guests => \@rows});
	return $text =~ s/^/\@report $label /mgr;
}

my $log = join("\r\n", "noise", '@machine vcpus=2', '@size earlydom=614400 image=1024',
	'@floor type=pv mib=128 bytes=1048576 populate=3000000 copy=97000000',
	'@floor type=pv mib=128 bytes=1048576 populate=5000000 copy=105000000',
	'@floor type=pv mib=128 bytes=1048576 populate=4000000 copy=101000000',
	'@floor codec=500000000 elf_bytes=10485760',
	(map { "\@lap case=tiny tool=earlydom round=1 ns=$_ status=0" } 9e6, 10e6, 30e6),
	(map { "\@lap case=tiny tool=xl round=1 ns=$_ status=0" } 400e6, 500e6, 420e6),
	'@lap case=tiny tool=first round=0 ns=1 status=0',
	'@lap case=storeless tool=earlydom round=1 ns=7000000 status=0',
	'@lap case=pv-elf tool=earlydom round=1 ns=210000000 status=0',
	'@memory case=pv-elf tool=earlydom round=1 hwm_kib=15360',
	'@lap case=many tool=earlydom round=1 ns=640000000 status=0',
	'@calls case=tiny tool=earlydom @calls map=2 36=14', '@calls case=tiny tool=earlydom @calls map=1 36=1',
	report('tiny earlydom 1', [[read => 100], [create => 2000]]),
	report('tiny earlydom 2', [[read => 100], [create => 4000]]),
	report('many earlydom 1', map { [[wait => 50 * $_], [create => $_ <= 4 ? 1000 : 1500]] } 1 .. 8), '@end seconds=600.50', '');
my $f = figures(parse($log));
is_deeply($f->{trouble}, [], 'no trouble');
my $tiny = $f->{cases}{tiny};
is($tiny->{tools}{earlydom}{median}, 10e6, 'the median of a case');
is($tiny->{tools}{earlydom}{max}, 30e6, 'its longest');
is_deeply([sort keys %{$tiny->{tools}}], [qw(earlydom xl)], 'the first run, which starts the daemons, does not count');
is($tiny->{xl_ratio}, 42, 'against xl');
is($f->{cases}{storeless}{xl_ratio}, 60, 'without a store, against xl with one');
is($tiny->{phases}{create}, 3e6, 'the median of a phase, in ns');
is($f->{floor}{pv}{ns}, 105e6, 'the floor');
is($f->{calls}{tiny}{earlydom}{36}, 15, 'hypercalls of all processes');
my %t = map { $_->{what} => $_ } @{$f->{targets}};
ok($t{'tiny guest with a store: xl / earlydom'}{reached}, 'a target that is reached');
is($t{'Linux pv, unpacked: earlydom / floor'}{figure}, 2, 'one that is missed');
ok(!$t{'Linux pv, unpacked: earlydom / floor'}{reached}, 'is one');
is($t{'64 tiny guests: the last four / the first four'}{figure}, 1.5, 'waiting is not counted');
is($t{'peak RSS over the unpacked kernel, MiB: pv-elf'}{figure}, 5, 'memory');
is($t{'Linux pvh, unpacked: earlydom / floor'}{figure}, undef, 'no figure of what was not measured');
like(text($f), qr/^  Linux pvh, unpacked: earlydom \/ floor +not measured, at most 1\.3$/m, 'which is said');
like(text($f), qr/^not measured: .*Linux pvh, unpacked kernel/m, 'of cases as well');
like(text($f), qr/^64 tiny pv guests .* not measured /m, "and of xl's part");
like(text($f), qr/ on for 600\.50 s;/, 'how long it took');
like(text($f), qr/^a tiny pv guest +10\.0 +\(9\.0 - 30\.0, 3\) +420\.0 +\(400\.0 - 500\.0, 3\) +42\.0 /m, 'a line of the table');
like(text($f), qr/^  64 tiny guests: the last four \/ the first four +1\.50, at most 1\.2: MISSED$/m, 'a line of the targets');
is_deeply(decode_json(json($f))->{floor}{codec}{ns}, 500e6, 'JSON');
my $svg = svg($f);
like($svg, qr/^<\?xml.*<svg .*<\/svg>\n\z/s, 'a picture');
is(scalar(() = $svg =~ /<text/g), scalar(() = $svg =~ /<\/text>/g), 'whose texts end');
like($svg, qr/>g8<\/text>/, 'with the guests of a case of many');

my $bad = figures(parse("\@lap case=tiny tool=xl round=1 ns=5 status=3\n\@trouble it broke\n\@report tiny earlydom 1 {\n"
	. "\@lap case=tiny tool=earlydom round=1 n\n\@floor type=pv mib=128 bytes=1\n\@memory case=tiny tool=earlydom hwm_kib=\n"
	. "\@calls case=tiny\n"));
is(scalar(@{$bad->{trouble}}), 8,
	'a failed command, a complaint, lines and a report that are cut off, and no end are told');
like(text($bad), qr/^trouble\n  \@?.*\n  it broke\n/m, 'and shown');
is_deeply($bad->{cases}, {}, 'and are no figures');

my $hostile = svg(figures(parse("\@lap case=many tool=earlydom round=1 ns=5 status=0\n"
	. "\@report many earlydom 1 {\"began_us\":1,\"guests\":[{\"name\":\"<a&\\\"\\u0001\",\"end_us\":5,"
	. "\"phases\":[{\"phase\":\"</title>\",\"at_us\":2,\"us\":1}]}]}\n")));
like($hostile, qr/>&#60;a&#38;&#34;\?<\/text>/, 'names are no markup');
like($hostile, qr/<title>&#60;\/title&#62;: /, 'nor are phases');
like(svg(figures(parse(''))), qr/<\/svg>\n\z/, 'nothing at all is no error');

done_testing;
