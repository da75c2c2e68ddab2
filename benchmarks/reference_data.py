"""Read pairs as BasicSR's ``PairedImageDataset`` does, in a few plain lines.

For each sample, both images are decoded whole and converted to float, and a patch is cut and
converted to tensors; torch's default collate function builds the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import lmdb
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

_Float = npt.NDArray[np.float32]


class PlainPairs(Dataset[dict[str, Any]]):
    """Pairs in two folders of PNG files, or in two LMDBs of PNG bytes, ``lq`` and ``gt``.

    Args:
        root: Folder that holds both; the LMDBs are ``lq.lmdb`` and ``gt.lmdb``.
        patch_size: Side of the patches in pixels.
        from_lmdb: Whether to read the LMDBs.
    """

    def __init__(self, root: Path, patch_size: int, from_lmdb: bool) -> None:
        self.root, self.patch_size, self.from_lmdb = root, patch_size, from_lmdb
        self.names = sorted(path.stem for path in (root / "lq").iterdir())
        self._rng = np.random.default_rng(0)
        self._readers: list[Callable[[str], bytes]] = []

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not self._readers:
            self._readers = [self._reader(side) for side in ("lq", "gt")]
        name = self.names[index]
        lq, gt = (_decode(read(name)) for read in self._readers)
        height, width, _ = lq.shape
        top = self._rng.integers(height - self.patch_size + 1)
        left = self._rng.integers(width - self.patch_size + 1)
        bottom, right = top + self.patch_size, left + self.patch_size
        return {
            "lq": _to_tensor(lq[top:bottom, left:right]),
            "gt": _to_tensor(gt[top:bottom, left:right]),
            "lq_path": name,
            "gt_path": name,
        }

    def _reader(self, side: str) -> Callable[[str], bytes]:
        if not self.from_lmdb:
            return lambda name: (self.root / side / f"{name}.png").read_bytes()
        folder = self.root / f"{side}.lmdb"
        environment = lmdb.open(str(folder), readonly=True, lock=False, readahead=False)

        def read(name: str) -> bytes:
            with environment.begin(write=False) as transaction:
                return transaction.get(name.encode("ascii")) or b""

        return read


def write_plain_lmdb(root: Path) -> None:
    """Put the files of ``root/lq`` and ``root/gt`` into LMDBs beside them."""
    for side in ("lq", "gt"):
        files = list((root / side).iterdir())
        size = sum(file.stat().st_size for file in files)
        environment = lmdb.open(str(root / f"{side}.lmdb"), map_size=2 * size + (1 << 24))
        with environment, environment.begin(write=True) as transaction:
            for file in files:
                transaction.put(file.stem.encode("ascii"), file.read_bytes())


def _decode(data: bytes) -> _Float:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image).astype(np.float32) / 255.0


def _to_tensor(image: _Float) -> torch.Tensor:
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return torch.from_numpy(rgb.transpose(2, 0, 1)).float()
