#!/usr/bin/perl
# The package's life on a stock Debian dom0: apt installs it, a package brings a guest's kernel, by which
# dpkg's trigger renews the initramfs, and at the next boot the guest is up before systemd, with Debian's
# own xenstored. An upgrade gives the guest to the new program, a removal ends it, and a purge leaves
# nothing but what the administrator wrote.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use Dom0;
use File::Path qw(make_path remove_tree);
use Test::More;
use Twin;

# SUITE=trixie: the same on another release of Debian, with its package.
my $suite = $ENV{SUITE};
my $first = package_of($suite);

# must(WORDS): a command that has to succeed for there to be a test.
sub must {
	my (@words) = @_;
	my ($rc, $out, $said) = command(@words);
	$rc == 0 or BAIL_OUT("@words: $said");
	return $out;
}

# A second version: the same files but for the program, which is longer; what is behind the end of an
# ELF file is not loaded.
my $parts = work_dir . '/second';
remove_tree($parts);
must('dpkg-deb', '-R', $first, $parts);
my $control = read_file("$parts/DEBIAN/control");
my ($old) = $control =~ /^Version: (\S+)/m;
$control =~ s/^Version: .*/Version: 99/m or BAIL_OUT('the package has no version');
write_file("$parts/DEBIAN/control", $control);
open(my $program, '>>', "$parts/usr/sbin/earlydom") or die $!;
print {$program} 'second';
close($program) or die $!;
must('dpkg-deb', '--root-owner-group', '-Zgzip', '-b', $parts, work_dir . '/second.deb');

# The package of a guest's kernel and ramdisk.
my $guest = work_dir . '/guest';
remove_tree($guest);
make_path("$guest/DEBIAN", "$guest/boot/guests");
write_file("$guest/DEBIAN/control", <<~'END');
	Package: guest-kernel
	Version: 1
	Architecture: all
	Maintainer: nobody <nobody@localhost>
	Description: what a guest boots
	END
must('cp', tool('vmlinux'), tool('front.cpio'), "$guest/boot/guests");
must('dpkg-deb', '--root-owner-group', '-Znone', '-b', $guest, work_dir . '/guest.deb');

my $descriptor = <<~'CFG';
	kernel = "/boot/guests/vmlinux"
	ramdisk = "/boot/guests/front.cpio"
	memory = 144
	extra = "console=hvc0 quiet cryptomgr.notests rodata=off guest=alpha root=/dev/xvda write=1"
	disk = [ "/dev/disk/by-id/virtio-alpha,raw,xvda,rw" ]
	device_timeout = 600
	CFG

my $boot = flaky_boot('package', with => \&dom0_boot,
	bare => 1,
	suite => $suite,
	files => [
		"$first:/srv/earlydom.deb",
		work_dir . '/guest.deb:/srv/guest.deb',
		write_file(work_dir . '/alpha.cfg', $descriptor) . ':/srv/alpha.cfg',
	],
	# What is made of it is looked at in the boot.
	prepare => <<~'SH',
		export DEBIAN_FRONTEND=noninteractive
		list() {
			lsinitramfs /boot/initrd.img-* >"/srv/$1"
		}
		set -e
		apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install /srv/earlydom.deb >/srv/install 2>&1
		list without
		cp /srv/alpha.cfg /etc/earlydom/alpha.cfg
		dpkg -i /srv/guest.deb >/srv/trigger 2>&1
		list with
		dpkg-trigger --by-package=guest-kernel /boot
		dpkg --triggers-only --pending >/srv/again 2>&1
		SH
	staged => [work_dir . '/second.deb:/second.deb'],
	disks => [['alpha', tool('guest.ext4')]],
	stage => <<'SH');
for text in install trigger again without with; do
	said "$text" <"/srv/$text"
done
systemctl show -P UserspaceTimestampMonotonic | said systemd
# supervisor: its process, when it started, and which file it runs
supervisor() {
	pid=$(pgrep -x earlydom)
	echo "$pid $(cut -d ' ' -f 22 "/proc/$pid/stat") $(stat -L -c %s "/proc/$pid/exe")"
}
supervisor | said before
stat -c %s /usr/sbin/earlydom | said installed
for daemon in xenstored xenconsoled; do
	grep -c '/lib/x86_64-linux-gnu/libxenctrl' "/proc/$(pgrep -x "$daemon")/maps" | said "$daemon"
done
run enabled systemctl is-enabled earlydom.service
run active systemctl is-active earlydom.service
run failed systemctl --failed --plain --no-legend
await_console alpha '^alpha cmdline: ' 60
run first earlydom list --json
run xl xl list

# ---- upgrade ----
# An initramfs takes minutes here.
echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf
mount -o remount,rw /
run upgrade dpkg -i /run/stage/second.deb
supervisor | said after
run second earlydom list --json
type_to alpha 'echo typed-$((6 * 7))'
await_console alpha '^typed-42' 30
run still systemctl is-active earlydom.service
said log.alpha </run/earlydom/console/alpha.log
said report </run/earlydom/earlydom.log

# ---- removal, and purge ----
run remove dpkg -r earlydom
run gone xl list
find /etc/earlydom /usr/sbin/earlydom /usr/lib/earlydom /usr/share/initramfs-tools -name '*earlydom*' -o -path '/etc/earlydom/*' 2>&1 | sort | said removed
run purge dpkg -P earlydom
find / -xdev -name '*earlydom*' ! -path '/var/log/*' ! -path '/tmp/*' ! -path '/srv/*' | sort | said purged
find /etc/earlydom -type f | said kept
SH
$boot->ended_well;

# ---- the installation ----
unlike($boot->said('install'), qr/^(?:E|W): /m, 'apt has nothing to complain of');
like($boot->said('install'), qr/^update-initramfs: Generating/m, 'and the initramfs is renewed');
unlike($boot->said('without'), qr{sbin/earlydom$}m, 'without a descriptor nothing is in it');
like($boot->said('trigger'), qr{^earlydom: /etc/earlydom/alpha\.cfg has changed since the initramfs was made$}m,
	'a kernel in /boot: the trigger sees what has changed');
like($boot->said('with'), qr{^$_$}m, "in the initramfs: $_")
	for qw(etc/earlydom/alpha.cfg boot/guests/vmlinux), qr{(?:usr/)?sbin/earlydom}, map { qr{usr/lib/xen-4\.\d+/bin/$_} } qw(xenstored xenconsoled);
unlike($boot->said('again'), qr/has changed|Generating/, 'and makes no other one when nothing has');

# ---- the boot ----
my ($systemd) = $boot->said('systemd') =~ /(\d+)/;
my ($pid, $ticks, $size) = split ' ', $boot->said('before');
cmp_ok(($ticks // 1e9) / 100, '<', $systemd / 1e6, 'the supervisor is from the initramfs');
is(($boot->earlydom_on('alpha'))[0] =~ s/ \(.*//r, 'started as domain 1', 'the guest is up');
is($boot->said("$_.out"), {enabled => "enabled\n", active => "active\n", failed => ''}->{$_}, "systemd: $_")
	for qw(enabled active failed);
cmp_ok($boot->said($_), '>', 0, "$_ is Debian's, with its libraries") for qw(xenstored xenconsoled);
like($boot->said('xl.out'), qr/^alpha +1 /m, 'xl has it');

# ---- upgrade ----
is($boot->status_of('upgrade'), 0, 'the upgrade') or diag($boot->said('upgrade.out') . $boot->said('upgrade.err'));
my ($pid2, undef, $size2) = split ' ', $boot->said('after');
isnt($pid2, $pid, 'another supervisor');
is($size, $boot->said('installed') + 0, 'which ran the first program');
is($size2, $size + length('second'), 'and runs the second');
my ($was, $is) = map { (decode_or_empty($boot->said("$_.out")))->[0] // {} } qw(first second);
is($is->{domid}, 1, 'the guest is the same');
is($is->{state}, 'running', 'and runs');
like($boot->said('log.alpha'), qr/^typed-42$/m, 'it answers');
is($boot->said('still.out'), "active\n", 'the unit is active still');

# ---- removal ----
is($boot->status_of('remove'), 0, 'the removal') or diag($boot->said('remove.out') . $boot->said('remove.err'));
unlike($boot->said('gone.out'), qr/^alpha /m, 'ends the guest, as its unit does');
is($boot->said('removed') =~ s/^find: .*\n//gmr, join('', map { "/etc/earlydom$_\n" } '', qw(/README /alpha.cfg /initramfs.conf)),
	'settings are left, and nothing else');
is($boot->status_of('purge'), 0, 'the purge') or diag($boot->said('purge.err'));
is($boot->said('kept'), "/etc/earlydom/alpha.cfg\n", 'what the administrator wrote is kept');
is($boot->said('purged'), "/etc/earlydom\n", 'and nothing else has its name');

done_testing;
