# SPDX-License-Identifier: MIT
# settings.pl list|address DIR - settings-floor.c as an administrator's Perl script,
# with the usual modules
use strict;
use warnings;
use Cwd qw(abs_path);
use Fcntl ':flock';
use File::Basename;
use File::Path;
use Getopt::Long qw(:config no_ignore_case);
use POSIX;
use Time::HiRes;

my ($what, $dir) = @ARGV;
my @files = glob "$dir/*.conf";
if ($what eq 'list') {
	print basename($_, '.conf'), "\n" for @files;
	exit;
}
my %used;
for my $file (@files) {
	open my $in, '<', $file or die "$file: $!";
	local $/;
	my $text = <$in>;
	$used{$1} = 1 while $text =~ /^(?:HOST|LOCAL)_ADDRESS=(\S+)$/mg;
}
for my $third (0 .. 255) {
	for (my $low = 1; $low < 254; $low += 2) {
		next if $used{"10.233.$third.$low"};
		print "10.233.$third.$low\n";
		exit;
	}
}
