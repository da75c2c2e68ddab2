import math

import pytest
import torch
from pytorch_msssim import ssim

from restorekit.errors import DataError
from restorekit.losses import InversePSNRLoss, LogSSIMLoss


def pair(noise=0.1):
    generator = torch.Generator().manual_seed(3)
    gt = torch.rand(3, 3, 24, 20, generator=generator)
    return gt + noise * torch.randn(gt.shape, generator=generator), gt


def test_the_ssim_term_is_the_logarithm_of_ssim_without_padding():
    pred, gt = pair()
    expected = math.log(1 / (ssim(pred, gt, data_range=1.0).item() + 1e-5))
    assert LogSSIMLoss(loss_weight=1e-3)(pred, gt).item() == pytest.approx(
        1e-3 * expected, rel=1e-4
    )


def test_the_psnr_term_takes_the_mean_of_the_images_psnr():
    pred, gt = pair()
    pred[0] += 0.5
    psnr = [
        10 * math.log10(1 / ((p - g) ** 2).mean().item()) for p, g in zip(pred, gt, strict=True)
    ]
    expected = 0.1 / (sum(psnr) / 3 + 1e-3)
    assert InversePSNRLoss(loss_weight=0.1)(pred, gt).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", [LogSSIMLoss(), InversePSNRLoss()])
def test_falls_with_the_error_and_stays_finite_for_the_best_and_the_worst(loss):
    values = [loss(*pair(noise)).item() for noise in (0.3, 0.1, 0.03)]
    assert values[0] > values[1] > values[2] > 0
    _, gt = pair()
    for worst in (gt, 1 - gt, gt - 50):
        pred = worst.clone().requires_grad_()
        value = loss(pred, gt)
        value.backward()
        assert value.isfinite()
        assert pred.grad.isfinite().all()
        assert value.item() >= loss(gt, gt).item()


@pytest.mark.parametrize("loss", [LogSSIMLoss(), InversePSNRLoss()])
def test_is_computed_in_full_precision(loss):
    pred, gt = pair()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(pred.bfloat16(), gt).dtype == torch.float32


@pytest.mark.parametrize("loss", [LogSSIMLoss(), InversePSNRLoss()])
def test_other_shapes_are_refused(loss):
    with pytest.raises(DataError, match="one shape"):
        loss(torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 17))
