"""``python -m restorekit.cli``, which is how the launcher starts each process."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
