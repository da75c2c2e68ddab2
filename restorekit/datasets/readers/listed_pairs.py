"""Pairs that a text file lists, as SPA-Data's ``real_world.txt`` does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from restorekit.errors import DataError

from .listing import without_suffix
from .pairs import MatchedPairs
from .sources import FileImages


class ListedPairs(MatchedPairs):
    """The pairs of a file with a line ``RAINY CLEAN`` for each.

    Paths are relative to the folder of the file; a leading slash or ``./`` is ignored. The names
    of the pairs are the paths of the rainy images.

    Args:
        file: The list.

    Raises:
        DataError: If a line has another form, or two lines name the same rainy image.
    """

    def __init__(self, file: Path) -> None:
        folder = file.parent
        lines = [_paths(line, file) for line in file.read_text(encoding="utf-8").splitlines()]
        pairs = [pair for pair in lines if pair is not None]
        lq_files = [lq for lq, _ in pairs]
        gt_files = list(dict.fromkeys(gt for _, gt in pairs))
        index_of = {gt: index for index, gt in enumerate(gt_files)}
        self._lq, self._gt = FileImages(folder, lq_files), FileImages(folder, gt_files)
        self._items = [(index, index_of[gt]) for index, (_, gt) in enumerate(pairs)]
        self.location = str(file)
        self.names = [without_suffix(lq) for lq in lq_files]
        if len(set(self.names)) < len(self.names):
            (twice, _), *_ = Counter(self.names).most_common(1)
            raise DataError(f"{file} names the rainy image {twice} twice: remove one line.")


def _paths(line: str, file: Path) -> tuple[str, str] | None:
    if not line.strip():
        return None
    paths = [part.removeprefix("./").lstrip("/") for part in line.split()]
    if len(paths) != 2:
        raise DataError(f"{file} has the line {line.strip()!r}, which is not 'RAINY CLEAN'.")
    return paths[0], paths[1]
