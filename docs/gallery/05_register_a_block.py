"""Register a block

Anything that is registered can be named in a config. Here a network is a chain of blocks that its
config chooses: a plain residual block, and one that sees further at the same number of parameters
because its second convolution is dilated. `restorekit new block NAME` writes such a package with
tests: [Your own network](../plugins.md).
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from restorekit.inference import PyTorchBackend
from restorekit.registry import MODELS


@MODELS.register_module()
class DilatedBlock(nn.Module):
    def __init__(self, channels, dilation=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation),
        )

    def forward(self, x):
        return x + self.body(x)


@MODELS.register_module()
class BlockChain(nn.Module):
    def __init__(self, block, channels=12, num_blocks=3):
        super().__init__()
        blocks = [MODELS.build({**block, "channels": channels}) for _ in range(num_blocks)]
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1), *blocks, nn.Conv2d(channels, 3, 3, padding=1)
        )

    def forward(self, lq):
        return lq - self.layers(lq)


figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for axis, dilation in zip(axes, (1, 3)):
    torch.manual_seed(0)
    block = dict(type="DilatedBlock", dilation=dilation)
    network = MODELS.build(dict(type="BlockChain", block=block)).eval()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    context = PyTorchBackend(network).receptive_field().context
    print(f"dilation {dilation}: {parameters} parameters, sees {context} pixels around each")

    # Which input pixels the output in the middle depends on, and how much.
    lq = torch.rand(8, 3, 65, 65, requires_grad=True)
    network(lq)[:, :, 32, 32].sum().backward()
    influence = lq.grad.abs().mean((0, 1))
    influence = influence[12:53, 12:53]
    axis.imshow((influence + 1e-12).log10().clamp(-6), cmap="cividis")
    axis.set_title(f"dilation {dilation}: {2 * context + 1}×{2 * context + 1} pixels", fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
