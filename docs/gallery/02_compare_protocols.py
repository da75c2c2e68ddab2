"""Measure one image under every protocol

One restored image, nine PSNR values. Papers measure in different ways, and each protocol is one of
them, described completely: colour, rounding, window, border. Compare numbers only if their protocol
is the same: [Protocols](../protocols.md).
"""

import cv2
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import measure
from restorekit.rain import RainRenderer

clean = data.coffee()[60:380, 40:520]
rainy = RainRenderer("rain100l")(clean, np.random.default_rng(0))
restored = cv2.medianBlur(rainy, 3)

psnr = {
    key.removeprefix("psnr/"): value
    for key, value in measure(restored, clean).items()
    if key.startswith("psnr/")
}
ordered = sorted(psnr, key=psnr.get)
for protocol in ordered:
    print(f"{protocol}: {psnr[protocol]:.2f} dB")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.imshow(restored)
left.set_title("a median filter's result", fontsize=10)
left.axis("off")
right.plot([psnr[protocol] for protocol in ordered], ordered, "o", color="#0072b2")
for protocol in ordered:
    right.annotate(f"  {psnr[protocol]:.2f}", (psnr[protocol], protocol), va="center", fontsize=8)
right.margins(x=0.25)
right.grid(axis="y", alpha=0.3)
right.set_xlabel("PSNR (dB) of the same image")
right.tick_params(labelsize=8)
figure.savefig("picture.png", dpi=100)
