#!/usr/bin/perl
# The fault matrix, in real boots with three guests: pv with a disk, pvh with a network interface, vmx
# with the device model of the project. Each of dom0's processes is killed and stopped while nothing
# happens, while guests are started, and while guests are started again; and dom0 itself is short of
# what it should have. Each row is a fault: the guests that it does not hit go on as the domains that
# they were, nobody is there twice or half, `earlydom list` answers, and ends are handled afterwards.
# The table of what happened is printed, and in build/qemu-tests/faults/table.md; docs/faults.md keeps
# one. One boot alone: prove -v -I qemu-tests/lib qemu-tests/faults.t :: processes|boot|dom0
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use File::Path qw(make_path);
use JSON::PP;
use Test::More;

# ---- the guests ----
my $own = '/usr/lib/earlydom/earlydom-model';
# guests(KERNEL OF PVH, THAT OF VMX): three descriptors
sub guests {
	my ($pvh, $vmx) = @_;
	my $common = qq(on_crash = "restart"\ndevice_timeout = 600\n);
	return {
		pv => <<~CFG . $common,
			kernel = "/boot/tiny"
			memory = 16
			disk = ["/dev/vda,raw,xvda,rw"]
			CFG
		pvh => <<~CFG . $pvh . $common,
			type = "pvh"
			vif = ["bridge=br0,vifname=pvh0"]
			CFG
		vmx => <<~CFG . $vmx . $common,
			image = "vmx"
			device_model_protocol = "classic"
			device_model_override = "$own"
			device_model_config = "/etc/models/vmx"
			CFG
	};
}
my $tinyhvm = qq(kernel = "/boot/tinyhvm"\nmemory = 16\n);
my $tiny = guests($tinyhvm, $tinyhvm);
# Linux, which uses its interface. It starts again and again, and should not take the machine from dom0.
my $linux = guests(<<~CFG, $tinyhvm);
	kernel = "/boot/vmlinuz"
	ramdisk = "/boot/front.cpio"
	memory = 144
	cpu_weight = 64
	extra = "console=hvc0 quiet mitigations=off tsc_early_khz=2600000 cryptomgr.notests rodata=off guest=pvh ip=10.0.0.2"
	CFG
my @files = (
	root . "/build/earlydom-model:$own",
	tool('faulty') . ':/sbin/faulty',
	tool('tinyhvm') . ':/boot/tinyhvm',
	write_file(work_dir . '/vmx', "log = \"/run/vmx.serial\"\n") . ':/etc/models/vmx',
);
my @linux_files = (
	@files,
	root . '/build/machine/vmlinuz-cloud:/boot/vmlinuz',
	tool('front.cpio') . ':/boot/front.cpio',
);

# ---- a row ----
my $rows = <<'SH';
# left_over: what there still is of guests and of their supervisor
left_over() {
	xenfacts | grep '^domain'
	pidof earlydom earlydom-model
	ls /sys/class/net | grep -vx -e lo -e br0
	losetup -a
	xenstore list /local/domain | grep -vx 0
}
# afresh: as if there had been no guests and no supervisor yet. xenconsoled goes, too: its logs are in
# a file system of the supervisor that started it. Interfaces go a moment after their guests.
afresh() {
	end_supervisor
	for tenth in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(left_over)" ] || break
		sleep 0.1
	done
	left_over | said left
	kill -9 "$(process xenconsoled)"
	rm /run/xenconsoled.pid
}
# boot_afresh: the same, and then guests that run. One that ends more than five times in a minute is
# not started again, so this is done before it may.
boot_afresh() {
	afresh
	earlydom boot >/dev/null 2>&1
	longest=0 row=afresh
	wait_for 60 running
}

# answers: the list into /tmp/list, as soon as somebody gives it; the longest that this took in a row
answers() {
	now_ms
	asked=$ms
	until earlydom list --json >/tmp/list 2>/dev/null; do
		sleep 0.05
		now_ms
		[ $((ms - asked)) -lt 100000 ] || break
	done
	now_ms
	[ $((ms - asked)) -le "$longest" ] || longest=$((ms - asked))
}
# wait_for SECONDS COMMAND...: until it succeeds; the list is asked for each time
wait_for() {
	now_ms
	limit=$((ms + patience * 1000 * $1)) waited_for=$1
	shift
	answers
	until "$@"; do
		if [ "$ms" -ge "$limit" ]; then
			echo "@late: $row: not within $waited_for s: $*"
			return
		fi
		sleep 0.1
		answers
	done
}
running() { [ "$(grep -c '"state": "running"' /tmp/list)" -eq 3 ]; }
# some GUESTS STATES: is one of these guests in one of these states?
some() { grep -Eq "\"name\": \"($1)\".*\"state\": \"($2)\"" /tmp/list; }
there() { [ -n "$(process "$1")" ]; }
unlike() { now=$(process "$1") && [ -n "$now" ] && [ "$now" != "$2" ]; }
another() { [ "$(process "$1" | wc -l)" -eq 1 ] && unlike "$1" "$2"; }
id_of() { sed -n "s/.*\"name\": \"$1\", \"domid\": \([0-9]*\).*/\1/p" /tmp/list; }
# crash GUEST...: by the hypervisor; was_GUEST becomes the domain
crash() {
	for guest; do
		id=$(id_of "$guest")
		eval "was_$guest=$id"
		faulty crash "$id"
	done
}
new_domain() {
	for guest; do
		eval "was=\$was_$guest"
		now=$(id_of "$guest")
		[ -n "$now" ] && [ "$now" != "$was" ] && some "$guest" running || return
	done
}

# begin ROW: the row begins; end_row: what there is now, and how long the list took at worst
begin() {
	row=$1 longest=0
	lines=$(wc -l 2>/dev/null </run/earlydom/earlydom.log || echo 0)
	answers
	said "$row.before" </tmp/list
	longest=0
}
no_store=''
snapshot() {
	said "$row.$1" </tmp/list
	xenfacts | said "$row.$1.facts"
	# Without xenstored its client waits for ever.
	[ -n "$no_store" ] || xenstore list /local/domain | said "$row.$1.store"
}
end_row() {
	snapshot end
	tail -n +$((lines + 1)) /run/earlydom/earlydom.log | said "$row.report"
	echo "@$row.ms: $longest"
}
# crashes GUEST...: their ends are handled
crashes() {
	answers
	crash "$@"
	wait_for 30 new_domain "$@"
}

# hit PROCESS SIGNAL: and what it takes until things are as they should be
hit() {
	old=$(process "$1")
	# shellcheck disable=SC2086 # numbers
	kill "-$2" $old
	answers
	case $1.$2 in
	supervisor.*) wait_for 20 another supervisor "$old" ;;
	keeper.KILL | xenconsoled.KILL) wait_for 20 another "$1" "$old" ;;
	model.KILL) wait_for 30 unlike model "$old" ;;
	*.STOP)
		for tenth in 1 2 3 4 5 6; do
			sleep 0.5
			answers
		done
		# shellcheck disable=SC2086
		kill -CONT $old
		;;
	esac
}

# ends PROCESS SIGNAL: each guest ends, but for one that ends too often then: more than five times in
# the three rows
ends() {
	case $1.$2 in
	model.KILL) crashes pv pvh ;;
	*) crashes pv pvh vmx ;;
	esac
}

# strike PROCESS SIGNAL: the fault, what there is after it, and the guests' ends
strike() {
	hit "$1" "$2"
	wait_for 30 running
	snapshot after
	ends "$1" "$2"
	end_row
}

# fault PROCESS SIGNAL: the three rows
fault() {
	row=$1.$2.boot longest=0
	afresh
	earlydom boot >/dev/null 2>&1 &
	lines=0
	case $1 in
	model) wait_for 30 there model ;;
	*) wait_for 30 some 'pv|pvh|vmx' 'starting|connecting' ;;
	esac
	longest=0
	strike "$1" "$2"

	begin "$1.$2.idle"
	strike "$1" "$2"

	begin "$1.$2.restart"
	case $1 in
	model)
		old=$(process model)
		crash vmx
		wait_for 30 unlike model "$old"
		;;
	*)
		crash pv pvh
		wait_for 30 some 'pv|pvh' 'waiting|starting|connecting|stopping'
		;;
	esac
	longest=0
	strike "$1" "$2"
}

none_starts() { ! some 'pv|pvh' 'starting'; }
# store_ended: what is left when xenstored is dead, after each guest's end
store_ended() {
	no_store=yes
	await_report '^earlydom: xenstored has ended: ' 20
	# The list does not know of a domain that is being made.
	wait_for 30 none_starts
	snapshot after
	crash vmx ${1-pv pvh}
	wait_for 30 new_domain vmx
	for guest in ${1-pv pvh}; do
		await_report "^earlydom: $guest: domain .* has ended; it stays" 20
	done
	answers
	end_row
}
SH

my %common = (
	store => 1,
	disks => [8],
	dom0 => 'earlydom.bridge=br0 earlydom.wait=20',
	# Where xenstored was killed while dom0's kernel had asked it something, that waits for ever, and
	# dom0 can't be powered off.
	abort => qr/^\@over: yes/m,
	memory => 2560,
);
my @signals = qw(KILL STOP);
my @faults = map { my $p = $_; map { [$p, $_] } @signals } qw(supervisor keeper xenconsoled model);
push @faults, ['xenstored', 'STOP'];
# ext4 for libxl's records; and a file system with a label, not at the disk's beginning.
make_path(work_dir . '/empty');
my $records = work_dir . '/records.ext4';
system(root . '/qemu-tests/lib/mkext4', work_dir . '/empty', $records) == 0 or BAIL_OUT('no disk');
my $labelled = write_file(work_dir . '/labelled', "\0" x (1 << 20), read_file(tool('guest.ext4')));

my %booted;
$booted{processes} = sub { return flaky_boot('processes', %common, guests => $tiny, files => \@files, time => 240, stage2 => $rows
	. join('', map { "fault @$_\n" } @faults) . <<'SH') };

begin xenstored.KILL.idle
kill -9 "$(process xenstored)"
store_ended
echo '@over: yes'
SH

$booted{boot} = sub { return flaky_boot('boot', %common, guests => $tiny, files => \@files, time => 60, before => $rows . <<'BEFORE', stage2 => $rows . <<'SH') };
{
	row=xenstored.KILL.boot longest=0 lines=0
	wait_for 60 some 'pv|pvh' 'starting|connecting'
	longest=0
	kill -9 "$(process xenstored)"
	answers
	echo "$longest" >/tmp/killed
} &
BEFORE
row=xenstored.KILL.boot longest=0 lines=0
wait_for 30 some vmx running
read -r longest </tmp/killed
store_ended ''
echo '@over: yes'
SH

$booted{dom0} = sub { return flaky_boot('dom0', %common, time => 200,
	files => \@linux_files,
	guests => {%$linux, looks => <<~CFG},
		kernel = "/boot/tiny"
		memory = 16
		disk = ["format=raw, vdev=xvda, access=rw, target=LABEL=guest"]
		device_timeout = 600
		CFG
	disks => [8, $records, $labelled],
	image => [map { ('-M', $_) } qw(crc32c_generic ext4 dm_mod)],
	dom0 => "$common{dom0} earlydom=pv,pvh,vmx",
	stage2 => $rows . <<'SH') };
# Ctrl-S on the terminal that is earlydom's console.
ip address add 10.0.0.1/24 dev br0
# network: until Linux in pvh answers
network() {
	for second in $(seq 120); do
		! ping -c 1 -W 1 10.0.0.2 >/dev/null || return
	done
	echo "@late: $row: pvh does not answer to ping"
}
afresh
faulty tty /tmp/tty /tmp/shown &
terminal=$!
await /tmp/tty . 20
earlydom boot >"$(cat /tmp/tty)" 2>&1
begin tty
kill -USR1 $terminal
crashes pv pvh vmx
snapshot after
grep -c restarted /tmp/shown | said "$row.stopped"
kill -USR2 $terminal
await /tmp/shown ': restarted as domain' 20 3
crashes pv
end_row

# A guest's kernel is truncated in its place.
begin truncated
cp /boot/tiny /tmp/tiny
: >/boot/tiny
crash pv
wait_for 30 some pv 'retrying|failed'
said "$row.stopped" </tmp/list
snapshot after
cat /tmp/tiny >/boot/tiny
wait_for 60 new_domain pv
crashes pv pvh vmx
end_row

boot_afresh
# No room in /run.
begin full
mount -o "remount,size=$(($(df -k /run | awk 'NR == 2 { print $3 }') + 16))k" /run
dd if=/dev/zero of=/run/fill bs=4k 2>/dev/null
crashes pv pvh vmx
snapshot after
df -k /run | awk 'NR == 2 { print $4 }' | said "$row.stopped"
rm /run/fill
mount -o remount,size=64m /run
crashes pv
end_row

# A disk that does not answer is to be looked at for a guest, and belongs to none.
faulty disk slow /dev/vdc
begin disk
faulty hold slow
earlydom start looks >/tmp/looks 2>&1 &
network
await_report '^earlydom: looks: .* has not answered for ' 20
crashes pv pvh vmx
snapshot after
some looks waiting; echo $? | said "$row.stopped"
faulty go slow
wait_for 30 some looks running
earlydom destroy looks
crashes pv
end_row

boot_afresh
# dom0's memory is eaten.
begin memory
for name in supervisor keeper xenstored xenconsoled model; do process $name; done >/tmp/pids
tail /dev/zero >/dev/null 2>&1 &
eater=$!
crash pv
dead() { ! kill -0 $eater 2>/dev/null; }
wait_for 60 dead
wait_for 30 new_domain pv
for name in supervisor keeper xenstored xenconsoled model; do process $name; done | cmp - /tmp/pids
echo $? | said "$row.stopped"
snapshot after
crashes pv pvh vmx
end_row

# The file system of libxl's records is frozen.
mkdir -p /var/lib/xen
mount -t ext4 /dev/vdb /var/lib/xen
records() { ls /var/lib/xen | sed -n 's/^userdata-d\.\([0-9]*\)\..*/\1/p' | said "$1"; }
recorded() { ls /var/lib/xen/userdata-d."$(id_of pv)".* >/dev/null 2>&1; }
wait_for 10 recorded
begin frozen
fsfreeze --freeze /var/lib/xen
crashes pv pvh vmx
snapshot after
records "$row.stopped"
fsfreeze --unfreeze /var/lib/xen
crashes pv
wait_for 30 recorded
sleep 2
records "$row.records"
end_row

begin xenstored.KILL.restart
crash pv pvh
wait_for 30 some 'pv|pvh' 'waiting|starting|connecting|stopping'
longest=0
kill -9 "$(process xenstored)"
store_ended ''
echo '@over: yes'
SH

# ---- what has become of it ----
my @names = qw(pv pvh vmx);
my @order = @ARGV ? @ARGV : qw(boot dom0 processes);
my %machine = map { $_ => $booted{$_}->() } @order;
for (@order) {
	my $boot = $machine{$_};
	is($boot->said('late'), '', "$_: everything came in time");
	is($boot->said('over'), "yes\n", "$_: ran to its end") or diag(map { "  $_\n" } @{$boot->{lines}}[-20 .. -1]);
	is($machine{$_}->said('left'), '', "$_: nothing is left of guests that were destroyed");
}

# rows(BOOT, LABEL): NAME => what the list said of it
sub rows {
	my ($boot, $label) = @_;
	my $list = eval { decode_json($boot->said($label)) } // [];
	return { map { $_->{name} => $_ } @$list };
}

# one(BOOT, LABEL, ROWS): what is wrong with the domains at that time: there should be one of each
# guest that the list has a domain of, whole, and the store should know these and no other
sub one {
	my ($boot, $label, $rows, $waits) = @_;
	my %begun = map { ($rows->{$_}{domid} // '') => 1 } keys %$waits;
	my (undef, $facts) = facts($boot->said("$label.facts"));
	my $want = join(' ', sort { $a <=> $b } grep { defined } map { $_->{domid} } values %$rows);
	my $have = join(' ', sort { $a <=> $b } keys %$facts);
	my @bad = $have eq $want ? () : ("domains $have, and not $want");
	for (values %$facts) {
		push @bad, "domain $_->{domain} is half-built" if ($_->{paused} && !$begun{$_->{domain}}) || $_->{dying};
	}
	my @nodes = sort { $a <=> $b } grep { $_ } split ' ', $boot->said("$label.store");
	push @bad, "the store has @nodes" if @nodes && "@nodes" ne $want;
	return @bad;
}

# A busy machine gets as many times the seconds of an idle one as lib/stage2.sh gives it; a list that waits for the
# fault to end takes longer by far.
my $patience = 6;

my @table;
# row(BOOT, ROW, TITLE, WHEN, OPTIONS): tests a row, and puts it into the table. OPTIONS:
#	answers  the seconds within which the list is answered on an idle machine (1)
#	hit      [names of the guests whose domains the fault ends]
#	kept     [names of those that have ended and are kept at the end]
#	waits    [names of those that wait for the store, with or without a domain that is built]
#	bad      more that is wrong
#	lost     what is lost by design
sub row {
	my ($boot, $row, $title, $when, %o) = @_;
	my %hit = map { $_ => 1 } @{$o{hit} // []};
	my %kept = map { $_ => 1 } @{$o{kept} // []};
	my ($before, $after, $end) = map { rows($boot, "$row.$_") } qw(before after end);
	my %waits = map { $_ => 1 } @{$o{waits} // []};
	my @bad = (@{$o{bad} // []}, one($boot, "$row.after", $after, \%waits), one($boot, "$row.end", $end, \%waits));
	my ($ms) = $boot->said("$row.ms") =~ /(\d+)/;
	push @bad, 'it was not over' if !defined $ms;
	push @bad, "the list took $ms ms" if ($ms // 0) > 1000 * $patience * ($o{answers} // 1);
	for my $name (@names) {
		my ($old, $now, $last) = map { $_->{$name}{domid} // 0 } $before, $after, $end;
		my $state = $end->{$name}{state} // 'gone';
		push @bad, "$name is $state" if $state ne 'running' && !($waits{$name} && $state =~ /^(?:waiting|connecting|retrying)$/);
		push @bad, "$name was domain $old and is $now" if $old && !$hit{$name} && !$waits{$name} && $old != $now;
		push @bad, "$name was domain $old still" if $old && $hit{$name} && $old == $now;
		push @bad, "$name ended and is domain $last" if $kept{$name} && $last != $now;
	}
	my @report = split /\n/, $boot->said("$row.report");
	push @bad, grep { /please report/ } @report;
	is(join('; ', @bad), '', "$title, $when") or diag(map { "  $_\n" } @report);
	my @said = grep { !/: (?:started as|restarted as)|crashed; restarting|guests? started in/ } @report;
	s/^earlydom: //, s/\|/\\|/g for @said;
	my %seen;
	push @table, [$title, $when, sprintf('%.1f s', ($ms // 0) / 1000),
		join('<br>', grep { !$seen{$_}++ } @said) || '-', @bad ? join('; ', @bad) : 'yes', $o{lost} // '-'];
	return;
}

my %verb = (KILL => 'killed', STOP => 'stopped');
my %when = (boot => 'while guests are started', idle => 'idle', restart => 'while guests are restarted');
my $store_lost = 'guests with disks or interfaces end for good until dom0 is restarted';
if (my $boot = $machine{processes}) {
	for my $fault (@faults) {
		my ($process, $signal) = @$fault;
		for my $when (qw(boot idle restart)) {
			my @hit = $process eq 'model' && $signal eq 'KILL' && $when ne 'boot' ? ('vmx') : ();
			push @hit, $process eq 'model' ? 'vmx' : qw(pv pvh) if $when eq 'restart';
			row($boot, "$process.$signal.$when", "$process $verb{$signal}", $when{$when}, hit => \@hit,
				answers => $process eq 'supervisor' ? 15 : 1);
		}
	}
	row($boot, 'xenstored.KILL.idle', 'xenstored killed', 'idle', kept => [qw(pv pvh)], lost => $store_lost);
}
if (my $boot = $machine{boot}) {
	row($boot, 'xenstored.KILL.boot', 'xenstored killed', $when{boot}, waits => [qw(pv pvh)], lost => $store_lost);
}
if (my $boot = $machine{dom0}) {
	# stopped(ROW): what was found while the fault lasted
	my $stopped = sub { my $said = $boot->said("$_[0].stopped"); chomp $said; return $said };
	my $wrong = sub { my ($good, $what) = @_; return [$good ? () : $what] };
	row($boot, 'tty', 'Ctrl-S on the terminal that is its console', 'while guests are restarted', hit => \@names,
		bad => $wrong->($stopped->('tty') eq '0', 'lines were shown'));
	my ($during, $last) = map { rows($boot, "frozen.$_")->{pv}{domid} // 0 } qw(after end);
	row($boot, 'frozen', 'the file system with /var/lib/xen frozen', 'while guests are restarted', hit => \@names,
		bad => [@{$wrong->($stopped->('frozen') !~ /^$during$/m, 'it was not frozen')},
			@{$wrong->($boot->said('frozen.records') =~ /^$last$/m, 'no record of pv')}]);
	row($boot, 'full', '/run full', 'while guests are restarted', hit => \@names,
		bad => $wrong->($stopped->('full') eq '0', 'there was room'));
	row($boot, 'disk', 'a disk does not answer that a guest waits for', 'while others are restarted', hit => \@names,
		bad => $wrong->($stopped->('disk') eq '0', 'it did not wait'));
	row($boot, 'memory', "dom0's memory eaten", 'while a guest is restarted', hit => ['pv'],
		bad => $wrong->($stopped->('memory') eq '0', 'another process ended'));
	row($boot, 'truncated', "a guest's kernel truncated in its place", 'before it is restarted', hit => ['pv'],
		lost => 'the guest waits for its kernel');
	row($boot, 'xenstored.KILL.restart', 'xenstored killed', $when{restart}, waits => [qw(pv pvh)], lost => $store_lost);
}

# The rows of a fault are from several boots.
my %place;
$place{$_->[0]} //= keys %place for @table;
my @lines = ('| fault | when | longest wait for the list | what was said | held | lost by design |', '|---|---|---|---|---|---|',
	map { "| @{[join(' | ', @$_)]} |" } sort { $place{$a->[0]} <=> $place{$b->[0]} } @table);
write_file(work_dir . '/table.md', map { "$_\n" } @lines);
diag("$_") for @lines;
done_testing;
