"""What `restorekit doctor` looks at: packages, devices, processes, data and disk."""

from collections.abc import Callable, Iterator

from .finding import Finding
from .machine import check_device, check_disk, check_loading, check_threads
from .packages import check_packages, check_traps
from .processes import check_processes

#: All checks in the order of the report, quick ones first.
CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_packages,
    check_traps,
    check_device,
    check_threads,
    check_disk,
    check_loading,
    check_processes,
)

__all__ = ["CHECKS", "Finding"]
