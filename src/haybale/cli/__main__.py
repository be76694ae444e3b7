"""`python -m haybale.cli`: the command line where no console script is installed."""

import sys

from haybale.cli import main

sys.exit(main())
