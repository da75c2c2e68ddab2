"""What every part must do: the suites that restorekit's own parts pass, for any part.

`restorekit check PLUGIN` runs them on what a plugin registers, and restorekit's tests on its own
networks.
"""

from .outcome import CheckError, Outcome, run_checks
from .parts import KINDS, check_part

__all__ = ["KINDS", "CheckError", "Outcome", "check_part", "run_checks"]
