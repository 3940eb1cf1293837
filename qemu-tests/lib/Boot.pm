# Real boots for the tests: Xen, dom0 and guests in QEMU, from descriptors to what was printed.
package Boot;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname basename);
use File::Path qw(make_path remove_tree);
use IO::Handle;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(boot run_machine command read_file write_file tool work_dir facts root flaky_boot boot_disk);

# The machine's time-outs, over those of a test: they end only what hangs.
our $patience = 3;

# The repository, and a directory for all that this test makes. Paths have no place in messages
# that tests compare.
my $root = abs_path(dirname(__FILE__) . '/../..');
my $test = basename($0, '.t');
my $work = "$root/build/qemu-tests/$test";

sub root { return $root }

# work_dir(): made empty for this test when it starts
sub work_dir { return $work }

remove_tree($work);
make_path($work);
system("$root/qemu-tests/lib/build-tools") == 0 or BAIL_OUT('the tools of the tests do not build');

# tool(NAME): a file that qemu-tests/lib/build-tools made
sub tool { return "$root/build/qemu-tests/bin/$_[0]" }

# boot_disk(NAME, RAMDISK, WORDS): the file of a disk that a BIOS boots Debian's cloud kernel from, with that tool as its
# initramfs and those words behind what each hvm guest of the tests is told. QEMU itself takes two minutes to read a
# kernel on an emulated machine; vmx.t has one.
sub boot_disk {
	my ($name, $ramdisk, $words) = @_;
	my $file = "$work/$name.disk";
	system("$root/qemu-tests/lib/mkbootdisk", '-o', $file, '-k', "$root/build/machine/vmlinuz-cloud", '-r', tool($ramdisk), '-a',
		"console=ttyS0 quiet cryptomgr.notests rodata=off mitigations=off tsc_early_khz=2600000 $words") == 0
		or BAIL_OUT("$name: no disk to boot from");
	return $file;
}

sub write_file {
	my ($file, @text) = @_;
	make_path(dirname($file));
	open(my $to, '>:raw', $file) or die "$file: $!";
	print $to @text;
	close($to) or die "$file: $!";
	return $file;
}

sub read_file {
	my ($file) = @_;
	open(my $from, '<:raw', $file) or die "$file: $!";
	local $/;
	return scalar <$from>;
}

# command(WORDS): runs it; returns (exit status, stdout, stderr)
sub command {
	my (@words) = @_;
	my $pid = fork() // die "fork: $!";
	if (!$pid) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>', "$work/.out.$$.tmp") or die;
		open(STDERR, '>', "$work/.err.$$.tmp") or die;
		exec(@words) or die "$words[0]: $!";
	}
	waitpid($pid, 0);
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	my @said = map { my $t = read_file("$work/.$_.$pid.tmp"); unlink("$work/.$_.$pid.tmp"); $t } qw(out err);
	return ($status, @said);
}


# boot(NAME, OPTIONS): makes an image and boots it. OPTIONS:
#
#	guests   {NAME => TEXT}: the descriptors
#	files    [SRC:DEST, ...] put into the image, beside xenfacts and tiny (as /boot/tiny)
#	before   a shell script for dom0, run before `earlydom boot`
#	stage2   one for afterwards; lib/stage2.sh is in front of both
#	store    true: with xenstored and xenconsoled in the image, and the store's client
#	disks    [FILE or MIB, ...]: the machine's disks, copies of files or empty; dom0 finds them as
#	         /dev/vda, /dev/vdb ..., the test in DIR/vda ...
#	dom0     dom0's kernel arguments; xen: Xen's
#	time     what it takes at most on an idle machine, in seconds (120); a busy one gets $patience
#	         times as much
#	memory   of the machine in MiB
#	image    [more options of mkinitramfs]; machine: [more options of run-qemu]
#	efi      a function of the image and DIR, which makes of the image what UEFI firmware starts, and returns
#	         run-qemu's options for that; dom0's and Xen's arguments are its own then
#	input    what is typed on the machine's console, as [REGEX, TEXT] pairs: TEXT when a line or
#	         prompt that matches has come
#	abort    a REGEX: the machine is stopped when a line that matches has come
#
# Returns an object with the fields status (of run-qemu), lines (the console's), dir.
sub boot {
	my ($name, %o) = @_;
	my $dir = "$work/$name";
	remove_tree($dir);
	make_path("$dir/config");
	write_file("$dir/config/$_.cfg", $o{guests}{$_}) for keys %{$o{guests}};
	my $common = read_file("$root/qemu-tests/lib/stage2.sh");
	write_file("$dir/stage2", $common, $o{stage2} // '');
	my @files = ('-a', tool('xenfacts') . ':/sbin/xenfacts');
	push @files, '-a', tool('tiny') . ':/boot/tiny';
	push @files, $o{store} ? ('-a', tool('xenstore') . ':/bin/xenstore') : '-S';
	push @files, '-a', $_ for @{$o{files} // []};
	push @files, _before($dir, $common, $o{before}) if defined $o{before};
	my ($dom0, @hardware) = _disks($dir, @{$o{disks} // []});
	push @files, '-M', 'virtio_pci', '-M', 'virtio_blk' if @hardware;
	my ($status, $out, $err) =
		command("$root/scripts/mkinitramfs", '-o', "$dir/image", '-c', "$dir/config",
			'-s', "$dir/stage2", @files, @{$o{image} // []});
	if ($status != 0) {
		diag($err);
		BAIL_OUT("$name: the image cannot be made");
	}
	my @machine = ("$root/scripts/run-qemu", '-t', $patience * ($o{time} // 120));
	push @machine, $o{efi} ? $o{efi}->("$dir/image", $dir)
		: ('-i', "$dir/image", '-a', join(' ', $dom0, $o{dom0} // ()));
	push @machine, @hardware;
	push @machine, '-X', $o{xen} if defined $o{xen};
	push @machine, '-m', $o{memory} if defined $o{memory};
	push @machine, @{$o{machine} // []};
	my $self = run_machine($name, \%o, @machine);
	unlink("$dir/image");
	return $self;
}

# run_machine(NAME, OPTIONS, WORDS): runs the words, which are run-qemu's, in the directory of that name; OPTIONS and
# what is returned are boot()'s
sub run_machine {
	my ($name, $o, @machine) = @_;
	my $dir = "$work/$name";
	make_path($dir);
	my $began = time;
	my $self = bless {dir => $dir, name => $name}, 'Boot';
	$self->{status} = _run($dir, $o, @machine);
	my $text = read_file("$dir/console.log");
	$text =~ s/\r//g;
	$self->{lines} = [split /\n/, $text];
	note(sprintf('%s: %.0f s, console in %s', $name, time - $began, "$dir/console.log"));
	return $self;
}

# _before(DIR, TEXTS): mkinitramfs's options for a script in the place of earlydom, which makes room
# for it once it has run, in front of `earlydom boot`
sub _before {
	my ($dir, @texts) = @_;
	my $real = $ENV{EARLYDOM} // "$root/build/earlydom";
	my $script = write_file("$dir/before", "#!/bin/sh\n[ \"\$1\" = boot ] || exec /sbin/earlydom.real \"\$@\"\n",
		"mv /sbin/earlydom.real /sbin/earlydom\n", @texts,
		qq(\nexec /sbin/earlydom "\$@"\n));
	chmod 0755, $script;
	$ENV{EARLYDOM_HOST} //= $real;
	return ('-e', $script, '-a', "$real:/sbin/earlydom.real");
}

# _disks(DIR, FILES): makes the machine's disks; returns dom0's kernel arguments for a machine with
# these disks, and run-qemu's options
sub _disks {
	my ($dir, @from) = @_;
	return '' if !@from;
	my ($letter, @words) = ('a');
	for my $from (@from) {
		my $file = "$dir/vd$letter";
		my @how = $from =~ /^\d+$/ ? ('truncate', '-s', "${from}M", $file)
			: ('cp', '--sparse=always', $from, $file);
		system(@how) == 0 or die "$file cannot be made";
		# QEMU takes a comma in a value when it is written twice; run-qemu splits at blanks.
		die "$file: blanks in a path" if $file =~ /\s/;
		push @words, '-drive', "if=none,format=raw,cache=unsafe,id=vd$letter,file=" . $file =~ s/,/,,/gr,
			'-device', "virtio-blk-pci,drive=vd$letter";
		$letter++;
	}
	# A bounce buffer for what the disks transfer; configs/qemu.conf has one of a quarter of that.
	return ('swiotlb=8192', '-Q', join(' ', @words));
}

# Runs the machine and keeps its console; types what is to be typed; ends it early when `abort`
# matches.
sub _run {
	my ($dir, $o, @machine) = @_;
	my @pairs = @{$o->{input} // []};
	open(my $null, '<', '/dev/null') or die;
	open(my $log, '>:raw', "$dir/console.log") or die;
	open(my $err, '>:raw', "$dir/run-qemu.log") or die;
	push @machine, '-I' if @pairs;
	pipe(my $in, my $to) or die;
	pipe(my $from, my $out) or die;
	my $pid = fork() // die "fork: $!";
	if (!$pid) {
		open(STDIN, '<&', @pairs ? $in : $null) or die;
		open(STDOUT, '>&', $out) or die;
		open(STDERR, '>&', $err) or die;
		close($_) for $to, $from;
		exec(@machine) or die "$machine[0]: $!";
	}
	close($_) for $in, $out;
	$to->autoflush(1);
	my $text = '';
	while (sysread($from, my $chunk, 4096)) {
		syswrite($log, $chunk);
		$text .= $chunk;
		if (@pairs && $text =~ $pairs[0][0]) {
			$text = '';
			syswrite($to, (shift @pairs)->[1]);
		}
		last if defined $o->{abort} && $text =~ $o->{abort};
		# A line is matched as a whole, what is behind it not again.
		$text =~ s/.*\n//s if !@pairs;
	}
	# run-qemu notices that nobody reads any more, and ends the machine.
	close($from);
	waitpid($pid, 0);
	return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

my $tries = 4;

# flaky_boot(NAME, OPTIONS): boot() for guests in HVM containers. QEMU's emulation of them now and
# then mixes up the states of guest and host, which ends the guest in a triple fault that the
# hypervisor reports. The one cause that is known is mended (scripts/mend-qemu.c); a fault all the same, and
# nothing else, is worth another try; it is said and counted. The option `with` is what boots instead of
# boot().
sub flaky_boot {
	my ($name, %o) = @_;
	my $flake = qr/^\(XEN\) .*Triple fault - invoking HVM shutdown action.*\n/m;
	my $abort = defined $o{abort} ? qr/$flake|$o{abort}/ : $flake;
	my $boot;
	for my $try (1 .. $tries) {
		$boot = ($o{with} // \&boot)->($name, %o, abort => $abort);
		my ($fault) = grep { "$_\n" =~ $flake } @{$boot->{lines}};
		return $boot if !$fault;
		diag("$name: try $try met QEMU's flake: $fault");
		rename("$boot->{dir}/console.log", "$work/$name-try$try.log") if $try < $tries;
	}
	return $boot;
}

# $boot->said(LABEL): what the second stage has said with this label, as one text
sub said {
	my ($self, $label) = @_;
	return join('', map { /^\@\Q$label\E: ?(.*)/ ? "$1\n" : () } @{$self->{lines}});
}

# $boot->status_of(LABEL): the exit status that run LABEL ... had, or undef
sub status_of {
	my ($self, $label) = @_;
	my ($status) = $self->said("$label.status") =~ /^(\d+)$/;
	return $status;
}

# $boot->labels(REGEX): the labels that match, as they came
sub labels {
	my ($self, $regex) = @_;
	my %seen;
	return grep { $_ =~ $regex && !$seen{$_}++ } map { /^\@([^:]+):/ ? $1 : () } @{$self->{lines}};
}

# $boot->earlydom(): earlydom's own lines on the console, without `earlydom: `
sub earlydom {
	my ($self) = @_;
	return map { /^earlydom: (.*)/ ? $1 : () } @{$self->{lines}};
}

# $boot->earlydom_on(NAME): those about one guest, without its name
sub earlydom_on {
	my ($self, $name) = @_;
	return map { /^\Q$name\E: (.*)/ ? $1 : () } $self->earlydom;
}

# $boot->ended_well(): tests that the machine ran to the end of its second stage
sub ended_well {
	my ($self) = @_;
	my $late = $self->said('late');
	is($self->{status}, 0, "$self->{name}: the machine powered itself off");
	is($late, '', "$self->{name}: everything came in time");
	my @last = @{$self->{lines}};
	splice(@last, 0, -20) if @last > 20;
	diag(read_file("$self->{dir}/run-qemu.log"), map { "  $_\n" } @last)
		if $self->{status} != 0 || $late ne '';
	return;
}

# facts(TEXT): what xenfacts printed: (the host's, {domid => a domain's}), each {KEY => VALUE}
sub facts {
	my ($text) = @_;
	my ($host, %domains) = ({});
	for my $line (split /\n/, $text) {
		my %fact = $line =~ /(\S+?)=(\S+)/g;
		if ($line =~ /^host /) {
			$host = \%fact;
		} elsif (defined $fact{domain}) {
			$domains{$fact{domain}} = \%fact;
		}
	}
	return ($host, \%domains);
}

1;
