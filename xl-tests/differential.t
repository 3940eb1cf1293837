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
	my ($guest, @some) = @_;
	my $text = '';

	for my $line (shuffle split /\n/, compose($guest, map { split_statements($_->{text}) } @some)) {
		$text .= one_of('', '', '', "\n", "# xl.cfg(5)\n", "   \n");
		$text .= written($line) . one_of("\n", "\n", "\n", ";\n", '; ', " # here\n", " \n");
	}
	return $text . "\n";
}

my (@tests, @texts);
for (1 .. $files) {
	my $guest = one_of(qw(pv pvh hvm));
	my @some = some_rows($guest);
	# A note on an entry of a list is about a part of it.
	my @taken = grep { $_->{ours} ne 'note' || $_->{says} =~ /, entry / } @some;

	push @tests, {guest => $guest, rows => \@some};
	# Once as it is, and once without what has no effect.
	push @texts, text_of($guest, @some), compose($guest, map { split_statements($_->{text}) } @taken);
}

# explained MESSAGE...: whether one of them says that two keys do not go together.
sub explained {
	my @says = @_;
	return grep { my $why = $_; grep { $_ =~ $why } @says } @stricter;
}

# record ONE: what earlydom would leave for xl, but for what is random.
sub record {
	my ($one) = @_;
	my $text = JSON::PP->new->canonical->pretty->encode($one->{ours}{earlydom});

	$text =~ s/^ *"(uuid|mac)".*\n//mg;
	$text =~ s/^ *"ms_vm_genid" : \[.*?\],?\n//msg;
	return $text;
}

my @judged = judge(@texts);
my %count;
for my $i (0 .. $#tests) {
	my ($one, $plain) = @judged[2 * $i, 2 * $i + 1];
	my ($xl, $ours) = map { $one->{$_}{verdict} eq 'taken' } qw(xl ours);
	my $name = "file $i of seed $seed, a $tests[$i]{guest} guest";

	if ($xl && !$ours) {
		my $refused = grep { $_->{ours} eq 'refused' } @{$tests[$i]{rows}};
		$count{'refused by earlydom alone'}++;
		ok($refused || explained(@{$one->{ours}{says}}), "$name: refused for a reason")
			or diag(show($one));
	} elsif (!$xl && $ours) {
		fail("$name: xl refuses it");
		diag(show($one));
	} elsif (!$xl) {
		$count{'refused by both'}++;
		pass("$name: refused by both");
	} else {
		$count{'taken by both'}++;
		is_deeply([differences($plain)], [], "$name: both mean the same") or diag(show($one));
		is(record($one), record($plain), "$name: notes change nothing");
	}
}
note("$count{$_} $_") for sort keys %count;
done_testing();
