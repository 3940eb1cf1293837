#!/usr/bin/perl
# vmx guests beside xl's: a whole Debian dom0 with a Linux and a small machine that boot from their disks
# through SeaBIOS, both with QEMU. What the hypervisor, the store, libxl's records and QEMU's command line
# have of each is compared with what xl makes of its twin. (A kernel that QEMU starts itself: in vmx.t, and
# its words beside libxl's in xl-tests/table.t.)
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

# ---- the guests ----

# A twin, which xl makes, differs in what normal() takes out again: name, disk, address.
sub descriptors {
	my ($x, $mac, $ip, $usb) = @_;
	return (
		"kappa$x" => <<~CFG,
			name = "kappa$x"
			type = "hvm"
			memory = 144
			vcpus = 2
			vga = "none"
			vnc = 0
			serial = "file:/run/kappa$x.serial"
			vif = [ "mac=${mac}02,script=vif-route,gatewaydev=xenbr0,ip=$ip" ]
			hdtype = "ahci"
			disk = [
				"/dev/disk/by-id/virtio-kappa$x,raw,hda,rw",
				",hdc:cdrom,r", "/dev/disk/by-id/virtio-medium,raw,hdd,cdrom",
			]
			usbctrl = [ "version=2", "type=devicemodel,version=3,ports=4" ]
			usbdev = [ "type=hostdev,hostbus=1,hostaddr=$usb" ]
			device_timeout = 600
			CFG
		"lambda$x" => <<~CFG,
			name = "lambda$x"
			type = "hvm"
			memory = 96
			vnc = 0
			serial = "file:/run/lambda$x.serial"
			disk = [
				"/dev/disk/by-id/virtio-lambda$x,raw,hda,rw",
				"format=qcow2, vdev=xvdb, target=/dev/disk/by-id/virtio-data$x",
				"vdev=xvdf, backendtype=qdisk, target=/dev/disk/by-id/virtio-plain$x",
				"format=empty, vdev=hdd, devtype=cdrom",
			]
			vif = [ "mac=${mac}01,bridge=xenbr0" ]
			device_timeout = 600
			CFG
	);
}
my @names = qw(kappa lambda);
my %guests = descriptors('', '00:16:3e:00:00:', '10.0.0.6', 2);
my %twins = descriptors('-x', '00:16:3e:00:01:', '10.0.0.106', 3);
# What a guest says on its serial port once it is up
my %up = (kappa => '^kappa(-x)? eth0: ', lambda => '^the disk boots');

sub normal {
	my ($text) = @_;
	$text =~ s/\b(kappa|lambda|data|plain)-x\b/$1/g;
	$text =~ s/\b00:16:3e:00:01:/00:16:3e:00:00:/g;
	$text =~ s/\b10\.0\.0\.106\b/10.0.0.6/g;
	$text =~ s/("hostaddr": ?)3\b/${1}2/g;
	return $text;
}

my @files = (
	# for xl's script vif-route, as Debian's net-tools
	root . '/build/machine/busybox:/usr/sbin/ifconfig',
);

my $data = work_dir . '/data.qcow2';
system("$Bin/lib/mkqcow2", tool('bootsector'), $data) == 0 or BAIL_OUT('no qcow2 image');

my $await = join("\n", map { "up_$_='$up{$_}'" } @names);
my $boot = flaky_boot('vmx', with => \&dom0_boot,
	guests => \%guests,
	files => \@files,
	staged => [tool('xenfacts') . ':/xenfacts',
		map { write_file(work_dir . "/$_.cfg", $twins{$_}) . ":/$_.cfg" } sort keys %twins],
	disks => [
		[kappa => boot_disk('kappa', 'front.cpio', 'maxcpus=1 guest=kappa ip=10.0.0.6')],
		['kappa-x' => boot_disk('kappa-x', 'front.cpio', 'maxcpus=1 guest=kappa-x ip=10.0.0.106')],
		(map { [$_ => tool('bootsector')] } qw(lambda lambda-x plain plain-x medium)),
		map { [$_ => $data] } qw(data data-x),
	],
	# kappa needs an address of dom0's, which is given later.
	# Two USB devices of dom0's, numbers 2 and 3 of bus 1, for kappa and its twin
	hardware => '-device usb-ehci,id=usb -device usb-tablet,bus=usb.0,port=1 -device usb-tablet,bus=usb.0,port=2',
	dom0 => 'earlydom.bridge=xenbr0 earlydom=lambda',
	time => 600,
	stage => "$await\n" . <<'SH');
# facts NAME: all that there is to be seen of a guest
facts() {
	xenstore-ls -fp >"store-$1"
	xl list -l >"long-$1"
	cp -a /var/lib/xen "userdata-$1"
	/run/stage/xenfacts -a >"facts-$1"
	for pid in $(pgrep -f 'xen-qemu-system-i386.* -name '"$1 "); do
		tr '\0' '\n' <"/proc/$pid/cmdline" >"qemu-$1"
	done
}
# look NAME: once it is up
look() {
	eval "up=\$up_${1%-x}"
	await "/run/$1.serial" "$up" 200
	said "serial.$1" <"/run/$1.serial"
	facts "$1"
	case $1 in kappa*)
		run "usb-list.$1" xl usb-list "$1"
		run "usb.$1" xl qemu-monitor-command "$1" 'info usb'
	esac
}
ip address add 10.0.0.254/24 dev xenbr0
run start earlydom start kappa
await /run/kappa.serial "$up_kappa" 200
# QEMU still has its card's interface, and the guest's own driver has the other.
run ping ping -c 1 -w 60 10.0.0.6
run route ip route get 10.0.0.6
run links ls /sys/class/net
look lambda
look kappa
# Another medium.
run media earlydom media kappa hdc /dev/disk/by-id/virtio-medium
# libxl's record follows a moment later.
for try in 1 2 3 4 5 6 7 8 9; do
	record=$(grep -l '"name": "kappa"' /var/lib/xen/userdata-d.*.libxl-json)
	[ "$(grep -c virtio-medium "$record")" -lt 2 ] || break
	sleep 1
done
run block xl qemu-monitor-command kappa 'info block'
xenstore-ls -f >store-inserted
# One after the other: xl gives its scripts 40 s, in which nothing else should keep dom0 from them.
xl pause kappa
xl pause lambda
for guest in kappa lambda; do
	xl_create "create.$guest" "/run/stage/$guest-x.cfg"
	look "$guest-x"
	[ "$guest" != kappa ] || { run xping ping -c 3 -w 60 10.0.0.106; run xroute ip route; ip -d link; }
done
# xl changes what earlydom has put in.
run cd_eject xl cd-eject kappa hdc
xenstore-ls -f >store-ejected
xl list -l >long-ejected
for guest in kappa lambda; do
	run "destroy.$guest" xl destroy "$guest-x"
done
xl unpause kappa
# Its machine hears no button, and would be waited for.
run destroy.own earlydom destroy lambda
run unit_stop systemctl stop earlydom.service
logs
SH
$boot->ended_well;
my $results = $boot->{results};

# ---- they boot ----
for my $name (@names) {
	like(($boot->earlydom_on($name))[0] // '', qr/^started as domain \d+ \(vmx hvm, /, "$name is started");
	like($boot->said("serial.$_"), qr/$up{$name}/m, "$_: up, as its serial port says") for $name, "$name-x";
}

# ---- and are what xl makes of them ----
# What differs between two guests that are otherwise the same; the values are left out.
my @differ = (
	@twins_differ,
	[qr{/image/device-model-pid$}, 'the process'],
	[qr{/vusb/0/port/1$}, 'each has a USB device of its own'],
);
# Of the hypervisor's facts: where the vcpus are at the moment, and the host's own state
my @moving = (
	[qr/^vcpu /, 'the guest runs'],
	[qr/^flags$/, 'it runs, or waits'],
	[qr/^pages$/, 'its total is what the guest has given back'],
	[qr/^param (?:2|18|26)$/, 'event channels, as they were free'],
);

# facts_of(TAG, NAME): what xenfacts has of a guest
sub facts_of {
	my ($tag, $name) = @_;
	my $store = read_file("$results/store-$tag");
	my ($domid) = $store =~ m{^/local/domain/(\d+)/name = "\Q$name\E" }m or return {};
	my $facts = hvm_facts(read_file("$results/facts-$tag"), $domid);
	for my $key (keys %$facts) {
		delete $facts->{$key} if grep { $key =~ $_->[0] } @moving;
	}
	return $facts;
}

# command_of(TAG): QEMU's words, without the domain's number, how the program is called (for systemd, with
# an '@'), the powers that ours gives up, and another name of one directory
sub command_of {
	my ($tag) = @_;
	my $words = normal(eval { read_file("$results/qemu-$tag") } // '');
	$words =~ s/^.*\n//;
	$words =~ s/^-xen-domid-restrict\n//m;
	$words =~ s/^-(?:chroot|runas)\n.*\n//mg;
	$words =~ s{/var/run/}{/run/}g;
	# libxl adds these over QMP
	$words =~ s/^-device\n(?:usb-ehci|nec-usb-xhci|usb-host),.*id=xenusb-.*\n//mg;
	$words =~ s/^-add-fd\n.*\n//mg;
	my ($domid) = $words =~ /^-xen-domid\n(\d+)$/m;
	$words =~ s/^(-xen-domid\n)\d+$/$1DOMID/m;
	$words =~ s/(qmp-\w+-|vif|tap)$domid\b/$1DOMID/g if defined $domid;
	return $words;
}

for my $name (@names) {
	is($boot->status_of("create.$name"), 0, "xl makes a twin of $name")
		or diag($boot->said("create.$name.err"));
	my ($ours, $xls) = (nodes("$results/store-$name", $name, \&normal, @differ),
		nodes("$results/store-$name-x", "$name-x", \&normal, @differ));
	cmp_ok(drop_keyboard($xls), '>', 0, "$name: xl gives it a keyboard that its QEMU could not serve");
	cmp_ok(scalar(keys %$xls), '>', 60, "$name: nodes to compare");
	if ($name eq 'kappa') {
		drop_unserved($_) for $ours, $xls;
	}
	is(differences($ours, $xls), '', "$name: every node is as xl writes it, and no other is there");
	($ours, $xls) = (facts_of($name, $name), facts_of("$name-x", "$name-x"));
	cmp_ok(scalar(keys %$xls), '>', 80, "$name: facts to compare");
	is(differences($ours, $xls), '', "$name: parameters, emulation, paging pool, cpuid policy as xl's");
	is(command_of($name), command_of("$name-x"), "$name: QEMU's command line");
	my @configs = map { config(decode_or_empty(read_file("$results/long-$_")), $_, \&normal) } $name, "$name-x";
	is_deeply(@configs, "xl list -l: $name as its twin");
	is(record("$results/userdata-$name", $name, \&normal),
		record("$results/userdata-$name-x", "$name-x", \&normal), "$name: its record, byte by byte");
}

# ---- USB: QEMU has the device at its port, and xl knows it ----
for my $name (qw(kappa kappa-x)) {
	my $addr = $name eq 'kappa' ? 2 : 3;

	is($boot->status_of("usb-list.$name"), 0, "xl usb-list $name");
	like($boot->said("usb-list.$name.out"), qr/^\s*Port 1: Bus 001 Device 00$addr$/m, "$name: it is in the list");
	like($boot->said("usb.$name.out"), qr/Device 0\.\d+, Port 1, Speed 480 Mb\/s, Product QEMU USB Tablet/,
		"$name: QEMU has opened it");
}

# ---- media: by either on a guest of earlydom's (Debian's QEMU does not survive xl's own, in an empty drive) ----
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(media cd_eject);
like($boot->said('block.out'), qr{^ide-5632 (?:\(\S+\))?: (?:/dev/fdset/\d+|.*virtio-medium) }m, 'QEMU has what earlydom put in');
like(read_file("$results/store-inserted"), qr{^/libxl/\d+/device/vbd/5632/params = "aio:/dev/disk/by-id/virtio-medium"$}m,
	'and the store says so');
my ($kappa) = read_file("$results/store-ejected") =~ m{^/local/domain/(\d+)/name = "kappa"$}m;
like(read_file("$results/store-ejected"), qr{^/libxl/$kappa/device/vbd/5632/params = ""$}m, 'xl takes out what earlydom put in');
my ($config) = grep { ($_->{config}{c_info}{name} // '') eq 'kappa' } @{decode_or_empty(read_file("$results/long-ejected"))};
is(join(' ', map { "$_->{vdev}=" . ($_->{pdev_path} // '-') } @{$config->{config}{disks}}),
	'hda=/dev/disk/by-id/virtio-kappa hdc= hdd=/dev/disk/by-id/virtio-medium', 'and knows what is in the drives');
done_testing;
