"""PSNR's loss and the contrast of frequencies, against NumPy and restorekit's measures."""

import numpy as np
import pytest
import torch

from restorekit.errors import ConfigError, DataError
from restorekit.losses import FrequencyContrastLoss, PSNRLoss, SumLoss, compute_losses
from restorekit.metrics.functional.psnr import psnr


def images(count=3, height=6, width=8):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, count, 3, height, width, generator=generator, dtype=torch.float64)


def test_psnr_is_that_of_the_measure():
    pred, gt, _ = images()
    values = [psnr(p.numpy(), g.numpy(), data_range=1.0) for p, g in zip(pred, gt, strict=True)]
    assert PSNRLoss(loss_weight=0.5)(pred, gt).item() == pytest.approx(-0.5 * np.mean(values))


def test_psnr_of_luma():
    pred, gt, _ = images()
    luma = np.array([65.481, 128.553, 24.966])
    y_pred, y_gt = ((np.tensordot(luma, x.numpy(), (0, 1)) + 16) / 255 for x in (pred, gt))
    values = 10 * np.log10(((y_pred - y_gt) ** 2).mean(axis=(1, 2)) + 1e-8)
    assert PSNRLoss("y")(pred, gt).item() == pytest.approx(values.mean(), rel=1e-10)


def test_psnr_of_equal_images_is_80():
    pred = torch.rand(2, 3, 4, 4, requires_grad=True)
    value = PSNRLoss()(pred, pred.detach())
    value.backward()
    assert value.item() == pytest.approx(-80, abs=1e-4)
    assert torch.isfinite(pred.grad).all()


def contrast(pred, gt, lq, negatives):
    """The mean ratio, with the negatives of each image given."""
    a, p, n = (np.fft.fft2(x.numpy()) for x in (pred, gt, lq))
    ratios = [
        np.abs(a[i] - p[i]).mean() / (np.abs(a[i] - n[j]).mean() + 1e-7)
        for i, chosen in enumerate(negatives)
        for j in chosen
    ]
    return np.mean(ratios)


def test_contrast_with_all_images_of_the_batch():
    pred, gt, lq = images(count=3)
    # With three negatives of three images, nothing is left to chance.
    expected = contrast(pred, gt, lq, [(0, 1, 2)] * 3)
    loss = FrequencyContrastLoss(num_negatives=3, loss_weight=0.1)
    assert loss(pred, gt, lq).item() == pytest.approx(0.1 * expected, rel=1e-10)
    own = contrast(pred, gt, lq, [(0,), (1,), (2,)])
    assert FrequencyContrastLoss(num_negatives=1)(pred, gt, lq).item() == pytest.approx(own)


def test_contrast_draws_another_image_of_the_batch_for_each():
    pred, gt, lq = images(count=3)
    possible = {
        round(contrast(pred, gt, lq, [(0, a), (1, b), (2, c)]), 9)
        for a in (1, 2)
        for b in (0, 2)
        for c in (0, 1)
    }
    torch.manual_seed(0)
    found = {round(FrequencyContrastLoss()(pred, gt, lq).item(), 9) for _ in range(60)}
    assert found == possible


def test_contrast_has_the_gradient_of_numerator_and_denominator():
    pred, gt, lq = images(count=2, height=3, width=4)
    loss = FrequencyContrastLoss()
    assert torch.autograd.gradcheck(lambda x: loss(x, gt, lq), (pred.requires_grad_(),))


def test_half_precision_is_left():
    pred, gt, lq = (x.bfloat16() for x in images())
    expected = FrequencyContrastLoss(3)(pred.float(), gt.float(), lq.float())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = FrequencyContrastLoss(3)(pred, gt, lq)
        assert PSNRLoss()(pred, gt).dtype == torch.float32
    torch.testing.assert_close(value, expected)


def test_a_sum_passes_rainy_images_to_the_parts_that_need_them():
    pred, gt, lq = images()
    parts = {"psnr": {"type": "PSNRLoss"}, "contrast": {"type": "FrequencyContrastLoss"}}
    assert not SumLoss({"psnr": parts["psnr"]}).needs_lq
    torch.manual_seed(0)
    found = compute_losses(SumLoss(parts), pred, gt, lq)
    torch.manual_seed(0)
    expected = {"loss_psnr": PSNRLoss()(pred, gt)}
    expected["loss_contrast"] = FrequencyContrastLoss()(pred, gt, lq)
    torch.testing.assert_close(found, expected)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ConfigError, match="'luma'"):
        PSNRLoss("luma")
    with pytest.raises(ConfigError, match="eps is 0"):
        PSNRLoss(eps=0)
    with pytest.raises(ConfigError, match="num_negatives is 0"):
        FrequencyContrastLoss(0)
    one = torch.rand(1, 3, 4, 4)
    with pytest.raises(DataError, match="which has 1"):
        FrequencyContrastLoss()(one, one, one)
