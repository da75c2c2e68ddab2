"""The key layouts of the released ConvIR and SFNet."""

from __future__ import annotations

from released_layout import Layout

GROUPS = 8


def released_convir(channels=8, num_blocks=2):
    layout = Layout(gain=0.93)
    _shell(layout, channels)
    for name, width, last in _blocks(channels, num_blocks):
        for conv in (0, 2):
            layout.conv(f"{name}.main.{conv}.main.0", width, width, bias=True)
        if last:
            _multi_scale_filter(layout, f"{name}.main.1", width)
    return layout.state_dict()


def released_sfnet(channels=16, num_blocks=2):
    layout = Layout(gain=1.2)
    _shell(layout, channels)
    for name, width, last in _blocks(channels, num_blocks):
        for conv in ("conv1", "conv2"):
            layout.conv(f"{name}.{conv}.main.0", width, width, bias=True)
        half = width // 2
        for part in ("h", "l"):
            layout.add(f"{name}.localap.{part}", 4 * half, centre=0.5, bound=1.0)
        for part in ("d", "h"):
            layout.add(f"{name}.global_ap.fscale_{part}", half, bound=1.0)
        if last:
            _dynamic_filter(layout, f"{name}.dyna", half, 3)
            _dynamic_filter(layout, f"{name}.dyna_2", half, 5)
    return layout.state_dict()


def _shell(layout, channels):
    full, half, quarter = channels, 2 * channels, 4 * channels
    layout.conv("feat_extract.0.main.0", 3, full, bias=True)
    layout.conv("feat_extract.1.main.0", full, half, bias=True)
    layout.conv("feat_extract.2.main.0", half, quarter, bias=True)
    # Kernels of transposed convolutions begin with the input's channels.
    for number, inputs, outputs in ((3, quarter, half), (4, half, full)):
        layout.conv(f"feat_extract.{number}.main.0", outputs, inputs, 4)
        layout.add(f"feat_extract.{number}.main.0.bias", outputs)
    layout.conv("feat_extract.5.main.0", full, 3, bias=True)
    layout.conv("ConvsOut.0.main.0", quarter, 3, bias=True)
    layout.conv("ConvsOut.1.main.0", half, 3, bias=True)
    layout.conv("Convs.0.main.0", quarter, half, 1, bias=True)
    layout.conv("Convs.1.main.0", half, full, 1, bias=True)
    for number, width in ((1, quarter), (2, half)):
        layout.conv(f"FAM{number}.merge.main.0", 2 * width, width, bias=True)
        layout.conv(f"SCM{number}.main.0.main.0", 3, width // 4, bias=True)
        layout.conv(f"SCM{number}.main.1.main.0", width // 4, width // 2, 1, bias=True)
        layout.conv(f"SCM{number}.main.2.main.0", width // 2, width // 2, bias=True)
        layout.conv(f"SCM{number}.main.3.main.0", width // 2, width, 1, bias=True)
        layout.norm(f"SCM{number}.main.4", width)


def _blocks(channels, num_blocks):
    for part, widths in (("Encoder", (1, 2, 4)), ("Decoder", (4, 2, 1))):
        for level, factor in enumerate(widths):
            for index in range(num_blocks):
                last = index == num_blocks - 1
                yield f"{part}.{level}.layers.{index}", factor * channels, last


def _multi_scale_filter(layout, name, width):
    layout.conv(f"{name}.conv_sum", width, width)
    for scale in range(3):
        layout.conv(f"{name}.convs.{scale}", width, width)
        shapes = f"{name}.dynas.{scale}"
        for factor, centre in (("gamma", 0.0), ("beta", 1.0)):
            layout.add(f"{shapes}.strip_att.{factor}", width, 1, 1, centre=centre, bound=0.5)
        filters = {
            "square_att": 9,
            "strip_att.H_spatial_att": 3,
            "strip_att.W_spatial_att": 3,
        }
        for filter_, taps in filters.items():
            layout.conv(f"{shapes}.{filter_}.conv", width, GROUPS * taps, 1)
            layout.add(f"{shapes}.{filter_}.inside_all", width, 1, 1, bound=0.5)
            for factor in ("lamb_l", "lamb_h"):
                layout.add(f"{shapes}.{filter_}.{factor}", width, bound=0.5)
        layout.batch_norm(f"{shapes}.square_att.bn", GROUPS * 9)


def _dynamic_filter(layout, name, width, side):
    taps = GROUPS * side * side
    squeezed = max(width // 2, 32)
    for factor in ("lamb_l", "lamb_h"):
        layout.add(f"{name}.{factor}", width, bound=0.5)
    layout.conv(f"{name}.conv", width, taps, 1)
    layout.batch_norm(f"{name}.bn", taps)
    layout.conv(f"{name}.modulate.fc", width, squeezed, 1, bias=True)
    for index in range(2):
        layout.conv(f"{name}.modulate.fcs.{index}", squeezed, width, 1, bias=True)
    layout.conv(f"{name}.modulate.out", width, width, 1, bias=True)
