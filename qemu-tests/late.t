#!/usr/bin/perl
# A Debian dom0 that does not wait for its guests: one whose disk comes when the real root runs comes up
# then, as does one whose image is on that root by its label; one that was not selected is started from
# there with files of the real root, and dom0's end stops all. Another guest's image is on a file system
# that fstab mounts after the guest's start.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Boot;
use Dom0;
use JSON::PP;
use Test::More;

sub tiny {
	return join("\n", 'kernel = "/boot/guests/tiny"', 'memory = 16', @_, '');
}
write_file(work_dir . '/data/images/a.img', 'an image', '.' x 4088);
my $data = work_dir . '/data.ext4';
system('/sbin/mke2fs', '-q', '-t', 'ext4', '-L', 'data', '-d', work_dir . '/data', $data, '32M') == 0
	or BAIL_OUT('the disk with images cannot be made');

my $boot = flaky_boot('late', with => \&dom0_boot,
	guests => {
		# Its disk is never connected: it has no driver.
		late => tiny('disk = ["/dev/late,raw,xvda,rw"]', 'device_timeout = 3600', 'ready_timeout = 10'),
		plain => tiny('after = "late"'),
		spare => tiny('disk = ["/srv/disk,raw,xvda,ro"]'),
		rooted => tiny('disk = ["LABEL=dom0:/srv/disk,raw,xvda,ro"]', 'device_timeout = 3600'),
		imaged => tiny('disk = ["LABEL=data:/images/a.img,raw,xvda,rw"]', 'device_timeout = 3600'),
	},
	files => [
		tool('tiny') . ':/boot/guests/tiny',
		write_file(work_dir . '/disk', '.' x 4096) . ':/srv/disk',
		write_file(work_dir . '/fstab', "/dev/vda / ext4 defaults,noatime 0 0\n",
			"LABEL=data /data ext4 defaults,noexec,nofail 0 0\n") . ':/etc/fstab',
	],
	disks => [['late', 8], ['data', $data]],
	dom0 => 'earlydom=plain,late,rooted,imaged earlydom.wait=20',
	stage => <<'SH');
said status </run/earlydom.status
run early earlydom list --json
run spare earlydom start spare
ln -s /dev/vdd /dev/late
await_report '^earlydom: plain: started as' 60
run later earlydom list --json
run restart earlydom restart --force -t 2 spare

# Of the file system that fstab has mounted.
run mounted findmnt -n -o FSTYPE,OPTIONS /data
run seen head -c 8 /data/images/a.img
losetup -a | said loops
run umount umount /data
run images earlydom list --json

run stop /usr/lib/earlydom/stop-guests /usr/sbin/earlydom 2
run last earlydom list --json
said report </run/earlydom/earlydom.log
SH
$boot->ended_well;

sub states {
	my ($list) = @_;
	my $rows = eval { decode_json($boot->said("$list.out")) } // [];
	return {map { $_->{name} => $_->{state} } @$rows};
}
like($boot->said('report'), qr/^earlydom: dom0's boot goes on; [34] of 4 guests not up within 20 s: plain late rooted( imaged)?$/m,
	'the boot waits no longer');
is($boot->said('status'), "0\n", 'which is no failure');
is(states('early')->{$_}, 'waiting', "$_ waits") for qw(late plain);
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(spare restart stop);
my @names = qw(imaged late plain rooted spare);
is_deeply(states('later'), {map { $_ => 'running' } @names}, 'all are there');
is_deeply(states('last'), {map { $_ => 'ended' } @names}, 'and have ended');

# ---- images on file systems ----
note("the image was found ", states('early')->{imaged} eq 'running' ? 'before' : 'after', ' the switch of the root');
like($boot->said('mounted.out'), qr/^ext4\s+rw,.*noexec/, 'fstab has mounted what an image is on');
is($boot->said('seen.out'), "an image\n", 'the same file system');
like($boot->said('loops'), qr{\(/images/a\.img\)}, 'by its label for the guest');
is($boot->status_of($_), 0, $_) or diag($boot->said("$_.err")) for qw(umount);
is(states('images')->{imaged}, 'running', 'which goes on without that mount');

done_testing;
