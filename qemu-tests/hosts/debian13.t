#!/usr/bin/perl
# Debian 13: Xen 4.20, Linux 6.12, QEMU 10, and earlydom's package for it, which apt installs. Guests of all
# types with disks and networks are up before systemd; what the store, libxl's records and the hypervisor have
# of them is what xl 4.20 makes of their twins; xl does to them what it does to its own. In a second boot the
# initramfs has no store, and the guests are given to the one that Debian starts later.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Boot;
use Dom0;
use File::Path qw(make_path);
use Test::More;
use Twin;

my $suite = 'trixie';
my $package = package_of($suite);
# The descriptors are there when the package comes: the initramfs that it has made has them.
my $install = <<~'SH';
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
		install /srv/earlydom.deb >/srv/install 2>&1
	SH
my @dom0 = (
	bare => 1,
	suite => $suite,
	prepare => $install,
);
my $pv = 'console=hvc0 quiet cryptomgr.notests rodata=off';
my $pvh = "$pv mitigations=off tsc_early_khz=2600000 reboot=t";

# ---- the guests ----

# A twin, which xl makes, differs in what normal() takes out again: name, disk, address.
sub descriptors {
	my ($x, $mac, $ip) = @_;
	my $linux = qq(kernel = "/srv/guests/vmlinux"\nramdisk = "/srv/guests/front.cpio"\ndevice_timeout = 600\n);
	return (
		"alpha$x" => <<~CFG,
			name = "alpha$x"
			$linux
			memory = 144
			maxmem = 192
			vcpus = 1
			maxvcpus = 2
			extra = "$pv root=/dev/xvda guest=alpha$x ip=${ip}1"
			disk = [ "/dev/disk/by-id/virtio-alpha$x,raw,xvda,rw" ]
			vif = [ "mac=${mac}01,bridge=xenbr0,rate=100Mb/s" ]
			CFG
		"beta$x" => <<~CFG,
			name = "beta$x"
			type = "pvh"
			$linux
			memory = 160
			extra = "$pvh root=/dev/xvda guest=beta$x ip=${ip}2"
			disk = [ "/dev/disk/by-id/virtio-beta$x,raw,xvda,rw" ]
			vif = [ "mac=${mac}02,bridge=xenbr0" ]
			CFG
		"kappa$x" => <<~CFG,
			name = "kappa$x"
			type = "hvm"
			memory = 64
			vga = "none"
			vnc = 0
			serial = "file:/run/kappa$x.serial"
			disk = [ "/dev/disk/by-id/virtio-kappa$x,raw,hda,rw", "/dev/disk/by-id/virtio-medium,raw,hdc,cdrom" ]
			vif = [ "mac=${mac}03,bridge=xenbr0" ]
			device_timeout = 600
			CFG
	);
}
my %guests = descriptors('', '00:16:3e:00:00:', '10.0.0.');
my %twins = descriptors('-x', '00:16:3e:00:01:', '10.0.0.10');

sub normal {
	my ($text) = @_;
	$text =~ s/\b(alpha|beta|kappa)-x\b/$1/g;
	$text =~ s/\b00:16:3e:00:01:/00:16:3e:00:00:/g;
	$text =~ s/\b10\.0\.0\.10/10.0.0./g;
	return $text;
}

# files(GUESTS): to be put into the root
sub files {
	my (%of) = @_;
	return [
		"$package:/srv/earlydom.deb",
		tool('vmlinux') . ':/srv/guests/vmlinux',
		tool('front.cpio') . ':/srv/guests/front.cpio',
		map { write_file(work_dir . "/$_.cfg", $of{$_}) . ":/etc/earlydom/$_.cfg" } sort keys %of,
	];
}

my $boot = flaky_boot('installed', with => \&dom0_boot, @dom0,
	files => files(%guests),
	staged => [map { write_file(work_dir . "/$_.cfg", $twins{$_}) . ":/$_.cfg" } sort keys %twins],
	disks => [
		(map { [$_ => tool('guest.ext4')] } qw(alpha beta alpha-x beta-x)),
		(map { [$_ => tool('bootsector')] } qw(kappa kappa-x medium)),
	],
	dom0 => 'earlydom.bridge=xenbr0',
	memory => 2560,
	stage => <<'SH');
said install </srv/install
systemctl show -P UserspaceTimestampMonotonic | said systemd
cut -d ' ' -f 22 "/proc/$(pgrep -x earlydom)/stat" | said supervisor
run failed systemctl --failed --plain --no-legend
run version earlydom --version
run xen cat /sys/hypervisor/version/major /sys/hypervisor/version/minor
# up NAME: until it is
up() {
	case $1 in
	kappa*) await "/run/$1.serial" '^the disk boots' 100 ;;
	# kappa's BIOS has no front ends.
	*) await_front_ends "$1" 50 ;;
	esac
}
# look NAME: all that there is to be seen of a guest
look() {
	xenstore-ls -fp >"store-$1"
	xl list -l >"long-$1"
	cp -a /var/lib/xen "userdata-$1"
	for pid in $(pgrep -f 'xen-qemu-system-i386.* -name '"$1 "); do
		tr '\0' '\n' <"/proc/$pid/cmdline" >"qemu-$1"
		grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status" | said "powers.$1"
	done
}
await_console alpha '^alpha eth0: ' 60
await_console beta '^beta eth0: ' 60
for guest in alpha beta kappa; do
	up "$guest"
done
# Linux says what it can do when it has all its drivers.
sleep 3
for guest in alpha beta kappa; do
	look "$guest"
done
run list xl list
run json earlydom list --json
type_to beta 'nc 10.0.0.1 7 </dev/null'
await_console beta '^hello from alpha' 30

run mem xl mem-set alpha 120
run reboot xl reboot beta
await_report '^earlydom: beta: restarted as domain' 60
await_console beta '^beta eth0: ' 90 2
run shutdown timeout 500 xl shutdown -w alpha
await_report '^earlydom: alpha: domain [0-9]+ powered off' 20
run crash xl destroy kappa
await_report '^earlydom: kappa: domain [0-9]+ was destroyed' 20
run unit_stop systemctl stop earlydom.service
run ended earlydom list --json
run last xl list
xenstore-ls -fp >store-at-end
ls /var/lib/xen | said userdata_at_end
logs

for guest in alpha beta kappa; do
	xl_create "create.$guest" "/run/stage/$guest-x.cfg"
	up "$guest-x"
	[ "$guest" = kappa ] || sleep 3
	look "$guest-x"
	xl destroy "$guest-x"
done
mount -o remount,rw /
echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf
run purge dpkg -P earlydom
find /etc/earlydom /usr/sbin /usr/lib/earlydom /usr/share -name '*earlydom*' | sort | said purged
SH
$boot->ended_well;
my $results = $boot->{results};

# ---- before systemd ----
unlike($boot->said('install'), qr/^(?:E|W): /m, 'apt has nothing to complain of');
like($boot->said('install'), qr/^update-initramfs: Generating/m, 'and the initramfs is renewed');
my ($systemd) = $boot->said('systemd') =~ /(\d+)/;
cmp_ok(($boot->said('supervisor') =~ /(\d+)/)[0] / 100, '<', $systemd / 1e6, 'the supervisor is from the initramfs');
is($boot->said('failed.out'), '', 'systemd is well with all units');
my $release = join('.', split /\n/, $boot->said('xen.out'));
like($boot->said('version.out'), qr/\(libraries of Xen \Q$release\E\)$/, "the program is that of Xen $release");
isnt($release, '4.17', 'which is not that of the other tests');
for my $name (sort keys %guests) {
	my ($first) = grep { /^earlydom: $name: / } split /\n/, $boot->said('report');
	like($first // '', qr/^earlydom: $name: started as domain \d+ /, "$name is started");
}
my $rows = decode_or_empty($boot->said('json.out'));
is(join(' ', map { "$_->{name} $_->{state}" } sort { $a->{name} cmp $b->{name} } @$rows),
	'alpha running beta running kappa running', 'and they run');
like($boot->said('list.out'), qr/^\Q$_\E +\d+ /m, "xl list has $_") for sort keys %guests;
like($boot->said('log.beta'), qr/^hello from alpha$/m, 'their networks are one');
like($boot->said('powers.kappa'), qr/^Uid:(?:\s65\d{3}){4}\nCapEff:\s0{16}\nNoNewPrivs:\s1\nSeccomp:\s2$/m,
	'QEMU 10 has no power that it does not need');

# ---- as their twins ----
my @differ = (@twins_differ, [qr{/image/device-model-pid$}, 'the process']);
for my $name (sort keys %guests) {
	is($boot->status_of("create.$name"), 0, "xl makes a twin of $name")
		or diag($boot->said("create.$name.err"));
	my ($ours, $xls) = (nodes("$results/store-$name", $name, \&normal, @differ),
		nodes("$results/store-$name-x", "$name-x", \&normal, @differ));
	if ($name eq 'kappa') {
		drop_keyboard($xls);
		# That it runs, a QEMU that is restricted by then can't say there; it is asked over QMP.
		delete $xls->{'/local/domain/0/device-model/DOMID/state'};
		drop_unserved($_) for $ours, $xls;
	}
	cmp_ok(scalar(keys %$xls), '>', 40, "$name: nodes to compare");
	is(differences($ours, $xls), '', "$name: every node is as xl writes it, and no other is there");
	my ($long, $twin) = (config(decode_or_empty(read_file("$results/long-$name")), $name, \&normal),
		config(decode_or_empty(read_file("$results/long-$name-x")), "$name-x", \&normal));
	is_deeply($long, $twin, "xl list -l: $name as its twin");
	is(record("$results/userdata-$name", $name, \&normal),
		record("$results/userdata-$name-x", "$name-x", \&normal), "$name: its record, byte by byte");
}

# ---- xl at work, and ends ----
for (['mem', 'xl mem-set'], ['reboot', 'xl reboot'], ['shutdown', 'xl shutdown -w'], ['crash', 'xl destroy'],
	['unit_stop', 'systemctl stop earlydom'], ['purge', 'dpkg -P earlydom']) {
	my ($label, $what) = @$_;
	is($boot->status_of($label), 0, $what) or diag($boot->said("$label.err"));
}
is(join(' ', map { "$_->{name} $_->{state}" } sort { $a->{name} cmp $b->{name} } @{decode_or_empty($boot->said('ended.out'))}),
	'alpha ended beta ended kappa ended', 'all have ended');
unlike($boot->said('last.out'), qr/^(?!Domain-0|Name)/m, 'no domain is left');
unlike(read_file("$results/store-at-end"), qr{^/(?:local/domain|libxl|local/domain/0/backend/\w+)/[1-9]\d*/?(?: |/)}m, 'nor a node');
is(join(' ', grep { !/^userdata-d\.0\./ } split ' ', $boot->said('userdata_at_end')), '', 'nor a record');
is($boot->said('purged'), "/etc/earlydom\n", 'nor, of the package, anything but the descriptors');

# ---- one image for several hypervisors ----
my $other = work_dir . '/other';
make_path($other);
is((command('dpkg-deb', '-x', $package, "$other/package"))[0], 0, "the package's files");
rename("$other/package/usr/sbin/earlydom", "$other/earlydom") or BAIL_OUT("the package's program: $!");
my @small = (
	guests => {tiny => qq(kernel = "/boot/tiny"\nmemory = 16\nextra = "name=tiny"\n)},
	machine => ['-x', build_of($suite) . '/machine/xen'],
	time => 40,
);
my $two = boot('two', @small, image => ['-x', $other], stage2 => <<'SH');
await_console tiny '^tiny is up' 20
for comm in $(grep -lx earlydom /proc/[0-9]*/comm); do
	readlink "${comm%comm}exe" | said exe
done
run list earlydom list
logs
SH
$two->ended_well;
like(($two->earlydom_on('tiny'))[0] // '', qr/^started as domain 1 /, 'the program for the hypervisor that runs starts the guest');
is($two->said('exe'), "/usr/lib/earlydom/xen-$release/earlydom\n", 'and not the one for that of the other tests');
like($two->said('list.out'), qr/^tiny +1 +linux +pv .* running/m, 'by which commands work as well');
my $third = work_dir . '/third';
write_file("$third/earlydom", qq{#!/bin/sh\n[ "\$1" != --version ] || echo "earlydom 0 (libraries of Xen 4.19)"\n});
chmod(0755, "$third/earlydom") or die $!;
my $none = boot('none', @small, image => ['-x', $third], stage2 => "logs\n");
like(join("\n", $none->earlydom), qr/Xen \Q$release\E is too new: .* of Xen 4\.17, others are there for 4\.19; build it/,
	'where none is for it, those are named that there are');

# ---- a store that comes later ----
my %early = (
	pv => <<~CFG,
		kernel = "/srv/guests/vmlinux"
		ramdisk = "/srv/guests/front.cpio"
		memory = 144
		vcpus = 2
		extra = "$pv guest=pv"
		CFG
	pvh => <<~CFG,
		type = "pvh"
		kernel = "/srv/guests/vmlinux"
		ramdisk = "/srv/guests/front.cpio"
		memory = 160
		extra = "$pvh guest=pvh"
		CFG
);
my $later = flaky_boot('handover', with => \&dom0_boot, @dom0,
	files => [@{files(%early)}, write_file(work_dir . '/initramfs.conf', "STORE=no\n") . ':/etc/earlydom/initramfs.conf'],
	stage => <<'SH');
await_console pv '^pv cmdline: ' 100
await_console pvh '^pvh cmdline: ' 100
run handover earlydom handover
run list xl list
run json earlydom list --json
for name in pv pvh; do
	path=/local/domain/$(xl domid "$name")/console/tty
	left=60
	until tty=$(xenstore-read "$path"); do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $name tty"; break; }
		sleep 1
	done
	timeout 100 cat "$tty" >"/tmp/$name" &
	echo 'echo $((6 * 7)) from $guest' >"$tty"
	await "/tmp/$name" '^42 from' 50
done
xenstore-ls -fp >store
run shutdown timeout 300 xl shutdown -w pvh
run stop earlydom stop -t 300 pv
run last xl list
logs
SH
$later->ended_well;
like($later->said('report'), qr/^earlydom: $_: started as domain \d+ \(linux $_, /m, "without a store: $_ is started") for qw(pv pvh);
for (['handover', 'earlydom handover'], ['shutdown', 'xl shutdown -w'], ['stop', 'earlydom stop']) {
	my ($label, $what) = @$_;
	is($later->status_of($label), 0, $what) or diag($later->said("$label.err"));
}
like($later->said('report'), qr/^earlydom: $_: domain \d+ is in the store now/m, "$_ is handed over to Debian's store") for qw(pv pvh);
like($later->said('list.out'), qr/^\Q$_\E +\d+ /m, "xl list has $_") for qw(pv pvh);
unlike($later->said('last.out'), qr/^(?!Domain-0|Name)/m, 'no domain is left');
done_testing;
