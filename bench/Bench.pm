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

# Whether there are numbers under all of these keys
sub _numbers {
	my ($f, @keys) = @_;
	return !grep { ($f->{$_} // '') !~ /^\d+\z/ } @keys;
}

# What each kind of line adds to RAW, from its fields and its text; false for a line that is cut off or
# tells of a failure.
my %take = (
	lap => sub {
		my ($raw, $f) = @_;
		return 0 if !_numbers($f, qw(ns status)) || $f->{status} || !defined $f->{case} || !defined $f->{tool};
		push @{$raw->{laps}{$f->{case}}{$f->{tool}}}, $f->{ns};
		return 1;
	},
	memory => sub {
		my ($raw, $f) = @_;
		return 0 if !_numbers($f, 'hwm_kib') || !defined $f->{case} || !defined $f->{tool};
		push @{$raw->{hwm}{$f->{case}}{$f->{tool}}}, $f->{hwm_kib};
		return 1;
	},
	floor => sub {
		my ($raw, $f) = @_;
		if (_numbers($f, qw(codec elf_bytes))) {
			push @{$raw->{floors}{codec}}, $f->{codec};
			$raw->{size}{kernel_unpacked} = $f->{elf_bytes};
			return 1;
		}
		return 0 if !_numbers($f, qw(populate copy bytes mib)) || ($f->{type} // '') !~ /^pvh?\z/;
		push @{$raw->{floors}{$f->{type}}{$_}}, $f->{$_} for qw(populate copy bytes mib);
		return 1;
	},
	calls => sub {
		my ($raw, undef, $rest) = @_;
		my ($labels, $counts) = $rest =~ /^(.*?) ?\@calls (.*)/ or return 0;
		my %who = $labels =~ /(\w+)=(\S+)/g;
		my %counts = $counts =~ /(\w+)=(\d+)/g;
		return 0 if !defined $who{case} || !defined $who{tool};
		$raw->{calls}{$who{case}}{$who{tool}}{$_} += $counts{$_} for keys %counts;
		return 1;
	},
);

# parse(TEXT): the lines that begin with @, as
#
#	laps     {CASE}{TOOL} = [ns, ...]
#	hwm      {CASE}{TOOL} = [KiB, ...]
#	reports  {CASE}{TOOL} = [what earlydom report --json gave, ...]
#	floors   {pv, pvh}{populate, copy, bytes, mib} = [...], codec => [ns, ...]
#	calls    {CASE}{TOOL} = {NUMBER => COUNT}
#	size, machine  {KEY => VALUE}
#	trouble  [lines that should not be there, and what is missing of the lines]
#
# A lap that failed is trouble, and no figure.
sub parse {
	my ($text) = @_;
	my %raw = (laps => {}, hwm => {}, reports => {}, floors => {}, calls => {}, size => {}, machine => {},
		trouble => []);
	my (%json, @order);
	for my $line (split /\r?\n/, $text) {
		my ($kind, $rest) = $line =~ /^\@(\w+) ?(.*)/ or next;
		my %f = $rest =~ /(\w+)=(\S+)/g;
		if ($kind eq 'report') {
			my ($key, $json) = $rest =~ /^(\S+ \S+ \S+) (.*)/ or next;
			push @order, $key if !exists $json{$key};
			$json{$key} .= $json;
		} elsif ($kind eq 'size' || $kind eq 'machine' || $kind eq 'end') {
			$raw{$kind eq 'end' ? 'machine' : $kind}{$_} = $f{$_} for keys %f;
		} elsif ($kind eq 'trouble') {
			push @{$raw{trouble}}, $rest;
		} elsif ($take{$kind}) {
			push @{$raw{trouble}}, $line if !$take{$kind}->(\%raw, \%f, $rest);
		}
	}
	for my $key (@order) {
		my ($case, $tool) = split / /, $key;
		my $report = eval { decode_json($json{$key}) };
		push @{$raw{trouble}}, "no JSON: $key" if !$report;
		push @{$raw{reports}{$case}{$tool}}, $report if $report;
	}
	push @{$raw{trouble}}, 'the run did not come to its end' if !defined $raw{machine}{seconds};
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

# What is shown of a case
sub _case {
	my ($raw, $case) = @_;
	my $laps = $raw->{laps}{$case};
	my %tools;
	for my $tool (grep { $laps->{$_} } qw(earlydom xl one-vcpu)) {
		my @sorted = sort { $a <=> $b } @{$laps->{$tool}};
		$tools{$tool} = {median => median(@sorted), min => $sorted[0], max => $sorted[-1], runs => scalar(@sorted)};
	}
	my @reports = @{$raw->{reports}{$case}{earlydom} // []};
	my @sums = map { _phases($_) } @reports;
	my %phase = map { my $p = $_; $p => 1000 * (median(map { $_->{$p} // 0 } @sums) // 0) } @phases;
	# xl has no way without a store: it is compared with what it takes for the same guest.
	my $xl = $raw->{laps}{$case eq 'storeless' ? 'tiny' : $case}{xl};
	return {title => $title{$case}, tools => \%tools, phases => \%phase, timeline => $reports[0],
		hwm_kib => max(@{$raw->{hwm}{$case}{earlydom} // [0]}),
		xl_ratio => _ratio(median(@{$xl // []}), $tools{earlydom}{median})};
}

sub _floor {
	my ($raw) = @_;
	my %floor;
	for my $type (grep { $raw->{floors}{$_} } qw(pv pvh)) {
		my $l = $raw->{floors}{$type};
		my @sums = map { $l->{populate}[$_] + $l->{copy}[$_] } 0 .. $#{$l->{copy}};
		$floor{$type} = {ns => median(@sums), populate => median(@{$l->{populate}}), copy => median(@{$l->{copy}}),
			bytes => $l->{bytes}[0], mib => $l->{mib}[0], runs => scalar(@sums)};
	}
	my $codec = $raw->{floors}{codec};
	$floor{codec} = {ns => median(@$codec), runs => scalar(@$codec)} if $codec;
	return \%floor;
}

# figures(RAW): what is shown: {cases}, {floor}, {targets}, {sizes}, {calls}, {machine}, {trouble}. Times
# are in ns. There are only cases that earlydom came to the end of.
sub figures {
	my ($raw) = @_;
	my %cases = map { $_ => _case($raw, $_) } grep { $raw->{laps}{$_}{earlydom} } @cases;
	my %f = (cases => \%cases, floor => _floor($raw), sizes => $raw->{size}, calls => $raw->{calls},
		machine => $raw->{machine}, trouble => $raw->{trouble});
	$f{targets} = _targets(\%f);
	return \%f;
}

# [WHAT, FIGURE, LIMIT, whether the figure is to be at least (or at most) that]
sub _targets {
	my ($f) = @_;
	# Copies, because looking a key up would create it.
	my %c = map { my $case = $_; $case => $f->{cases}{$case} // {} } @cases;
	my ($c, $floor) = (\%c, {map { $_ => $f->{floor}{$_} // {} } qw(pv pvh codec)});
	my @t;
	my $add = sub {
		my ($what, $figure, $limit, $least) = @_;
		if (!defined $figure) {
			push @t, {what => $what, limit => $limit, least => $least ? 1 : 0};
			return;
		}
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

sub _range {
	my ($t) = @_;
	return sprintf('(%s - %s, %d)', _ms($t->{min}), _ms($t->{max}), $t->{runs});
}

sub _text_case {
	my ($case) = @_;
	my ($t, $one) = ($case->{tools}, $case->{tools}{'one-vcpu'});
	my $xl = $t->{xl};
	my $none = $case->{title} eq $title{storeless} ? '-' : 'not measured';
	my $out = sprintf("%-34s %10s %24s %12s %24s %9s %9.1f\n", $case->{title}, _ms($t->{earlydom}{median}),
		_range($t->{earlydom}), $xl ? (_ms($xl->{median}), _range($xl)) : ($none, ''),
		defined $case->{xl_ratio} ? sprintf('%.1f', $case->{xl_ratio}) : '-', $case->{hwm_kib} / 1024);
	$out .= sprintf("%-34s %10s %24s\n", '  dom0 with one of its vcpus', _ms($one->{median}), _range($one)) if $one;
	return $out;
}

sub _text_floor {
	my ($floor) = @_;
	my $out = '';
	for my $type (grep { $floor->{$_} } qw(pv pvh)) {
		my $l = $floor->{$type};
		$out .= sprintf("%-34s %10s   populate %s MiB %s, copy %.1f MiB %s (%d runs)\n", "  $type", _ms($l->{ns}),
			$l->{mib}, _ms($l->{populate}), $l->{bytes} / 1048576, _ms($l->{copy}), $l->{runs});
	}
	my $codec = $floor->{codec} or return $out;
	return $out . sprintf("%-34s %10s   (%d runs)\n", '  codec alone, xz', _ms($codec->{ns}), $codec->{runs});
}

sub _text_calls {
	my ($case, $tool, $n) = @_;
	my $all = sum(0, map { $_ eq 'map' ? 0 : $n->{$_} } keys %$n);
	return sprintf("  %-10s %-9s %6d: %s\n", $case, $tool, $all, join(', ', map { ($call{$_} // "number $_") . " $n->{$_}" }
		sort { $n->{$b} <=> $n->{$a} || $a cmp $b } keys %$n));
}

sub _text_target {
	my ($t) = @_;
	my $limit = ($t->{least} ? 'at least' : 'at most') . sprintf(' %g', $t->{limit});
	return sprintf("  %-64s not measured, %s\n", $t->{what}, $limit) if !defined $t->{figure};
	return sprintf("  %-64s %7.2f, %s: %s\n", $t->{what}, $t->{figure}, $limit, $t->{reached} ? 'reached' : 'MISSED');
}

# text(FIGURES): tables for people
sub text {
	my ($f) = @_;
	my $c = $f->{cases};
	my @shown = grep { $c->{$_} } @cases;
	my @missing = map { $title{$_} } grep { !$c->{$_} } @cases;
	my $out = sprintf("dom0 with %s vcpus, on for %s s; medians in ms; xl stops before the unpause, as earlydom does\n\n",
		$f->{machine}{vcpus} // '?', $f->{machine}{seconds} // '?');
	$out .= sprintf("%-34s %10s %24s %12s %24s %9s %9s\n", 'GUESTS', 'earlydom', '(min - max, runs)', 'xl', '(min - max, runs)',
		'xl/eydom', 'RSS/MiB');
	$out .= join('', map { _text_case($c->{$_}) } @shown);
	$out .= 'not measured: ' . join('; ', @missing) . "\n" if @missing;
	$out .= "\nfloor, in the same boot\n" . _text_floor($f->{floor});
	$out .= "\nphases of earlydom, medians of sums over the guests, in ms\n";
	$out .= sprintf("%-34s" . ' %8s' x @phases . "\n", 'GUESTS', @phases);
	for my $case (@shown) {
		$out .= sprintf("%-34s" . ' %8s' x @phases . "\n", $title{$case}, map { _ms($c->{$case}{phases}{$_}) } @phases);
	}
	$out .= "\nhypercalls of one run\n";
	for my $case (grep { $f->{calls}{$_} } @cases) {
		$out .= _text_calls($case, $_, $f->{calls}{$case}{$_}) for sort keys %{$f->{calls}{$case}};
	}
	$out .= "\nsizes in KiB: " . join(', ', map { sprintf('%s %.0f', $_, $f->{sizes}{$_} / 1024) } sort keys %{$f->{sizes}}) . "\n";
	$out .= "\ntargets\n" . join('', map { _text_target($_) } @{$f->{targets}});
	$out .= join('', "\ntrouble\n", map { "  $_\n" } @{$f->{trouble}}) if @{$f->{trouble}};
	return $out;
}

sub json {
	my ($f) = @_;
	return JSON::PP->new->canonical->pretty->encode($f);
}

# In pixels: of the names, the longest bar, a row, and what is beside the bars.
my ($left, $width, $row, $right) = (260, 900, 26, 160);

# Names and notes come from a log.
sub _escaped {
	my ($text) = @_;
	$text =~ s/([<>&"])/'&#' . ord($1) . ';'/ge;
	return $text =~ tr/\x00-\x1f/?/r;
}

# A row: NAME, NOTE behind the bars, pixels for a us, [WHAT, from us, so many us, COLOUR]...
sub _row {
	my ($y, $name, $note, $scale, @bars) = @_;
	my $out = sprintf(qq(<text x="8" y="%d">%s</text>\n), $y + 13, _escaped($name));
	my $end = $left;
	for my $bar (@bars) {
		my ($what, $from, $us, $fill) = @$bar;
		my $x = $left + $from * $scale;
		my $w = max(0.2, $us * $scale);
		$out .= sprintf(qq(<rect x="%.1f" y="%d" width="%.1f" height="16" fill="%s"><title>%s: %.2f ms</title></rect>\n),
			$x, $y, $w, $fill, _escaped($what), $us / 1000);
		$end = max($end, $x + $w);
	}
	return $out . sprintf(qq(<text x="%.1f" y="%d" fill="#555">%s</text>\n), $end + 6, $y + 13, _escaped($note));
}

# The phases of a case, one behind the other
sub _sequence {
	my ($phases) = @_;
	my ($at, @bars) = (0);
	for my $p (@phases) {
		my $us = $phases->{$p} / 1000;
		push @bars, [$p, $at, $us, $colour{$p}] if $us;
		$at += $us;
	}
	return @bars;
}

# Rows as _row takes them, without their place: cases of one guest, and the floor, to one scale
sub _single_rows {
	my ($f, @single) = @_;
	my $c = $f->{cases};
	my $scale = $width / (max(map { sum(values %{$c->{$_}{phases}}) / 1000 } @single) || 1);
	my @rows;
	for my $case (@single) {
		my $t = $c->{$case}{tools};
		push @rows, [$title{$case}, _ms($t->{earlydom}{median}) . ' ms' . ($t->{xl} ? ', xl ' . _ms($t->{xl}{median}) : ''),
			$scale, _sequence($c->{$case}{phases})];
	}
	for my $type (grep { $f->{floor}{$_} } qw(pv pvh)) {
		my $l = $f->{floor}{$type};
		push @rows, ["floor, $type", _ms($l->{ns}) . ' ms', $scale, ['populate', 0, $l->{populate} / 1000, $colour{populate}],
			['copy', $l->{populate} / 1000, $l->{copy} / 1000, $colour{load}]];
	}
	return @rows;
}

# The same of one case of several guests: its timeline
sub _timeline_rows {
	my ($timeline) = @_;
	my $begin = $timeline->{began_us};
	my $us = sub { ($_[0]{end_us} // $begin) - $begin };
	my $scale = $width / max(1, map { $us->($_) } @{$timeline->{guests}});
	return map { my $guest = $_; [$guest->{name}, _ms(1000 * $us->($guest)) . ' ms', $scale,
		map { [$_->{phase}, $_->{at_us} - $begin, $_->{us}, $colour{$_->{phase}} // '#ffffff'] } @{$guest->{phases}}] }
		@{$timeline->{guests}};
}

sub _legend {
	my ($out, $x) = ('', $left);
	for my $p (@phases) {
		$out .= qq(<rect x="$x" y="12" width="12" height="12" fill="$colour{$p}"/><text x="@{[$x + 16]}" y="23">$p</text>\n);
		$x += 88;
	}
	return $out;
}

# svg(FIGURES): a row for each case, earlydom's phases to one scale, with the floor; then the timelines of
# those with several guests.
sub svg {
	my ($f) = @_;
	my $c = $f->{cases};
	my @single = grep { $c->{$_} && !/^(?:eight|many)/ } @cases;
	my @parts;
	push @parts, ['one guest: its phases, medians', _single_rows($f, @single)] if @single;
	push @parts, ["$title{$_}: the first run", _timeline_rows($c->{$_}{timeline})]
		for grep { $c->{$_} && $c->{$_}{timeline} && /^(?:eight|many)/ } @cases;
	my ($y, $out) = (50, '');
	for my $part (@parts) {
		my ($heading, @rows) = @$part;
		$out .= sprintf(qq(<text x="8" y="%d" font-weight="bold">%s</text>\n), $y + 13, $heading);
		$out .= _row($y += $row, @$_) for @rows;
		$y += $row;
	}
	my ($all, $height) = ($left + $width + $right, $y + 10);
	return qq(<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="$all" height="$height" )
		. qq(font-family="sans-serif" font-size="12">\n<title>earlydom: benchmark</title>\n)
		. qq(<rect width="$all" height="$height" fill="#fff"/>\n) . _legend() . "$out</svg>\n";
}

1;
