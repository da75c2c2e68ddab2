"""Read the checkpoints of trainings, and find the last good one of a work folder."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

from restorekit.checkpoints.io import load_file
from restorekit.checkpoints.network_config import require_stored
from restorekit.checkpoints.network_file import read_network_file
from restorekit.checkpoints.plain import from_plain
from restorekit.errors import CheckpointError

_logger = logging.getLogger(__name__)


def read_training_checkpoint(filename: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint safely, in the form that the Runner expects.

    A published network is accepted, too: its weights are those of the restorer's network.

    Raises:
        CheckpointError: If it cannot be read safely or was not written by restorekit.
    """
    content: Any = None
    if not str(filename).endswith(".safetensors"):
        content = load_file(filename)
    meta = content.get("meta") if isinstance(content, dict) else None
    if content is None or (isinstance(meta, dict) and "format" in meta):
        weights, meta = read_network_file(filename)
        prefixed = {f"network.{key}": value for key, value in weights.items()}
        return {"state_dict": prefixed, "meta": meta}
    if not isinstance(content, dict) or not {"state_dict", "meta"} <= content.keys():
        raise CheckpointError(
            f"{filename} is not a checkpoint of restorekit: `restorekit convert` reads those of "
            "methods' authors."
        )
    weights = content["state_dict"]
    if not isinstance(meta, dict) or not isinstance(weights, dict):
        raise CheckpointError(f"{filename} is damaged: its 'meta' or 'state_dict' is not a dict.")
    require_stored(weights, filename)
    # mmengine's resume runs this text as Python.
    meta.pop("config", None)
    if "optimizer" in content:
        for count in ("iter", "epoch"):
            if not isinstance(meta.get(count), int):
                raise CheckpointError(
                    f"{filename} is damaged: its meta.{count} is {meta.get(count)!r:.80}, and "
                    "must be a whole number."
                )
    if "message_hub" in content:
        try:
            content["message_hub"] = from_plain(content["message_hub"])
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{filename} is damaged: its 'message_hub' does not hold a history ({error})."
            ) from error
    return content


def find_last_good_checkpoint(
    work_dir: str | os.PathLike[str], since: float | None = None
) -> Path | None:
    """Return the checkpoint with the highest iteration or epoch that can be read, if any.

    The best one by a metric counts where the others are gone. Those that cannot be read are
    named in warnings.

    Args:
        work_dir: Where to look.
        since: Leave out files that are older, in seconds since 1970.

    Raises:
        CheckpointError: If there are checkpoints and none of them can be read: a training that
            starts anew would overwrite them.
    """

    def number(path: Path) -> int:
        found = re.fullmatch(r"(?:best_.*_)?(?:iter|epoch)_(\d+)", path.stem)
        return int(found.group(1)) if found else -1

    candidates = [path for path in Path(work_dir).glob("*_*.pth") if number(path) >= 0]
    if since is not None:
        candidates = [path for path in candidates if path.stat().st_mtime >= since]
    unreadable: CheckpointError | None = None
    for path in sorted(candidates, key=lambda p: (number(p), p.stem[0] != "b"), reverse=True):
        try:
            read_training_checkpoint(path)
        except CheckpointError as error:
            unreadable = unreadable or error
            _logger.warning("A checkpoint is passed over: %s", error)
            continue
        return path
    if unreadable is not None:
        raise CheckpointError(
            f"None of the {len(candidates)} checkpoints in {work_dir} can be read; the newest: "
            f"{unreadable} Train in another --work-dir, or move them away."
        )
    return None
