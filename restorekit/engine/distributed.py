"""Processes that train together: over NCCL on GPUs, over gloo where there are none."""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed

from restorekit.errors import ConfigError

from .mmengine_patches import start_gloo


def prepare_distributed(config: Any, launcher: str) -> None:
    """Set ``config`` up for ``launcher``, and start gloo where there is no GPU.

    The Runner then finds the process group and leaves it alone.

    Raises:
        ConfigError: If the launcher's environment variables are missing, or it needs GPUs
            that are not there.
    """
    config.launcher = launcher
    if launcher == "none":
        return
    if launcher == "pytorch" and "RANK" not in os.environ:
        raise ConfigError(
            "--launcher pytorch: the variables RANK and WORLD_SIZE are not set; start it through "
            "tools/dist_train.sh or torchrun, or leave --launcher out for one process."
        )
    if torch.cuda.is_available():
        return
    if launcher != "pytorch":
        raise ConfigError(
            f"--launcher {launcher} needs GPUs, and this machine has none that PyTorch can use: "
            "tools/dist_train.sh runs several processes on CPUs."
        )
    start_gloo(config)


def processes_here() -> int:
    """Return how many processes of this run the machine has, as far as the launcher says."""
    for name in ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"):
        if os.environ.get(name, "").isdigit():
            return max(int(os.environ[name]), 1)
    return 1


def wait_for_all() -> None:
    """Wait until all processes have come this far, if there are several.

    Not to be called after an exception: the others may be in the middle of an exchange.
    """
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
