from __future__ import annotations

import math

import torch

from restorekit.archs.blocks.untracked import tanh


def test_tanh_is_pytorch_s_and_leaves_its_argument() -> None:
    values = [0.0, 1e-8, -math.inf, math.inf, math.nan, 100.0, -100.0, 3e38]
    x = torch.cat([torch.tensor(values), torch.linspace(-20, 20, 1001)])
    given = x.clone()
    with torch.inference_mode():
        torch.testing.assert_close(tanh(x), torch.tanh(x), rtol=0, atol=4e-7, equal_nan=True)
    torch.testing.assert_close(x, given, rtol=0, atol=0, equal_nan=True)
