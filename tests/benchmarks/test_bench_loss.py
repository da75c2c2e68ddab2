from __future__ import annotations

import importlib.util
import json

import pytest
import torch

from benchmarks import reference_loss
from benchmarks.__main__ import main
from restorekit.fast import accelerate
from restorekit.losses import SSIMLoss


def test_end_to_end(tmp_path, capsys):
    file = tmp_path / "loss.json"
    shapes = ["--shape", "1,3,16,18"]
    command = ["loss", *shapes, "--steps", "1", "--rounds", "1", "--threads", "1"]
    assert main([*command, "--json", str(file)]) == 0
    assert "restorekit SSIMLoss, 1×3×16×18 / plain, five 11×11" in capsys.readouterr().out
    found = json.loads(file.read_text())
    with_msssim = importlib.util.find_spec("pytorch_msssim") is not None
    assert len(found["contenders"]) == (4 if with_msssim else 3)
    assert len(found["ratios"]) == (3 if with_msssim else 2)


@pytest.mark.parametrize("shape", ["3,64,64", "1,3,a,4", "1,3,0,4"])
def test_a_shape_that_is_none_is_named(shape, capsys):
    assert main(["loss", "--shape", shape]) == 2
    assert shape in capsys.readouterr().err


def test_the_plain_loss_is_the_same():
    generator = torch.Generator().manual_seed(2)
    gt = torch.rand(2, 3, 30, 26, generator=generator, dtype=torch.float64)
    pred = (gt + 0.1 * torch.randn(gt.shape, generator=generator)).requires_grad_()
    plain, ours = (
        reference_loss.mean_ssim(pred, gt),
        -accelerate(SSIMLoss(), training=True)(pred, gt),
    )
    assert ours.item() == pytest.approx(plain.item(), abs=1e-12)
    gradients = (torch.autograd.grad(value, pred)[0] for value in (ours, plain))
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-14)
