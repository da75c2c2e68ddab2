"""Training a config for a few iterations."""

import numpy as np
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from restorekit.archs import size_requirements_of
from restorekit.registry import MODELS

#: Sizes that make each network quick.
SMALL = {
    "BioIR": {"channels": 8, "num_blocks": (1, 1), "num_refinement_blocks": 1},
    "ConvIR": {"channels": 8, "num_blocks": 1},
    "DDN": {"channels": 6, "num_blocks": 2},
    "DRSformer": {"channels": 8, "num_blocks": (1, 1), "num_heads": (1, 2)},
    "FADformer": {"channels": 8, "num_blocks": (1, 1, 1, 1, 1)},
    "HCTFFN": {"channels": 8, "num_blocks": 1, "num_heads": 2},
    "IDT": {
        "channels": 6,
        "num_blocks": (1,) * 9,
        "num_heads": (1, 1, 2, 2, 2, 2, 2, 1, 1),
        "window_size": 2,
    },
    "MPRNet": {"channels": 8, "level_channels": 4, "final_channels": 4, "num_blocks": 1},
    "NAFNet": {"channels": 8, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)},
    "NeRDRain": {"channels": 8, "num_blocks": (1, 1), "num_heads": (1, 2), "implicit_channels": 8},
    "NLEDN": {"channels": 6, "growth": 4, "num_layers": 2},
    "PReNet": {"channels": 6, "num_stages": 2},
    "RCDNet": {"num_maps": 4, "num_duals": 2},
    "REHEN": {"channels": 6, "num_stages": 2},
    "RESCAN": {"channels": 6, "num_stages": 2},
    "SFHformer": {"channels": 8, "num_blocks": (1, 1, 1, 1, 1)},
    "SFNet": {"channels": 16, "num_blocks": 1},
    "Uformer": {
        "channels": 8,
        "num_blocks": (1,) * 9,
        "num_heads": (1, 1, 1, 1, 2, 1, 1, 1, 1),
        "window_size": 2,
    },
    "SPDNet": {"channels": 8, "num_blocks": 1},
    "Restormer": {"channels": 8, "num_blocks": (1, 1), "num_heads": (1, 2)},
}


def rainy_batch(count=4, side=24):
    """Smooth images, and the same with bright streaks."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0.2, 0.7, (count, 3, 4, 4)).astype(np.float32))
    gt = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    lq = gt.clone()
    for image in lq:
        for _ in range(6):
            x, y = rng.integers(0, side - 3), rng.integers(0, side - 9)
            for step in range(9):
                image[:, y + step, x + step // 4] += 0.3
    return lq.clamp(0, 1), gt


def train(path, iterations, share=slice(None), wrap=lambda model: model):
    """Train the small network of a config; return the loss of each iteration."""
    config = Config.fromfile(str(path))
    config.model.network.update(SMALL[config.model.network.type])
    torch.manual_seed(0)
    restorer = MODELS.build(config.model)
    model = wrap(restorer)
    # With the recipe's clipping of gradients.
    optimizer = build_optim_wrapper(restorer, config.optim_wrapper)
    # Larger images only for a network that needs them.
    side, _ = size_requirements_of(restorer.network).fit(24, 24)
    lq, gt = (images[share] for images in rainy_batch(side=side))
    # Photographs without clean versions, where the method learns from such.
    more = {"unlabelled": lq.flip(-1)} if config.model.type == "SemiSupervisedRestorer" else {}
    values = []
    for _ in range(iterations):
        total, _ = restorer.parse_losses(model(lq, gt, **more, mode="loss"))
        optimizer.zero_grad()
        optimizer.backward(total)
        optimizer.step()
        values.append(total.item())
    gradients = [parameter.grad for parameter in restorer.parameters()]
    assert all(gradient is not None for gradient in gradients)
    clipped = config.optim_wrapper.get("clip_grad")
    if clipped:
        assert torch.nn.utils.get_total_norm(gradients) <= clipped.max_norm * 1.001
    return values
