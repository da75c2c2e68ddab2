"""Tiles against the whole

Large images are restored in parts. Cut into squares that know nothing of each other, the result has
seams. restorekit finds out how far a network looks, gives each tile that much context, and the
result is that of the whole image: [Large images](../restoring.md#large-images).
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import restorekit
from restorekit.rain import RainRenderer

rainy = RainRenderer("rain1400")(data.rocket()[80:272, 120:504], np.random.default_rng(2))

with restorekit.load_restorer("derain-small", device="cpu", tile="off") as restorer:
    whole = restorer(rainy)
    cut = np.concatenate(
        [
            np.concatenate([restorer(part) for part in np.split(row, 6, axis=1)], axis=1)
            for row in np.split(rainy, 3)
        ]
    )
with restorekit.load_restorer("derain-small", device="cpu", tile=128) as restorer:
    tiles = restorer(rainy)

figure, axes = plt.subplots(1, 3, figsize=(11, 2.4), layout="constrained")
axes[0].imshow(whole)
axes[0].set_title("restored as a whole", fontsize=10)
for axis, (name, image) in zip(axes[1:], {"cut into squares": cut, "tile=128": tiles}.items()):
    error = np.abs(image.astype(int) - whole)
    print(f"{name}: largest difference {error.max()} levels, {(error > 0).mean():.1%} differ")
    axis.imshow(error.max(axis=2), cmap="cividis", vmin=0, vmax=20)
    axis.set_title(f"{name}: differs by up to {error.max()} levels", fontsize=10)
for axis in axes:
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
