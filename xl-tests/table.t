#!/usr/bin/perl
# The table of keys: xl takes and refuses what the table says, and what both take means the same to both, down to the
# guest's nodes in the store and its QEMU's arguments. What earlydom says to each row is tested in
# builder/describe/test/keys_table_test.c.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Judges qw(read_table judge_rows differences note_of show);
use Twins qw(twin_differences unused_exceptions);

my $table = "$FindBin::Bin/keys.table";
my @judged = judge_rows(read_table($table));
my (%errors, %twins);

for my $one (@judged) {
	my $row = $one->{row};
	my $at = "$table:$row->{line}: $row->{text} in a $one->{guest} guest";
	my $xl = $one->{xl}{verdict} eq 'taken' ? 'takes' : 'refuses';
	my ($ours) = note_of($one);

	push @{$errors{$row->{key}}}, "$at: xl $xl it\n" . show($one) if $xl ne $row->{xl};
	push @{$errors{$row->{key}}}, "$at: its verdict is $ours\n" . show($one) .
		join('', map { "  $_\n" } @{$one->{changes}}) if $ours ne $row->{ours};
	if ($one->{xl}{verdict} eq 'taken' && $one->{ours}{verdict} eq 'taken') {
		my @lines = twin_differences($one);

		push @{$twins{$row->{key}}}, "$at: the twins differ\n" . join '', map { "  $_\n" } @lines if @lines;
	}
	next if $ours ne 'taken';
	my @differences = differences($one);
	push @{$errors{$row->{key}}}, "$at: both take it differently\n" . show($one) .
		join('', map { "  $_\n" } @differences) if @differences;
}
for my $key (sort keys %{{map { $_->{row}{key} => 1 } @judged}}) {
	ok(!$errors{$key}, "$key means to earlydom what it means to xl") or diag(@{$errors{$key}});
	ok(!$twins{$key}, "$key makes xl's guest, nodes and QEMU") or diag(@{$twins{$key}});
}
is_deeply([unused_exceptions()], [], 'each exception is one');
done_testing();
