"""Register a loss

A loss takes restored and clean images and returns a number to minimise. Registered, it is a name in
configs, and `SumLoss` adds it to others. Here the same network trains twice from the same seed:
with L1 alone, and with a loss on differences of neighbouring pixels beside it, which keeps edges.
Real trainings take longer: [Training](../training.md).
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from skimage import data
from torch import nn

from restorekit.archs import NAFNet
from restorekit.io.tensors import to_batch, to_hwc
from restorekit.losses import compute_losses
from restorekit.rain import RainRenderer
from restorekit.registry import MODELS


@MODELS.register_module()
class NeighbourLoss(nn.Module):
    """L1 distance of the differences of neighbouring pixels."""

    def forward(self, pred, gt):
        return sum((pred.diff(dim=dim) - gt.diff(dim=dim)).abs().mean() for dim in (-2, -1))


LOSSES = {
    "L1": dict(type="L1Loss"),
    "L1 and neighbours": dict(
        type="SumLoss", losses=dict(l1=dict(type="L1Loss"), edges=dict(type="NeighbourLoss"))
    ),
}
clean = data.coffee()[100:260, 200:440]
rainy = RainRenderer("rain100h")(clean, np.random.default_rng(0))
lq, gt = to_batch(rainy), to_batch(clean)


def train(loss, steps=80):
    torch.manual_seed(0)
    network = NAFNet(channels=8, encoder_blocks=(1,), decoder_blocks=(1,))
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-3)
    for step in range(steps):
        y, x = 40 * (step % 3), 40 * (step % 5)
        patches = [image[..., y : y + 80, x : x + 80] for image in (lq, gt)]
        losses = compute_losses(loss, network(patches[0]), patches[1], patches[0])
        optimiser.zero_grad()
        sum(losses.values()).backward()
        optimiser.step()
    with torch.inference_mode():
        return network.eval()(lq)


figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
shown = {"rainy": lq} | {name: train(MODELS.build(loss)) for name, loss in LOSSES.items()}
for axis, (name, image) in zip(axes, shown.items()):
    error, edges = (image - gt).abs().mean(), NeighbourLoss()(image, gt)
    print(f"{name}: L1 {error:.4f}, neighbours {edges:.4f}")
    axis.imshow(to_hwc(image[0].clamp(0, 1)))
    axis.set_title(f"{name}\nL1 {error:.4f}, neighbours {edges:.4f}", fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
