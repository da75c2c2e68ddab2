#!/usr/bin/env python3
"""Writes the demo's clean photographs: demo_photos.py OUT. None of them is downloaded.

All are free: they lie inside scikit-image, and one inside Matplotlib.

=================  =====  ==============================================================
coffee             train  CC0, Rachel Michetti, courtesy of Pikolo Espresso Bar
rocket             train  public domain, SpaceX, launch of DSCOVR on a Falcon 9
hubble_deep_field  train  public domain, NASA, Hubble eXtreme Deep Field
grace_hopper       val    public domain, U.S. Navy, portrait of Grace Hopper (Matplotlib)
astronaut          test   public domain, NASA, portrait of Eileen Collins
chelsea            test   CC0, Stefan van der Walt, the cat Chelsea
=================  =====  ==============================================================
"""

import sys
from pathlib import Path

import matplotlib.cbook
import skimage.data
from matplotlib.image import imread

from restorekit.image_io import write_image

SPLITS = {
    "train": ("coffee", "rocket", "hubble_deep_field"),
    "val": ("grace_hopper",),
    "test": ("astronaut", "chelsea"),
}


def photograph(name: str):  # noqa: ANN201
    """Return a photograph as uint8 RGB (H, W, 3)."""
    if name == "grace_hopper":
        return imread(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    return getattr(skimage.data, name)()


def main(out: Path) -> None:
    """Write every photograph that is not there yet as ``out/<split>/<name>.png``."""
    for split, names in SPLITS.items():
        for name in names:
            path = out / split / f"{name}.png"
            if not path.is_file():
                write_image(path, photograph(name))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: demo_photos.py OUT")
    main(Path(sys.argv[1]))
