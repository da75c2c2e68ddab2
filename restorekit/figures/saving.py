"""Write a figure as PNG, SVG and PDF; the same figure gives the same bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorekit.errors import ConfigError, did_you_mean
from restorekit.io.files import atomic_path, require_writable

from .style import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Suffix to metadata without a date, which would make each file another one.
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


def check_outputs(paths: Sequence[str | os.PathLike[str]], option: str = "") -> None:
    """Refuse outputs that cannot be written, before anything is drawn.

    Args:
        paths: The files.
        option: What named them, for the message: ``-o``.

    Raises:
        ConfigError: If a suffix is not that of a format.
        OutputError: If a file cannot be written.
    """
    for path in paths:
        suffix = Path(path).suffix.lower()
        if suffix not in FORMATS:
            raise ConfigError(
                f"{f'{option} {path}'.lstrip()}: a figure is written as {', '.join(FORMATS)}, not "
                f"as {suffix or 'a file without suffix'}.{did_you_mean(suffix, FORMATS)}"
            )
        require_writable(path, option, example="figure.pdf")


def save(figure: Figure, *paths: str | os.PathLike[str]) -> list[Path]:
    """Write a figure to files, atomically; the suffix of each determines its format.

    Photographs keep their pixels in PDF and SVG. Text is embedded TrueType in PDF and outlines
    in SVG.

    Args:
        figure: The figure, whose ``dpi`` is that of PNG files.
        *paths: The files, ``.png``, ``.svg`` or ``.pdf``.

    Returns:
        The files.

    Raises:
        ConfigError: If a suffix is not that of a format.
        OutputError: If a file cannot be written.

    Example:
        >>> from matplotlib.figure import Figure
        >>> [path.name for path in save(Figure(), "figure.pdf", "figure.png")]
        ['figure.pdf', 'figure.png']
    """
    check_outputs(paths)
    drawn = {Path(path): _render(figure, Path(path).suffix.lower()) for path in paths}
    for path, data in drawn.items():
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
    return list(drawn)


def _render(figure: Figure, suffix: str) -> bytes:
    from matplotlib.image import AxesImage

    pictures = [one for one in figure.findobj(AxesImage) if isinstance(one, AxesImage)]
    interpolations = [picture.get_interpolation() for picture in pictures]
    stream = io.BytesIO()
    with style():
        try:
            if suffix != ".png":
                for picture in pictures:
                    picture.set_interpolation("none")
            figure.savefig(stream, format=suffix[1:], dpi=figure.dpi, metadata=FORMATS[suffix])
        finally:
            for picture, interpolation in zip(pictures, interpolations, strict=True):
                picture.set_interpolation(interpolation)
    return stream.getvalue()
