"""The key layouts of the released Restormer, DRSformer and NeRD-Rain."""

from __future__ import annotations

import torch
from released_layout import Layout


def released_restormer(channels=8, num_blocks=(1, 2, 1, 2), num_heads=(1, 2, 2, 4), refinement=1):
    layout = Layout()
    blocks = _encoder_decoder(layout, channels, num_blocks, num_heads)
    blocks += [(f"refinement.{i}", 2 * channels, num_heads[0]) for i in range(refinement)]
    for name, width, heads in blocks:
        _restormer_block(layout, name, width, heads)
    return layout.state_dict()


def released_drsformer(channels=8, num_blocks=(1, 1, 1, 1), num_heads=(1, 2, 2, 4), mixtures=True):
    layout = Layout()
    for name, width, heads in _encoder_decoder(layout, channels, num_blocks, num_heads):
        layout.norm(f"{name}.norm1.body", width)
        _attention(layout, f"{name}.attn", width, heads)
        for number in range(1, 5):
            layout.add(f"{name}.attn.attn{number}", 1, centre=0.2, bound=0.1)
        layout.norm(f"{name}.norm2.body", width)
        hidden = int(2.66 * width)
        layout.conv(f"{name}.ffn.project_in", width, 2 * hidden, 1)
        for side in (3, 5):
            name_of_side = f"{name}.ffn.dwconv{side}x{side}"
            layout.conv(name_of_side, 2 * hidden, 2 * hidden, side, groups=2 * hidden)
            layout.conv(f"{name_of_side}_1", 2 * hidden, hidden, side, groups=hidden)
        layout.conv(f"{name}.ffn.project_out", 2 * hidden, width, 1)
    if mixtures:
        released_mixture(layout, "encoder_level0", channels)
        released_mixture(layout, "refinement", 2 * channels)
    return layout.state_dict()


def released_nerd_rain(channels=8, num_blocks=(1, 2, 1), num_heads=(1, 2, 4), implicit=256):
    layout = Layout(gain=0.5)
    networks = (("small", "small"), ("mid1", "mid"), ("mid2", "mid2"))
    networks += (("max1", "max"), ("max2", "max2"), ("max3", "max3"))
    for network, resizing in networks:
        blocks = [
            (f"latent_{network}.{i}", 4 * channels, num_heads[2]) for i in range(num_blocks[2])
        ]
        for level in (1, 2):
            width = channels << (level - 1)
            for part in ("encoder", "decoder"):
                blocks += [
                    (f"{part}_level{level}_{network}.{i}", width, num_heads[level - 1])
                    for i in range(num_blocks[level - 1])
                ]
            down, up = f"down{level}_{level + 1}", f"up{level + 1}_{level}"
            layout.conv(f"{down}_{resizing}.body.0", width, width // 2)
            layout.conv(f"{up}_{resizing}.body.0", 2 * width, 4 * width)
            layout.conv(f"reduce_chan_level{level}_{network}", 2 * width, width, 1)
        for name, width, heads in blocks:
            _restormer_block(layout, name, width, heads, depthwise=".main.0")
    for size in ("small", "mid", "max"):
        layout.conv(f"patch_embed_{size}.proj", 3, channels)
        layout.conv(f"output_{size}", channels, 3)
    for name in ("output_mid_context", "output_max_context1", "output_max_context2"):
        layout.conv(name, channels, channels)
    for name in ("upsmall2mid", "upmid2max"):
        layout.conv(f"{name}1.body.0", 4 * channels, 8 * channels)
        layout.conv(f"{name}2.body.0", 2 * channels, 4 * channels)
    for name in ("INR", "INR2"):
        widths = (9 * channels + 20, implicit, implicit, implicit, 3)
        for i in range(4):
            layout.linear(f"{name}.imnet.layers.{2 * i}", widths[i], widths[i + 1])
    for name in ("BF1", "BF2", "BF3"):
        layout.conv(f"{name}.query_conv", 4 * channels, 4 * channels, bias=True)
        layout.conv(f"{name}.key_conv", 4 * channels, 4 * channels, bias=True)
        for gate in ("gamma1", "gamma2"):
            layout.conv(f"{name}.{gate}", 8 * channels, 2, bias=True)
    return layout.state_dict()


def _encoder_decoder(layout, channels, num_blocks, num_heads):
    """Add what is between the blocks, and return name, channels and heads of each block."""
    layout.conv("patch_embed.proj", 3, channels)
    layout.conv("output", 2 * channels, 3)
    blocks = [(f"latent.{i}", 8 * channels, num_heads[3]) for i in range(num_blocks[3])]
    for level in (1, 2, 3):
        width = channels << (level - 1)
        layout.conv(f"down{level}_{level + 1}.body.0", width, width // 2)
        layout.conv(f"up{level + 1}_{level}.body.0", 2 * width, 4 * width)
        if level > 1:
            layout.conv(f"reduce_chan_level{level}", 2 * width, width, 1)
        for i in range(num_blocks[level - 1]):
            heads = num_heads[level - 1]
            blocks.append((f"encoder_level{level}.{i}", width, heads))
            # At full size the decoder has twice the channels.
            decoder_width = 2 * width if level == 1 else width
            blocks.append((f"decoder_level{level}.{i}", decoder_width, heads))
    return blocks


def _restormer_block(layout, name, channels, heads, depthwise=""):
    layout.norm(f"{name}.norm1.body", channels)
    _attention(layout, f"{name}.attn", channels, heads, depthwise)
    layout.norm(f"{name}.norm2.body", channels)
    hidden = int(2.66 * channels)
    layout.conv(f"{name}.ffn.project_in", channels, 2 * hidden, 1)
    layout.conv(f"{name}.ffn.dwconv{depthwise}", 2 * hidden, 2 * hidden, groups=2 * hidden)
    layout.conv(f"{name}.ffn.project_out", hidden, channels, 1)


def _attention(layout, name, channels, heads, depthwise=""):
    layout.add(f"{name}.temperature", heads, 1, 1, centre=1.0, bound=0.5)
    layout.conv(f"{name}.qkv", channels, 3 * channels, 1)
    depthwise_name = f"{name}.qkv_dwconv{depthwise}"
    layout.conv(depthwise_name, 3 * channels, 3 * channels, groups=3 * channels)
    layout.conv(f"{name}.project_out", channels, channels, 1)


def released_mixture(layout, name, channels):
    """Add a mixture of operations, DRSformer's or HCT-FFN's."""
    layout.linear(f"{name}.layers.0.ca_fc.0", channels, 64)
    layout.linear(f"{name}.layers.0.ca_fc.2", 64, 32)
    layout.conv(f"{name}.layers.1.preprocess.op.0", channels, channels, 1)
    for step in range(4):
        for op, side in enumerate((1, 3, 5, 7, 3, 5, 7)):
            pairs = ((0, 1), (3, 4)) if op < 4 else ((0, 1),)
            for depthwise, pointwise in pairs:
                operation = f"{name}.layers.1._ops.{step}._ops.{op}.op"
                layout.conv(f"{operation}.{depthwise}", channels, channels, side, groups=channels)
                layout.conv(f"{operation}.{pointwise}", channels, channels, 1)
        layout.conv(f"{name}.layers.1._ops.{step}._out.0", 8 * channels, channels, 1)


def without_norm_bias(state: dict) -> dict:
    """The form of Restormer that was released for denoising."""
    return {key: value for key, value in state.items() if not key.endswith("body.bias")}


def data_parallel(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"module.{key}": value for key, value in state.items()}
