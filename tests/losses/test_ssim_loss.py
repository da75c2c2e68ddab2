from __future__ import annotations

import pytest
import pytorch_msssim
import torch
import torch.nn.functional as F

from restorekit.errors import ConfigError, DataError, RestoreKitError
from restorekit.losses import SSIMLoss, ssim_function
from restorekit.registry import MODELS


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def pair(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0):
    """A smooth image and a noisy copy that leaves [0, 1] here and there."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(*shape[:2], 6, 7, generator=generator, dtype=torch.float64)
    gt = F.interpolate(coarse, size=shape[2:], mode="bicubic", align_corners=False).clamp(0, 1)
    pred = gt + 0.1 * torch.randn(*shape, generator=generator, dtype=torch.float64)
    return pred.to(dtype), gt.to(dtype)


def plain_ssim(x, y, size=11, sigma=1.5, data_range=1.0):
    """The textbook form: five 2-D convolutions, padded with zeros."""
    channels = x.shape[1]
    offsets = torch.arange(size, dtype=torch.float64) - size // 2
    window = torch.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * sigma**2))
    window = (window / window.sum()).to(x.dtype).repeat(channels, 1, 1, 1)

    def blur(image):
        return F.conv2d(image, window, padding=size // 2, groups=channels)

    mu_x, mu_y = blur(x), blur(y)
    var_x = blur(x * x) - mu_x**2
    var_y = blur(y * y) - mu_y**2
    cov = blur(x * y) - mu_x * mu_y
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    ssim = ((2 * mu_x * mu_y + c1) * (2 * cov + c2)) / (
        (mu_x**2 + mu_y**2 + c1) * (var_x + var_y + c2)
    )
    return ssim.mean()


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
    monkeypatch.setattr(ssim_function, "_GROUP_PIXELS", 1)
    monkeypatch.setattr(ssim_function, "_LEAST_PLANES", 4)
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


@pytest.mark.parametrize("padding", ["zero", "valid"])
def test_what_a_compiler_sees_is_the_same_loss(monkeypatch, padding):
    pred, gt = pair(2, 3, 24, 28, dtype=torch.float64)
    pred.requires_grad_()
    loss = SSIMLoss(padding=padding)
    eager = loss(pred, gt)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    traced = loss(pred, gt)
    assert traced.item() == pytest.approx(eager.item(), abs=1e-13)
    gradients = (torch.autograd.grad(value, pred)[0] for value in (traced, eager))
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-14)


def test_nobody_works_out_a_gradient_that_nobody_asks_for(monkeypatch):
    pred, gt = pair(1, 3, 20, 20)
    smoothed = []
    smooth = ssim_function._smooth
    monkeypatch.setattr(
        ssim_function, "_smooth", lambda maps, *rest: smoothed.append(1) or smooth(maps, *rest)
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
