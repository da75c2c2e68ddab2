"""Get from one protocol to another in steps, each of which changes one choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .comparison import Color
from .functional.ssim import SSIMSpec
from .protocol import Protocol

#: Colour to the colour that it is derived from; each link is one choice.
_MADE_OF: dict[Color, Color] = {
    "y_full": "rgb",
    "y_pil": "y_full",
    "y_studio": "y_full",
    "y_studio_u8": "y_studio",
}
#: Groups of SSIMSpec fields that form one choice, in the order in which they are changed.
_SSIM_CHOICES = (
    ("window", "window_size", "sigma"),
    ("sample_covariance",),
    ("padding",),
    ("downsample",),
    ("data_range", "k1", "k2"),
)


@dataclass(frozen=True)
class Step:
    """A change of one choice.

    Attributes:
        choice: ``quantize``, ``color``, ``crop_border``, ``clip_ssim``, ``identical_psnr``, or
            the first field of the changed group of
            :class:`~restorekit.metrics.functional.SSIMSpec`.
        before: The protocol before the step.
        after: The protocol after the step, which differs only in this choice.
    """

    choice: str
    before: Protocol
    after: Protocol


def steps_between(start: Protocol, end: Protocol) -> list[Step]:
    """Return the steps from one protocol to another; none if they measure the same.

    The last step ends at ``end`` itself; the protocols in between get generated names.
    """
    settings = list(_changes(start, end))
    steps, before = [], start
    for number, (choice, change) in enumerate(settings, start=1):
        last = number == len(settings)
        between = dataclasses.replace(
            before, name=f"{start.name}.to.{end.name}.{number}", description="", **change
        )
        after = end if last else between
        steps.append(Step(choice, before, after))
        before = after
    return steps


def _changes(start: Protocol, end: Protocol) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each choice and the fields of Protocol that it sets."""
    quantize = [("quantize", {"quantize": end.quantize})] if start.quantize != end.quantize else []
    # Lumas in whole levels need quantised images, so start quantising before the colour changes
    # and stop after it.
    first, last = (quantize, []) if end.quantize != "none" else ([], quantize)
    yield from first
    yield from (("color", {"color": color}) for color in _color_path(start.color, end.color))
    yield from last
    if start.crop_border != end.crop_border:
        yield "crop_border", {"crop_border": end.crop_border}
    if start.clip_ssim != end.clip_ssim:
        yield "clip_ssim", {"clip_ssim": end.clip_ssim}
    spec = start.ssim
    for fields in _SSIM_CHOICES:
        values = {field: getattr(end.ssim, field) for field in fields}
        changed = [field for field in fields if getattr(spec, field) != values[field]]
        if changed and not _same_window(spec, end.ssim, changed):
            spec = dataclasses.replace(spec, **values)
            yield fields[0], {"ssim": spec}
    if start.identical_psnr != end.identical_psnr:
        yield "identical_psnr", {"identical_psnr": end.identical_psnr}


def _same_window(one: SSIMSpec, other: SSIMSpec, changed: list[str]) -> bool:
    """Say whether only σ differs, which uniform windows do not use."""
    return changed == ["sigma"] and one.window == other.window == "uniform"


def _color_path(start: Color, end: Color) -> list[Color]:
    """Return the colours on the way from one colour to another, without the first."""
    up, down = _ancestors(start), _ancestors(end)
    shared = next(color for color in up if color in down)
    way_up = up[1 : up.index(shared) + 1]
    way_down = down[: down.index(shared)]
    return [*way_up, *reversed(way_down)]


def _ancestors(color: Color) -> list[Color]:
    path = [color]
    while path[-1] in _MADE_OF:
        path.append(_MADE_OF[path[-1]])
    return path
