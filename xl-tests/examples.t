#!/usr/bin/perl
# Xen's own example files, as they are in its sources: earlydom takes them unchanged, as xl does, and they mean the
# same to both.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp 'tempdir';
use Test::More;
use Judges qw(judge_files differences);

my $build = $ENV{BUILD} // 'build';
my $dir = tempdir(CLEANUP => 1);

if ($ENV{XEN_SRC}) {
	system 'cp', glob("$ENV{XEN_SRC}/tools/examples/xlexample.*"), $dir;
} else {
	my ($tarball) = glob "$build/src/xen/*.orig.tar.*";

	$tarball or BAIL_OUT("no source of Xen in $build/src (scripts/fetch gets it)");
	system 'tar', '-xf', $tarball, '-C', $dir, '--strip-components=3', '--wildcards', '*/tools/examples/xlexample.*';
}
my @files = sort glob "$dir/xlexample.*";

is_deeply([map { s{.*/}{}r } @files], [qw(xlexample.hvm xlexample.pvhlinux xlexample.pvlinux)], 'the examples');
for my $one (judge_files(@files)) {
	my $name = shift(@files) =~ s{.*/}{}r;
	my @errors = grep { !/\bnote: / } @{$one->{ours}{says}};

	is($one->{xl}{verdict}, 'taken', "xl takes $name");
	is($one->{ours}{verdict}, 'taken', "earlydom takes $name") or diag(map { "$_\n" } @errors);
	# But for SDL, of which there is none.
	is_deeply([grep { !/\.sdl\./ } differences($one)], [], "$name means the same to both");
}
done_testing();
