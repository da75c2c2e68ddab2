"""Configs of data loaders: batches and workers shared out over the processes of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import torch
from mmengine.dataset import worker_init_fn
from mmengine.dist import get_rank
from mmengine.logging import print_log

from restorekit.datasets import share_of_process
from restorekit.io.threads import usable_cores
from restorekit.registry import FUNCTIONS

from .distributed import processes_here


def batch_by_size(dataloader: Any) -> None:
    """Let the batches of a validation or test set hold images of one size each."""
    if not isinstance(dataloader, dict):
        return
    # MultiValLoop has one data loader for each dataset.
    for loader in [dataloader] if "dataset" in dataloader else dataloader.values():
        sampler = loader.get("sampler") if isinstance(loader, dict) else None
        in_order = isinstance(sampler, dict) and sampler.get("shuffle") is False
        large = isinstance(loader, dict) and any(
            loader.get(key, 1) != 1 for key in ("batch_size", "total_batch_size")
        )
        if in_order and large and not loader.get("drop_last"):
            loader.pop("drop_last", None)
            loader.setdefault("batch_sampler", {"type": "SameSizeBatchSampler"})


def share_out(dataloader: Mapping[str, Any], seed: int | None) -> dict[str, Any]:
    """Return the config of this process' data loader, as mmengine builds it.

    Args:
        dataloader: The config of the loader of all processes, see :meth:`Runner.build_dataloader`.
        seed: The seed of its workers.

    Raises:
        ConfigError: If the processes cannot share the batch evenly, or there is no collate
            function of the given name.
    """
    own = {"pin_memory": torch.cuda.is_available(), **dataloader}
    _share_batch(own)
    _share_workers(own, seed)
    collate = own.get("collate_fn")
    if isinstance(collate, dict) and isinstance(collate["type"], str):
        own["collate_fn"] = {**collate, "type": FUNCTIONS.get(collate["type"])}
    return own


def _share_batch(dataloader: dict[str, Any]) -> None:
    """Replace ``total_batch_size`` by the ``batch_size`` of each process."""
    total = dataloader.pop("total_batch_size", None)
    if total is not None:
        dataloader["batch_size"] = share_of_process(total)
    batches = dataloader.get("batch_sampler")
    if isinstance(batches, dict) and batches.get("type") == "ProgressiveBatchSampler":
        # Its stages say how large batches are, and none of them is left over.
        dataloader.setdefault("batch_size", None)
        dataloader.pop("drop_last", None)


def _share_workers(dataloader: dict[str, Any], seed: int | None) -> None:
    """Limit the workers to this process' share of the cores; what they load stays the same."""
    wanted = dataloader.get("num_workers", 0)
    cores, processes = usable_cores(), processes_here()
    workers = min(wanted, max(cores // processes, 1))
    if workers < wanted:
        print_log(
            f"{workers} of {wanted} workers load images in each process: {processes} "
            f"{'process has' if processes == 1 else 'processes share'} {cores} usable cores.",
            logger="current",
        )
    dataloader["num_workers"] = workers
    dataloader["persistent_workers"] = bool(workers and dataloader.get("persistent_workers"))
    dataloader.setdefault(
        "worker_init_fn",
        {
            "type": start_worker,
            "num_workers": workers,
            "rank": get_rank(),
            "seed": seed,
            "disable_subprocess_warning": dataloader.pop("disable_subprocess_warning", False),
        },
    )


def start_worker(worker_id: int, seed: int | None, **arguments: Any) -> None:
    """Seed a loader's worker as mmengine does, and let it use one thread."""
    if seed is not None:
        worker_init_fn(worker_id, seed=seed, **arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
