#!/usr/bin/env python3
"""Writes the demo's clean photographs: demo_photos.py OUT. None of them is downloaded.

All are free: five lie inside scikit-image, and one inside Matplotlib.

=================  =====  ==============================================================
coffee             train  CC0, Rachel Michetti, courtesy of Pikolo Espresso Bar; its
                   val    right third is kept for validation
rocket             train  public domain, SpaceX, launch of DSCOVR on a Falcon 9
hubble_deep_field  train  public domain, NASA, Hubble eXtreme Deep Field
grace_hopper       train  public domain, U.S. Navy, portrait of Grace Hopper (Matplotlib)
astronaut          test   public domain, NASA, portrait of Eileen Collins
chelsea            test   CC0, Stefan van der Walt, the cat Chelsea
=================  =====  ==============================================================
"""

import sys
from pathlib import Path

import skimage.data
from matplotlib.cbook import get_sample_data
from matplotlib.image import imread

from restorekit.io.images import write_image


def photographs(split: str):  # noqa: ANN201
    """Yield the name and the pixels, uint8 RGB (H, W, 3), of each photograph of a split."""
    coffee = skimage.data.coffee()
    border = coffee.shape[1] * 2 // 3
    if split == "train":
        yield "coffee", coffee[:, :border]
        yield "rocket", skimage.data.rocket()
        yield "hubble_deep_field", skimage.data.hubble_deep_field()
        yield "grace_hopper", imread(get_sample_data("grace_hopper.jpg", asfileobj=False))
    elif split == "val":
        yield "coffee", coffee[:, border:]
    else:
        yield "astronaut", skimage.data.astronaut()
        yield "chelsea", skimage.data.chelsea()


def main(out: Path) -> None:
    """Write every photograph that is not there yet as ``out/<split>/<name>.png``."""
    for split in ("train", "val", "test"):
        for name, pixels in photographs(split):
            path = out / split / f"{name}.png"
            if not path.is_file():
                write_image(path, pixels)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: demo_photos.py OUT")
    main(Path(sys.argv[1]))
