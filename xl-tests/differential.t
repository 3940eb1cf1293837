#!/usr/bin/perl
# Descriptors that are made of rows of the table of keys, written in all ways that the grammar allows: both judges
# take them or refuse them, and what both take means the same to both. The same seed makes the same files.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(shuffle);
use Test::More;
use Judges qw(read_table compose judge differences show split_statements key_of);

my $seed = $ENV{XL_SEED} // 1;
my $files = $ENV{XL_FILES} // 300;
srand($seed);

# Rows that do not go together, by earlydom's message for it: xl finds out later, or not at all.
my @stricter = (
	qr/videoram = \d+: must be/,
	qr/nestedhvm = 1 needs hap/, # the hypervisor does
);
# What xl refuses for no reason, by its own message.
my @laxer = (
	qr/usbversion .* cannot be enabled with .* usbdevice/, # not even with an empty list
);

sub one_of { $_[rand @_] }

my %rows;
for my $row (read_table("$FindBin::Bin/keys.table")) {
	# What a row is worth depends on the type that it is for.
	next if $row->{ours} =~ /\*$/ || grep { key_of($_) =~ /^(type|builder)$/ } split_statements($row->{text});
	push @{$rows{$_}}, $row for @{$row->{guests}};
}

# some_rows GUEST: some that set no key twice; a few of the files have one that is refused.
sub some_rows {
	my ($guest) = @_;
	my $wanted = 2 + int rand 8;
	my $bad = rand() < 0.15;
	my (%set, @some);

	for my $row (shuffle @{$rows{$guest}}) {
		my @keys = map { key_of($_) } split_statements($row->{text});
		my $refused = $row->{ours} eq 'refused';

		next if grep { $set{$_} } @keys;
		next if $refused && !$bad;
		$bad = 0 if $refused;
		$set{$_} = 1 for @keys;
		push @some, $row;
		last if @some == $wanted && !$bad;
	}
	return @some;
}

# written STATEMENT: the same in other words.
sub written {
	my ($key, $value) = split /\s*=\s*/, $_[0], 2;

	$value =~ tr/"'/'"/ if $value !~ /\\/ && rand() < 0.3;
	$value =~ s/^\[/"[" . one_of('', ' ', "\n", " # a comment\n")/e;
	$value =~ s/\]$/one_of('', ',', ' ', "\n") . ']'/e if $value !~ /^\[\s*(#.*)?\s*\]$/;
	return one_of('', ' ', "\t") . $key . one_of('=', ' = ', "\t=", '=  ') . $value;
}

sub text_of {
	my ($guest, @statements) = @_;
	my $text = '';

	for my $line (shuffle split /\n/, compose($guest, @statements)) {
		$text .= one_of('', '', '', "\n", "# xl.cfg(5)\n", "   \n");
		$text .= written($line) . one_of("\n", "\n", "\n", ";\n", '; ', " # here\n", " \n");
	}
	return $text . "\n";
}

# without_noted ONE, STATEMENT...: those of which earlydom has not said that they have no effect.
sub without_noted {
	my $one = shift;
	my %noted = map { /\bnote: (\w+)(?!, entry) .*\bhas no effect/ ? ($1 => 1) : () } @{$one->{ours}{says}};

	return grep { !$noted{key_of($_)} } @_;
}

my @tests;
for (1 .. $files) {
	my $guest = one_of(qw(pv pvh hvm));
	my @some = some_rows($guest);
	my @statements = map { split_statements($_->{text}) } @some;

	push @tests, {guest => $guest, statements => \@statements, text => text_of($guest, @statements),
		      refused => scalar grep { $_->{ours} eq 'refused' } @some};
}

# explained LIST, MESSAGE...: whether one of the messages is in the list.
sub explained {
	my ($list, @says) = @_;
	return grep { my $why = $_; grep { $_ =~ $why } @says } @$list;
}

# What of a record a note may change: what is random, and what libxl keeps as well where it does not use it: nx, a
# keyboard that nobody could serve, the arguments of another type's QEMU, and in a pv or pvh guest, whose QEMU serves
# nothing or is not started, all of that.
my %random = map { $_ => 1 } qw(uuid mac ms_vm_genid);
my %unused = (hvm => {nx => 1, vkb_device => 1, extra_pv => 1}, map { $_ => {map { $_ => 1 } qw(extra extra_pv device_model)} } qw(pv pvh));

sub compared {
	my ($guest, $value) = @_;

	return [map { compared($guest, $_) } @$value] if ref $value eq 'ARRAY';
	return $value if ref $value ne 'HASH';
	my %of = map { $_ => compared($guest, $value->{$_}) } grep { !$random{$_} && !$unused{$guest}{$_} } keys %$value;
	# Of a screen that is off, that alone.
	$of{vnc} = {enable => 'False'} if ref $of{vnc} eq 'HASH' && ($of{vnc}{enable} // '') eq 'False';
	return \%of;
}

# record GUEST, ONE: what earlydom would leave for xl.
sub record {
	my ($guest, $one) = @_;

	return JSON::PP->new->canonical->encode(compared($guest, $one->{ours}{earlydom}));
}

# Once as they are, and once without what has no effect.
my @judged = judge(map { $_->{text} } @tests);
my @plain = judge(map { compose($tests[$_]{guest}, without_noted($judged[$_], @{$tests[$_]{statements}})) }
	0 .. $#tests);
my %count;
for my $i (0 .. $#tests) {
	my ($one, $plain) = ($judged[$i], $plain[$i]);
	my ($xl, $ours) = map { $one->{$_}{verdict} eq 'taken' } qw(xl ours);
	my $name = "file $i of seed $seed, a $tests[$i]{guest} guest";

	if ($xl && !$ours) {
		$count{'refused by earlydom alone'}++;
		ok($tests[$i]{refused} || explained(\@stricter, @{$one->{ours}{says}}), "$name: refused for a reason")
			or diag(show($one));
	} elsif (!$xl && $ours) {
		ok(explained(\@laxer, @{$one->{xl}{says}}), "$name: taken for a reason") or diag(show($one));
	} elsif (!$xl) {
		$count{'refused by both'}++;
		pass("$name: refused by both");
	} else {
		$count{'taken by both'}++;
		is_deeply([differences($plain)], [], "$name: both mean the same") or diag(show($one));
		is(record($tests[$i]{guest}, $one), record($tests[$i]{guest}, $plain), "$name: notes change nothing")
			or diag(show($one));
	}
}
note("$count{$_} $_") for sort keys %count;
done_testing();
