# What the benchmark makes of its lines: figures, targets, and how they are shown. Pure: text in, text out.
package Bench;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;
use List::Util qw(max sum);

our @EXPORT_OK = qw(median parse figures text json svg);

my @phases = qw(read wait unpack create populate load boot store connect unpause);
my %colour = (read => '#9ecae1', wait => '#dddddd', unpack => '#e6550d', create => '#756bb1',
	populate => '#3182bd', load => '#31a354', boot => '#a1d99b', store => '#d6a000',
	connect => '#f1b6da', unpause => '#111111');
my @cases = qw(tiny storeless pv-xz pvh-xz pv-elf pvh-elf eight-xz eight-elf many);
my %title = (
	tiny => 'a tiny pv guest',
	storeless => 'the same without a store',
	'pv-xz' => 'Linux pv, xz bzImage',
	'pvh-xz' => 'Linux pvh, xz bzImage',
	'pv-elf' => 'Linux pv, unpacked kernel',
	'pvh-elf' => 'Linux pvh, unpacked kernel',
	'eight-xz' => '8 Linux pv, one xz bzImage',
	'eight-elf' => '8 Linux pv, one unpacked kernel',
	many => '64 tiny pv guests',
);

# median(NUMBERS): undef for none
sub median {
	my @sorted = sort { $a <=> $b } @_;
	return undef if !@sorted; # also in a list
	my $half = int(@sorted / 2);
	return @sorted % 2 ? $sorted[$half] : ($sorted[$half - 1] + $sorted[$half]) / 2;
}

# parse(TEXT): the lines that begin with @, as
#
#	laps     {CASE}{TOOL} = [ns, ...]
#	hwm      {CASE}{TOOL} = [KiB, ...]
#	reports  {CASE}{TOOL} = [what earlydom report --json gave, ...]
#	floors   {pv, pvh}{populate, copy, bytes, mib} = [...], codec => [ns, ...]
#	calls    {CASE}{TOOL} = {NUMBER => COUNT}
#	size, machine  {KEY => VALUE}
#	trouble  [lines that should not be there]
sub parse {
	my ($text) = @_;
	my %raw = (laps => {}, hwm => {}, reports => {}, floors => {}, calls => {}, size => {}, machine => {},
		trouble => []);
	my (%json, @order);
	for my $line (split /\r?\n/, $text) {
		my ($kind, $rest) = $line =~ /^\@(\w+) ?(.*)/ or next;
		my %f = $rest =~ /(\w+)=(\S+)/g;
		if ($kind eq 'lap') {
			push @{$raw{laps}{$f{case}}{$f{tool}}}, $f{ns};
			push @{$raw{trouble}}, $line if $f{status};
		} elsif ($kind eq 'memory') {
			push @{$raw{hwm}{$f{case}}{$f{tool}}}, $f{hwm_kib};
		} elsif ($kind eq 'report') {
			my ($key, $json) = $rest =~ /^(\S+ \S+ \S+) (.*)/ or next;
			push @order, $key if !exists $json{$key};
			$json{$key} .= $json;
		} elsif ($kind eq 'floor') {
			if (defined $f{codec}) {
				push @{$raw{floors}{codec}}, $f{codec};
				$raw{size}{kernel_unpacked} = $f{elf_bytes};
			} else {
				push @{$raw{floors}{$f{type}}{$_}}, $f{$_} for qw(populate copy bytes mib);
			}
		} elsif ($kind eq 'calls') {
			my ($labels, $counts) = $rest =~ /^(.*?) ?\@calls (.*)/ or next;
			my %who = $labels =~ /(\w+)=(\S+)/g;
			my %counts = $counts =~ /(\w+)=(\d+)/g;
			$raw{calls}{$who{case}}{$who{tool}}{$_} += $counts{$_} for keys %counts;
		} elsif ($kind eq 'size' || $kind eq 'machine') {
			$raw{$kind}{$_} = $f{$_} for keys %f;
		} elsif ($kind eq 'trouble') {
			push @{$raw{trouble}}, $rest;
		}
	}
	for my $key (@order) {
		my ($case, $tool) = split / /, $key;
		my $report = eval { decode_json($json{$key}) };
		push @{$raw{trouble}}, "no JSON: $key" if !$report;
		push @{$raw{reports}{$case}{$tool}}, $report if $report;
	}
	return \%raw;
}

# The length of each phase in one report, summed over its guests, in us
sub _phases {
	my ($report) = @_;
	my %sum;
	for my $guest (@{$report->{guests}}) {
		$sum{$_->{phase}} += $_->{us} for @{$guest->{phases}};
	}
	return \%sum;
}

# From the beginning of the build to its end, without the wait for others, in us
sub _build_us {
	my ($guest) = @_;
	return sum(0, map { $_->{phase} =~ /^(?:read|wait)$/ ? () : $_->{us} } @{$guest->{phases}});
}

sub _ratio {
	my ($a, $b) = @_;
	return defined $a && $b ? $a / $b : undef;
}

# figures(RAW): what is shown: {cases}, {floor}, {targets}, {sizes}, {calls}, {machine}, {trouble}. Times
# are in ns.
sub figures {
	my ($raw) = @_;
	my (%f, %c);
	for my $case (grep { $raw->{laps}{$_} } @cases) {
		my $laps = $raw->{laps}{$case};
		my %row = map { $_ => {median => median(@{$laps->{$_}}), min => (sort { $a <=> $b } @{$laps->{$_}})[0],
			max => max(@{$laps->{$_}}), runs => scalar(@{$laps->{$_}})} } grep { $_ ne 'counted' } keys %$laps;
		my @reports = @{$raw->{reports}{$case}{earlydom} // []};
		my @sums = map { _phases($_) } @reports;
		my %phase = map { my $p = $_; $p => 1000 * (median(map { $_->{$p} // 0 } @sums) // 0) } @phases;
		$c{$case} = {title => $title{$case}, tools => \%row, phases => \%phase,
			hwm_kib => max(@{$raw->{hwm}{$case}{earlydom} // [0]})};
		my $xl = $case eq 'storeless' ? $raw->{laps}{tiny}{xl} : $laps->{xl};
		$c{$case}{xl_ratio} = _ratio(median(@{$xl // []}), $row{earlydom}{median});
		$c{$case}{timeline} = $reports[0];
	}
	my %floor;
	for my $type (grep { $raw->{floors}{$_} } qw(pv pvh)) {
		my $l = $raw->{floors}{$type};
		my @sums = map { $l->{populate}[$_] + $l->{copy}[$_] } 0 .. $#{$l->{copy}};
		$floor{$type} = {ns => median(@sums), populate => median(@{$l->{populate}}), copy => median(@{$l->{copy}}),
			bytes => $l->{bytes}[0], mib => $l->{mib}[0], runs => scalar(@sums)};
	}
	$floor{codec} = {ns => median(@{$raw->{floors}{codec}}), runs => scalar(@{$raw->{floors}{codec}})}
		if $raw->{floors}{codec};
	%f = (cases => \%c, floor => \%floor, sizes => $raw->{size}, calls => $raw->{calls},
		machine => $raw->{machine}, trouble => $raw->{trouble});
	$f{targets} = _targets(\%f);
	return \%f;
}

# [WHAT, FIGURE, LIMIT, whether the figure is to be at least (or at most) that]
sub _targets {
	my ($f) = @_;
	# Copies: what is looked for in them does not come into being by that.
	my %c = map { my $case = $_; $case => $f->{cases}{$case} // {} } @cases;
	my ($c, $floor) = (\%c, {map { $_ => $f->{floor}{$_} // {} } qw(pv pvh codec)});
	my @t;
	my $add = sub {
		my ($what, $figure, $limit, $least) = @_;
		return if !defined $figure;
		push @t, {what => $what, figure => $figure, limit => $limit, least => $least ? 1 : 0,
			reached => ($least ? $figure >= $limit : $figure <= $limit) ? 1 : 0};
	};
	my $time = sub { $c->{$_[0]}{tools}{$_[1] // 'earlydom'}{median} };
	$add->('tiny guest with a store: xl / earlydom', $c->{tiny}{xl_ratio}, 40, 1);
	$add->('tiny guest without one: xl / earlydom', $c->{storeless}{xl_ratio}, 60, 1);
	for my $type (qw(pv pvh)) {
		my $one = $floor->{$type}{ns};
		$add->("Linux $type, unpacked: xl / earlydom", $c->{"$type-elf"}{xl_ratio}, 10, 1);
		$add->("Linux $type, unpacked: earlydom / floor", _ratio($time->("$type-elf"), $one), 1.3);
		$add->("Linux $type, xz: xl / earlydom", $c->{"$type-xz"}{xl_ratio}, 1.5, 1);
		$add->("Linux $type, xz: earlydom / (codec + 1.3 floor)",
			_ratio($time->("$type-xz"), $one && $floor->{codec}{ns} ? $floor->{codec}{ns} + 1.3 * $one : undef), 1);
	}
	my $pv = $floor->{pv}{ns};
	$add->('8 guests, one xz kernel: earlydom / (codec + 1.3 x 8 floors)',
		_ratio($time->('eight-xz'), $pv && $floor->{codec}{ns} ? $floor->{codec}{ns} + 1.3 * 8 * $pv : undef), 1);
	$add->('8 guests, one unpacked kernel: earlydom / 8 floors', _ratio($time->('eight-elf'), $pv && 8 * $pv), 1.3);
	$add->('8 guests, dom0 with one vcpu / with all', _ratio($time->('eight-elf', 'one-vcpu'), $time->('eight-elf')), 1.6, 1)
		if ($f->{machine}{vcpus} // 1) > 1;
	my @many = @{($c->{many}{timeline} // {})->{guests} // []};
	$add->('64 tiny guests: the last four / the first four', _ratio(median(map { _build_us($_) } @many[-4 .. -1]),
		median(map { _build_us($_) } @many[0 .. 3])), 1.2) if @many >= 8;
	my $kib = ($f->{sizes}{kernel_unpacked} // 0) / 1024;
	for my $case (grep { /xz|elf/ && $c->{$_}{hwm_kib} } sort keys %$c) {
		$add->("peak RSS over the unpacked kernel, MiB: $case", ($c->{$case}{hwm_kib} - $kib) / 1024, 4);
	}
	return \@t;
}

sub _ms { my ($ns) = @_; return defined $ns ? sprintf('%.1f', $ns / 1e6) : '-' }

# https://xenbits.xen.org/docs/4.17-testing/hypercall/x86_64/include,public,xen.h.html
my %call = (4 => 'set_trap', 12 => 'memory_op', 13 => 'memory_op (multicall)', 17 => 'xen_version', 26 => 'mmuext_op',
	20 => 'grant_table_op', 24 => 'vcpu_op', 32 => 'event_channel_op', 33 => 'physdev_op', 34 => 'hvm_op',
	35 => 'sysctl', 36 => 'domctl', 27 => 'xsm_op', 1 => 'mmu_update', 29 => 'sched_op', 40 => 'argo_op',
	41 => 'dm_op', map => 'pages mapped (ioctls)');

# text(FIGURES): tables for people
sub text {
	my ($f) = @_;
	my $out = '';
	my $c = $f->{cases};
	my @shown = grep { $c->{$_} } @cases;
	$out .= sprintf("dom0 with %s vcpus; medians in ms; xl stops before the unpause, as earlydom does\n\n",
		$f->{machine}{vcpus} // '?');
	$out .= sprintf("%-34s %10s %21s %10s %7s %10s %9s\n", 'GUESTS', 'earlydom', '(min - max, runs)', 'xl', '(runs)',
		'xl/earlydom', 'RSS/MiB');
	for my $case (@shown) {
		my $t = $c->{$case}{tools};
		my $e = $t->{earlydom} or next;
		my $xl = $t->{xl};
		$out .= sprintf("%-34s %10s %21s %10s %7s %10s %9.1f\n", $c->{$case}{title}, _ms($e->{median}),
			sprintf('(%s - %s, %d)', _ms($e->{min}), _ms($e->{max}), $e->{runs}), _ms($xl && $xl->{median}),
			$xl ? "($xl->{runs})" : '', defined $c->{$case}{xl_ratio} ? sprintf('%.1f', $c->{$case}{xl_ratio}) : '-',
			$c->{$case}{hwm_kib} / 1024);
		my $one = $t->{'one-vcpu'} or next;
		$out .= sprintf("%-34s %10s %21s\n", '  on one vcpu', _ms($one->{median}),
			sprintf('(%s - %s, %d)', _ms($one->{min}), _ms($one->{max}), $one->{runs}));
	}
	$out .= "\nfloor, in the same boot\n";
	for my $type (grep { $f->{floor}{$_} } qw(pv pvh)) {
		my $l = $f->{floor}{$type};
		$out .= sprintf("%-34s %10s   populate %s MiB %s, copy %.1f MiB %s (%d runs)\n", "  $type", _ms($l->{ns}),
			$l->{mib}, _ms($l->{populate}), $l->{bytes} / 1048576, _ms($l->{copy}), $l->{runs});
	}
	$out .= sprintf("%-34s %10s   (%d runs)\n", '  codec alone, xz', _ms($f->{floor}{codec}{ns}), $f->{floor}{codec}{runs})
		if $f->{floor}{codec};
	$out .= "\nphases of earlydom, medians of sums over the guests, in ms\n";
	$out .= sprintf("%-34s" . ' %8s' x @phases . "\n", 'GUESTS', @phases);
	for my $case (@shown) {
		$out .= sprintf("%-34s" . ' %8s' x @phases . "\n", $c->{$case}{title},
			map { _ms($c->{$case}{phases}{$_}) } @phases);
	}
	$out .= "\nhypercalls of one run\n";
	for my $case (grep { $f->{calls}{$_} } @cases) {
		for my $tool (sort keys %{$f->{calls}{$case}}) {
			my $n = $f->{calls}{$case}{$tool};
			my $all = sum(0, map { $_ eq 'map' ? 0 : $n->{$_} } keys %$n);
			$out .= sprintf("  %-10s %-9s %6d: %s\n", $case, $tool, $all, join(', ', map { ($call{$_} // "number $_") . " $n->{$_}" }
				sort { $n->{$b} <=> $n->{$a} || $a cmp $b } keys %$n));
		}
	}
	$out .= "\nsizes in KiB: " . join(', ', map { sprintf('%s %.0f', $_, $f->{sizes}{$_} / 1024) } sort keys %{$f->{sizes}}) . "\n";
	$out .= "\ntargets\n";
	for my $t (@{$f->{targets}}) {
		$out .= sprintf("  %-64s %7.2f, %s %g: %s\n", $t->{what}, $t->{figure}, $t->{least} ? 'at least' : 'at most', $t->{limit},
			$t->{reached} ? 'reached' : 'MISSED');
	}
	$out .= join('', "\ntrouble\n", map { "  $_\n" } @{$f->{trouble}}) if @{$f->{trouble}};
	return $out;
}

sub json {
	my ($f) = @_;
	return JSON::PP->new->canonical->pretty->encode($f);
}

# svg(FIGURES): a row for each case, earlydom's phases to one scale, with the floor; then the timelines of
# those with several guests.
sub svg {
	my ($f) = @_;
	my ($left, $width, $row) = (260, 900, 26);
	my $c = $f->{cases};
	my @single = grep { $c->{$_} && $c->{$_}{tools}{earlydom} && !/^(?:eight|many)/ } @cases;
	my @several = grep { $c->{$_} && $c->{$_}{timeline} && /^(?:eight|many)/ } @cases;
	my $y = 50;
	my $out = '';
	my $bars = sub {
		my ($name, $note, $scale, @bars) = @_;
		$out .= sprintf(qq(<text x="8" y="%d">%s</text>\n), $y + 13, $name);
		my $end = $left;
		for my $bar (@bars) {
			my ($what, $from, $us, $fill) = @$bar;
			my $x = $left + $from * $scale;
			my $w = max(0.2, $us * $scale);
			$out .= sprintf(qq(<rect x="%.1f" y="%d" width="%.1f" height="16" fill="%s"><title>%s: %.2f ms</title></rect>\n),
				$x, $y, $w, $fill, $what, $us / 1000);
			$end = max($end, $x + $w);
		}
		$out .= sprintf(qq(<text x="%.1f" y="%d" fill="#555">%s</text>\n), $end + 6, $y + 13, $note);
		$y += $row;
	};
	my $heading = sub {
		$out .= sprintf(qq(<text x="8" y="%d" font-weight="bold">%s</text>\n), $y + 13, $_[0]);
		$y += $row;
	};
	my $sequence = sub {
		my ($at, @bars) = (0);
		for my $p (@phases) {
			my $us = $_[0]{$p} / 1000;
			push @bars, [$p, $at, $us, $colour{$p}] if $us;
			$at += $us;
		}
		return @bars;
	};
	if (@single) {
		my $longest = max(map { sum(values %{$c->{$_}{phases}}) / 1000 } @single) || 1;
		$heading->('one guest: its phases, medians');
		for my $case (@single) {
			my $t = $c->{$case}{tools};
			$bars->($c->{$case}{title}, _ms($t->{earlydom}{median}) . ' ms' . ($t->{xl} ? ', xl ' . _ms($t->{xl}{median}) : ''),
				$width / $longest, $sequence->($c->{$case}{phases}));
		}
		for my $type (grep { $f->{floor}{$_} } qw(pv pvh)) {
			my $l = $f->{floor}{$type};
			$bars->("floor, $type", _ms($l->{ns}) . ' ms', $width / $longest, ['populate', 0, $l->{populate} / 1000, $colour{populate}],
				['copy', $l->{populate} / 1000, $l->{copy} / 1000, $colour{load}]);
		}
	}
	for my $case (@several) {
		my @guests = @{$c->{$case}{timeline}{guests}};
		my $begin = $c->{$case}{timeline}{began_us};
		my $span = max(1, map { ($_->{end_us} // $begin) - $begin } @guests);
		$heading->("$c->{$case}{title}: the first run");
		for my $guest (@guests) {
			$bars->($guest->{name}, _ms(1000 * (($guest->{end_us} // $begin) - $begin)) . ' ms', $width / $span,
				map { [$_->{phase}, $_->{at_us} - $begin, $_->{us}, $colour{$_->{phase}}] } @{$guest->{phases}});
		}
	}
	my $legend = '';
	my $x = $left;
	for my $p (@phases) {
		$legend .= qq(<rect x="$x" y="12" width="12" height="12" fill="$colour{$p}"/><text x="@{[$x + 16]}" y="23">$p</text>\n);
		$x += 88;
	}
	my $all = $left + $width + 160;
	return qq(<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="$all" height="@{[$y + 10]}" )
		. qq(font-family="sans-serif" font-size="12">\n<title>earlydom: benchmark</title>\n)
		. qq(<rect width="$all" height="@{[$y + 10]}" fill="#fff"/>\n$legend$out</svg>\n);
}

1;
