from __future__ import annotations

import numpy as np
import pytest
import torch

from restorekit.errors import ConfigError, DataError
from restorekit.losses import CharbonnierLoss, L1Loss, MSELoss
from restorekit.registry import MODELS


def arrays():
    rng = np.random.default_rng(1)
    return rng.random((2, 3, 5, 7)), rng.random((2, 3, 5, 7))


EXPECTED = {
    "L1Loss": lambda x, y: np.mean(np.abs(x - y)),
    "MSELoss": lambda x, y: np.mean((x - y) ** 2),
    "CharbonnierLoss": lambda x, y: np.mean(np.sqrt((x - y) ** 2 + 0.02**2)),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_value_weight_and_gradient(name):
    extra = {"eps": 0.02} if name == "CharbonnierLoss" else {}
    loss = MODELS.build(dict(type=name, loss_weight=0.4, **extra))
    x, y = arrays()
    pred, gt = torch.tensor(x, requires_grad=True), torch.tensor(y)
    assert loss(pred, gt).item() == pytest.approx(0.4 * EXPECTED[name](x, y), abs=1e-12)
    assert torch.autograd.gradcheck(loss, (pred, gt))


@pytest.mark.parametrize("loss", [L1Loss(), MSELoss(), CharbonnierLoss(eps=1e-4)])
def test_half_precision_is_left(loss):
    # 1e-4 squared is zero in float16, and so would be the gradient's denominator.
    gt = torch.full((1, 3, 8, 8), 0.5)
    pred = gt.half().requires_grad_()
    with torch.autocast("cpu", dtype=torch.float16):
        value = loss(pred, gt)
    value.backward()
    assert value.dtype == torch.float32
    assert torch.isfinite(pred.grad).all()
    if isinstance(loss, CharbonnierLoss):
        assert value.item() == pytest.approx(1e-4, rel=1e-5)


def test_shapes_are_not_broadcast():
    with pytest.raises(DataError, match=r"L1Loss.*\(2, 3, 4, 4\).*\(1, 3, 4, 4\)"):
        L1Loss()(torch.zeros(2, 3, 4, 4), torch.zeros(1, 3, 4, 4))


def test_charbonnier_needs_an_eps():
    with pytest.raises(ConfigError, match="eps is 0"):
        CharbonnierLoss(eps=0)
