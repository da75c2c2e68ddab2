"""The key layouts of the released HCT-FFN and SPDNet."""

from __future__ import annotations

from released_layout import Layout
from released_transformers import released_mixture

#: Small, since each stage multiplies features with each other.
GAIN = 0.7


def released_hct_ffn(channels=16, num_blocks=1):
    layout = Layout(gain=GAIN)
    _shell(layout, channels, num_blocks)
    for sub in ("sub1", "sub3"):
        released_mixture(layout, sub, channels)
    block, width = "sub2.attention", 9 * channels
    for norm in ("norm1", "norm2"):
        layout.norm(f"{block}.{norm}", width)
    layout.add(f"{block}.atten.reduce.weight", width // 2, width, bound=0.2)
    layout.add(f"{block}.atten.qkv.weight", 3 * width // 2, width // 2, bound=0.2)
    layout.linear(f"{block}.atten.proj", width // 2, width, gain=GAIN)
    layout.linear(f"{block}.mlp.fc1", width, width // 4, gain=GAIN)
    layout.linear(f"{block}.mlp.fc2", width // 4, width, gain=GAIN)
    layout.conv("sub2.c2", channels, channels, bias=True)
    return layout.state_dict()


def released_spdnet(channels=8, num_blocks=1):
    layout = Layout(gain=GAIN)
    _shell(layout, channels, num_blocks)
    for sub in ("sub1", "sub2", "sub3"):
        for index in (2, 3):
            _reflecting(layout, f"{sub}.DWT_{index}", 4 * channels, channels)
            _reflecting(layout, f"{sub}.IDWT_{index}", channels, 4 * channels)
        # A filter of the wavelets.
        layout.add(f"{sub}.DWT.h0_col", 1, 1, 2, 1)
        for scale in (1, 2, 3):
            for group in (1, 2, 3):
                _group(layout, f"{sub}.branch{scale}_{group}", channels, num_blocks)
        for name in ("fuse12", "fuse23"):
            layout.conv(f"{sub}.{name}.up.conv2d", channels, channels, bias=True)
            _block(layout, f"{sub}.{name}.rb", channels)
            _reflecting(layout, f"{sub}.{name}.conv", channels, channels)
        # Never used.
        for name in ("down2", "down3", "branch1_1_d", "branch1_2_d", "branch2_1_d", "branch2_2_d"):
            _reflecting(layout, f"{sub}.{name}", channels, channels)
        for name in ("branch2_1_u", "branch2_2_u", "branch3_1_u", "branch3_2_u"):
            layout.conv(f"{sub}.{name}.conv2d", channels, channels, bias=True)
    return layout.state_dict()


def _shell(layout, channels, num_blocks):
    """Add what is around the parts of the three stages."""
    _head(layout, "", channels)
    for name, inputs in (("ag1", 2), ("ag2", 3), ("ag2_en", 2), ("ag_en", 3)):
        _reflecting(layout, name, inputs * channels, channels)
    for stage in (1, 2, 3):
        _head(layout, f"res_extra{stage}.", channels)
        _group(layout, f"res_extra{stage}.extra", channels, num_blocks)
        for name in ("query_conv", "key_conv"):
            layout.conv(f"sub{stage}.prior.{name}", channels, channels, bias=True)
        for name in ("gamma1", "gamma2"):
            layout.conv(f"sub{stage}.prior.{name}", 2 * channels, 2, bias=True)
            # Of 0 to 255, so that stages neither vanish nor grow.
            layout.add(f"sub{stage}.prior.{name}.weight", 2, 2 * channels, 3, 3, bound=0.003)
            layout.add(f"sub{stage}.prior.{name}.bias", 2, centre=0.5)
        _reflecting(layout, f"sub{stage}.fuse_res", 2 * channels, channels)
        layout.conv(f"output{stage}", channels, 3, bias=True)


def _head(layout, prefix, channels):
    _reflecting(layout, f"{prefix}conv_init1", 3, channels // 2)
    _reflecting(layout, f"{prefix}conv_init2", channels // 2, channels)


def _group(layout, name, channels, num_blocks):
    for block in range(num_blocks):
        _block(layout, f"{name}.module_body.{block}", channels)
    layout.conv(f"{name}.module_body.{num_blocks}", channels, channels, bias=True)


def _block(layout, name, channels):
    for layer in (0, 2):
        layout.conv(f"{name}.module_body.{layer}", channels, channels, bias=True)
        layout.add(f"{name}.se.fc.{layer}.weight", channels, channels, bound=0.3)


def _reflecting(layout, name, inputs, outputs):
    layout.conv(f"{name}.conv", inputs, outputs, bias=True)
    # Never used.
    layout.norm(f"{name}.ins", outputs)
