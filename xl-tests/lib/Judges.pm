package Judges;
# The two judges of a descriptor, xl (scripts/xl-judge) and earlydom (build/xl-tests/describe), the table of
# keys, and the comparison of what both made of the same text.

use strict;
use warnings;
use feature 'state';
use Exporter 'import';
use File::Temp 'tempdir';
use JSON::PP;

our @EXPORT_OK = qw(read_table table_rows compose judge judge_files judge_rows note_of split_statements key_of differences show);

my $build = $ENV{BUILD} // 'build';

# ---- descriptors ----

# A guest of each type that both take, one statement a line. Without vcpus xl 4.17 ignores cpus.
my %base = (
	pv => ['name = "web"', 'type = "pv"', 'kernel = "/boot/vmlinuz"', 'memory = 64',
		'vcpus = 1'],
	pvh => ['name = "web"', 'type = "pvh"', 'kernel = "/boot/vmlinuz"', 'memory = 64',
		'vcpus = 1'],
	hvm => ['name = "web"', 'type = "hvm"', 'memory = 64', 'vcpus = 1'],
);

sub key_of { $_[0] =~ /^\s*([a-z0-9_]+)/ ? $1 : '' }

# split_statements TEXT: the statements that it has, which are separated by semicolons.
sub split_statements { split /;\s*(?=[a-z0-9_]+\s*=)/, $_[0] }

# base_of GUEST, STATEMENT...: what such a guest needs and the statements do not have.
sub base_of {
	my ($guest, @statements) = @_;
	my %given = map { key_of($_) => 1 } @statements;

	# They are two words for one thing, and so are these.
	$given{type} ||= $given{builder};
	$given{kernel} ||= $given{bootloader} || ($given{firmware} && $guest ne 'hvm');
	return grep { !$given{key_of($_)} } @{$base{$guest}};
}

# compose GUEST, STATEMENT...: a whole descriptor.
sub compose {
	my ($guest, @statements) = @_;
	return join '', map { "$_\n" } base_of($guest, @statements), @statements;
}

# ---- the table ----

# table_rows LINE...: its rows, {key, guests => [...], xl, ours, text, says, line}, where line counts from 1.
sub table_rows {
	my ($key, @rows);

	for my $n (1 .. @_) {
		my $line = $_[$n - 1];

		next if $line =~ /^\s*(#.*)?$/;
		if ($line =~ /^== (\S+)$/) {
			$key = $1;
			next;
		}
		$line =~ /^(\S+) +(takes|refuses) +((?:taken|note)\*?|refused) +(.+?)(?: +\| (.+))?$/ &&
			defined $key or die "line $n of the table is no row: $line\n";
		my %row = (key => $key, xl => $2, ours => $3, text => $4, says => $5, line => $n);
		$row{guests} = [$1 eq 'all' ? qw(pv pvh hvm) : split /,/, $1];
		$base{$_} or die "line $n of the table: '$_' is none of pv, pvh, hvm\n" for @{$row{guests}};
		push @rows, \%row;
	}
	return @rows;
}

sub read_table {
	my ($file) = @_;

	open my $f, '<', $file or die "$file: $!\n";
	chomp(my @lines = <$f>);
	return table_rows(@lines);
}

# ---- the judges ----

my $json = JSON::PP->new->allow_nonref->utf8;

# run_judge COMMAND...: what it prints, as a list of {file, verdict, says => [...], WHOSE => {...}}.
sub run_judge {
	my @all;

	open my $out, '-|', @_ or die "$_[0]: $!\n";
	local $/ = "\n== ";
	while (my $part = <$out>) {
		chomp $part;
		$part =~ s/^== //;
		my ($file, $verdict, $rest) = split /\n/, $part, 3;
		my %one = (file => $file, verdict => $verdict, says => []);

		$rest //= '';
		push @{$one{says}}, $1 while $rest =~ s/^: (.*)(?:\n|\z)//;
		$one{$1} = $json->decode($2) while $rest =~ s/\A\n*([a-z]+)\n(\{\n.*?\n\})\n*//s;
		$rest =~ /\S/ and die "$_[0]: $file: not understood: $rest\n";
		push @all, \%one;
	}
	close $out or die "$_[0] failed\n";
	return @all;
}

# judge_files FILE...: both judges' opinions of each: {text, xl => {...}, ours => {...}}, without the file's name.
sub judge_files {
	my @files = @_;
	my @both;

	while (my @some = splice @files, 0, 500) {
		my @xl = run_judge('scripts/xl-judge', '-b', $build, @some);
		my @ours = run_judge("$build/xl-tests/describe", @some);

		@xl == @some && @ours == @some or die "a judge has not judged all\n";
		for my $i (0 .. $#some) {
			s{\Q$some[$i]\E:?}{}g for @{$xl[$i]{says}}, @{$ours[$i]{says}};
			open my $f, '<', $some[$i] or die "$some[$i]: $!\n";
			local $/;
			push @both, {text => scalar <$f>, xl => $xl[$i], ours => $ours[$i]};
		}
	}
	return @both;
}

# judge TEXT...: the same for texts, which are in the same directory each time: earlydom has its name in paths.
sub judge {
	state $dir = tempdir(CLEANUP => 1);
	my @files;

	for my $text (@_) {
		push @files, sprintf '%s/%05d.cfg', $dir, scalar @files;
		open my $f, '>', $files[-1] or die "$files[-1]: $!\n";
		print $f $text;
		close $f or die "$files[-1]: $!\n";
	}
	return judge_files(@files);
}

# judge_rows ROW...: for each guest of each row what the judges say of it: {row, guest, text, xl, ours, without,
# changes}. without: the same for a descriptor without the row's key; changes: where libxl's guest is another one
# then, as lines.
sub judge_rows {
	my (@texts, @without, @all);

	for my $row (@_) {
		my @statements = split_statements($row->{text});
		my @others = grep { key_of($_) ne $row->{key} } @statements;

		for my $guest (@{$row->{guests}}) {
			push @all, {row => $row, guest => $guest};
			push @texts, compose($guest, @statements);
			push @without, compose($guest, @others);
		}
	}
	my @with = judge(@texts);
	my %judged = map { $_->{text} => $_ } judge(keys %{{map { $_ => 1 } @without}});
	for my $i (0 .. $#all) {
		%{$all[$i]} = (%{$all[$i]}, %{$with[$i]});
		$all[$i]{without} = $judged{$without[$i]};
		$all[$i]{changes} = [changes($all[$i]{guest}, $with[$i], $judged{$without[$i]})];
	}
	return @all;
}

# ---- meaning ----

# flat NAME, VALUE: a hash of every leaf by its place.
sub flat {
	my ($at, $v) = @_;

	return map { flat("$at.$_", $v->{$_}) } sort keys %$v if ref $v eq 'HASH';
	return ($at => '[' . join(',', @$v) . ']')
		if ref $v eq 'ARRAY' && !grep { ref } @$v;
	return map { flat("$at\[$_]", $v->[$_]) } 0 .. $#$v if ref $v eq 'ARRAY';
	return ($at => defined $v ? "$v" : 'null');
}

sub leaves {
	my %leaves = flat('', $_[0]);
	return \%leaves;
}

# Where both may differ, and why.
my @may_differ = (
	[qr/^\.c_info\.uuid$/, 'random where none is given'],
	[qr/^\.nics\[\d+\]\.mac$/, 'random where none is given'],
	[qr/^\.b_info\.type\.hvm\.vnc\.enable$/, 'off by default'],
	[qr/^\.b_info\.type\.hvm\.vkb_device$/, 'only QEMU serves one'],
	[qr/^\.b_info\.type\.hvm\.ms_vm_genid$/, 'random'],
);

# What libxl keeps of a guest of such a type, and does nothing with.
my @idle = (
	['pv', qr/^\.c_info\.(hap|oos)$/, 'a pv guest has page tables of its own'],
	['pv', qr/^\.b_info\.(apic|altp2m|nested_hvm|shadow_memkb)$/, 'it is for hvm containers'],
	['pv,pvh', qr/^\.b_info\.acpi$/, 'a pvh guest has tables anyway'],
	['pv,pvh', qr/^\.b_info\.video_memkb$/, 'no video card'],
	['pv,pvh', qr/^\.b_info\.device_model/, 'no device model'],
	['pv,pvh', qr/^\.b_info\.extra(_hvm)?$/, 'no device model'],
	['pv,pvh', qr/^\.nics\[\d+\]\.model$/, 'no emulated card'],
	['pvh', qr/^\.b_info\.type\.pvh\.pvshim_/, 'for pvshim = 1'],
	['hvm', qr/^\.b_info\.bootloader/, 'a BIOS boots it'],
	['hvm', qr/^\.v[fk]bs\[/, 'QEMU has a video card and a keyboard'],
	['hvm', qr/^\.b_info\.extra_pv$/, 'for a pv guest'],
	['hvm', qr/^\.b_info\.type\.hvm\.spice\.(?!enable)/, 'for spice = 1'],
	['hvm', qr/^\.b_info\.type\.hvm\.sdl\.(?!enable)/, 'for sdl = 1'],
	['hvm', qr/^\.b_info\.(stubdomain_|device_model_ssid_label|device_model_user)/, 'for a stub domain'],
	['pv,pvh,hvm', qr/^\.b_info\.sched_params\.(period|slice|latency|extratime)$/, 'for another scheduler'],
	['pv,pvh,hvm', qr/^\.c_info\.pool_name$/, 'a name for the pool that has a number, too'],
);

sub idle {
	my ($guest, $at) = @_;
	return grep { $at =~ $_->[1] && index(",$_->[0],", ",$guest,") >= 0 } @idle;
}

sub may_differ { grep { $_[0] =~ $_->[0] } @may_differ }

# Two words for one thing: place, xl's, earlydom's, and why.
my @same = (
	[qr/^\.disks\[\d+\]\.pdev_path$/, qr/^(?!\/)/, qr/^\/dev\//, "xl's block script completes the path"],
	[qr/^\.channels\[\d+\]\.devid$/, qr/^\d+$/, qr/^\d+$/,
		"xl's first has number 0, the guest's own console: libxl leaves that channel out"],
	[qr/^\.b_info\.kernel$/, qr/\/pvgrub(32|64)\.bin$/, qr/^\/usr\/lib\/grub-xen\//, 'where Debian has GRUB'],
);

# Names of files that are no absolute paths: xl looks in its working directory, which is the descriptor's for
# earlydom; libxl has hvmloader in a directory of Xen's.
my $file = qr/^\.b_info\.(kernel|ramdisk|device_model|type\.hvm\.firmware)$/;

# same AT, XL, OURS: whether both values are one.
sub same {
	my ($at, $xl, $ours) = @_;

	return 0 unless defined $ours;
	return 1 if $xl eq $ours || grep { $at =~ $_->[0] && $xl =~ $_->[1] && $ours =~ $_->[2] } @same;
	return $at =~ $file && $xl =~ m{^(?:\./)*([^/].*)$} && $ours =~ m{^/.*/\Q$1\E$};
}

# differences ONE, WITHOUT: lines that say where earlydom's record is not what xl has read. A value that xl has
# not read, but libxl has filled in, is as good. With a second descriptor, WITHOUT a key that was found to change
# nothing, earlydom need not record that key.
sub differences {
	my ($one, $without) = @_;
	my ($xl, $libxl, $ours) = map { leaves($_) } $one->{xl}{xl}, $one->{xl}{libxl}, $one->{ours}{earlydom};
	my $bare = $without ? leaves($without->{xl}{xl}) : $xl;
	my @lines;

	for my $at (sort keys %$xl) {
		# What the descriptor has is not random: a uuid, a mac.
		next if may_differ($at) && index(lc $one->{text}, lc $xl->{$at}) < 0;
		next if ($bare->{$at} // "\0") ne $xl->{$at};
		push @lines, "$at: xl has $xl->{$at}, earlydom " . ($ours->{$at} // 'nothing')
			unless same($at, $xl->{$at}, $ours->{$at});
	}
	for my $at (sort keys %$ours) {
		next if may_differ($at) || exists $xl->{$at};
		# xl loses the device where there is no type=.
		next if $at =~ /^\.usbdevs\[\d+\]\.type\.hostdev\./;
		# xl passes over an rdm string with a policy.
		next if $at =~ /^\.b_info\.type\.hvm\.rdm\.|^\.pcidevs\[\d+\]\.rdm_policy$/ &&
			$one->{text} =~ /^\s*rdm\s*=.*policy=/m;
		push @lines, "$at: earlydom has $ours->{$at}, libxl " . ($libxl->{$at} // 'nothing')
			unless defined $libxl->{$at} && $ours->{$at} eq $libxl->{$at};
	}
	return @lines;
}

# changes GUEST, ONE, WITHOUT: where libxl's guest changes by what the descriptor ONE has and WITHOUT has not.
sub changes {
	my $guest = shift;
	my ($one, $without) = map { leaves($_->{xl}{libxl} // {}) } @_;
	my %all = (%$one, %$without);

	return map { "$_: " . ($without->{$_} // 'nothing') . ' becomes ' . ($one->{$_} // 'nothing') }
		grep { !may_differ($_) && !idle($guest, $_) && ($one->{$_} // "\0") ne ($without->{$_} // "\0") } sort keys %all;
}

# note_of ONE: the table's word for earlydom's verdict, and the message for it.
sub note_of {
	my ($one) = @_;
	my @notes = map { s/^.*?\bnote: //r } grep { /\bnote: / } @{$one->{ours}{says}};
	my @errors = map { s/^(\d+:\d+|): //r } grep { !/\bnote: / } @{$one->{ours}{says}};

	return ('refused', $errors[0] // 'no message') if $one->{ours}{verdict} ne 'taken';
	return ('taken*', undef) if $one->{xl}{verdict} ne 'taken';
	return ('taken', undef) unless @notes;
	my ($about) = grep { /^\Q$one->{row}{key}\E\b/ } @notes;
	my $changes = differences($one) && (@{$one->{changes}} || differences($one, $one->{without}));
	return ($changes ? 'note*' : 'note', $about // $notes[0]);
}

# show ONE: what both said of a descriptor, for a test's message.
sub show {
	my ($one) = @_;

	return join '', map { "    $_\n" } split(/\n/, $one->{text}),
		"xl: $one->{xl}{verdict}", (map { "  $_" } @{$one->{xl}{says}}),
		"earlydom: $one->{ours}{verdict}", (map { "  $_" } @{$one->{ours}{says}});
}

1;
