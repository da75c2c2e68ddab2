"""The key layout of the released BioIR."""

from __future__ import annotations

from released_layout import Layout


def released_bioir(channels=8, num_blocks=(1, 2, 1), refinement=1):
    layout = Layout(gain=0.8)
    layout.conv("patch_embed.proj", 3, channels)
    layout.conv("output", channels, 3)
    blocks = [(f"refinement.{index}", channels) for index in range(refinement)]
    for level, count in enumerate(num_blocks, start=1):
        for part in ("encoder", "decoder"):
            width = channels << (level - 1)
            blocks += [(f"{part}_level{level}.{index}", width) for index in range(count)]
    for level in (1, 2):
        width = channels << (level - 1)
        layout.conv(f"down{level}_{level + 1}.body.1", width, 2 * width)
        layout.conv(f"up{level + 1}_{level}.body.1", 2 * width, width)
        layout.conv(f"fuse{level}.conv", 2 * width, width, 1, bias=True)
    layout.conv("reduce_chan_level2", 4 * channels, 2 * channels, 1)
    for name, width in blocks:
        _block(layout, name, width)
    return layout.state_dict()


def _block(layout, name, width):
    for norm in ("norm1", "norm2"):
        layout.norm(f"{name}.{norm}.body", width)
    attention = f"{name}.attn"
    layout.conv(f"{attention}.conv", width, 2 * width, 1)
    layout.conv(f"{attention}.dw", 2 * width, 2 * width, groups=2 * width)
    layout.conv(f"{attention}.l2h.conv", 256, 9, 1, bias=True)
    layout.conv(f"{attention}.h2l.dw", width, width, 7, groups=width, bias=True)
    layout.conv(f"{attention}.h2l.cv2", width, 25, 1, bias=True)
    layout.conv(f"{attention}.project_out", width, width, 1)
    layout.conv(f"{name}.ffn.project_in", width, 6 * width, 1)
    layout.conv(f"{name}.ffn.dwconv", 6 * width, 6 * width, groups=6 * width)
    layout.conv(f"{name}.ffn.project_out", 3 * width, width, 1)
