"""Compare methods on images: the figure with one row an image and one column a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.evaluation.image_folders import Folder
from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.io.images import read_image
from restorekit.metrics.measures import Measure
from restorekit.metrics.plan import Plan
from restorekit.metrics.protocols import Protocol

from .boxes import AUTO, Box, most_different, parse_box
from .grid import draw_grid
from .panels import BOX_COLORS
from .rows import GROUND_TRUTH, Row
from .style import DOUBLE_COLUMN, DPI, check_width
from .subjects import LARGEST_DIFFERENCE, Subject, find_subjects, pick_subjects

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Protocol of the numbers below the images, unless another is named.
DEFAULT_PROTOCOL = "rgb_u8"


@dataclass(frozen=True)
class Comparison:
    """A drawn comparison.

    Attributes:
        figure: The figure; :func:`~restorekit.figures.save` writes it.
        rows: What it shows, for captions and tables.
        plan: What was measured.

    Example:
        >>> drawn = compare({"Rainy": "data/mine/test/lq"}, pick=["000"], crops=(), width=84)
        >>> round(drawn.figure.get_figwidth() * 25.4), drawn.rows[0].name
        (84, '000')
    """

    figure: Figure
    rows: Sequence[Row]
    plan: Plan


def compare(
    images: Mapping[str, Folder],
    *,
    gt: Folder | None = None,
    lq: Folder | None = None,
    pairing: str = "auto",
    pick: str | Sequence[str] = LARGEST_DIFFERENCE,
    count: int = 1,
    of: str | None = None,
    crops: Sequence[Box | str] = (AUTO,),
    inset: bool = False,
    protocol: str | Protocol = DEFAULT_PROTOCOL,
    metrics: Sequence[str | Measure | Mapping[str, Any]] = (),
    error_maps: bool = False,
    width: float = DOUBLE_COLUMN,
    dpi: int = DPI,
    processes: int | None = None,
) -> Comparison:
    """Draw the images of several methods side by side, with parts of them enlarged.

    Args:
        images: Label of a method to its folder of restored images, in the order of the columns.
        gt: Folder of clean images: the last column, and what the others are measured against.
        lq: Folder of inputs: the first column.
        pairing: See :func:`~restorekit.evaluation.image_folders.find_images`.
        pick: The images to show: ``worst``, ``best`` or ``largest-difference``, or their names;
            see :func:`~restorekit.figures.subjects.pick_subjects`.
        count: How many images to show, where they are not named.
        of: Label of the method whose worst or best images are picked; by default the last.
        crops: The parts shown enlarged: boxes of pixels, also as ``"x,y,width,height"``, or
            ``"auto"`` for where the methods differ most
            (:func:`~restorekit.figures.boxes.most_different`). Without any, no part is enlarged.
        inset: Whether the enlarged part covers a corner of its image instead of standing below.
        protocol: Protocol of the numbers below the images; it needs ``gt``.
        metrics: Further measures below the images, such as ``"niqe"``.
        error_maps: Whether a map of the absolute error against ``gt`` is shown below each image.
        width: Width of the figure in millimetres.
        dpi: Pixels per inch of the whole images; enlarged parts keep their own pixels.
        processes: See :func:`~restorekit.evaluation.folder.evaluate_folder`.

    Raises:
        ConfigError: If arguments do not fit together.
        UnknownNameError: If there is no such image, method, protocol or measure.
        DataError: If images are missing, do not fit together or cannot be measured.

    Example:
        >>> comparison = compare(
        ...     {"Unchanged": "data/mine/test/lq"}, gt="data/mine/test/gt", processes=1)
        >>> list(comparison.rows[0].values["Unchanged"])
        ['psnr/rgb_u8', 'ssim/rgb_u8']
    """
    check_width(width)
    boxes = [parse_box(crop) if isinstance(crop, str) else crop for crop in crops]
    if count < 1:
        raise ConfigError(f"A comparison shows one image or more, not {count}.")
    if error_maps and gt is None:
        raise ConfigError("Error maps show the error against the clean images: give --gt.")
    if len(boxes) > len(BOX_COLORS):
        raise ConfigError(f"A comparison has {len(BOX_COLORS)} crops at most, not {len(boxes)}.")
    if inset and len(boxes) > 1:
        raise ConfigError(f"One crop can be an inset, not {len(boxes)}: leave out --inset.")
    taken = {RAINY_INPUT} if lq is not None else set()
    taken |= {GROUND_TRUTH} if gt is not None else set()
    if twice := taken & images.keys():
        raise ConfigError(f"The label {twice.pop()!r} is that of another column: choose another.")
    of = of if of is not None else next(reversed(list(images)), "")
    if images and of not in images:
        raise UnknownNameError(
            f"{of!r} is not the label of a method.{did_you_mean(of, images)} There are "
            f"{', '.join(images)}."
        )
    plan = Plan([protocol] if gt is not None else [], metrics)
    needing = plan.needing_gt()
    if gt is None and needing:
        raise ConfigError(f"{needing} compares with clean images: give their folder (--gt).")
    subjects = find_subjects(images, gt, lq, pairing)
    picked = pick_subjects(subjects, pick, count, of, plan, processes)
    rows = [_row(subject, boxes, plan) for subject in picked]
    figure = draw_grid(rows, plan, inset=inset, error_maps=error_maps, width=width, dpi=dpi)
    return Comparison(figure, rows, plan)


def _row(subject: Subject, crops: Sequence[Box | str], plan: Plan) -> Row:
    gt = None if subject.gt is None else read_image(subject.gt)
    images = {} if subject.lq is None else {RAINY_INPUT: read_image(subject.lq)}
    images |= {label: read_image(file) for label, file in subject.restored.items()}
    values = {heading: plan.measure(image, gt) for heading, image in images.items()}
    if gt is not None:
        images[GROUND_TRUTH] = gt
    boxes = [
        most_different(subject.compared()) if isinstance(crop, str) else crop for crop in crops
    ]
    row = Row(subject.name, images, list(subject.restored), values, boxes)
    for box in boxes:
        box.require_inside(row.size, subject.name)
    return row
