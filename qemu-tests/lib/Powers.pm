# What the processes of a boot may do: the table that docs/security.md begins with, what qemu-tests/powers.c
# has seen, and how the one differs from the other.
package Powers;

use strict;
use warnings;
no warnings 'portable'; # capabilities have more than 32 bits

use Exporter qw(import);

our @EXPORT = qw(powers_table powers_seen powers_differ);

my @columns = qw(process uid caps new_privs seccomp root known_by);
my $head = '| process | Uid | CapEff | NoNewPrivs | Seccomp | root | how it is recognised |';

# linux/capability.h: those that a table may name
my %bit = (chown => 0, dac_override => 1, dac_read_search => 2, fowner => 3, kill => 5, setgid => 6, setuid => 7,
	setpcap => 8, net_bind_service => 10, net_admin => 12, net_raw => 13, ipc_lock => 14, sys_module => 16,
	sys_rawio => 17, sys_chroot => 18, sys_ptrace => 19, sys_admin => 21, sys_nice => 23, sys_resource => 24,
	sys_tty_config => 26, mknod => 27);

# Which processes are ours by their names alone
my $ours = qr/^(?:earlydom|\S*xenstored|xenconsoled|xen-qemu|qemu)/;

# powers_table(TEXT): its rows as hashes of @columns, with the pattern of the last one compiled, and `short` for
# one that may not be seen. Dies with the line that is no row.
sub powers_table {
	my ($text) = @_;
	my ($table) = $text =~ /^\Q$head\E\n\|(?:-+\|)+\n((?:\|.*\n)+)/m or die "no table with the head $head\n";
	my @rows;
	for my $line (split /\n/, $table) {
		my @cells = $line =~ /^\| (.*) \|$/ ? split(/ \| /, $1) : ();
		my %row;
		@row{@columns} = @cells;
		die "not " . @columns . " cells: $line\n" if @cells != @columns;
		$row{known_by} =~ /^`(.+)`$/ or die "no pattern between backticks: $line\n";
		$row{known_by} = qr/$1/;
		$row{short} = $row{process} =~ /\(short-lived\)/;
		die "an unknown power: $line\n" if grep { !defined $bit{$_} } _caps($row{caps});
		push @rows, \%row;
	}
	return @rows;
}

# The powers that a cell names, but for `all` and `none`
sub _caps {
	my ($cell) = @_;
	return $cell =~ /^(?:all|none)$/ ? () : split(/, /, $cell);
}

# powers_seen(TEXT): what `powers` has printed, as hashes: pid, ppid, uid, caps, new_privs, seccomp, root_id, names
# (of the root), what (name and words)
sub powers_seen {
	my ($text) = @_;
	my @seen;
	for my $line (split /\n/, $text) {
		my %p;
		my $root;
		(@p{qw(pid ppid uid caps new_privs seccomp)}, $root, $p{what}) =
			$line =~ /^(\d+) (\d+) (\S+) ([0-9a-f]+) (\d) (\d) (\S+) (.*)$/ or die "not of powers: $line\n";
		@p{qw(root_id names)} = $root =~ /^([^:]*):?(.*)$/;
		push @seen, \%p;
	}
	return @seen;
}

# A cell's value, and what it is to be compared with
sub _uid {
	my ($row, $domid) = @_;
	return $row->{uid} =~ /^(\d+) \+ domid$/ ? $1 + ($domid // 0) : $row->{uid};
}

sub _caps_text {
	my ($caps, $all) = @_;
	return 'all' if $caps == $all;
	return 'none' if !$caps;
	my %name = reverse %bit;
	return join(', ', map { $name{$_} // $_ } grep { $caps >> $_ & 1 } 0 .. 63);
}

# root's name, by process 1's and the supervisor's
sub _root {
	my ($p, $first, $own) = @_;
	return "dom0's" if $p->{root_id} eq $first;
	return 'own root' if defined $own && $p->{root_id} eq $own;
	return 'empty' if $p->{names} eq '';
	return "QEMU's" if $p->{names} =~ /^(?:dev|lib|lib64|proc|run|usr|var)(?:,(?:dev|lib|lib64|proc|run|usr|var))*$/;
	return "with $p->{names}";
}

# _wrong(ROW, PROCESS, ALL, ROOTS): what is not as the row has it
sub _wrong {
	my ($row, $p, $all, @roots) = @_;
	my ($domid) = $p->{what} =~ $row->{known_by};
	my @is = ($p->{uid}, _caps_text(hex($p->{caps}), $all), $p->{new_privs}, $p->{seccomp}, _root($p, @roots));
	my @wanted = (_uid($row, $domid), @{$row}{qw(caps new_privs seccomp root)});
	my @names = qw(Uid CapEff NoNewPrivs Seccomp root);
	return map { "$row->{process}: $names[$_] $is[$_], not $wanted[$_] ($p->{what})" }
		grep { $is[$_] ne $wanted[$_] } 0 .. $#names;
}

# powers_differ(ROWS, SEEN, OPTIONS): what is wrong, a line each: a process of ours that no row or more than one
# knows, a power that is not as its row has it, a row that is of no process. A process is ours by its name, or as a
# descendant of one that is. OPTIONS:
#
#	watched  true: SEEN is what was seen over a time, in which processes give up their powers one after the
#	         other. Rows are not looked for, and only those that are short-lived and were met are compared: one
#	         of the looks has to be as the row has it
sub powers_differ {
	my ($rows, $seen, %o) = @_;
	my ($init) = grep { $_->{pid} == 1 } @$seen;
	return 'process 1 was not seen' if !$init;
	my ($supervisor) = grep { $_->{what} =~ /^earlydom: \@earlydom supervise$/ } reverse @$seen;
	my @compared_by = (hex($init->{caps}), $init->{root_id}, $supervisor ? $supervisor->{root_id} : undef);
	my %parent = map { $_->{pid} => $_->{ppid} } @$seen;
	my %named = map { $_->{what} =~ $ours ? ($_->{pid} => 1) : () } @$seen;
	my (@bad, %met, %good);
	for my $p (@$seen) {
		my $mine = 0;
		for (my $pid = $p->{pid}; $pid && !$mine; $pid = $parent{$pid}) {
			$mine = $named{$pid};
		}
		next if !$mine;
		my @known = grep { $p->{what} =~ $_->{known_by} } @$rows;
		if (@known != 1) {
			push @bad, "$p->{what}: " . (@known ? 'more than one row is about it' : 'no row is about it');
			next;
		}
		my ($row) = @known;
		my @wrong = _wrong($row, $p, @compared_by);
		push @bad, @wrong if !$o{watched};
		$met{$row->{process}} = \@wrong;
		$good{$row->{process}} = 1 if !@wrong;
	}
	for my $row (@$rows) {
		my $process = $row->{process};
		push @bad, "$process: no process is" if !$o{watched} && !$row->{short} && !$met{$process};
		push @bad, @{$met{$process}} if $o{watched} && $row->{short} && $met{$process} && !$good{$process};
	}
	return @bad;
}

1;
