"""Explain why two protocols measure differently, in words and with numbers for the user's images.

``restorekit evaluate --explain`` prints this.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from restorekit.io.terminal import counted

from .functional.ssim import SSIMSpec, downsampling_factor
from .measures import Measure, build_measure, fine_digits
from .plan import mean
from .protocol import Protocol
from .protocol_steps import Step, steps_between

#: By how much PSNR is higher on studio-range luma than on full-range luma, in dB.
STUDIO_RANGE_GAIN = 20 * math.log10(255 / 219)
_COLORS = {
    "rgb": "RGB",
    "y_full": "full-range luma",
    "y_studio": "studio-range luma",
    "y_studio_u8": "studio-range luma in whole levels",
    "y_pil": "Pillow's luma in whole levels",
}


@dataclass(frozen=True)
class Explanation:
    """Two protocols and the steps from one to the other.

    Attributes:
        start: The protocol to start from.
        end: The protocol to arrive at.
        steps: The steps in between, one for each choice in which they differ.
    """

    start: Protocol
    end: Protocol
    steps: list[Step]

    @classmethod
    def between(cls, start: Protocol, end: Protocol) -> Explanation:
        """Find the steps between two protocols."""
        return cls(start, end, steps_between(start, end))

    def protocols(self) -> list[Protocol]:
        """Return every protocol to measure under, including start and end."""
        return [self.start, *([step.after for step in self.steps] or [self.end])]

    def measures(self) -> list[Measure]:
        """Return the measures that both protocols take."""
        both = [name for name in self.start.measures if name in self.end.measures]
        return [build_measure(name) for name in both]

    def text(
        self, values: Mapping[str, Mapping[str, float]], sizes: Sequence[tuple[int, int]]
    ) -> str:
        """Say by how much each choice changes the measures on these images.

        Args:
            values: Key (``psnr/<protocol>``) to the values of the images, for all
                :meth:`protocols`.
            sizes: Height and width of each image.

        Returns:
            Lines of text: the total difference, then one line per choice. Each number is a
            mean over these images.
        """
        images = counted(len(sizes), "image")
        totals = []
        for measure in self.measures():
            digits = fine_digits(measure)
            first, last = (
                mean(values[f"{measure.name}/{protocol.name}"].values())
                for protocol in (self.start, self.end)
            )
            unit = f" {measure.unit}" if measure.unit else ""
            totals.append(
                f"{measure.label} {first:.{digits}f} → {last:.{digits}f}{unit} "
                f"({last - first:+.{digits}f})"
            )
        lines = [f"From {self.start.name} to {self.end.name} ({images}): {', '.join(totals)}"]
        lines += [self._line(step, values, sizes) for step in self.steps]
        if not self.steps:
            lines.append("  They measure the same: no choice differs.")
        return "\n".join(lines)

    def _line(
        self,
        step: Step,
        values: Mapping[str, Mapping[str, float]],
        sizes: Sequence[tuple[int, int]],
    ) -> str:
        changes, unchanged = [], True
        words = f"{_words(step)}.{_remark(step, values, sizes)}"
        for measure in self.measures():
            change = _change(measure.name, step, values)
            digits = fine_digits(measure)
            unchanged = unchanged and abs(change) < 0.5 * 10**-digits
            if measure.unit:
                changes.append(f"{change:+{digits + 5}.{digits}f} {measure.unit}")
            else:
                changes.append(f"{change:+{digits + 4}.{digits}f}")
        end = " It makes no difference here." if unchanged else ""
        return f"  {'  '.join([*changes, words])}{end}"


def _change(measure: str, step: Step, values: Mapping[str, Mapping[str, float]]) -> float:
    before, after = (values[f"{measure}/{one.name}"] for one in (step.before, step.after))
    return mean(after.values()) - mean(before.values())


def _words(step: Step) -> str:
    """Say in words what a step changes."""
    before, after = step.before, step.after
    if step.choice == "color":
        return _color_words(before.color, after.color)
    if step.choice == "quantize":
        how = {
            "round": "rounded to whole levels as in a saved file",
            "floor": "cut to whole levels",
            "none": "left as floating-point numbers",
        }
        return f"Rounding: images {how[after.quantize]}, not {how[before.quantize]}"
    if step.choice == "crop_border":
        return (
            f"Border: {after.crop_border} pixels cropped at each side instead of "
            f"{before.crop_border}"
        )
    if step.choice == "clip_ssim":
        way = {True: "clipped to the displayable range", False: "not clipped"}
        return f"Clipping: SSIM on values {way[after.clip_ssim]}"
    if step.choice == "identical_psnr":
        return (
            f"Identical images count as {after.identical_psnr:g} dB instead of "
            f"{before.identical_psnr:g}"
        )
    return _ssim_words(step.choice, before.ssim, after.ssim)


def _color_words(before: str, after: str) -> str:
    ranges = {"y_full": "0 to 255", "y_studio": "16 to 235"}
    if before in ranges and after in ranges:
        return f"Range of Y: {ranges[after]} instead of {ranges[before]}"
    return f"Colour: {_COLORS[after]} instead of {_COLORS[before]}"


def _ssim_words(choice: str, before: SSIMSpec, after: SSIMSpec) -> str:
    if choice == "window":
        return f"SSIM window: {_window(after)} instead of {_window(before)}"
    if choice == "sample_covariance":
        how = {True: "n - 1", False: "n"}
        return (
            f"SSIM covariance: divided by {how[after.sample_covariance]} instead of "
            f"{how[before.sample_covariance]}, where n is the {after.window_size**2} pixels of the "
            "window"
        )
    if choice == "padding":
        how = {True: "only windows inside the image", False: "all windows, with zeros around it"}
        return f"SSIM border: {how[after.padding == 'valid']}"
    if choice == "downsample":
        way = {True: "as in MATLAB's ssim.m", False: "none"}
        return f"SSIM downsampling: {way[after.downsample]}"
    return (
        f"SSIM constants: range {after.data_range:g}, K {after.k1:g} and {after.k2:g} instead of "
        f"{before.data_range:g}, {before.k1:g} and {before.k2:g}"
    )


def _window(spec: SSIMSpec) -> str:
    size = f"{spec.window_size}×{spec.window_size}"
    return f"uniform {size}" if spec.window == "uniform" else f"Gaussian {size} (σ {spec.sigma:g})"


def _remark(
    step: Step, values: Mapping[str, Mapping[str, float]], sizes: Sequence[tuple[int, int]]
) -> str:
    """Return what else is worth knowing about a step, if anything."""
    if step.choice == "downsample":
        crop = 2 * step.after.crop_border
        return _downsampling_remark([(height - crop, width - crop) for height, width in sizes])
    colors = step.before.color, step.after.color
    psnr = values.get(f"psnr/{step.after.name}", {}).values()
    if psnr and step.choice == "color" and set(colors) == {"y_full", "y_studio"}:
        expected = STUDIO_RANGE_GAIN if colors[1] == "y_studio" else -STUDIO_RANGE_GAIN
        remark = f" 20·log10(255/219) = {STUDIO_RANGE_GAIN:.4f} dB is expected"
        if abs(_change("psnr", step, values) - expected) < 5e-5:
            return f"{remark} and found."
        same = sum(value == step.after.identical_psnr for value in psnr)
        return f"{remark} for images that differ; {same} of {len(psnr)} are identical."
    return ""


def _downsampling_remark(sizes: Sequence[tuple[int, int]]) -> str:
    parts = []
    for (height, width), number in sorted(Counter(sizes).items()):
        factor = downsampling_factor(height, width)
        what = f"by {factor}" if factor > 1 else "not at all"
        parts.append(f"{number} of {width}×{height} {what}")
    return f" The sizes here: {', '.join(parts)}."
