package Data::Uniqid;

# biber spends half of its time on making unique ids with numbers of any size. These are unique in a run, which will do.

use strict;
use warnings;

use Exporter 'import';

our $VERSION   = '0.12';
our @EXPORT_OK = qw(suniqid uniqid luniqid);
our %EXPORT_TAGS = ( all => \@EXPORT_OK );

my $last = 0;

sub suniqid { return 'id' . ++$last }
sub uniqid  { return suniqid() }
sub luniqid { return suniqid() }

1;
