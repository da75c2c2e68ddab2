"""The SSIM loss with its gradient worked out by hand, in few passes over the pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from restorekit.errors import RestoreKitError
from restorekit.losses.ssim import SSIMLoss

from .forms import FastForm, register_fast_form

#: Planes are worked on in groups whose maps have about this many pixels.
_GROUP_PIXELS = 1 << 20
#: Fewer planes than this leave the vector units idle.
_LEAST_PLANES = 16
_PLAIN = torch.contiguous_format


class Window(NamedTuple):
    """The window and constants of SSIM.

    Attributes:
        size: Side of the Gaussian window in pixels, odd.
        sigma: Its standard deviation in pixels.
        padding: Width of the zeros around the image in pixels.
        c1: Constant added to the means' terms.
        c2: Constant added to the variances' terms.
    """

    size: int
    sigma: float
    padding: int
    c1: float
    c2: float


@register_fast_form(SSIMLoss)
class FastSSIMLoss(FastForm, SSIMLoss):
    """The loss by :class:`SumOfSSIM`, of which there is no second derivative."""

    with_gradients = True

    def mean_ssim(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the mean SSIM over batch, channels and pixels, a scalar."""
        window = Window(
            self.window_size,
            self.sigma,
            padding=self.window_size // 2 if self.padding == "zero" else 0,
            c1=(0.01 * self.data_range) ** 2,
            c2=(0.03 * self.data_range) ** 2,
        )
        if not torch.is_grad_enabled():
            # The function sees that its inputs need gradients, but not that none are computed.
            pred, gt = pred.detach(), gt.detach()
        total: Tensor = SumOfSSIM.apply(pred, gt, window)  # type: ignore[no-untyped-call]
        number, channels, height, width = pred.shape
        border = 2 * (window.size // 2 - window.padding)
        return total / (number * channels * (height - border) * (width - border))


class SumOfSSIM(torch.autograd.Function):
    """The sum of SSIM over all pixels, with its gradient worked out by hand.

    With the means x̄ and ȳ under the window, q that of x² + y² and p that of xy, SSIM is
    S = A₁A₂ / B₁B₂ with A₁ = 2x̄ȳ + c₁, A₂ = 2(p − x̄ȳ) + c₂, B₁ = x̄² + ȳ² + c₁ and
    B₂ = q − x̄² − ȳ² + c₂: four maps are smoothed, as only the sum of both variances matters.
    With u = A₁ / B₁B₂, v = S / B₂ and the window G, which is symmetric, half of the gradient
    by x is

        G * (ȳ (A₂ / B₁B₂ − u) + x̄ (v − S / B₁)) + y (G * u) − x (G * v),

    three more maps, and the same for y with the images exchanged. It is computed together
    with the value, so that backward needs nothing but the gradient itself.
    """

    @staticmethod
    def forward(ctx: Any, pred: Tensor, gt: Tensor, window: Window) -> Tensor:
        """Return the sum, a scalar; images are (N, C, H, W)."""
        needed = ctx.needs_input_grad[:2]
        halves = [torch.empty_like(pred, memory_format=_PLAIN) for n in needed if n]
        # Planes (N · C, H, W), as SSIM treats each by itself.
        sources, results = (
            [images.reshape(-1, *pred.shape[2:]) for images in group]
            for group in ((pred, gt), halves)
        )
        step = max(_LEAST_PLANES, _GROUP_PIXELS // (pred.shape[2] * pred.shape[3]))
        total = pred.new_zeros(())
        for start in range(0, len(sources[0]), step):
            group = slice(start, start + step)
            images = _new_maps(2, sources[0][group])
            for source, planes in zip(sources, images, strict=True):
                _copy(source[group], planes)
            part, found = _ssim(images, needed, window)
            total += part
            for planes, result in zip(found, results, strict=True):
                _copy(planes, result[group])
        ctx.save_for_backward(pred, gt, *halves)
        return total

    @staticmethod
    def backward(ctx: Any, by_sum: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradient."""
        pred, gt, *halves = ctx.saved_tensors
        scale, found = 2 * by_sum, iter(halves)
        gradients = (next(found) * scale if n else None for n in ctx.needs_input_grad[:2])
        if not torch.is_grad_enabled():
            return *gradients, None
        mark: Any = _FirstDerivative.apply
        return *(g if g is None else mark(g, pred, gt) for g in gradients), None


class _FirstDerivative(torch.autograd.Function):
    """Marks a gradient as depending on the images, and refuses to differentiate it."""

    @staticmethod
    def forward(_: Any, gradient: Tensor, *images: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def backward(_: Any, *__: Tensor) -> Any:
        raise RestoreKitError(
            "The accelerated SSIMLoss has no second derivative: use the plain one "
            "(model.accelerate=False in a config), or another loss for a penalty on gradients."
        )


def _ssim(images: Tensor, needed: tuple[bool, bool], window: Window) -> tuple[Tensor, list[Tensor]]:
    """Return the sum of SSIM, and half of its gradient by the images for which it is needed.

    Maps that are no longer needed are overwritten.
    """
    # Four dimensions each, from which oneDNN recognises the layout.
    x, y = images[:1], images[1:]
    means = _smooth(images, window, window.padding)
    mean_x, mean_y = means[:1], means[1:]
    products = _new_maps(2, x[0])
    torch.mul(x, x, out=products[:1]).addcmul_(y, y)
    torch.mul(x, y, out=products[1:])
    smoothed = _smooth(products, window, window.padding)
    b2, a2 = smoothed[:1], smoothed[1:]
    product = mean_x * mean_y
    square = (mean_x * mean_x).addcmul_(mean_y, mean_y)
    a2.sub_(product).mul_(2).add_(window.c2)
    b2.sub_(square).add_(window.c2)
    a1 = product.mul_(2).add_(window.c1)
    b1 = square.add_(window.c1)
    inverse = (b1 * b2).reciprocal_()
    u = a1.mul_(inverse)
    ssim = u * a2
    total = ssim.sum()
    if not any(needed):
        return total, []
    v = torch.div(ssim, b2, out=b2)
    by_own_mean = torch.sub(v, ssim.div_(b1), out=b1)
    by_other_mean = a2.mul_(inverse).sub_(u)
    # The window reaches as far back to the image as it reached from there.
    reach = window.size - 1 - window.padding
    sides = [side for side in (0, 1) if needed[side]]
    halves = []
    for side in sides:
        own, other = (mean_y, mean_x) if side else (mean_x, mean_y)
        by_mean = (by_other_mean * other).addcmul_(by_own_mean, own)
        halves.append(_smooth(by_mean, window, reach))
    u, v = _smooth(u, window, reach), _smooth(v, window, reach)
    for side, half in zip(sides, halves, strict=True):
        half.addcmul_(images[1 - side], u).addcmul_(images[side], v, value=-1)
    return total, [half[0] for half in halves]


def _smooth(maps: Tensor, window: Window, padding: int) -> Tensor:
    """Smooth maps (K, P, H, W) by the Gaussian, along columns and then along rows."""
    planes = maps.shape[1]
    offsets = torch.arange(window.size, dtype=maps.dtype, device=maps.device) - window.size // 2
    weights = torch.exp(-offsets.square() / (2 * window.sigma**2))
    weights = (weights / weights.sum()).expand(planes, 1, 1, -1)
    maps = F.conv2d(maps, weights.mT, padding=(padding, 0), groups=planes)
    return F.conv2d(maps, weights, padding=(0, padding), groups=planes)


def _new_maps(count: int, like: Tensor) -> Tensor:
    """Return uninitialised maps (count, P, H, W) for planes (P, H, W).

    On a CPU all planes of a pixel are adjacent in memory: the depthwise convolutions of oneDNN
    take a fifth of the time so.
    """
    layout = torch.channels_last if like.device.type == "cpu" else torch.contiguous_format
    shape = (count, *like.shape)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=layout)


def _copy(source: Tensor, target: Tensor) -> None:
    """Copy planes (P, H, W) into others of another layout."""
    # With two dimensions, the target's in order, PyTorch transposes in blocks.
    source, target = source.flatten(1), target.flatten(1)
    if target.is_contiguous():
        target.copy_(source)
    else:
        target.t().copy_(source.t())
