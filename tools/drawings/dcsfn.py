"""DCSFN: the network, its encoders and decoders, and its inner-scale connection block.

What figures 1 to 3 of the paper show, with the data flow of restorekit/archs/dcsfn.py.
"""

from itertools import pairwise

from svg import Drawing

_LABEL = (
    "DCSFN. Three encoder-decoders at the scales 1, 1/2 and 1/4 exchange features through "
    "recurrent units, first from coarse to fine, then from fine to coarse. Their outputs give the "
    "rain, which is subtracted from the input."
)
_ROWS = {"1": 110, "1/2": 190, "1/4": 270}


def draw() -> Drawing:
    """Return the drawing of three panels."""
    drawing = Drawing(960, 850, _LABEL)
    _network(drawing)
    _stacks(drawing, top=370)
    _block(drawing, top=590)
    return drawing


def _network(d: Drawing) -> None:
    d.text(12, 20, "(a) The network", "title", anchor="start")
    rows = list(_ROWS.values())
    middle = rows[1]
    d.box(50, middle, "O\nrainy", "image", 56, 48)
    d.box(136, middle, "conv 3×3", "conv", 72)
    d.arrow((78, middle), (99, middle))
    for scale, y in _ROWS.items():
        d.text(194, y - 12, f"scale {scale}", "small", "start")
        if y == middle:
            d.arrow((172, y), (243, y))
        else:
            d.arrow((188, middle), (188, y), (243, y))
        d.box(290, y, "encoder", "block", 92, 44)
        d.box(428, y, "GRU", "unit", 60, 40)
        d.box(560, y, "GRU", "unit", 60, 40)
        d.box(690, y, "decoder", "block", 92, 44)
        d.arrow((336, y), (397, y))
        d.arrow((458, y), (529, y))
        d.arrow((590, y), (643, y))
        d.curve((300, y - 22), (680, y - 22), -26, "light dashed")
    d.text(194, rows[2] + 14, "pooled", "small", "start")
    d.text(490, rows[0] - 56, "features of each block, to the decoder's", "small")
    # The states of the two recurrent passes.
    for x, order in ((428, rows[::-1]), (560, rows)):
        for start, end in pairwise(order):
            up = -1 if end < start else 1
            d.arrow((x, start + 20 * up), (x, end - 21 * up))
        d.curve((x + 30, order[0] - 8), (x + 30, order[2] + 8), 34, "light", sideways=True)
    d.text(428, rows[2] + 40, "coarse to fine", "small")
    d.text(560, rows[2] + 40, "fine to coarse", "small")
    for y in rows:
        if y == middle:
            d.arrow((736, y), (779, y))
        else:
            d.arrow((736, y), (758, y), (758, middle), (779, middle))
    d.text(758, rows[2] + 40, "resized,\nconcatenated", "small")
    d.box(816, middle, "conv 1×1\nconv 3×3", "fuse", 72, 48)
    d.text(864, middle - 12, "R", "small")
    d.circle(890, middle, "−")
    d.arrow((852, middle), (879, middle))
    d.box(932, middle, "B", "image", 36, 48)
    d.arrow((900, middle), (913, middle))
    d.arrow((50, middle + 24), (50, 334), (890, 334), (890, middle + 11), style="light")
    d.text(640, 346, "O, from which the rain is subtracted: B = O − R (equation 1)", "small")


def _stacks(d: Drawing, top: int) -> None:
    d.text(
        12, top + 14, "(b) Encoder and decoder: L blocks with dense connections", "title", "start"
    )
    y = top + 118
    d.text(30, y - 22, "input", "small")
    d.arrow((16, y), (91, y))
    xs = [125, 335, 545, 800]
    for index, x in enumerate(xs):
        d.box(x, y, ("T 1", "T 2", "T 3", "T L")[index], "block", 66, 42)
        d.box(x + 95, y, "conv 1×1", "fuse", 70, 34)
        d.arrow((x + 33, y), (x + 59, y))
        if index < 2:
            d.arrow((x + 130, y), (xs[index + 1] - 34, y))
        # What the fusion reads: the stack's input, and the outputs of the blocks before.
        d.curve((70, y - 2), (x + 85, y - 18), -34 - 14 * index, "light")
        for before in xs[:index]:
            d.curve((before + 46, y - 2), (x + 95, y - 18), -30 - 12 * index, "light")
        d.arrow((x - 20, y + 62), (x - 20, y + 22), style="dashed light")
    d.text(706, y, "…")
    d.arrow((714, y), (766, y))
    d.arrow((928, y), (950, y))
    d.text(
        12,
        y + 78,
        "In a decoder, the feature of the encoder's block of the same number is added to each "
        "block's input (dashed).",
        "small",
        "start",
    )


def _block(d: Drawing, top: int) -> None:
    d.text(
        12, top + 14, "(c) The block T: inner-scale connection, with K = 3", "title", anchor="start"
    )
    rows = [top + 66, top + 138, top + 210]
    d.text(30, rows[0] - 16, "x", "small")
    for index, (y, scale) in enumerate(zip(rows, ("1", "1/2", "1/4"), strict=True)):
        d.arrow((16, y), (87, y)) if index == 0 else d.arrow((60, rows[0]), (60, y), (87, y))
        d.box(130, y, "as it is" if index == 0 else f"max-pool {2**index}", "conv", 84, 36)
        d.text(196, y - 14, f"P {scale}", "small")
        if index < 2:
            d.box(300, y, "conv 1×1", "fuse", 76, 36)
            d.arrow((172, y), (261, y))
            d.arrow((338, y), (423, y))
        else:
            d.arrow((172, y), (423, y))
        d.box(490, y, "n × conv 3×3", "block", 132, 36)
        d.text(590, y - 14, f"Y {scale}", "small")
        if index == 0:
            d.arrow((556, y), (663, y))
        else:
            d.arrow((556, y), (640, y), (640, rows[0] + 6), (663, rows[0] + 6))
            # The coarser result enters the next finer scale.
            above = rows[index - 1]
            d.arrow((575, y), (575, y - 36), (300, y - 36), (300, above + 19))
            d.text(438, y - 46, "enlarged", "small")
    d.box(704, rows[0], "conv 1×1", "fuse", 80, 40)
    d.text(704, rows[0] + 34, "of all scales, enlarged", "small")
    d.circle(800, rows[0], "+")
    d.arrow((744, rows[0]), (789, rows[0]))
    d.arrow((810, rows[0]), (870, rows[0]))
    d.text(852, rows[0] - 16, "Z", "small")
    d.curve((44, rows[0] - 2), (800, rows[0] - 11), -46, "light")
