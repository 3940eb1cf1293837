package Twins;
# A guest of xl's beside earlydom's of the same descriptor: what is in the store for it, and its QEMU's arguments.

use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(twin_differences unused_exceptions);

# Where the twins may differ, and why: types of guests, a pattern for the line that says the difference.
my @may_differ = (
	# The table's machine, and what is done at a moment of its own.
	['all', qr{^/vm/UUID/start_time: }, 'the time'],
	['all', qr{^/local/domain/0/device-model(/1)?: xl has "", earlydom nothing$}, 'made when QEMU is started'],
	['hvm', qr{^/local/domain/1/platform/generation-id: xl has "\d+:\d+", earlydom "\d+:\d+"$}, 'random'],
	['pv,hvm', qr{^/local/domain/1/console/vnc-pass: xl has "secret", earlydom nothing$},
		'written when the display has been asked for; the password stands in /vm anyway'],
	['all', qr{^/local/domain/0/backend/vbd/1/\d+/(physical-device(-path)?|hotplug-status): xl has nothing,},
		"xl's script writes it, and is not run here"],
	['all', qr{/params: xl has "vg/a", earlydom "/dev/vg/a"$}, "xl's block script completes the path"],
	['hvm', qr{^qemu: (xl|earlydom) has -drive file=(/dev/)?vg/a,}, 'and QEMU would not find it for xl'],
	['hvm', qr{^qemu: (xl has -netdev .*ifname=vif1\.0-emu|earlydom has -netdev .*ifname=web0-emu),},
		"xl's script renames the interface"],

	# What earlydom does otherwise.
	['hvm', qr{^qemu: (xl has -vnc 127\.0\.0\.1:0,to=99|earlydom has -vnc none)$}, 'no display unless it is wanted'],
	['hvm', qr{^qemu: xl has -runas qemu$|^/local/domain/1/image(/device-model-kill-uid)?: xl has "(90\d)?", earlydom nothing$},
		'each QEMU gives up its powers and has a user of its own: qemu_start.h'],
	['hvm', qr{^/\S*/vkbd(/\S+)?: xl has ".*", earlydom nothing$}, 'a QEMU that is restricted can serve no keyboard'],
	['hvm', qr{^qemu: the order}, 'they are the last in any case: qemu_args.h', qr{^device_model_args}],
	['pv,pvh', qr{^/libxl/1/dm-version: xl has "qemu_xen_traditional"}, 'there is no device model'],
	['pv,pvh', qr{^/local/domain/1/memory/(target|videoram): xl has "(49152|16384)"},
		'xl takes the memory of a video card that is not there off the target'],
	['pv', qr{^/vm/UUID/image/(cmdline|ramdisk): xl has "", earlydom nothing$}, 'empty is none'],
	['pv', qr{^/vm/UUID/image/kernel: .*/pvgrub(32|64)\.bin", earlydom "/usr/lib/grub-xen/}, 'where Debian has GRUB'],
	['hvm', qr{^/local/domain/1/bios-strings(/\S+)?: xl has nothing,}, 'xl has it since 4.18', qr{^smbios=}],
	['all', qr{^/\S+/(backend/console/1|console)(/\d(/[\w-]+)?)?: |^qemu: .*libxl-channel\d},
		"xl gives its first channel number 0, and libxl leaves that out", qr{^channel=}],
	['hvm', qr{^qemu: earlydom has -device \S*\bid=xenusb-}, 'libxl adds them over QMP: qemu_usb.h',
		qr{^usb(ctrl|dev)=}],
	['hvm', qr{^/libxl/1/device/vusb(/\S+)?: xl has nothing,}, 'the judge has no USB devices', qr{^usbdev=}],
	['pv,pvh', qr{^qemu: earlydom has }, 'xl starts no QEMU for a keyboard alone, which nobody serves then',
		qr{^vkb=}],
	['pv', qr{/vfb/(1/)?0/sdl: xl has "1", earlydom "0"$|^qemu: xl has -display sdl$},
		'there is no display in dom0, and the note says so', qr{^vfb=\["sdl=1"}],
);
my %used;

# expected GUEST, TEXT, LINE: whether a difference of a row with that text is one of those above.
sub expected {
	my ($guest, $text, $line) = @_;

	for my $n (0 .. $#may_differ) {
		my ($guests, $pattern, undef, $rows) = @{$may_differ[$n]};

		next unless $guests eq 'all' || index(",$guests,", ",$guest,") >= 0;
		next if $line !~ $pattern || ($rows && $text !~ $rows);
		$used{$n} = 1;
		return 1;
	}
	return 0;
}

# Reasons for differences that there were none of.
sub unused_exceptions { map { "$may_differ[$_][2] ($may_differ[$_][1])" } grep { !$used{$_} } 0 .. $#may_differ }

# plain TEXT, DESCRIPTOR: without what is random, and without the descriptor's directory, which earlydom puts in
# front of a file's name, where xl takes it as it is.
sub plain {
	my ($text, $descriptor) = @_;

	$text =~ s/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/UUID/;
	$text =~ s/\b((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\b/index(lc $descriptor, $1) < 0 ? 'MAC' : $1/e;
	$text =~ s{^(-\w+ |)(/tmp/\w+/|\./)}{$1};
	return $text;
}

# nodes_of ONE, DESCRIPTOR: a hash of the nodes in the store. Directories are there with what is in them.
sub nodes_of {
	my ($one, $descriptor) = @_;
	my %nodes = map { plain($_, $descriptor) => plain($one->{nodes}{$_}, $descriptor) } keys %{$one->{nodes}};

	for my $path (keys %nodes) {
		while ($path =~ s{/[^/]+$}{} && $path) {
			$nodes{$path} //= '';
		}
	}
	return \%nodes;
}

# options_of ONE, DESCRIPTOR: QEMU's options, each with its value, in their order, without the program's name.
sub options_of {
	my ($one, $descriptor) = @_;
	my (undef, @args) = @{$one->{qemu}{qemu} // []};
	my @options;

	for my $arg (@args) {
		if ($arg =~ /^-/ || !@options || $options[-1] =~ / /) {
			push @options, $arg;
		} else {
			$options[-1] .= " $arg";
		}
	}
	return map { plain($_, $descriptor) } @options;
}

# twin_differences ONE: lines that say where earlydom's guest is not xl's, of a descriptor that both take (Judges.pm).
# Those are not compared of which libxl has made no guest, because it ran no boot loader, and those whose row says that
# they have another effect.
sub twin_differences {
	my ($one) = @_;
	my ($guest, $text) = ($one->{ours}{earlydom}{c_info}{type}, $one->{row}{text});
	my @lines;

	return () if !$one->{xl}{nodes} || $one->{row}{ours} =~ /\*$/;
	my ($xl, $ours) = map { nodes_of($one->{$_}, $text) } qw(xl ours);
	for my $path (sort keys %{{%$xl, %$ours}}) {
		my ($theirs, $own) = map { defined $_->{$path} ? "\"$_->{$path}\"" : 'nothing' } $xl, $ours;

		push @lines, "$path: xl has $theirs, earlydom $own" if $theirs ne $own;
	}
	my @theirs = options_of($one->{xl}, $text);
	my @own = options_of($one->{ours}, $text);
	my %count;
	$count{$_}++ for @theirs;
	$count{$_}-- for @own;
	push @lines, map { "qemu: " . ($count{$_} > 0 ? 'xl' : 'earlydom') . " has $_" } grep { $count{$_} } sort keys %count;
	# In their order what both have.
	my @both = map { join "\n", grep { !$count{$_} } @$_ } \@theirs, \@own;
	push @lines, "qemu: the order is another one" if $both[0] ne $both[1];
	return grep { !expected($guest, $text, $_) } @lines;
}

1;
