from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from restorekit.archs.blocks import SqueezeExcitation
from restorekit.errors import ConfigError


def test_is_the_formula_of_the_paper_pixel_by_pixel():
    torch.manual_seed(0)
    block = SqueezeExcitation(5, 2)
    x = torch.randn(3, 5, 4, 6)
    means = torch.stack([image.flatten(1).sum(1) / 24 for image in x])
    hidden = (means @ block.squeeze.weight.T + block.squeeze.bias).clamp_min(0)
    factors = 1 / (1 + torch.exp(-(hidden @ block.excite.weight.T + block.excite.bias)))
    expected = torch.einsum("nchw,nc->nchw", x, factors)
    torch.testing.assert_close(block(x), expected)


def test_has_a_bias_in_both_layers():
    assert sum(p.numel() for p in SqueezeExcitation(24, 6).parameters()) == 2 * 24 * 6 + 24 + 6
    block = SqueezeExcitation(3, 1)
    torch.nn.init.zeros_(block.excite.weight)
    x = torch.randn(1, 3, 2, 2)
    torch.testing.assert_close(block(x), x * F.sigmoid(block.excite.bias)[:, None, None])


@pytest.mark.parametrize("key", ["channels", "hidden_channels"])
def test_bad_values_are_named(key):
    with pytest.raises(ConfigError, match=f"SqueezeExcitation: {key}=0"):
        SqueezeExcitation(**{"channels": 4, "hidden_channels": 2, key: 0})
