"""Rank three filters

`evaluate_folder` measures each folder of restored images and records the fingerprint of the test
set; only results on the same images are ranked ([Leaderboards](../leaderboard.md)). `p` is that of
Wilcoxon's signed-rank test against the method below. Eight images tell methods apart only where
they differ on nearly every one.
"""

from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import evaluate_folder
from restorekit.io.images import write_image
from restorekit.leaderboard import make_sections, markdown, rank_all, write_leaderboard
from restorekit.rain import RainRenderer

FILTERS = {
    "Median": lambda image: cv2.medianBlur(image, 3),
    "Gaussian": lambda image: cv2.GaussianBlur(image, (0, 0), 1.2),
    "Opening": lambda image: cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((1, 3), np.uint8)),
}
for name in ("astronaut", "chelsea", "coffee", "rocket"):
    photograph = getattr(data, name)()
    for part, clean in enumerate((photograph[:150, :220], photograph[120:270, 200:420])):
        rainy = RainRenderer("rain100l")(clean, np.random.default_rng([part, *name.encode()]))
        write_image(f"gt/{name}{part}.png", clean)
        write_image(f"lq/{name}{part}.png", rainy)
        for method, restore in FILTERS.items():
            write_image(f"{method}/{name}{part}.png", restore(rainy))

results = {}
for method in FILTERS:
    evaluation = evaluate_folder(
        method,
        "gt",
        "lq",
        protocols=["rgb_u8"],
        method=method,
        dataset="photographs",
        processes=1,
    )
    results[method] = evaluation.results
    results["input"] = evaluation.rainy_input

sections = make_sections(rank_all(results))
print(markdown(sections))
write_leaderboard(Path("board"), sections)

figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
for entry in reversed(sections[0].board.ranking.entries):
    values = list(entry.results.measures["psnr/rgb_u8"].images.values())
    axis.plot(values, [entry.method] * len(values), "o", color="#0072b2", alpha=0.5)
    axis.plot(np.mean(values), entry.method, "|", color="black", markersize=24)
axis.set_xlabel("PSNR of each image and its mean (dB, rgb_u8)")
axis.margins(y=0.15)
figure.savefig("picture.png", dpi=100)
