"""Register a measure

A measure is a class that says how it is called, shown and ranked. From then on its name works
wherever PSNR's does: here in `restorekit.measure`, and with `--metric flatness_gap --plugin FILE`
in `restorekit test` and `evaluate` ([Measures](../metrics.md#your-own-measure)). This one asks
whether flat areas stay as flat as they were: rain raises it, and too strong a blur leaves it low
while PSNR falls.
"""

import cv2
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import measure
from restorekit.metrics import Measure
from restorekit.rain import RainRenderer
from restorekit.registry import MEASURES


@MEASURES.register_module()
class FlatnessGap(Measure):
    """Mean difference of local standard deviations, where the clean image is flattest."""

    name = "flatness_gap"
    label = "Flatness gap"
    unit = "levels"
    digits = 2
    higher_is_better = False

    def __call__(self, pred, gt=None):
        flat = deviation(gt) <= np.quantile(deviation(gt), 0.3)
        return float(np.abs(deviation(pred) - deviation(gt))[flat].mean())


def deviation(image):
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, square = cv2.blur(grey, (7, 7)), cv2.blur(grey**2, (7, 7))
    return np.sqrt(np.maximum(square - mean**2, 0))


clean = data.rocket()[40:300, 120:480]
rainy = RainRenderer("rain100l")(clean, np.random.default_rng(2))
images = {"rainy": rainy}
images |= {f"median {size}×{size}": cv2.medianBlur(rainy, size) for size in (3, 5, 9)}

figure, axes = plt.subplots(1, 4, figsize=(11, 2.5), layout="constrained")
for axis, (name, image) in zip(axes, images.items()):
    values = measure(image, clean, protocols=["rgb_u8"], measures=["flatness_gap"])
    psnr, gap = values["psnr/rgb_u8"], values["flatness_gap"]
    print(f"{name}: PSNR {psnr:.2f} dB, flatness gap {gap:.2f} levels")
    axis.imshow(image)
    axis.set_title(f"{name}\nPSNR {psnr:.2f} dB, gap {gap:.2f}", fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
