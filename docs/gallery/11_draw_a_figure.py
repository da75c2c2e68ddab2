"""Draw the figure of a paper

Methods side by side, the part where they differ most enlarged with every pixel a square, numbers
under one protocol, error maps. `restorekit figure compare` does the same from the shell, as PDF,
SVG or PNG: [Figures](../figures.md).
"""

import cv2
import numpy as np
from skimage import data

import restorekit
from restorekit.figures import compare, save
from restorekit.io.images import write_image
from restorekit.rain import RainRenderer

clean = data.chelsea()[40:240, 90:390]
rainy = RainRenderer("rain100l")(clean, np.random.default_rng(6))
with restorekit.load_restorer("derain-small", device="cpu") as restorer:
    images = {
        "gt": clean,
        "lq": rainy,
        "median": cv2.medianBlur(rainy, 5),
        "bilateral": cv2.bilateralFilter(rainy, 9, 60, 5),
        "network": restorer(rainy),
    }
for folder, image in images.items():
    write_image(f"{folder}/chelsea.png", image)

comparison = compare(
    {"Median": "median", "Bilateral": "bilateral", "derain-small": "network"},
    gt="gt",
    lq="lq",
    error_maps=True,
    dpi=120,
    processes=1,
)
save(comparison.figure, "figure.pdf", "picture.png")
row = comparison.rows[0]
for method, values in row.values.items():
    print(f"{method}: {values['psnr/rgb_u8']:.2f} dB, SSIM {values['ssim/rgb_u8']:.3f}")
print(f"enlarged: {row.boxes[0]}")
