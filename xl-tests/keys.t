#!/usr/bin/perl
# The table of keys has every key that xl's parser reads and that xl.cfg(5) names: those of the source of Xen at hand
# (XEN_SRC for another release than the libraries'), and those that came later. That earlydom and its manual page know
# every key of the table is tested in builder/describe/test/man_keys_test.c.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp 'tempdir';
use Test::More;
use Judges qw(read_table);

my $build = $ENV{BUILD} // 'build';
# What the parser of 4.22 reads and that of 4.17 does not.
my @newer = qw(altp2m_count arm_sci bootloader_restrict bootloader_user hvm_pirq llc_colors nr_spis smbios sve
	trap_unmapped_accesses virtio xen_platform_pci_bar_uc xenstore_feature_mask xenstore_quota);

sub slurp {
	my ($file) = @_;

	open my $f, '<', $file or BAIL_OUT("$file: $!");
	local $/;
	return <$f>;
}

# source: the directory of xl's source and its manual page.
sub source {
	return $ENV{XEN_SRC} if $ENV{XEN_SRC};
	my ($tarball) = glob "$build/src/xen/*.orig.tar.*";
	my $dir = tempdir(CLEANUP => 1);

	$tarball or BAIL_OUT("no source of Xen in $build/src (scripts/fetch gets it)");
	system 'tar', '-xf', $tarball, '-C', $dir, '--strip-components=1', '--wildcards', '*/tools/xl/xl_parse.c',
		'*/docs/man/xl.cfg.5.pod.in';
	return $dir;
}

my $source = source();
my $parser = slurp("$source/tools/xl/xl_parse.c");
my $page = slurp("$source/docs/man/xl.cfg.5.pod.in");

my %read = map { $_ => 1 } $parser =~ /\bxlu_cfg_(?:get|replace)_\w+\s*\(\s*config\s*,\s*"(\w+)"/g;
# Some are built of a beginning and an end.
$read{"device_model_args$_"} = 1 for '', '_hvm', '_pv';

# A key's item has a value behind it; items of a list within one are the parameters of that value.
my (%documented, $depth);
$depth = 0;
for my $line (split /\n/, $page) {
	$depth++ if $line =~ /^=over/;
	$depth-- if $line =~ /^=back/;
	$documented{$1} = 1 if $depth == 1 && $line =~ /^=item B<(\w+)=/;
}

my %have = map { $_->{key} => 1 } read_table("$FindBin::Bin/keys.table");
cmp_ok(scalar(keys %read), '>', 150, 'keys of the parser');
cmp_ok(scalar(keys %documented), '>', 120, 'keys of the manual page');
is_deeply([grep { !$have{$_} } sort keys %read], [], 'the table has all that xl reads');
is_deeply([grep { !$have{$_} } sort keys %documented], [], 'the table has all that xl.cfg(5) names');
is_deeply([grep { !$have{$_} } @newer], [], 'the table has what came later');
# No key is there that xl has never had; its own keys have no place in the table.
is_deeply([grep { !$read{$_} && !$documented{$_} } grep { my $key = $_; !grep { $_ eq $key } @newer } sort keys %have], [],
	'the table has nothing else');
done_testing();
