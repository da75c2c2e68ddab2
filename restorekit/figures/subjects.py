"""The images of a comparison: which files show the same scene, and which scenes to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from restorekit.errors import ConfigError, DataError, UnknownNameError, did_you_mean
from restorekit.evaluation.folder import measure_files
from restorekit.evaluation.image_folders import Folder, ImageFiles, find_images
from restorekit.io.images import Image, read_image
from restorekit.io.terminal import progress
from restorekit.metrics.plan import Plan

from .boxes import difference

WORST, BEST, LARGEST_DIFFERENCE = "worst", "best", "largest-difference"
#: The ways to pick images other than by name.
PICKS = (WORST, BEST, LARGEST_DIFFERENCE)


@dataclass(frozen=True)
class Subject:
    """The files that show one scene.

    Attributes:
        name: Its name.
        restored: Label of a method to its restored image.
        gt: The clean image, if there is one.
        lq: The input, if there is one.
    """

    name: str
    restored: Mapping[str, str]
    gt: str | None
    lq: str | None

    def compared(self) -> list[Image]:
        """Return the images whose differences count: those of the methods.

        A single method is compared with the clean image, or without it with the input.

        Raises:
            ConfigError: If there is neither.
        """
        files = list(self.restored.values())
        if len(files) == 1:
            other = self.gt or self.lq
            if other is None:
                raise ConfigError(
                    "The images of one method alone differ from nothing: give --gt or --lq, or "
                    "name images (--pick) and a crop (--crop)."
                )
            files.append(other)
        return [read_image(file) for file in files]


def find_subjects(
    images: Mapping[str, Folder],
    gt: Folder | None = None,
    lq: Folder | None = None,
    pairing: str = "auto",
) -> list[Subject]:
    """Match the images of several methods, as ``restorekit evaluate`` matches those of one.

    Args:
        images: Label of a method to its folder of restored images.
        gt: Folder of clean images.
        lq: Folder of inputs.
        pairing: See :func:`~restorekit.evaluation.image_folders.find_images`.

    Returns:
        One entry for each image of the first method, in natural order.

    Raises:
        ConfigError: If there is no method, or the rule is not valid.
        DataError: If images have no partner, or partners differ in size.
    """
    if not images:
        raise ConfigError("There is nothing to compare: name folders (--images LABEL=FOLDER).")
    (first, first_folder), *others = images.items()
    files = find_images(first_folder, gt, lq, pairing)
    restored = [{first: one.pred} for one in files]
    keys = _keys(files)
    for label, folder in others:
        own = find_images(folder, gt, lq, pairing)
        own_keys = _keys(own)
        if keys is None or own_keys is None:
            # Nothing else identifies them, so the names of the restored images have to.
            own = find_images(folder, first_folder, pairing=pairing)
            found = {one.gt: one.pred for one in own}
            partners = [found[one.pred] for one in files]
        else:
            by_key = dict(zip(own_keys, own, strict=True))
            partners = [by_key[key].pred for key in keys]
        for one, partner in zip(restored, partners, strict=True):
            one[label] = partner
    return [
        Subject(one.name, labelled, one.gt, one.lq)
        for one, labelled in zip(files, restored, strict=True)
    ]


def _keys(files: Sequence[ImageFiles]) -> list[str] | None:
    """Return what identifies each image for every method: its input, or its clean image."""
    keys = [one.lq or one.gt for one in files]
    found = [key for key in keys if key is not None]
    return found if len(set(found)) == len(keys) else None


def pick_subjects(
    subjects: Sequence[Subject],
    pick: str | Sequence[str],
    count: int,
    of: str,
    plan: Plan,
    processes: int | None = None,
) -> list[Subject]:
    """Return the images to show.

    Args:
        subjects: All images.
        pick: ``worst`` or ``best`` by the plan's first quantity of one method;
            ``largest-difference`` by the mean of :func:`~restorekit.figures.boxes.difference`
            over the pixels; or names, in the order in which they are shown.
        count: Number of images, the most extreme first; unused for names.
        of: Label of the method whose worst or best images are picked.
        plan: What is measured.
        processes: See :func:`~restorekit.evaluation.folder.evaluate_folder`.

    Raises:
        ConfigError: If nothing is measured by which images could be picked.
        UnknownNameError: If there is no image of such a name.
        DataError: If images cannot be read or measured.
    """
    names = [pick] if isinstance(pick, str) else list(pick)
    if names == [LARGEST_DIFFERENCE]:
        ranks = [
            -float(np.mean(difference(subject.compared()), dtype=np.float64))
            for subject in progress(subjects, "comparing", len(subjects))
        ]
    elif names in ([WORST], [BEST]):
        ranks = _ranks(subjects, names[0], of, plan, processes)
    else:
        known = {subject.name: subject for subject in subjects}
        for name in names:
            if name not in known:
                raise UnknownNameError(
                    f"No image is called {name!r}.{did_you_mean(name, [*known, *PICKS])} --pick "
                    f"takes {', '.join(PICKS)}, or names such as {next(iter(known))}."
                )
        return [known[name] for name in dict.fromkeys(names)]
    order = sorted(range(len(subjects)), key=ranks.__getitem__)
    return [subjects[index] for index in order[:count] if np.isfinite(ranks[index])]


def _ranks(
    subjects: Sequence[Subject], pick: str, of: str, plan: Plan, processes: int | None
) -> list[float]:
    """Return numbers that are smallest for the images to pick; infinite for those without a value.

    Raises:
        ConfigError: If nothing is measured.
        DataError: If no image has a value.
    """
    if not plan.quantities:
        raise ConfigError(
            f"--pick {pick} needs a measure: give the clean images (--gt), or a measure that needs "
            "none (--metric niqe)."
        )
    key, quantity = next(iter(plan.quantities.items()))
    lower_first = quantity.measure.higher_is_better == (pick == WORST)
    files = [ImageFiles(one.name, one.restored[of], one.gt) for one in subjects]
    values = [one.pred[key] for one in measure_files(files, plan, processes)]
    ranks = [
        float("inf") if isinstance(value, str) else value if lower_first else -value
        for value in values
    ]
    if all(isinstance(value, str) for value in values):
        raise DataError(f"No image of {of} has a value of {key}; {subjects[0].name}: {values[0]}")
    return ranks
