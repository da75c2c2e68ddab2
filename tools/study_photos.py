#!/usr/bin/env python3
"""Makes the images of the DCSFN study's small scale: study_photos.py PHOTOS OUT.

PHOTOS holds train/ and val/, as tools/hub_photos.py writes them. Each photograph is halved, and
square crops are cut at random positions, always the same: of those in train/ four each for
OUT/train, of every 28th of them one for OUT/val instead, and of those in val/ four each for
OUT/test. Rain of the preset rain100h is rendered on all of them. What is there is kept.
"""

import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np

from restorekit.cli import main as restorekit
from restorekit.io.images import read_image, write_image

#: Side of a crop in pixels, and one photograph in so many that is kept for validation.
SIDE, HELD_OUT = 192, 28
#: Crops of a photograph in each split.
CROPS = {"train": 4, "val": 1, "test": 4}


def main(photos: Path, out: Path) -> int:
    """Write crops and pairs; return the exit status."""
    splits: dict[str, list[Path]] = {"train": [], "val": [], "test": []}
    for index, path in enumerate(sorted((photos / "train").iterdir())):
        splits["val" if index % HELD_OUT == 0 else "train"].append(path)
    splits["test"] = sorted((photos / "val").iterdir())
    for seed, (split, paths) in enumerate(splits.items()):
        for path in paths:
            write_crops(path, out / "clean" / split, CROPS[split])
        status = restorekit(
            [
                *("data", "synthesize", str(out / "clean" / split), str(out / split)),
                *("--preset", "rain100h", "--seed", str(seed)),
            ]
        )
        if status:
            return status
    return 0


def write_crops(path: Path, folder: Path, count: int) -> None:
    """Write the crops of a photograph as ``folder/<name>_<number>.png``."""
    targets = [folder / f"{path.stem}_{number}.png" for number in range(1, count + 1)]
    if all(target.is_file() for target in targets):
        return
    image = read_image(path)
    height, width = (side // 2 for side in image.shape[:2])
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    digest = hashlib.sha256(path.stem.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    for target in targets:
        top = int(rng.integers(height - SIDE + 1))
        left = int(rng.integers(width - SIDE + 1))
        write_image(target, image[top : top + SIDE, left : left + SIDE])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: study_photos.py PHOTOS OUT")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
