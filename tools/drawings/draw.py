#!/usr/bin/env python3
"""Write the drawings of networks into docs/images/architectures/: draw.py, no arguments."""

from pathlib import Path

import dcsfn
import sketches
import stages

from restorekit.io.files import write_text

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "images" / "architectures"


def files_to_write() -> dict[Path, str]:
    """Return the content of every drawing by its path."""
    drawings = {
        "dcsfn": dcsfn.draw(),
        "mprnet": stages.mprnet(),
        "nerd-rain": stages.nerd_rain(),
        "nledn": stages.nledn(),
        **sketches.draw(),
    }
    return {FOLDER / f"{name}.svg": drawing.render() for name, drawing in drawings.items()}


if __name__ == "__main__":
    for path, content in files_to_write().items():
        write_text(path, content)
