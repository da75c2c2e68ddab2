"""Processes that train together: over NCCL on GPUs, over gloo where there are none."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import torch
import torch.distributed

from restorekit.errors import ConfigError, RestoreKitError

from .launch import attempt
from .mmengine_patches import start_gloo

#: Default of ``env_cfg.dist_cfg.timeout``: seconds that a process waits for the others.
_TIMEOUT = 600
#: Seconds within which the processes that are left have to answer each other.
_ROLL_CALL = 8
#: What PyTorch's backends say of a connection that has ended or gives no answer.
_LOST = re.compile(
    r"connection (was )?(closed|reset|refused)|broken pipe|timed out|timeout|"
    r"(read|write) error|remote process exited|failed to recv",
    re.IGNORECASE,
)


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
    _set_timeout(config)
    config.model_wrapper_cfg = {
        "type": "MMDistributedDataParallel",
        "broadcast_buffers": False,
        "find_unused_parameters": config.get("find_unused_parameters", False),
        # Saves a copy of all gradients.
        "gradient_as_bucket_view": True,
        **(config.get("model_wrapper_cfg") or {}),
    }
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


def is_first_process() -> bool:
    """Return whether this is the first process of a run, also before the group is made."""
    if torch.distributed.is_initialized():
        return torch.distributed.get_rank() == 0
    ranks = (os.environ.get(name) for name in ("RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"))
    return next((int(rank) for rank in ranks if rank and rank.isdigit()), 0) == 0


def wait_for_all() -> None:
    """Wait until all processes have come this far, if there are several.

    Not to be called after an exception: the others may be in the middle of an exchange.
    """
    if torch.distributed.is_initialized():
        with naming_lost_processes():
            torch.distributed.barrier()


@contextlib.contextmanager
def naming_lost_processes() -> Iterator[None]:
    """Turn a broken connection between processes into one sentence that names the lost ones.

    Raises:
        RestoreKitError: In place of PyTorch's error, in every process that is left.
    """
    try:
        yield
    except RuntimeError as error:
        distributed = torch.distributed.is_initialized() and torch.distributed.get_world_size() > 1
        if isinstance(error, RestoreKitError) or not distributed or not _LOST.search(str(error)):
            raise
        missing = _missing_ranks()
        named = " and ".join(map(str, missing))
        who = {0: "another process", 1: f"process {named}"}.get(len(missing), f"processes {named}")
        verb = "does" if len(missing) < 2 else "do"
        raise RestoreKitError(
            f"Lost contact with {who}, which {verb} not answer any more (killed, stopped or "
            "waiting for something): --resume continues from the last checkpoint; "
            "env_cfg.dist_cfg.timeout sets how many seconds processes wait for each other."
        ) from error


def _missing_ranks() -> list[int]:
    """Return the ranks that do not answer; none where that cannot be found out.

    The processes meet at the store of the launcher, which outlives all of them.
    """
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    prefix = f"restorekit/left/{attempt()}"
    try:
        # PyTorch's annotations do not export it.
        store = torch.distributed.TCPStore(  # type: ignore[attr-defined]
            os.environ["MASTER_ADDR"],
            int(os.environ["MASTER_PORT"]),
            is_master=False,
            timeout=timedelta(seconds=_ROLL_CALL),
        )
        store.set(f"{prefix}/{rank}", "here")
        end = time.monotonic() + _ROLL_CALL
        missing = [other for other in range(size) if other != rank]
        while missing and time.monotonic() < end:
            time.sleep(0.2)
            missing = [other for other in missing if not store.check([f"{prefix}/{other}"])]
    except (KeyError, ValueError, RuntimeError):
        return []
    return missing


def _set_timeout(config: Any) -> None:
    """Set how long processes wait for each other where the config does not."""
    settings = {"timeout": _TIMEOUT, **config.get("env_cfg", {}).get("dist_cfg", {})}
    timeout = settings["timeout"]
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or timeout <= 0:
        raise ConfigError(
            f"env_cfg.dist_cfg.timeout={timeout!r} must be a number of seconds above 0."
        )
    config.env_cfg = {**config.get("env_cfg", {}), "dist_cfg": settings}
