# Firmware for the tests: OVMF's variables with keys of the test's own, and boot entries.
package Uefi;

use strict;
use warnings;

use Boot;
use Encode qw(encode);
use Exporter qw(import);
use Test::More;

our @EXPORT = qw(variables own_key);

# Where Debian's OVMF is, and its variables as they are without any key.
my $empty = root . '/build/machine/model/usr/share/OVMF/OVMF_VARS_4M.fd';

# Vendors of variables and types of signatures, from the UEFI specification (chapters 3.3 and 32.4). The last one is
# nobody else's.
my %guid = (
	global => guid('8be4df61-93ca-11d2-aa0d-00e098032b8c'),
	database => guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f'),
	x509 => guid('a5c059a1-94e4-4aa7-87b5-ab155c2bf072'),
	test => guid('5c7e1b0e-3f9b-4a53-9d1c-65617264796c'),
);

# guid(TEXT): the first three parts of it are little-endian numbers
sub guid {
	my @parts = split /-/, $_[0];
	return pack('VvvH4H12', (map { hex } @parts[0 .. 2]), @parts[3, 4]);
}

sub wide { return encode('UTF-16LE', "$_[0]\0") }

# own_key(NAME): makes a key and a certificate for it; returns their files. The same pair as long as build/ is there.
sub own_key {
	my ($name) = @_;
	my ($key, $cert) = map { root . "/build/qemu-tests/keys/$name.$_" } qw(key crt);
	return ($key, $cert) if -s $key && -s $cert;
	write_file($key, '');
	my ($status, undef, $err) = command('openssl', 'req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes',
		'-sha256', '-days', '36500', '-subj', "/CN=earlydom test $name/", '-keyout', $key, '-out', $cert);
	$status == 0 or BAIL_OUT("no key can be made: $err");
	return ($key, $cert);
}

# certificates(FILE): a list of signatures (EFI_SIGNATURE_LIST) with one certificate
sub certificates {
	my ($file) = @_;
	my ($status, $der, $err) = command('openssl', 'x509', '-in', $file, '-outform', 'DER');
	$status == 0 or BAIL_OUT("$file: $err");
	my $signature = $guid{test} . $der;
	return $guid{x509} . pack('VVV', 28 + length($signature), 0, length($signature)) . $signature;
}

# variable(NAME, VENDOR, ATTRIBUTES, DATA): as it is in the flash, an AUTHENTICATED_VARIABLE_HEADER of edk2
# (MdeModulePkg/Include/Guid/VariableFormat.h), at a multiple of four bytes. The time is that of those whose writer
# has to sign them.
sub variable {
	my ($name, $vendor, $attributes, $data) = @_;
	$name = wide($name);
	my $time = pack('vCCCCCxVvCx', 2020, 1, 1, 0, 0, 0, 0, 0, 0);
	my $all = pack('vCxVQ<', 0x55aa, 0x3f, $attributes, 0) . $time . pack('VVV', 0, length($name), length($data)) .
		$guid{$vendor} . $name . $data;
	return $all . "\xff" x (-length($all) % 4);
}

# boot_entry(ARGUMENTS): one for EFI/BOOT/BOOTX64.EFI of whatever disk has that (EFI_LOAD_OPTION, a device path of a
# file's name alone), which gets these arguments
# The name is short, so that what the firmware says of it fits into a line.
sub boot_entry {
	my ($arguments) = @_;
	my $file = wide('\\EFI\\BOOT\\BOOTX64.EFI');
	my $path = pack('CCv', 4, 4, 4 + length($file)) . $file . pack('CCv', 0x7f, 0xff, 4);
	return pack('Vv', 1, length($path)) . wide('x') . $path . wide($arguments);
}

# variables(FILE, OPTIONS): writes a file of variables for run-qemu -V. OPTIONS: cert => FILE, the one certificate that
# the firmware knows, with Secure Boot on; arguments => TEXT, what its boot entry gives to the program.
sub variables {
	my ($file, %o) = @_;
	my $flash = read_file($empty);
	# Non-volatile, for boot and run time; the keys are written by whoever can sign that.
	my ($plain, $signed) = (0x7, 0x27);
	my $new = variable('Timeout', 'global', $plain, pack('v', 0));
	if (defined $o{cert}) {
		my $list = certificates($o{cert});
		$new .= variable($_, 'global', $signed, $list) for qw(PK KEK);
		$new .= variable('db', 'database', $signed, $list);
	}
	if (defined $o{arguments}) {
		$new .= variable('Boot0000', 'global', $plain, boot_entry($o{arguments}));
		$new .= variable('BootOrder', 'global', $plain, pack('v', 0));
	}
	# Behind the headers of the volume and of the store (28 bytes), where an empty one has only ones.
	my $at = unpack('v', substr($flash, 0x30, 2)) + 28;
	substr($flash, $at, 2) eq "\xff\xff" or die "$empty has variables already";
	substr($flash, $at, length($new)) = $new;
	return write_file($file, $flash);
}

1;
