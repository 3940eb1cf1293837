#!/usr/bin/perl
# vmx guests with the project's own device model, and no store in dom0: a Linux that has a serial port,
# what the hypervisor emulates, and a memory map of its own; reboots, ends and deaths of device models;
# and device models that can't be had.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use JSON::PP;
use Test::More;

sub classic {
	my ($model, $config, @more) = @_;
	return join("\n", 'image = "vmx"', 'device_model_protocol = "classic"',
		qq(device_model_override = "$model"), qq(device_model_config = "$config"),
		'kernel = "/boot/vmlinuz"', 'ramdisk = "/boot/guest.cpio"', @more, '');
}
my $own = '/usr/lib/earlydom/earlydom-model';
my $extra = 'console=ttyS0 quiet mitigations=off tsc_early_khz=2600000 cryptomgr.notests rodata=off';
my %guests = (
	board => classic($own, '/etc/models/board', 'memory = 128', 'vcpus = 2', 'memmap = "/etc/models/map"',
		'on_crash = "restart"', qq(extra = "$extra guest=board VNC_VIEWER=10.0.0.1:5500")),
	# Device models of somebody else's: one that does not begin, one that does not end, one with
	# words of its own.
	dies => classic('/sbin/dies', '/etc/models/board', 'memory = 80', 'start_retries = 0', qq(extra = "$extra")),
	hangs => classic('/sbin/hangs', '/etc/models/board', 'memory = 80', 'device_timeout = 3', qq(extra = "$extra")),
	wrong => classic($own, '/etc/models/wrong', 'memory = 80', 'start_retries = 0', qq(extra = "$extra")),
	absent => classic('/sbin/none', '/etc/models/board', 'memory = 80', qq(extra = "$extra")),
	noconfig => classic($own, '/etc/models/none', 'memory = 80', qq(extra = "$extra")),
	badmap => classic($own, '/etc/models/board', 'memory = 80', 'memmap = "/etc/models/badmap"', qq(extra = "$extra")),
	qemu => qq(type = "hvm"\nmemory = 80\n),
);
my $boot = flaky_boot('model',
	guests => \%guests,
	files => [
		root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
		tool('guest.cpio') . ':/boot/guest.cpio',
		root . "/build/earlydom-model:$own",
		tool('breakout') . ':/sbin/breakout',
		tool('oddmodel') . ':/sbin/dies',
		tool('oddmodel') . ':/sbin/hangs',
		write_file(work_dir . '/board', qq(log = "/run/board.serial"\n)) . ':/etc/models/board',
		write_file(work_dir . '/wrong', qq(log = "/run/x"\nprot = 1\n)) . ':/etc/models/wrong',
		write_file(work_dir . '/map', <<~MAP) . ':/etc/models/map',
			# what this guest is told of its 128 MiB
			0 9f000 ram
			f0000 100000 reserved
			100000 7000000 ram
			7000000 7100000 unusable
			7100000 8000000 ram
			MAP
		write_file(work_dir . '/badmap', "0 2000000 ram\n1000000 4000000 ram\n") . ':/etc/models/badmap',
	],
	image => ['-n'],
	memory => 3072,
	time => 240,
	before => "run before xenfacts\n",
	stage2 => <<'SH');
await_console board '^board cmdline: ' 150
run facts xenfacts -a
run list earlydom list --json
run args cat /run/earlydom/model/dies.log
model() { ps -o pid,args | awk '/earlydom-model -f/ { print $1 }'; }
first=$(model)
run cmdline sh -c "tr '\\0' ' ' </proc/$first/cmdline; echo"
run models sh -c "ps -o args | grep -c '[e]arlydom-model -f'"
run nofiles ls /proc/$first/root/boot
run root ls -A /proc/$first/root
run status cat /proc/$first/status
run limits cat /proc/$first/limits
run files ls -l /proc/$first/fd
run mounts cat /proc/$first/mountinfo
run spaces sh -c "ls -l /proc/$first/ns /proc/self/ns | awk '{ print \$9, \$11 }' | sort"
domid=$(tr '\0' '\n' </proc/$first/cmdline | sed -n '/^-d$/{n;p;}')
run breakout breakout "$domid"
type_to board 'echo $((6 * 7)) from $guest; cat /proc/iomem /proc/interrupts'
await_console board '^42 from board' 60
await_console board '^ *HYP: ' 60
said serial </run/board.serial

# The guest reboots; then it loses its device model, which is a crash.
type_to board 'reboot -f'
await_report '^earlydom: board: restarted' 60
kill -9 $(model)
await_report '^earlydom: board: restarted' 60 2
await_console board '^board cmdline: ' 150 2
run again earlydom list --json
run destroy earlydom destroy board
while [ -n "$(model)" ]; do sleep 0.2; done
run left sh -c "ps -o args | grep '[e]arlydom-model -f'"
run last xenfacts
logs
SH
$boot->ended_well;

# ---- a guest with a serial port ----
my @board = $boot->earlydom_on('board');
like($board[0] // '', qr/^started as domain \d+ \(vmx hvm, 128 MiB, 2 vcpus, \d+ ms\)$/, 'board is started');
my ($domid) = ($board[0] // '') =~ /domain (\d+)/;
$domid //= 'none';
my $log = $boot->said('log.board');
like($log, qr/^board is up: linux PVH, 12[78] MiB, 2 vcpus$/m, 'and finds itself as its descriptor has it');
like($log, qr/^board cmdline: \Q$extra\E guest=board$/m, 'its command line, without what is for the device model');
like($log, qr/^42 from board$/m, 'its serial port, both ways');
like($log, qr/^ *4: .* IO-APIC +4-edge +ttyS0/m, 'with interrupts');
like($boot->said('serial'), qr/^board is up: /m, 'which has a log of its own');
like($log, qr/^00100000-06ffffff : System RAM$/m, 'memmap: ram');
like($log, qr/^07000000-070fffff : Unusable memory$/m, 'memmap: what is none');
like($log, qr/^07100000-07ffffff : System RAM$/m, 'memmap: ram behind it');
my ($list) = grep { ($_->{name} // '') eq "board" } @{(eval { decode_json($boot->said("list.out")) }) || []};
is_deeply([@{$list // {}}{qw(image type memory vcpus state)}], ['vmx', 'hvm', 128, 2, 'running'], 'list');

# ---- its device model ----
like($boot->said('cmdline.out'),
	qr{^\@earlydom-model -f /etc/models/board -v 10\.0\.0\.1:5500 -d $domid -p \d+ -m 128 *$}, 'how it is called');
is($boot->said('models.out'), "1\n", 'there is one');
isnt($boot->status_of('nofiles'), 0, 'it does not see the initramfs');
is($boot->said('root.out'), '', 'its root is empty');
my $status = $boot->said('status.out');
my $uid = 65536 + ($domid eq 'none' ? 0 : $domid);
like($status, qr/^$_:(?:\s+$uid){4}\s*$/m, "$_: its domain's own") for qw(Uid Gid);
like($status, qr/^Groups:[ \t]*$/m, 'no other group');
like($status, qr/^$_:\s+0+\s*$/m, "$_: none") for qw(CapInh CapPrm CapEff CapBnd CapAmb);
like($status, qr/^NoNewPrivs:\s+1\s*$/m, 'nor new privileges');
like($status, qr/^Seccomp:\s+2\s*$/m, 'a filter of system calls');
like($boot->said('limits.out'), qr/^Max \Q$_\E +0 +0 /m, "no $_")
	for 'core file size', 'processes', 'locked memory', 'msgqueue size';
like($boot->said('limits.out'), qr/^Max file size +262144 +262144 /m, 'a bound for its log');
# In the order of the start; 3 was the ready pipe.
my %files = map { /(\d+) -> (.*)$/ ? ($1 => $2) : () } split /\n/, $boot->said('files.out');
is(join(' ', sort { $a <=> $b } keys %files), '0 1 2 4 5 6 7 8 9 10', 'its files');
is(join(' ', map { s/:?\[.*//r } @files{0 .. 2}), 'socket socket pipe', 'the console and its messages');
is_deeply([sort map { s/^anon_inode:|[\[\]]//gr } @files{4 .. 10}],
	['/dev/null', '/dev/null', '/dev/xen/evtchn', '/dev/xen/privcmd', '/dev/xen/privcmd', '/run/board.serial', 'signalfd'],
	'its log, its signals, and one handle of each kind');
like($boot->said('mounts.out'), qr{^\d+ \d+ \S+ / / ro,nosuid,nodev,noexec\b}m, 'nothing can be written there');
unlike($boot->said('mounts.out'), qr{ /(?:proc|run|sys)\b}, 'nor is anything else mounted');
my %spaces;
for my $line (split /\n/, $boot->said('spaces.out')) {
	$spaces{$1}{$2}++ if $line =~ /^(\w+) (\S+)$/;
}
is(scalar(keys %{$spaces{$_} // {}}), 2, "a namespace of its own: $_") for qw(mnt ipc uts);

# ---- what it could do if it were the guest's ----
my %ends = map { /^(.*): (.*)$/ ? ($1 => $2) : () } split /\n/, $boot->said('breakout.out');
is($ends{$_}, 'ended by signal 31', "$_: the end")
	for 'hypercall', 'other channel', 'resource', 'frames', 'open', 'executable memory', 'socket';
like($ends{$_} // '', qr/^errno \d+$/, "$_: an error") for 'other domain', 'other page';
is($ends{'own page'}, 'done', 'a page of its guest');
note($boot->said('breakout.out') =~ /^(powers .*)$/mg);
my $facts = $boot->said('facts.out');
like($facts, qr/^hvm $domid emulation 3ff$/m, "what the hypervisor emulates is what xl's hvm guests have");
like($facts, qr/^hvm $domid param 11 1$/m, 'an HPET');
like($facts, qr/^hvm $domid param 16 1$/m, 'aligned timers');
like($facts, qr/^hvm $domid pages .*\bpool_kib 2560\b/m, 'a pool for page tables as xl sizes it');

# ---- lives and ends ----
like($board[1] // '', qr/^domain $domid rebooted; restarting$/, 'it reboots');
like($board[2] // '', qr/^restarted as domain \d+ \(vmx hvm, /, 'and is started again');
like($board[3] // '', qr/^domain \d+ crashed: its device model \Q$own\E was ended by signal 9 \(Killed\).*; restarting$/,
	'a guest without its device model has crashed');
like($board[4] // '', qr/^restarted as domain \d+ /, 'and is started again');
is($boot->status_of('destroy'), 0, 'it is destroyed');
is($boot->said('left.out'), '', 'no device model is left');

# ---- device models that can't be had ----
my %said = (
	dies => 'its device model /sbin/dies ended with status 3 before it was ready: no such card; domain destroyed',
	wrong => "its device model $own ended with status 1 before it was ready: earlydom-model: "
		. "/etc/models/wrong:2:1: unknown key 'prot', did you mean 'port'?; domain destroyed",
	absent => 'cannot run device model /sbin/none: No such file or directory; domain destroyed',
	noconfig => 'cannot read device model config /etc/models/none: No such file or directory; domain destroyed',
	badmap => 'memmap /etc/models/badmap:2:1: the range overlaps that of line 1',
	qemu => 'cannot read firmware /usr/lib/xen-4.17/boot/hvmloader: No such file or directory',
);
is(($boot->earlydom_on($_))[0], $said{$_}, "$_: is said") for sort keys %said;
like($boot->said('args.out'), qr{^-f /etc/models/board -d \d+ -p \d+ -m 80 *$}m, 'dies: its words');
like(($boot->earlydom_on('hangs'))[0] // '', qr/^started as domain/, 'hangs: one that says nothing is taken as ready');
like((grep { / of 8 guests started / } $boot->earlydom)[0] // '', qr/; failed: absent badmap dies noconfig qemu wrong$/,
	'the summary');

# ---- nothing is left ----
my ($before) = facts($boot->said('before.out'));
my ($after, $left) = facts($boot->said('last.out'));
is(scalar(keys %$left), 1, 'hangs is the only domain');
my $rest = (values %$left)[0]{tot_kib} // 0;
cmp_ok(abs($before->{free_kib} - $after->{free_kib} - $rest), '<=', 2048, 'all memory but its own is back');

done_testing;
