"""The images on which a network helps least, or does harm."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.figures import compare, save
from restorekit.io.files import path_below
from restorekit.io.images import Image, write_image

from .conditions import Condition
from .measuring import Measured, Model


@dataclass(frozen=True)
class Failure:
    """An image that a network fails on.

    Attributes:
        label: The network.
        condition: How its input was made.
        photo: Name of the photograph.
        gain: How much better than its input the restored image is by the deciding measure.
    """

    label: str
    condition: Condition
    photo: str
    gain: float

    @property
    def name(self) -> str:
        """Name of its images."""
        return f"{self.condition.key}_{_plain(self.photo)}"


def find_failures(measured: Measured, label: str, count: int) -> list[Failure]:
    """Return the images with the smallest gains of a network, one for each axis and photograph.

    Images without rain are left out: nothing can be gained there.
    """
    found = [
        Failure(label, condition, photo, gain)
        for condition in measured.conditions
        if not condition.is_dry
        for photo, gain in measured.gains(condition, label, measured.deciding.name).items()
    ]
    chosen: list[Failure] = []
    for one in sorted(found, key=lambda one: (one.gain, one.name)):
        taken = {other.condition.axis for other in chosen}, {other.photo for other in chosen}
        if one.condition.axis not in taken[0] and one.photo not in taken[1]:
            chosen.append(one)
    return chosen[:count]


def draw_failures(
    folder: Path,
    failures: Sequence[Failure],
    models: Sequence[Model],
    photos: Mapping[str, Image],
    measured: Measured,
) -> Path:
    """Write the images of failures, of all networks, and a figure that compares them.

    Args:
        folder: Folder for the images, in ``lq``, ``gt`` and a folder for each network.
        failures: The failures; at least one.
        models: The networks.
        photos: The photographs.
        measured: What was measured.

    Returns:
        The figure, ``failures.png`` beside the folder.
    """
    folders = {
        model.label: folder / f"{number}-{_plain(model.label)}"
        for number, model in enumerate(models, 1)
    }
    for one in failures:
        rainy, clean = one.condition.make(photos[one.photo], measured.seed)
        images = {folder / "lq": rainy, folder / "gt": clean}
        images |= {folders[model.label]: model.restore(rainy) for model in models}
        for where, image in images.items():
            write_image(path_below(where, one.name, ".png"), image)
    drawn = compare(
        dict(folders),
        gt=folder / "gt",
        lq=folder / "lq",
        pick=list(dict.fromkeys(one.name for one in failures)),
        protocol=measured.protocol,
        processes=1,
    )
    return save(drawn.figure, folder.with_suffix(".png"))[0]


def _plain(name: str) -> str:
    """Return a name with nothing in it that a file system or shell treats specially."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
