"""The accelerated SSIM loss: the plain one, with its gradient worked out by hand."""

from __future__ import annotations

import pytest
import torch
from ssim_references import pair, plain_ssim

from restorekit import losses
from restorekit.errors import RestoreKitError
from restorekit.fast import accelerate, ssim


def SSIMLoss(**options):  # noqa: N802
    return accelerate(losses.SSIMLoss(**options), training=True)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("padding", ["zero", "valid"])
def test_value_and_gradients_are_those_of_the_plain_loss(padding):
    images = pair(2, 3, 33, 40, dtype=torch.float64)
    found = []
    for loss in (SSIMLoss(padding=padding), losses.SSIMLoss(padding=padding)):
        given = [image.clone().requires_grad_() for image in images]
        value = loss(*given)
        found.append([value, *torch.autograd.grad(value, given)])
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("shape", [(24, 3, 64, 64), (1, 3, 57, 90), (2, 1, 17, 40)])
def test_float32_gradient_is_that_of_float64_to_rounding(shape):
    pred, gt = pair(*shape, dtype=torch.float64)
    pred.requires_grad_()
    (exact,) = torch.autograd.grad(-plain_ssim(pred, gt), pred)
    rounded = pred.detach().float().requires_grad_()
    (ours,) = torch.autograd.grad(SSIMLoss()(rounded, gt.float()), rounded)
    assert (ours - exact).abs().max() < 1e-4 * exact.abs().max()
    (plain,) = torch.autograd.grad(-plain_ssim(rounded, gt.float()), rounded)
    # No further from the exact one than the plain form in float32 is.
    assert (ours - exact).norm() < (plain - exact).norm()


def test_groups_of_planes_are_put_together(monkeypatch):
    pred, gt = pair(5, 3, 20, 23, dtype=torch.float64)
    pred.requires_grad_()
    gt.requires_grad_()
    whole = SSIMLoss()(pred, gt)
    expected = torch.autograd.grad(whole, (pred, gt))
    monkeypatch.setattr(ssim, "_GROUP_PIXELS", 1)
    monkeypatch.setattr(ssim, "_LEAST_PLANES", 4)
    grouped = SSIMLoss()(pred, gt)
    assert grouped.item() == pytest.approx(whole.item(), abs=1e-14)
    for have, want in zip(torch.autograd.grad(grouped, (pred, gt)), expected, strict=True):
        torch.testing.assert_close(have, want, rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("needed", [(True, True), (False, True)])
@pytest.mark.parametrize("padding", ["zero", "valid"])
def test_gradient_by_the_ground_truth_is_that_of_the_images_exchanged(needed, padding):
    pred, gt = pair(2, 3, 24, 31)
    loss = SSIMLoss(padding=padding)
    ours = [image.clone().requires_grad_(n) for image, n in zip((pred, gt), needed, strict=True)]
    loss(*ours).backward()
    exchanged = gt.clone().requires_grad_()
    loss(exchanged, pred).backward()
    torch.testing.assert_close(ours[1].grad, exchanged.grad, rtol=1e-3, atol=1e-8)
    assert (ours[0].grad is not None) == needed[0]


def test_gradient_is_scaled_by_what_comes_after_and_can_be_taken_twice():
    pred, gt = pair(1, 3, 20, 20)
    pred.requires_grad_()
    loss = SSIMLoss()(pred, gt)
    (once,) = torch.autograd.grad(loss, pred, retain_graph=True)
    (thrice,) = torch.autograd.grad(3 * loss, pred)
    torch.testing.assert_close(thrice, 3 * once)


def test_a_second_derivative_is_refused():
    pred, gt = pair(1, 3, 16, 16)
    pred.requires_grad_()
    loss = SSIMLoss()(pred, gt)
    (gradient,) = torch.autograd.grad(loss, pred, create_graph=True)
    torch.testing.assert_close(gradient, torch.autograd.grad(loss, pred)[0])
    with pytest.raises(RestoreKitError, match="no second derivative"):
        (gradient.square().sum() + pred.sum()).backward()


def test_no_gradient_is_worked_out_without_need(monkeypatch):
    pred, gt = pair(1, 3, 20, 20)
    smoothed = []
    smooth = ssim._smooth
    monkeypatch.setattr(
        ssim, "_smooth", lambda maps, *rest: smoothed.append(1) or smooth(maps, *rest)
    )
    with torch.no_grad():
        value = SSIMLoss()(pred.requires_grad_(), gt)
    assert len(smoothed) == 2
    assert value.item() == pytest.approx(SSIMLoss()(pred, gt).item(), abs=1e-7)
    assert len(smoothed) == 7


@pytest.mark.parametrize("padding", ["zero", "valid"])
def test_gradcheck(padding):
    pred, gt = pair(1, 2, 8, 9, dtype=torch.float64)
    loss = SSIMLoss(window_size=5, padding=padding)
    assert torch.autograd.gradcheck(loss, (pred.requires_grad_(), gt.requires_grad_()))


def test_memory_layout_does_not_matter():
    pred, gt = pair(2, 3, 24, 28)
    expected = SSIMLoss()(pred, gt)
    last = pred.to(memory_format=torch.channels_last).requires_grad_()
    shuffled = SSIMLoss()(last, gt)
    assert shuffled.item() == pytest.approx(expected.item(), abs=1e-7)
    (gradient,) = torch.autograd.grad(shuffled, last)
    (wanted,) = torch.autograd.grad(SSIMLoss()(pred.requires_grad_(), gt), pred)
    torch.testing.assert_close(gradient, wanted)
    strided = torch.zeros(2, 3, 48, 28)
    strided[:, :, ::2] = gt
    assert SSIMLoss()(pred, strided[:, :, ::2]).item() == pytest.approx(expected.item(), abs=1e-7)
