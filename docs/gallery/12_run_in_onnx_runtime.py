"""Export a network and run it in ONNX Runtime

One file that holds the graph, the weights and what a reader needs to know, and another engine that
runs it. The export is compared with PyTorch before its file is written: [Other
engines](../export.md).
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import restorekit
from restorekit.hub import locate
from restorekit.inference.export import export_file
from restorekit.rain import RainRenderer

facts = export_file(locate("derain-small"), "derain.onnx")
print(f"opset {facts.opset}, sides divisible by {facts.size_requirements.multiple}")

rainy = RainRenderer("rain1200")(data.coffee()[60:260, 100:400], np.random.default_rng(5))
restored = {}
for engine, model in {"pytorch": "derain-small", "onnxruntime": "derain.onnx"}.items():
    with restorekit.load_restorer(model, device="cpu", backend=engine) as restorer:
        restored[engine] = restorer(rainy)
difference = np.abs(restored["pytorch"].astype(int) - restored["onnxruntime"]).max()
print(f"largest difference: {difference} of 255 levels")

figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
for axis, (name, image) in zip(axes, {"rainy": rainy, **restored}.items()):
    axis.imshow(image)
    axis.set_title(name, fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
