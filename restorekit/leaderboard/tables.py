"""Rankings as tables, with the protocol and the test set beside every number."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from .ranking import Entry, Ranking

_COLUMNS = (
    "dataset",
    "version",
    "fingerprint",
    "num_images",
    "protocol",
    "rank",
    "method",
    "psnr",
    "ssim",
    "gain_over_rainy_input",
    "parameters",
    "macs_per_pixel",
    "seconds_per_image",
    "device",
    "checkpoint_sha256",
)
_LEFT = ("method", "run with")


def markdown(rankings: Sequence[Ranking]) -> str:
    """Return the rankings as Markdown, one section each."""
    return "\n".join(_section(ranking) for ranking in rankings)


def to_csv(rankings: Sequence[Ranking]) -> str:
    """Return the rankings as one CSV table, numbers in full; what is not known is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for ranking in rankings:
        for entry in ranking.entries:
            row = {
                **ranking.dataset,
                **entry.results.get("cost", {}),
                "dataset": ranking.dataset["name"],
                "protocol": ranking.protocol,
                "rank": entry.rank,
                "method": entry.method,
                "psnr": entry.psnr,
                "ssim": entry.ssim,
                "gain_over_rainy_input": ranking.gain(entry),
                "device": entry.results.get("settings", {}).get("device"),
                "checkpoint_sha256": entry.results.get("checkpoint", {}).get("sha256"),
            }
            writer.writerow({key: row.get(key) for key in _COLUMNS})
    return text.getvalue()


def _section(ranking: Ranking) -> str:
    dataset = ranking.dataset
    version = f" ({dataset['version']})" if "version" in dataset else ""
    # What no method has is no column.
    columns = [_column(title, cells) for title, cells in _cells(ranking).items() if any(cells)]
    return "\n".join(
        [
            f"## {dataset['name']}{version}, protocol {ranking.protocol}\n",
            f"{dataset['num_images']} images, fingerprint {dataset['fingerprint'][:12]}\n",
            *(f"| {' | '.join(line)} |" for line in zip(*columns, strict=True)),
            "",
        ]
    )


def _column(title: str, cells: Sequence[str]) -> list[str]:
    """Return a column's title, rule and cells, all of the same width."""
    width = max(len(text) for text in (title, *cells))
    if title in _LEFT:
        return [title.ljust(width), "-" * width, *(cell.ljust(width) for cell in cells)]
    rule = "-" * (width - 1) + ":"
    return [title.rjust(width), rule, *(cell.rjust(width) for cell in cells)]


def _cells(ranking: Ranking) -> dict[str, list[str]]:
    """Return the cells of each column by its title."""
    entries = ranking.entries
    costs = [entry.results.get("cost", {}) for entry in entries]
    return {
        "rank": ["–" if entry.rank is None else str(entry.rank) for entry in entries],
        "method": [entry.method.replace("|", "\\|") for entry in entries],
        f"PSNR (dB), {ranking.protocol}": [f"{entry.psnr:.2f}" for entry in entries],
        f"SSIM, {ranking.protocol}": [f"{entry.ssim:.4f}" for entry in entries],
        "over rainy input (dB)": [_number(ranking.gain(entry), "+.2f") for entry in entries],
        "parameters": [_number(cost.get("parameters"), ",") for cost in costs],
        "MAC/pixel": [_number(cost.get("macs_per_pixel"), ",.0f") for cost in costs],
        "s/image": [_number(cost.get("seconds_per_image"), ".3g") for cost in costs],
        "run with": [_run_with(entry) for entry in entries],
    }


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _run_with(entry: Entry) -> str:
    """Say on what a method was run, and what was done beyond running the network once."""
    settings = entry.results.get("settings", {})
    parts = [str(settings[key]) for key in ("device", "dtype") if settings.get(key)]
    if settings.get("tile"):
        parts.append(f"tiles of {settings['tile']}")
    if settings.get("ensemble"):
        parts.append("self-ensemble")
    return ", ".join(parts)
