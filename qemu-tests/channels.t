#!/usr/bin/perl
# Channels: consoles of a pv guest beside its own, with a terminal and with a socket in dom0, which a QEMU without
# powers serves. What is said at one end comes out at the other. xl makes a guest of the same descriptor; its nodes are
# compared, but for those of its first channel, which libxl leaves out.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use Test::More;
use Twin;

my $channels = '"connection=pty,name=org.example.log", "connection=socket,path=/run/alpha.sock,name=org.example.agent"';

# descriptor NAME, CHANNELS
sub descriptor {
	my ($name, $list) = @_;
	return <<~CFG;
		name = "$name"
		kernel = "/boot/guests/vmlinux"
		ramdisk = "/boot/guests/front.cpio"
		memory = 144
		device_timeout = 600
		extra = "console=hvc0 quiet cryptomgr.notests rodata=off tsc_early_khz=2600000 guest=$name"
		channel = [ $list ]
		CFG
}

my $boot = flaky_boot('channels', with => \&dom0_boot,
	guests => {alpha => descriptor('alpha', $channels)},
	files => [
		tool('vmlinux') . ':/boot/guests/vmlinux',
		tool('front.cpio') . ':/boot/guests/front.cpio',
	],
	staged => [write_file(work_dir . '/alpha-x.cfg', descriptor('alpha-x',
		'"connection=pty,name=lost", ' . ($channels =~ s/alpha/alpha-x/r))) . ':/alpha-x.cfg'],
	dom0 => 'earlydom=alpha',
	time => 400,
	stage => <<'SH');
# connected NAME N: waits until a channel is
connected() {
	domid=$(xl domid "$1")
	left=600
	until [ "$(xenstore-read "/local/domain/0/backend/console/$domid/$2/state")" = 4 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $1, channel $2"; break; }
		sleep 0.5
	done
}

await_console alpha '^alpha is up' 120
connected alpha 1
connected alpha 2
domid=$(xl domid alpha)
tty=$(xenstore-read "/local/domain/$domid/device/console/1/tty")
# Nobody listens yet: what the guest says is kept.
type_to alpha 'exec 3<>/dev/hvc1; stty raw -echo <&3; echo said-$((40 + 2)) >&3; read -r line <&3; echo "got $line"'
sleep 5
run terminal perl -e '
	open my $t, "+<", $ARGV[0] or die "$!\n";
	alarm 100;
	print scalar readline $t;
	syswrite $t, "heard-43\n";' "$tty"
await_console alpha '^got heard-43' 60
type_to alpha 'exec 4<>/dev/hvc2; stty raw -echo <&4; read -r line <&4; echo "answer to $line" >&4'
sleep 5
run socket perl -MIO::Socket::UNIX -e '
	$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\n";
	alarm 100;
	syswrite $s, "question\n";
	print scalar readline $s;' /run/alpha.sock
pid=$(xenstore-read "/local/domain/$domid/image/device-model-pid")
run root ls -A "/proc/$pid/root/dev"
xenstore-ls -fp >store-alpha

xl_create create /run/stage/alpha-x.cfg
connected alpha-x 1
connected alpha-x 2
xenstore-ls -fp >store-alpha-x
run destroy-x xl destroy alpha-x

run destroy earlydom destroy alpha
await_report '^earlydom: alpha: .*destroyed' 60
run left ls /run/alpha.sock
logs
SH
$boot->ended_well;

is($boot->said('terminal.out'), "said-42\n", 'a terminal: from the guest');
like($boot->said('log.alpha'), qr/^got heard-43/m, 'and to it');
is($boot->said('socket.out'), "answer to question\n", 'a socket, both ways');
unlike($boot->said('root.out'), qr/^pt/m, "QEMU sees none of dom0's terminals");
isnt($boot->status_of('left'), 0, 'the socket is gone with the guest');
is($boot->status_of('create'), 0, 'xl makes a twin') or diag($boot->said('create.err'));

my $results = $boot->{results};
# What differs, and why: Twin.pm.
my @differ = (
	[qr{/ring-ref$|/page-(?:ref|gref)$}, 'pages, wherever the front ends have put them'],
	[qr{/(?:port|event-channel)$}, 'event channels, as they were free'],
	[qr{/console(?:/1)?/tty$}, 'the next free terminal'],
	[qr{/device/console/1/output$}, 'a terminal that is made for QEMU is a character device of another name'],
	[qr{/start_time$}, 'the time'],
	[qr{/image/device-model-pid$}, 'the process'],
);
my $normal = sub { $_[0] =~ s/\balpha-x\b/alpha/gr };
my ($ours, $xls) = (nodes("$results/store-alpha", 'alpha', $normal, @differ),
	nodes("$results/store-alpha-x", 'alpha-x', $normal, @differ));
cmp_ok(scalar(grep { m{device/console/2} } keys %$xls), '>', 8, 'nodes to compare');
is(differences($ours, $xls), '', 'every node is as xl writes it, and no other is there');
done_testing;
