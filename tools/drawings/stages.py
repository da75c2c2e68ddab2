"""Sketches of MPRNet, NeRD-Rain and NLEDN, which are of no family."""

from svg import Drawing


def mprnet() -> Drawing:
    """Three stages that see quarters, halves and the whole image."""
    d = Drawing(
        960, 330, "MPRNet: encoder-decoders on quarters and halves, then a full-size stage."
    )
    rows = {"quarters": 60, "halves": 150, "whole": 240}
    for number, (part, y) in enumerate(rows.items(), start=1):
        d.box(50, y, f"rainy,\n{part}", "image", 68, 44)
        d.box(160, y, "conv 3×3\nattention", "conv", 84, 44)
        d.arrow((84, y), (117, y))
        if number < 3:
            d.box(330, y, "encoder", "block", 96, 44)
            d.box(480, y, "decoder", "block", 96, 44)
            d.box(660, y, "supervised\nattention", "fuse", 96, 44)
            d.box(820, y, f"image {number}", "image", 72, 44)
            d.arrow((202, y), (281, y))
            d.arrow((378, y), (431, y))
            d.arrow((528, y), (611, y))
            d.arrow((708, y), (783, y))
            # Features that the attention passes on join those of the next stage's image.
            d.arrow((660, y + 22), (660, y + 45), (240, y + 45), (240, y + 89))
            d.arrow((330, y + 22), (330, y + 67), style="light dashed")
            d.arrow(
                (480, y + 22), (480, y + 56), (350, y + 56), (350, y + 67), style="light dashed"
            )
        else:
            d.box(405, y, "3 groups of 8 blocks at full size", "block", 246, 44)
            d.box(660, y, "conv 3×3", "conv", 96, 44)
            d.circle(752, y, "+")
            d.box(820, y, "clean", "image", 72, 44)
            d.arrow((202, y), (281, y))
            d.arrow((528, y), (611, y))
            d.arrow((708, y), (741, y))
            d.arrow((762, y), (783, y))
            d.arrow((50, y + 22), (50, y + 44), (752, y + 44), (752, y + 11), style="light")
    note = "Dashed: the features of encoder and decoder are added to those of the next stage."
    d.text(12, 312, note, "small", "start")
    return d


def nerd_rain() -> Drawing:
    """Encoder-decoders at three sizes that exchange images and features."""
    d = Drawing(960, 340, "NeRD-Rain: encoder-decoders at a quarter, half and full size.")
    rows = [("1/4", 1, 60), ("1/2", 2, 155), ("full", 3, 250)]
    words = {1: "one encoder-\ndecoder", 2: "two encoder-\ndecoders", 3: "three encoder-\ndecoders"}
    for index, (size, count, y) in enumerate(rows):
        d.box(56, y, f"rainy,\n{size}", "image", 72, 44)
        d.box(390, y, words[count], "block", 130, 50)
        if index == 0:
            d.arrow((92, y), (324, y))
        else:
            d.circle(200, y, "+")
            d.arrow((92, y), (189, y))
            d.arrow((210, y), (324, y))
        if index < 2:
            d.box(200, y + 47, "implicit image", "unit", 110, 28)
            d.arrow((360, y + 25), (360, y + 47), (256, y + 47))
            d.arrow((200, y + 61), (200, y + 84))
            d.arrow((420, y + 69), (420, y + 26), style="dashed")
            d.circle(640, y + 95, "+")
            d.arrow((640, y + 10 if index else y), (640, y + 84))
        if index == 0:
            d.arrow((455, y), (640, y), (640, y + 84))
        else:
            d.arrow((455, y), (629, y))
    y = rows[2][2]
    d.box(740, y, "conv 3×3", "conv", 84, 44)
    d.circle(826, y, "+")
    d.box(904, y, "clean", "image", 64, 44)
    d.arrow((650, y), (697, y))
    d.arrow((782, y), (815, y))
    d.arrow((836, y), (871, y))
    d.arrow((56, y + 22), (56, y + 46), (826, y + 46), (826, y + 11), style="light")
    note = "Coarse to fine, an implicit image is added to the next input. "
    note += (
        "Fine to coarse (dashed), encoder features are. Decoder features are enlarged and added up."
    )
    d.text(12, 324, note, "small", "start")
    return d


def nledn() -> Drawing:
    """Dense blocks with non-local attention, between pooling and unpooling."""
    d = Drawing(
        960, 400, "NLEDN: an encoder-decoder of non-local dense blocks; its output is rain."
    )
    ys = [70, 140, 210, 280]
    d.box(40, ys[0], "rainy", "image", 52, 40)
    d.box(140, ys[0], "two\nconv 3×3", "conv", 76, 40)
    d.arrow((66, ys[0]), (101, ys[0]))
    d.arrow((178, ys[0]), (207, ys[0]))
    for level, grid in enumerate(("8×8", "4×4", "2×2")):
        x, back, y = 260 + 50 * level, 680 - 50 * level, ys[level]
        d.box(x, y, f"{grid} cells", "block", 104, 40)
        text = "conv 1×1\nconv 3×3" if level == 0 else f"{grid} cells"
        d.box(back, y, text, "conv" if level == 0 else "block", 104, 40)
        d.arrow((x + 53, y), (back - 53, y), style="light dashed")
        if level < 2:
            d.arrow((x + 22, y + 20), (x + 22, ys[level + 1] - 21))
            d.arrow((back - 22, ys[level + 1] - 20), (back - 22, y + 21))
        else:
            d.arrow((x + 22, y + 20), (x + 22, ys[3]), (417, ys[3]))
            d.arrow((522, ys[3]), (back - 22, ys[3]), (back - 22, y + 21))
    d.box(470, ys[3], "whole image", "block", 104, 40)
    d.text(226, ys[3] + 4, "max-pooling by 2", "small")
    d.text(706, ys[3] + 4, "back to the maxima's positions", "small")
    d.box(800, ys[0], "conv 3×3\ntanh", "conv", 72, 40)
    d.circle(866, ys[0], "−")
    d.box(924, ys[0], "clean", "image", 52, 40)
    d.arrow((732, ys[0]), (763, ys[0]))
    d.arrow((836, ys[0]), (855, ys[0]))
    d.arrow((876, ys[0]), (897, ys[0]))
    d.arrow((40, ys[0] - 20), (40, 24), (866, 24), (866, ys[0] - 11), style="light")
    note = "Block: 64 channels; attention between the pixels of a cell, or of the whole image, and "
    note += "four convolutions with dense connections."
    d.text(12, 372, note, "small", "start")
    return d
