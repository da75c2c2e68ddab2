"""Find a photograph that training and test share

The test set has a mirrored, cropped and darker copy of a training photograph, with other rain on
both. `find_leaks` finds it by what the images show: [Leaks](../leaks.md).
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import open_pairs
from restorekit.io.images import read_image, write_image
from restorekit.leaks import find_leaks
from restorekit.rain import RainRenderer


def write_pair(split, name, clean):
    seed = sum(map(ord, split + name))
    rainy = RainRenderer("rain100l")(clean, np.random.default_rng(seed))
    write_image(f"rainy/{split}/gt/{name}.png", clean)
    write_image(f"rainy/{split}/lq/{name}.png", rainy)


for name in ("coffee", "rocket", "astronaut"):
    write_pair("train", name, getattr(data, name)()[:320, :480])
write_pair("test", "chelsea", data.chelsea())
copy = data.coffee()[12:310, 20:470][:, ::-1] * 0.8
write_pair("test", "unknown", np.ascontiguousarray(copy.astype(np.uint8)))

leaks = find_leaks(open_pairs("rainy", "train"), open_pairs("rainy", "test"))
for leak in leaks:
    print(f"{leak.test} shows what {leak.train} shows, score {leak.score:.2f}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for axis, path in zip(axes, (leaks[0].train, leaks[0].test)):
    axis.imshow(read_image(path))
    axis.set_title(path, fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
