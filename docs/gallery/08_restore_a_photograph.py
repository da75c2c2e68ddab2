"""Restore a photograph

`derain-small` ships with restorekit and runs on any machine. What you pass comes back in the same
kind: here a NumPy array, but paths, PIL images and tensors work as well ([Python
interface](../api.md#restore)). From the shell it is `restorekit restore photo.jpg`
([Photographs](../restoring.md)). `strength` mixes the result with the input.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import restorekit
from restorekit.rain import RainRenderer

clean = data.astronaut()[:300, 60:460]
rainy = RainRenderer("rain1400")(clean, np.random.default_rng(4))

images = {"rainy": rainy}
for strength in (0.5, 1.0):
    with restorekit.load_restorer("derain-small", device="cpu", strength=strength) as restorer:
        images[f"restored, strength {strength:g}"] = restorer(rainy)

figure, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
for axis, (name, image) in zip(axes, images.items()):
    psnr = restorekit.measure(image, clean, protocols=["rgb_u8"])["psnr/rgb_u8"]
    print(f"{name}: {psnr:.2f} dB")
    axis.imshow(image)
    axis.set_title(f"{name}: {psnr:.2f} dB", fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
