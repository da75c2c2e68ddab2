from __future__ import annotations

import pytest
import torch
from mmengine.model import BaseModel

from restorekit.errors import ConfigError
from restorekit.losses import L1Loss, MSELoss, SSIMLoss, SumLoss, as_loss_dict
from restorekit.registry import MODELS

CONFIG = {
    "type": "SumLoss",
    "losses": {"ssim": {"type": "SSIMLoss"}, "l1": {"type": "L1Loss", "loss_weight": 0.1}},
}


class _Model(BaseModel):
    def forward(self, *args, **kwargs):
        raise NotImplementedError


def test_parts_are_named_and_weighted_and_mmengine_adds_them_up():
    pred, gt = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    parts = MODELS.build(CONFIG)(pred, gt)
    ssim, l1 = SSIMLoss()(pred, gt), L1Loss(loss_weight=0.1)(pred, gt)
    assert {name: part.item() for name, part in parts.items()} == {
        "loss_ssim": ssim.item(),
        "loss_l1": l1.item(),
    }
    total, logged = _Model().parse_losses(as_loss_dict(parts))
    assert total.item() == pytest.approx((ssim + l1).item(), abs=1e-7)
    assert set(logged) == {"loss", "loss_ssim", "loss_l1"}


def test_a_single_tensor_is_a_loss_too():
    value = torch.tensor(0.5)
    total, logged = _Model().parse_losses(as_loss_dict(value))
    assert total.item() == 0.5
    assert set(logged) == {"loss"}


def test_parts_with_parameters_are_trained_with_it():
    part = MSELoss()
    part.scale = torch.nn.Parameter(torch.ones(()))
    assert list(dict(SumLoss({"mse": part}).named_parameters())) == ["losses.mse.scale"]


def test_empty():
    with pytest.raises(ConfigError, match="losses is empty"):
        SumLoss({})
