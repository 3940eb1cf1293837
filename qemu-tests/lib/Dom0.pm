# Real boots of a whole Debian dom0: Xen, Debian's own initramfs with earlydom in it, then a root with
# systemd and Xen's tools (scripts/mkdom0root), in which a test's script runs.
package Dom0;

use strict;
use warnings;

use Boot;
use Exporter qw(import);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(dom0_boot package_of build_of);

my $root = root;

# build_of(SUITE): where all that is of that release of Debian is, of this machine's where it is undef
sub build_of {
	my ($suite) = @_;
	return "$root/build" . (defined $suite ? "/$suite" : '');
}

# _make_root(SUITE): where it is not there
sub _make_root {
	my ($suite) = @_;
	my @words = defined $suite ? ('-s', $suite) : ();
	_must("the machine of $suite", "$root/scripts/fetch", @words, 'machine') if defined $suite;
	system("$root/scripts/mkdom0root", @words) == 0 or BAIL_OUT('the root of dom0 cannot be made');
	return;
}
_make_root();

# MiB of the tar archive in which the script hands over its results
my $results_mib = 64;

# dom0_boot(NAME, OPTIONS): installs earlydom in a copy of the root, as `make install` does it, makes
# an initramfs there, and boots both. What the boot writes to the root is thrown away. OPTIONS:
#
#	guests   {NAME => TEXT}: descriptors, in /etc/earlydom
#	files    [SRC:DEST, ...] put into the root before the initramfs is made
#	maker    a shell command that makes the initramfs instead of mkinitramfs (dom0-initramfs -m)
#	suite    another release of Debian, by its codename: its hypervisor, kernel and root; with bare
#	bare     true: no earlydom, neither in the root nor in the initramfs
#	prepare  a shell command that is run in the root, with the files there, and leaves an initramfs
#	         in /boot: that one is booted; with bare
#	stage    a shell script, with lib/stage2.sh in front of it. It is run in the root once
#	         xen.service and xendomains.service have started, as /run/stage/run, in
#	         /run/results; when it ends, the machine is powered off.
#	staged   [SRC:DEST, ...] put on the script's disk, which is mounted on /run/stage
#	disks    [[NAME, FILE or MiB], ...]: more disks, /dev/vdd, /dev/vde and so on, and also
#	         /dev/disk/by-id/virtio-NAME: a copy of a FILE, or empty
#	dom0     dom0's kernel arguments; xen: Xen's
#	time, memory  as for Boot's boot(); (400)
#	hardware "more options of QEMU's"
#	machine  [more options of run-qemu]
#	input, abort  as for Boot's boot()
#
# Returns an object as boot() does, with what the script has left in /run/results in the directory
# that its field results names. What the script prints is on the console; $boot->status_of('stage') is
# its exit status.
sub dom0_boot {
	my ($name, %o) = @_;
	my $dir = work_dir . "/$name";
	remove_tree($dir);
	make_path("$dir/results");
	my $began = time;
	_make_root($o{suite}) if defined $o{suite};
	my $image = _install($dir, %o);
	my @disks = (_stage($dir, %o), ['results', _empty("$dir/results.tar", $results_mib)]);
	for my $disk (@{$o{disks} // []}) {
		my ($serial, $what) = @$disk;
		push @disks, [$serial, _fill("$dir/$serial.disk", $what)];
	}
	# The order of the disks is that of their names in dom0.
	my $qemu = join(' ', _disk('root', $image, 'snapshot=on'), (map { _disk(@$_) } @disks),
		$o{hardware} // ());
	# virtio's buffers lie anywhere in dom0's memory and are not contiguous to the machine, so a
	# part of the transfers goes through the bounce buffer: 16 MiB of it.
	my $args = 'root=/dev/vda rootfstype=ext4 ro fsck.mode=skip swiotlb=8192';
	my @machine = ("$root/scripts/run-qemu", '-i', "$dir/image", '-t', $Boot::patience * ($o{time} // 400),
		'-a', join(' ', $args, $o{dom0} // ()),
		# With two processors of dom0's a third of all emulated work is that one waits for the other's
		# page tables, and no test is about that.
		'-X', join(' ', 'dom0_mem=768M,max:768M dom0_max_vcpus=1', $o{xen} // ()),
		'-m', $o{memory} // 2048, '-Q', $qemu, @{$o{machine} // []});
	push @machine, map { ("-$_->[0]", build_of($o{suite}) . "/machine/$_->[1]") } ['x', 'xen'], ['k', 'vmlinuz']
		if defined $o{suite};
	my $prepared = time;

	my $boot = bless {dir => $dir, name => $name, results => "$dir/results"}, 'Boot';
	$boot->{status} = Boot::_run($dir, \%o, @machine);
	my $text = read_file("$dir/console.log");
	$text =~ s/\r//g;
	$boot->{lines} = [split /\n/, $text];
	if ($boot->{status} == 0) {
		my ($status, undef, $err) =
			command('tar', '-C', "$dir/results", '-xf', "$dir/results.tar");
		diag("$name: no results: $err") if $status != 0;
	}
	unlink("$dir/image", "$dir/root.ext4", "$dir/stage.ext4", "$dir/results.tar", glob("$dir/*.disk"));
	note(sprintf('%s: prepared in %.0f s, ran %.0f s, console in %s', $name, $prepared - $began,
		time - $prepared, "$dir/console.log"));
	return $boot;
}

# _must(WHAT, WORDS): runs a command that has to succeed for there to be a test.
sub _must {
	my ($what, @words) = @_;
	my ($status, undef, $err) = command(@words);
	return if $status == 0;
	diag($err);
	BAIL_OUT("$what cannot be made");
}

# package_of(SUITE): earlydom's package for that release of Debian, which it makes where that is not there
sub package_of {
	my ($suite) = @_;
	my ($status, undef, $err) = command("$root/scripts/mkdeb", defined $suite ? ('-s', $suite) : ());
	is($status, 0, 'the package is built, and lintian has nothing to say') or BAIL_OUT("no package: $err");
	my ($package) = glob(build_of($suite) . '/deb/earlydom_*.deb');
	return $package;
}

# _put(TREE, PAIRS): copies files, each SRC:DEST, with their modes
sub _put {
	my ($tree, @pairs) = @_;
	for my $pair (@pairs) {
		my ($src, $dest) = $pair =~ /^(.+):(\/.+)$/ or die "'$pair' is not SRC:/DEST";
		my ($parent) = "$tree$dest" =~ m{^(.*)/};
		make_path($parent);
		copy($src, "$tree$dest") or die "$src: $!";
		chmod((stat($src))[2] & 07777, "$tree$dest") or die "$tree$dest: $!";
	}
	return;
}

# Makes DIR/image, the initramfs, and returns the image of a root to go with it.
sub _install {
	my ($dir, %o) = @_;
	my $tree = "$dir/installed";
	my $build = build_of($o{suite});
	my @more;
	make_path($tree);
	if (!$o{bare}) {
		_must("$dir: what is installed", 'make', '-s', '-C', $root, 'install',
			"DESTDIR=$tree", 'PREFIX=/usr');
		write_file("$tree/etc/earlydom/$_.cfg", $o{guests}{$_}) for keys %{$o{guests}};
		@more = ('-x', 'systemctl -q enable earlydom.service');
	}
	push @more, '-x', $o{prepare}, '-m', 'cp "/boot/initrd.img-$2" "$1"' if $o{prepare};
	_put($tree, @{$o{files} // []});
	my $changed = !$o{bare} || $o{files};
	push @more, '-r', "$dir/root.ext4" if $changed;
	push @more, '-m', $o{maker} if defined $o{maker};
	_must("$dir/image", "$root/qemu-tests/lib/dom0-initramfs", '-b', $build, '-o', "$dir/image", '-d', $tree, @more);
	remove_tree($tree);
	return $changed ? "$dir/root.ext4" : "$build/dom0root/root.ext4";
}

# The disk with the script
sub _stage {
	my ($dir, %o) = @_;
	my $tree = "$dir/stage";
	make_path($tree);
	# What systemd has sent to the terminal last may not have been a line.
	write_file("$tree/run", "echo\n", read_file("$root/qemu-tests/lib/stage2.sh"), $o{stage} // '');
	_put($tree, @{$o{staged} // []});
	_must("$dir/stage.ext4", "$root/qemu-tests/lib/mkext4", $tree, "$dir/stage.ext4");
	remove_tree($tree);
	return ['stage', "$dir/stage.ext4", 'read-only=on'];
}

# Makes a file of so many MiB, all zero, and returns its name.
sub _empty {
	my ($file, $mib) = @_;
	write_file($file);
	truncate($file, $mib << 20) or die "$file: $!";
	return $file;
}

# Makes a disk, a copy of a file or empty with so many MiB, and returns its name.
sub _fill {
	my ($file, $what) = @_;
	return _empty($file, $what) if $what =~ /^\d+$/;
	_must($file, 'cp', '--sparse=always', $what, $file);
	return $file;
}

# QEMU's options for a disk
sub _disk {
	my ($serial, $file, @more) = @_;
	my $drive = join(',', "file=$file", 'format=raw', 'if=none', "id=$serial", 'cache=unsafe', @more);
	return "-drive $drive -device virtio-blk-pci,drive=$serial,serial=$serial";
}

1;
