"""Sketches of the networks in families.py."""

from collections.abc import Sequence

from families import GUIDED, RECURRENCES, U_SHAPES, Recurrence, UShape
from svg import Drawing


def draw() -> dict[str, Drawing]:
    """Return the sketches by method."""
    return {
        **{name: _u_shape(name, shape) for name, shape in U_SHAPES.items()},
        **{name: _recurrence(name, one) for name, one in RECURRENCES.items()},
        **{name: _guided(name, stages) for name, stages in GUIDED.items()},
        "ddn": _ddn("DDN"),
        "ssir": _ddn("SSIR's network, which is DDN"),
    }


def _u_shape(name: str, shape: UShape) -> Drawing:
    depth = len(shape.channels)
    height = 118 + 64 * depth
    d = Drawing(960, height, f"{name}: an encoder-decoder of {depth} sizes. {shape.block}.")
    left, right, step = 250, 710, 46
    before, after = shape.ends
    ys = [64 + 64 * level for level in range(depth)]
    d.box(40, ys[0], "rainy", "image", 52, 40)
    d.box(126, ys[0], f"conv 3×3\n{before}" if before else "conv 3×3", "conv", 76, 40)
    d.arrow((66, ys[0]), (87, ys[0]))
    d.arrow((164, ys[0]), (left - 53, ys[0]))
    for level, (width, count) in enumerate(zip(shape.channels, shape.encoder, strict=False)):
        x, back, y = left + step * level, right - step * level, ys[level]
        d.box(x, y, f"× {count}", "block", 104, 40)
        d.text(x - 58, y + 26, f"{width} channels", "small", "end")
        d.box(back, y, f"× {shape.decoder[level]}", "block", 104, 40)
        d.arrow((x + 53, y), (back - 53, y), style="light dashed")
        below = ys[level + 1]
        if level < depth - 2:
            d.arrow((x + 20, y + 20), (x + 20, below - 21))
            d.arrow((back - 20, below - 20), (back - 20, y + 21))
        else:
            d.arrow((x + 20, y + 20), (x + 20, below), (427, below))
            d.arrow((532, below), (back - 20, below), (back - 20, y + 21))
        if level == 0:
            d.text((x + back) / 2, y - 12, shape.skip, "small")
    d.box(480, ys[-1], f"× {shape.bottom}", "block", 104, 40)
    d.text(
        480,
        ys[-1] + 32,
        f"{shape.channels[-1]} channels, 1/{2 ** (depth - 1)} of the size",
        "small",
    )
    last = f"{after}\nconv 3×3" if after else "conv 3×3"
    d.box(822, ys[0], last, "conv", 76, 40)
    d.arrow((right + 53, ys[0]), (783, ys[0]))
    d.circle(884, ys[0], shape.sign)
    d.arrow((860, ys[0]), (873, ys[0]))
    d.box(934, ys[0], "clean", "image", 46, 40)
    d.arrow((894, ys[0]), (910, ys[0]))
    d.arrow((40, ys[0] - 20), (40, 24), (884, 24), (884, ys[0] - 11), style="light")
    if shape.inputs:
        for y, size in zip(ys[1:], ("1/2", "1/4"), strict=False):
            d.text(12, y - 10, f"rainy, {size}", "small", "start")
            end = left + step - 53 if size == "1/2" else 427
            d.arrow((72, y - 10), (end, y - 10), style="light")
    d.text(12, height - 14, f"Block: {shape.block}.", "small", "start")
    return d


def _recurrence(name: str, one: Recurrence) -> Drawing:
    d = Drawing(960, 200, f"{name}: {one.stages} stages. Each gives {one.result}.")
    y, width = 84, 104
    gap = (700 - width * len(one.parts)) / (len(one.parts) - 1)
    d.box(48, y, "rainy", "image", 60, 44)
    x = 146 + width / 2
    d.arrow((78, y), (x - width / 2 - 1, y))
    for index, (text, kind) in enumerate(one.parts):
        d.box(x, y, text, kind, width, 48)
        if index:
            d.arrow((x - width / 2 - gap, y), (x - width / 2 - 1, y))
        x += width + gap
    end = x - gap - width / 2
    d.box(918, y, "clean", "image", 56, 44)
    d.arrow((end, y), (889, y))
    d.arrow((868, y), (868, 148), (112, 148), (112, y + 1), style="dashed")
    d.text(
        490,
        164,
        f"{one.stages} stages with the same {one.shared}; the next one gets {one.state}",
        "small",
    )
    d.text(490, 28, f"Each stage gives {one.result}.", "small")
    return d


def _guided(name: str, stages: Sequence[str]) -> Drawing:
    d = Drawing(960, 230, f"{name}: three stages, each guided by the residue channel of an image.")
    y, above = 150, 60
    d.box(48, y, "rainy", "image", 60, 44)
    d.box(900, above, "clean", "image", 60, 40)
    for index, text in enumerate(stages):
        x = 170 + 260 * index
        d.box(x, y, "fusion", "fuse", 64, 44)
        d.box(x + 114, y, text, "block", 104, 62)
        d.box(x, above, "residue\nchannel", "conv", 76, 40)
        d.arrow((78 if index == 0 else x - 93, y), (x - 33, y))
        d.arrow((x, above + 20), (x, y - 23))
        d.arrow((x + 32, y), (x + 61, y))
        if index == 0:
            d.arrow((48, y - 22), (48, above), (x - 39, above))
        end = x + 260 - 39 if index < 2 else 869
        d.arrow((x + 114, y - 31), (x + 114, above), (end, above))
        if index < 2:
            d.text(x + 168, above - 10, f"image {index + 1}", "small")
    note = "Residue channel: the largest of red, green and blue minus the smallest. "
    note += "Later stages also get the features of all earlier ones and of the input."
    d.text(12, 212, note, "small", "start")
    return d


def _ddn(name: str) -> Drawing:
    d = Drawing(960, 190, f"{name}: a residual network sees the image without its smooth part.")
    y = 70
    d.box(48, y, "rainy", "image", 60, 44)
    d.box(180, 142, "guided filter", "conv", 104, 38)
    d.circle(290, y, "−")
    d.arrow((78, y), (279, y))
    d.arrow((100, y), (100, 142), (127, 142))
    d.arrow((232, 142), (290, 142), (290, y + 11))
    d.text(330, y - 14, "detail", "small")
    d.text(300, 160, "smooth part", "small", "start")
    for x, text, kind in (
        (412, "conv 3×3", "conv"),
        (560, "12 residual\nblocks", "block"),
        (708, "conv 3×3", "conv"),
    ):
        d.box(x, y, text, kind, 104, 48)
    d.arrow((300, y), (359, y))
    d.arrow((464, y), (507, y))
    d.arrow((612, y), (655, y))
    d.circle(824, y, "+")
    d.arrow((760, y), (813, y))
    d.text(788, y - 14, "−rain", "small")
    d.box(908, y, "clean", "image", 60, 44)
    d.arrow((834, y), (877, y))
    d.curve((60, y - 22), (824, y - 11), -46, "light")
    return d
