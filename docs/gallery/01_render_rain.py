"""Render rain on a photograph

Each preset imitates a benchmark. All randomness comes from the generator that you pass: the same
seed gives the same rain. Density, direction, length, brightness and more are yours to set:
[Rendered rain](../rain.md).
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import measure
from restorekit.rain import RAIN_PRESETS, RainRenderer

clean = data.chelsea()[20:220, 60:360]
images = {"clean": clean}
for preset in RAIN_PRESETS:
    images[preset] = RainRenderer(preset)(clean, np.random.default_rng(5))
    psnr = measure(images[preset], clean, protocols=["rgb_u8"])["psnr/rgb_u8"]
    print(f"{preset}: {psnr:.2f} dB")

figure, axes = plt.subplots(2, 3, figsize=(8, 4), layout="constrained")
for axis, (name, image) in zip(axes.flat, images.items()):
    axis.imshow(image)
    axis.set_title(name, fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
