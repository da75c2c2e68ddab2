"""What a leaderboard knows of each measure: how it is written, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureInfo:
    """How a measure is shown and ranked.

    Args:
        name: Its key in results files.
        label: Its name in tables.
        unit: Its unit, or an empty string.
        digits: Decimals of a mean in a table.
        higher_is_better: Which way it is ranked.
    """

    name: str
    label: str
    unit: str
    digits: int
    higher_is_better: bool

    @property
    def title(self) -> str:
        """The label with its unit, as over a column."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """1 if higher is better, otherwise -1."""
        return 1 if self.higher_is_better else -1


#: Every measure that can be ranked; a results file may hold others, which are left alone.
MEASURES = {
    info.name: info
    for info in (
        MeasureInfo("psnr", "PSNR", "dB", 2, True),
        MeasureInfo("ssim", "SSIM", "", 4, True),
        MeasureInfo("niqe", "NIQE", "", 3, False),
    )
}
