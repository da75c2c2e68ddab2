"""How a batch is divided among the processes."""

from __future__ import annotations

from mmengine.dist import get_world_size

from restorekit.errors import ConfigError
from restorekit.io.terminal import counted


def share_of_process(total: int, key: str = "total_batch_size") -> int:
    """Return the batch of each process.

    Args:
        total: Images of one step over all processes.
        key: Key of the config that it comes from.

    Raises:
        ConfigError: If the processes cannot share it evenly.

    Example:
        >>> share_of_process(24)  # in a single process
        24
    """
    processes: int = get_world_size()
    if total % processes:
        near = {total // processes * processes, -(-total // processes) * processes} - {0}
        sizes = " or ".join(map(str, sorted(near)))
        fewer = max(n for n in range(1, processes) if total % n == 0)
        raise ConfigError(
            f"{key}={total} cannot be shared by {processes} processes: the nearest that "
            f"can is {sizes}, and {counted(fewer, 'process')} can share it"
            + ("; or set batch_size (of each process) in its place." if "." not in key else ".")
        )
    return total // processes
