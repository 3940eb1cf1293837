#!/usr/bin/perl
# scripts/boot-test itself: what it prints and how it ends, for descriptors that are good and for
# such as are not.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;
use Time::HiRes qw(time);

my $script = root . '/scripts/boot-test';
my $good = qq(kernel = "/boot/tiny"\nmemory = 16\nextra = "name=);

# test(NAME, {GUEST => TEXT}, OPTIONS): runs it; returns (exit status, stdout, seconds)
sub test {
	my ($name, $guests, @options) = @_;
	my $dir = work_dir . "/$name";
	write_file("$dir/config/$_.cfg", $guests->{$_}) for keys %$guests;
	my $began = time;
	my ($status, $out, $err) = command($script, '-c', "$dir/config", '-l', "$dir/log",
		'-a', tool('tiny') . ':/boot/tiny', @options);
	is($err, '', "$name: nothing on stderr");
	return ($status, $out, time - $began);
}

# ---- all is seen ----
{
	my ($status, $out) = test('good', {one => $good . 'one"', two => $good . 'two reboot"'},
		'-e', 'one:name=one\]$', '-e', 'two:^tiny is up: (16|17) MiB',
		'-e', 'earlydom:^2 of 2 guests started', '-e', 'xen:Dom0 has maximum', '-t', 90);
	my $log = work_dir . '/good/log';
	is($status, 0, 'exit status when all is seen');
	is($out =~ s/\(\d+ ms\)//gr, <<~TAP =~ s/ at the end//r, 'the whole output') or diag($out);
		1..4
		ok 1 - one: name=one\\\\]\$
		#   tiny is up: 16 MiB, store channel 1, cmdline [name=one]
		ok 2 - two: ^tiny is up: (16|17) MiB
		#   tiny is up: 16 MiB, store channel 1, cmdline [name=two reboot]
		ok 3 - earlydom: ^2 of 2 guests started
		#   @{[$out =~ /^#   (2 of 2 guests started in \d+ ms)$/m]}
		ok 4 - xen: Dom0 has maximum
		#   Dom0 has maximum 2 VCPUs
		# logs: $log
		TAP
	like(read_file("$log/one.log"), qr/^tiny is up: .*\n\z/, "a guest's log");
	like(read_file("$log/earlydom.log"), qr/^one: started as domain \d+ /m, "earlydom's log");
	like(read_file("$log/console.log"), qr/^\(XEN\) .*^one: tiny is up: /sm, "the machine's log");
}

# ---- guests that fail, and one that could still come, but does not ----
{
	my ($status, $out, $seconds) = test('failed',
		{one => $good . 'one"', lost => qq(kernel = "/boot/none"\nmemory = 16\n),
			odd => $good . qq(odd"\nmemroy = 3\n), ends => $good . 'ends crash"'},
		'-n', '-t', 300, '-e', 'one:is up', '-e', 'lost:anything', '-e', 'odd:anything',
		'-e', 'ends:never', '-e', 'nobody:anything', '-e', 'earlydom:lost: cannot read kernel /boot/none: ');
	is($status, 1, 'exit status when something is missing');
	cmp_ok($seconds, '<', 250, 'ended long before the time is up');
	like($out, qr/^ok 1 - one: is up$/m, 'the good guest is ok');
	like($out, qr/^not ok 2 - lost: anything\n#   lost: it was not started\n#   console of lost: nothing\n#   earlydom, the last lines:\n(?:#     .*\n)*#     lost: cannot read kernel \/boot\/none: No such file or directory\n/m,
		'a guest that fails to start');
	like($out, qr/^not ok 3 - odd: anything\n#   odd: it was not started\n/m, 'one with a bad descriptor');
	like($out, qr/^#     .*\/odd\.cfg:4:1: unknown key 'memroy', did you mean 'memory'\?$/m, 'whose error is shown');
	like($out, qr/^not ok 4 - ends: never\n#   ends: domain \d+ crashed; destroyed\n#   console of ends, the last lines:\n#     tiny is up: /m,
		'one that ends');
	like($out, qr/^not ok 5 - nobody: anything\n#   nobody: it was not started\n/m, 'one that is not there');
	like($out, qr/^ok 6 - earlydom: lost: /m, "earlydom's own words can be expected");
}

# ---- time is up ----
{
	my ($status, $out) = test('silent', {one => $good . 'one"'}, '-t', 25, '-e', 'one:never');
	is($status, 1, 'exit status when time is up');
	like($out, qr/^1\.\.1\nnot ok 1 - one: never\n#   time is up: 25 s\n/m, 'which is said');
}

# ---- the image cannot be made ----
{
	my ($status, $out) = test('bad', {one => "memroy = 16\n"}, '-e', 'one:x');
	is($status, 1, 'exit status when the image cannot be made');
	like($out, qr/^1\.\.1\n(?:# .*\n)*# .*unknown key 'memroy'.*\n(?:# .*\n)*Bail out! the image cannot be made\n\z/,
		'the cause, and Bail out!');
}

# ---- QEMU is mended (scripts/mend-qemu.c): its function does nothing, another's program is left alone ----
{
	my $program = work_dir . '/ignne';
	my $main = '%s' . "\nint main(void) { cpu_clear_ignne(); return calls; }\n";
	my ($library) = sort { -M $a <=> -M $b } glob(root . '/build/cache/mend-qemu-*.so');
	for my $case (['int calls; void cpu_clear_ignne(void) { calls = 3; }', 0, 'is taken out'],
		['static int calls; static void cpu_clear_ignne(void) { calls = 3; }', 3, 'is not found']) {
		write_file("$program.c", sprintf($main, $case->[0]));
		is((command('cc', '-O0', '-rdynamic', '-o', $program, "$program.c"))[0], 0, 'a program with its function');
		is((command('env', 'LD_PRELOAD=' . ($library // '/nonexistent'), $program))[0], $case->[1], "which $case->[2]");
	}
	write_file("$program.c", <<~'C');
		#include <stddef.h>
		#include <unistd.h>
		static int cpus[2], calls[2], held, wrong;
		void *qemu_get_cpu(int i) { return i < 2 ? &cpus[i] : NULL; }
		void cpu_interrupt(void *cpu, int mask) { calls[cpu == &cpus[1]]++; wrong |= !held || mask != 0x10; }
		void qemu_mutex_lock_iothread_impl(const char *file, int line) { wrong |= !file || !line || held++; }
		void qemu_mutex_unlock_iothread(void) { held--; }
		int main(void)
		{
			for (int i = 0; i < 500 && calls[1] < 10; i++)
				usleep(10000);
			return wrong || calls[0] < 10 || calls[1] < 10;
		}
		C
	is((command('cc', '-O0', '-rdynamic', '-o', $program, "$program.c"))[0], 0, 'a program with two processors');
	is((command('env', 'LD_PRELOAD=' . ($library // '/nonexistent'), $program))[0], 0, 'which look for interrupts again and again');
	my ($status, undef, $err) = command('env', 'HOSTCC=/nonexistent', root . '/scripts/run-qemu', '-v', '-t', 1,
		'-i', work_dir . '/ignne');
	like($err, qr/ 'LD_PRELOAD=\S+\/mend-qemu\.so'/, 'run-qemu preloads the library, which is made once');
}

# ---- wrong usage ----
my @wrong = (
	[['-e', 'a:b'], 'which descriptors? -c is missing'],
	[['-c', '.'], 'what to wait for? -e is missing'],
	[['-c', '.', '-e', 'web'], "-e wants NAME:REGEX, not 'web'"],
	[['-c', '.', '-e', 'we b:x'], "-e we b:x: 'we b' cannot be the name of a guest"],
	[['-c', '.', '-e', 'a:(b'], "-e a:(b: '(b' is not an extended regular expression"],
	[['-c', '.', '-e', 'a:b', '-t', 'soon'], "the time-out must be a positive number, not 'soon'"],
	[['-c', '.', '-e', 'a:b', 'more'], "unexpected argument 'more'"],
);
for my $wrong (@wrong) {
	my ($status, $out, $err) = command($script, @{$wrong->[0]});
	is("$status $out$err", "2 boot-test: $wrong->[1] (see $script -h)\n", "usage: $wrong->[1]");
}
my ($status, $out, $err) = command($script, '-c', '/nonexistent', '-e', 'a:b');
is("$status $out$err", "1 boot-test: no directory /nonexistent\n", 'no such directory');
($status, $out) = command($script, '-h');
is($status, 0, '-h');
like($out, qr/^usage: scripts\/boot-test -c CONFIGDIR /, 'shows the usage');

done_testing;
