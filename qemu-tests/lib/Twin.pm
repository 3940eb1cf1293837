# What the store, libxl's records and the hypervisor have of a guest, in a form in which that of a guest
# of earlydom can be compared with that of its twin, which xl has made.
package Twin;

use strict;
use warnings;

use Boot;
use Exporter qw(import);
use JSON::PP;

our @EXPORT = qw(@twins_differ decode_or_empty nodes config record hvm_facts differences drop_keyboard drop_unserved);

# What differs between two guests that are otherwise the same, for nodes(); the values are left out.
our @twins_differ = (
	[qr{/(?:(?:tx|rx)-)?ring-ref$}, 'pages, wherever toolstack and front ends have put them'],
	[qr{/(?:port|event-channel(?:-[tr]x)?)$}, 'event channels, as they were free'],
	[qr{/console/tty$}, 'the next free terminal'],
	[qr{/start_time$}, 'the time'],
	[qr{/physical-device(?:-path)?$}, 'each has disks of its own'],
);

sub decode_or_empty {
	my ($text) = @_;
	return eval { decode_json($text) } // [];
}

# nodes(FILE, NAME, NORMAL, DIFFER): PATH => 'VALUE (PERMISSIONS)' of all nodes of a guest in what
# xenstore-ls -fp printed. NORMAL takes out of a text what differs between twins; DIFFER is a list of
# [REGEX, WHY], the paths whose values do.
sub nodes {
	my ($file, $name, $normal, @differ) = @_;
	my %all = map { /^(\S+) = "(.*)"   \((.*)\)$/ ? ($1 => [$2, $3]) : () } split /\n/, read_file($file);
	my ($domid) = grep { ($all{"/local/domain/$_/name"} // [''])->[0] eq $name }
		map { m{^/local/domain/(\d+)$} } keys %all;
	return {} if !defined $domid;
	my $uuid = ($all{"/local/domain/$domid/vm"} // [''])->[0] =~ s{^/vm/}{}r;
	my $home = qr{(/local/domain|/local/domain/0/(?:backend/\w+|device-model)|/libxl)/$domid(?=/|$)};
	my %own;
	for my $node (grep { m{^$home|^/vm/\Q$uuid\E(?:/|$)} } keys %all) {
		my ($path, $value, $perms) = ($node, @{$all{$node}});
		s{^$home}{$1/DOMID}, s/\Q$uuid\E/UUID/ for $path, $value;
		$value = 'DOMID' if $path =~ m{/(?:domid|frontend-id)$} && $value eq $domid;
		$value = 'X' if grep { $path =~ $_->[0] } @differ;
		$perms =~ s/\b([nrwb])$domid\b/$1DOMID/g;
		$own{$path} = $normal->("$value ($perms)");
	}
	return \%own;
}

# drop_unserved(NODES): of cdrom drives' back ends, what libxl does not write itself. A QEMU that has given
# up the store makes none, and no front end takes one.
sub drop_unserved {
	my ($nodes) = @_;
	my $own = qr{frontend(?:-id)?|params|online|removable|bootable|dev|type|mode|device-type|discard-enable|specification};
	for my $path (keys %$nodes) {
		delete $nodes->{$path} if $path =~ m{/backend/qdisk/DOMID/\d+/(.*)} && $1 !~ /^(?:$own)$/;
	}
	return;
}

# drop_keyboard(NODES): without the keyboard that xl gives each guest with QEMU. One that is restricted to its guest
# could not serve it.
sub drop_keyboard {
	my ($nodes) = @_;
	my @gone = grep { m{/(?:device|backend)/vkbd(?:/|$)} } keys %$nodes;
	delete @$nodes{@gone};
	return scalar @gone;
}

# config(LIST, NAME, NORMAL): a guest's configuration in what xl list -l printed
sub config {
	my ($list, $name, $normal) = @_;
	my ($row) = grep { ($_->{config}{c_info}{name} // '') eq $name } @$list;
	my $config = decode_json($normal->(encode_json($row->{config} // {})));
	delete $config->{c_info}{uuid};
	return $config;
}

# record(DIR, NAME, NORMAL): the text of the record that libxl's directory has of a guest
sub record {
	my ($dir, $name, $normal) = @_;
	my ($text) = grep { /"name": "\Q$name\E"/ } map { read_file($_) } glob("$dir/*");
	return $normal->($text // '') =~ s/("uuid": )"[^"]*"/$1"X"/r;
}

# hvm_facts(TEXT, DOMID): what xenfacts -a printed of a domain: KIND and key => the rest of the line
sub hvm_facts {
	my ($text, $domid) = @_;
	my (%facts, %seen);
	for my $line (split /\n/, $text) {
		my ($kind, $rest) = $line =~ /^hvm $domid (\S+) (.*)/ or next;
		my $key = $kind;
		if ($kind =~ /^(?:param|msr|vcpu)$/) {
			$rest =~ s/^(\S+) // and $key = "$kind $1";
		} elsif ($kind eq 'cpuid') {
			$rest =~ s/^(\S+ \S+) // and $key = "$kind $1";
		} else {
			$key = "$kind " . $seen{$kind} if $seen{$kind}++;
		}
		$facts{$key} = $rest;
	}
	return \%facts;
}

# differences(OURS, XLS): a line for each key whose values differ, or which only one has
sub differences {
	my ($ours, $xls) = @_;
	my %keys = (%$ours, %$xls);
	return join('', map { "$_: ours " . ($ours->{$_} // '-') . ", xl's " . ($xls->{$_} // '-') . "\n" }
		grep { ($ours->{$_} // '-') ne ($xls->{$_} // '-') } sort keys %keys);
}

1;
