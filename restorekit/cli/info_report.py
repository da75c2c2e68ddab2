"""What `restorekit info` shows, as lines and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restorekit.archs.sizing import SizeRequirements
    from restorekit.cli.subject import Subject

_WIDTH = 21


class Report:
    """Writes lines as they are known, and keeps what the JSON holds.

    Args:
        quiet: Whether to write nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self.content: dict[str, Any] = {}
        self._quiet = quiet

    def write(self, text: str) -> None:
        if not self._quiet:
            sys.stdout.write(text)
            sys.stdout.flush()

    def add(self, label: str, value: Any, text: str, key: str | None = None) -> None:
        self.content[key or label] = value
        self.write(f"{label:<{_WIDTH}}{text}\n")

    def note(self, text: str) -> None:
        self.write(f"\n{text}\n")

    def known(self, subject: Subject) -> None:
        """Write what is known without measuring."""
        from restorekit.cli.subject import known_lines

        self.content |= {"network": dict(subject.network_config), **subject.known}
        self.write(f"{subject.title}\n\n")
        for label, text in known_lines(subject.known):
            self.write(f"{label:<{_WIDTH}}{text}\n")

    def table(self, key: str, cells: list[dict[str, int]], steps: list[Any]) -> None:
        """Write the memory of training steps by patch and batch; the config's are marked."""
        from restorekit.io.terminal import text_table

        self.content[key] = cells
        self.content["training_steps"] = [
            {"patch": step.patch, "batch": step.batch} for step in steps
        ]
        used = {(step.patch, step.batch) for step in steps}
        batches = list(dict.fromkeys(cell["batch"] for cell in cells))
        rows = [
            (
                f"{patch}×{patch}",
                *(
                    bytes_in_words(cell["bytes"]) + ("*" if (patch, cell["batch"]) in used else "")
                    for cell in cells
                    if cell["patch"] == patch
                ),
            )
            for patch in dict.fromkeys(cell["patch"] for cell in cells)
        ]
        title = ("training", *(f"batch {batch}" for batch in batches))
        self.write("\n" + text_table(title, rows, range(1, len(title))))
        self.write(f"Tensors in float32, in one process{'; * as in the config' * bool(used)}.\n")

    def fits(self, available: int, steps: list[dict[str, int]]) -> None:
        self.content["memory"] = available
        self.content["fits"] = steps
        lines = [
            f"In {bytes_in_words(available)}: "
            + (
                f"batches of at most {step['largest_batch']} patches of {_square(step['patch'])}; "
                if step["largest_batch"]
                else f"not one patch of {_square(step['patch'])}; "
            )
            + (
                f"patches of at most {_square(step['largest_patch'])} in batches of "
                f"{step['batch']}.\n"
                if step["largest_patch"]
                else f"no batch of {step['batch']}.\n"
            )
            for step in steps
        ]
        self.write("\n" + "".join(lines))


def sizes_in_words(requirements: SizeRequirements) -> str:
    """Return the sizes that a network takes, in words."""
    least, most = requirements.minimum, requirements.maximum
    words = f"from {_square(least)}" if least > 1 else "any"
    if most is not None:
        words += f" up to {_square(most)}, larger ones in tiles"
    padded = []
    if requirements.multiple > 1:
        padded.append(f"sides that are multiples of {requirements.multiple}")
    if requirements.square:
        padded.append("squares")
    if least > 1 or padded:
        which = "others" if padded else "smaller ones"
        words += f"; {which} are padded" + (f" to {' and '.join(padded)}" if padded else "")
    return words


def tile_in_words(tile: dict[str, Any] | None) -> str:
    if tile is None:
        return "restored whole"
    height, width = tile["size"]
    if tile["merge"] == "exact":
        return f"{width}×{height} with {tile['context']} pixels around, exact"
    return f"{width}×{height}, blended over {tile['overlap']} pixels"


def _square(side: int) -> str:
    return f"{side}×{side}"


def bytes_in_words(number: int) -> str:
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
