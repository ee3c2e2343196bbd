"""`python -m refmill.cli` is the command `refmill`."""

import sys

from refmill.cli import main

sys.exit(main())
