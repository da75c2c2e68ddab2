from __future__ import annotations

import pytest
import pytorch_msssim
import torch
from ssim_references import pair, plain_ssim

from restorekit.errors import ConfigError, DataError
from restorekit.losses import SSIMLoss
from restorekit.registry import MODELS


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (1, 3, 41, 67), (3, 1, 9, 20), (1, 3, 4, 5)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_zero_padding_equals_five_plain_convolutions(shape, dtype, tolerance):
    pred, gt = pair(*shape, dtype=dtype)
    loss = SSIMLoss()(pred, gt)
    assert loss.dtype == dtype
    assert loss.item() == pytest.approx(-plain_ssim(pred, gt).item(), abs=tolerance)


def test_options_reach_the_formula():
    pred, gt = pair(1, 3, 30, 33, dtype=torch.float64)
    loss = SSIMLoss(window_size=7, sigma=1.1, data_range=255, loss_weight=0.3)
    expected = -0.3 * plain_ssim(pred * 255, gt * 255, size=7, sigma=1.1, data_range=255)
    assert loss(pred * 255, gt * 255).item() == pytest.approx(expected.item(), abs=1e-12)


@pytest.mark.parametrize("shape", [(2, 3, 48, 37), (1, 3, 11, 11)])
def test_valid_padding_equals_pytorch_msssim(shape):
    pred, gt = pair(*shape)
    expected = pytorch_msssim.ssim(pred, gt, data_range=1.0).item()
    assert SSIMLoss(padding="valid")(pred, gt).item() == pytest.approx(-expected, abs=1e-6)


def test_gradient_equals_that_of_the_plain_form():
    pred, gt = pair(2, 3, 32, 40, dtype=torch.float64)
    pred.requires_grad_()
    (ours,) = torch.autograd.grad(SSIMLoss()(pred, gt), pred)
    (plain,) = torch.autograd.grad(-plain_ssim(pred, gt), pred)
    torch.testing.assert_close(ours, plain, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("padding", ["zero", "valid"])
def test_gradcheck(padding):
    pred, gt = pair(1, 2, 8, 9, dtype=torch.float64)
    loss = SSIMLoss(window_size=5, padding=padding)
    assert torch.autograd.gradcheck(loss, (pred.requires_grad_(), gt.requires_grad_()))


def test_identical_images_give_minus_the_weight():
    _, gt = pair(1, 3, 20, 20)
    assert SSIMLoss(loss_weight=2.0)(gt, gt).item() == pytest.approx(-2.0, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_computed_in_float32_under_autocast(dtype):
    pred, gt = pair(1, 3, 32, 32)
    layer = torch.nn.Conv2d(3, 3, 1)
    with torch.autocast("cpu", dtype=dtype):
        output = layer(pred)
        loss = SSIMLoss()(output, gt)
    assert output.dtype == dtype
    assert loss.dtype == torch.float32
    # The half-precision output, exactly as it is, measured outside of autocast.
    assert loss.item() == pytest.approx(-plain_ssim(output.float(), gt).item(), abs=1e-6)
    loss.backward()
    assert torch.isfinite(layer.weight.grad).all()
    assert layer.weight.grad.abs().sum() > 0


def test_half_precision_images_without_autocast():
    pred, gt = pair(1, 3, 24, 24, dtype=torch.bfloat16)
    loss = SSIMLoss()(pred, gt)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(-plain_ssim(pred.float(), gt.float()).item(), abs=1e-6)


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


def test_built_by_name():
    loss = MODELS.build({"type": "SSIMLoss", "padding": "valid"})
    assert (loss.window_size, loss.padding) == (11, "valid")
    assert not list(loss.state_dict())


@pytest.mark.parametrize(
    ("shapes", "padding", "words"),
    [
        (((1, 3, 16, 16), (1, 3, 16, 17)), "zero", ["(1, 3, 16, 16)", "(1, 3, 16, 17)"]),
        (((1, 3, 10, 16), (1, 3, 10, 16)), "valid", ["11×11", "10×16", "padding='zero'"]),
        (((3, 16, 16), (3, 16, 16)), "zero", ["(3, 16, 16)", "unsqueeze"]),
    ],
)
def test_images_that_cannot_be_measured(shapes, padding, words):
    pred, gt = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(DataError) as error:
        SSIMLoss(padding=padding)(pred, gt)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    "arguments",
    [{"window_size": 10}, {"padding": "same"}, {"sigma": 0.0}, {"data_range": -1.0}],
)
def test_arguments_that_cannot_be_used(arguments):
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        SSIMLoss(**arguments)
