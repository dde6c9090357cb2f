"""`python -m verify` is the command `rederive`."""

import sys

from verify.command.cli import main

if __name__ == "__main__":
    sys.exit(main())
