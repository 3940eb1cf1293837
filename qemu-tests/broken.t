#!/usr/bin/perl
# One broken guest of each kind among good ones: the good ones start, each broken one is reported in
# its own words, and nothing of it is left in the hypervisor.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Test::More;

# A packed kernel and what can happen to it. bytes 0x1000 on are inside of the packed stream.
my $dir = work_dir . '/images';
write_file("$dir/kernel", read_file(tool('tiny')));
is((command('gzip', '-9nk', "$dir/kernel"))[0], 0, 'gzip');
my $packed = read_file("$dir/kernel.gz");
write_file("$dir/truncated.gz", substr($packed, 0, length($packed) / 2));
my $corrupt = $packed;
substr($corrupt, length($corrupt) - 8, 4) ^= "\xff\xff\xff\xff";	# the CRC
write_file("$dir/corrupt.gz", $corrupt);
write_file("$dir/cut.elf", substr(read_file("$dir/kernel"), 0, 5000));
write_file("$dir/pv32", pv32());
write_file("$dir/text", "no kernel at all\n" x 100);
write_file("$dir/big.cpio", "\0" x (40 << 20));

# pv32(): the least of a 32-bit PV kernel, which Debian's hypervisor does not run: an ELF file of one
# segment and Xen's notes (xen/public/elfnote.h: entry, base, version, system, loader, PAE).
sub pv32 {
	my $notes = join '', map { pack('V3 a4 a*', 4, length($_->[1]), $_->[0], 'Xen', $_->[1]) }
		[1, pack('V', 0xc0000000)], [3, pack('V', 0xc0000000)], [5, "xen-3.0\0"],
		[6, "tiny32\0\0"], [8, "generic\0"], [9, "yes\0"];
	my $size = 116 + length($notes);
	return pack('a16 v2 V5 v6', "\x7fELF\1\1\1", 2, 3, 1, 0xc0000000, 52, 0, 0, 52, 32, 2, 40, 0, 0)
		. pack('V8', 1, 0, 0xc0000000, 0, $size, $size, 5, 4096)
		. pack('V8', 4, 116, 0xc0000074, 0x74, length($notes), length($notes), 4, 4) . $notes;
}

my $good = qq(kernel = "/boot/tiny"\nmemory = 16\n);
sub with { my ($kernel, $more) = @_; return qq(kernel = "/boot/$kernel"\nmemory = 16\n) . ($more // '') }
my %guests = (
	a_good => $good,
	missing => with('nothing'),
	pv32 => with('pv32'),
	plan9 => with('p9-386', qq(image = "plan9"\n)),
	truncated => with('truncated.gz'),
	corrupt => with('corrupt.gz'),
	cut => with('cut.elf'),
	text => with('text'),
	directory => with('directory'),
	foreign => with('earlydom'),
	no_pvh => with('tiny', qq(type = "pvh"\n)),
	no_ramdisk => with('tiny', qq(ramdisk = "/boot/nothing.cpio"\n)),
	big_ramdisk => with('tiny', qq(ramdisk = "/boot/big.cpio"\n)),
	greedy => qq(kernel = "/boot/tiny"\nmemory = 9000\nstart_retries = 0\n),
	far => with('tiny', qq(cpus = "40"\n)),
	unknown_type => with('tiny', qq(type = "pvx"\n)),
	two_errors => qq(kernel = "/boot/tiny"\nmemroy = 16\nvcpus = 0\n),
	disk => with('tiny', qq(disk = ["file:/disk,xvda,w"]\nstart_retries = 0\n)),
	memmap => with('tiny', qq(memmap = "/x"\n)),
	syntax => qq(kernel = "/boot/tiny\nmemory = 16\n),
	image => with('tiny', qq(image = "plan8"\n)),
	z_good => $good,
);
my $boot = boot('broken',
	guests => \%guests,
	files => [(map { "$dir/$_:/boot/$_" } qw(truncated.gz corrupt.gz cut.elf text big.cpio pv32)),
		tool('p9-386') . ':/boot/p9-386', "$dir/text:/boot/directory/text", root . '/build/earlydom:/boot/earlydom'],
	image => ['-n', '-k'],
	time => 200,
	stage2 => <<'SH',
run status cat /run/earlydom.status
run facts xenfacts
run list earlydom list
run guests ls /run/earlydom/guests
run missing cat /run/earlydom/guests/missing
run files ls /boot

# Nothing may leak: the same once more, with the good ones destroyed before and after.
end_supervisor
run before xenfacts
run again earlydom boot
end_supervisor
run after xenfacts
SH
);
$boot->ended_well;

# The first of the two boots.
my @lines;
for my $line ($boot->earlydom) {
	push @lines, $line;
	last if $line =~ / of \d+ guests? started in /;
}
my %of;
for my $line (@lines) {
	push @{$of{$1}}, $2 if $line =~ /^(\w+): (.*)/;
}

like($of{$_}[0], qr/^started as domain \d+ \(linux pv, 16 MiB, 1 vcpu, \d+ ms\)$/, "$_ starts")
	for qw(a_good z_good);

# ---- errors of images and of the host ----
my %said = (
	missing => 'cannot read kernel /boot/nothing: No such file or directory',
	text => 'kernel /boot/text: not a kernel: neither an ELF file, nor a bzImage, nor an a.out of Plan 9, nor '
		. 'packed in a way that is known',
	directory => 'cannot read kernel /boot/directory: Is a directory',
	foreign => 'kernel /boot/earlydom is not built for Xen: it has neither a PV nor a PVH entry',
	pv32 => 'kernel /boot/pv32 is a 32-bit pv kernel, and this hypervisor runs only 64-bit ones '
		. '(it was built without CONFIG_PV32)',
	plan9 => 'kernel /boot/p9-386 is a 32-bit pv kernel, and this hypervisor runs only 64-bit ones '
		. '(it was built without CONFIG_PV32)',
	no_pvh => 'kernel /boot/tiny has no PVH entry, only a PV one: type = "pv" would fit',
	disk => 'its disks and network interfaces need a store, and there is none',
	no_ramdisk => 'cannot read ramdisk /boot/nothing.cpio: No such file or directory',
);
is($of{$_}[0], $said{$_}, "$_: the message") for sort keys %said;
my %like = (
	truncated => qr{^kernel /boot/truncated\.gz: gzip: .*(?:truncated|ends|end)},
	corrupt => qr{^kernel /boot/corrupt\.gz: gzip: },
	cut => qr{^kernel /boot/cut\.elf: ELF: },
	big_ramdisk => qr{^memory = 16 MiB is too little: kernel \d+ KiB, ramdisk 40960 KiB and start-up tables take 4\d MiB$},
	greedy => qr{^not enough host memory: it needs 90\d\d MiB in all, the hypervisor has \d+ MiB free \(dom0_mem= on Xen's command line leaves it more\)$},
	far => qr{^cpus: .*40},
);
like($of{$_}[0] // '', $like{$_}, "$_: the message") for sort keys %like;
is(scalar @{$of{$_} // []}, 1, "$_: one line") for sort(keys %said, keys %like);

# ---- errors of descriptors ----
my @diags = grep { m{^/etc/earlydom/} } @lines;
my %diags = (
	unknown_type => ['3:8: type = "pvx": must be "pv", "pvh" or "hvm"'],
	two_errors => ["2:1: unknown key 'memroy', did you mean 'memory'?",
		'3:9: vcpus = 0: must be 1 to 8192', 'memory is missing'],
	memmap => ['3:1: memmap is for hvm guests, and this one is pv'],
	image => ['3:9: image = "plan8": must be "linux", "plan9" or "vmx"'],
);
for my $name (sort keys %diags) {
	my @found = map { m{^/etc/earlydom/\Q$name\E\.cfg:\s?(.*)} ? $1 : () } @diags;
	is(join("\n", sort @found), join("\n", sort @{$diags{$name}}), "$name: the messages");
}
like(join("\n", @diags), qr{^/etc/earlydom/syntax\.cfg:1:\d+: }m, 'syntax: a place in the file');

# ---- the whole ----
my $total = keys %guests;
my $summary = $lines[-1];
like($summary, qr/^2 of $total guests started in \d+ ms; failed: /, 'the summary');
is(join(' ', sort split / /, $summary =~ s/.*failed: //r), join(' ', sort(keys %said, keys %like)),
	'which names those that have no domain');
is($boot->said('status.out'), "1\n", 'earlydom boot ends with status 1');
my ($host, $domains) = facts($boot->said('facts.out'));
my %domid = map { $_ => $of{$_}[0] =~ /domain (\d+)/ } qw(a_good z_good);
is(join(' ', sort { $a <=> $b } keys %$domains), join(' ', sort { $a <=> $b } values %domid),
	'the hypervisor has no other domains than those of the good ones');
like($boot->said('list.out'), qr/^missing +- linux +pv +16 +1 failed +0 +- +cannot read kernel \/boot\/nothing: No such file or directory$/m,
	'list tells the cause');
like($boot->said('missing.out'), qr/^state=failed$/m, 'so does the record');

my ($before) = facts($boot->said('before.out'));
my ($after, $left) = facts($boot->said('after.out'));
is(join(' ', keys %$left), '', 'no domain is left at the end');
cmp_ok(abs($before->{free_kib} - $after->{free_kib}), '<=', 16,
	"and all memory is back ($before->{free_kib} KiB, then $after->{free_kib} KiB)");
is($boot->status_of('again'), 1, 'the second boot fails as the first one did');
is(scalar(grep { /^2 of $total guests started in / } $boot->earlydom, split(/^earlydom: /m, $boot->said('again.err'))),
	2, 'and starts the same guests');

done_testing;
