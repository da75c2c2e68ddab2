"""The key layout of the released Uformer."""

from __future__ import annotations

import torch
from released_layout import Layout

#: Small, since sums along residual connections grow and attention would pick single positions.
GAIN = 0.9
NUM_BLOCKS = (1, 2, 1, 1, 2, 1, 1, 2, 1)
NUM_HEADS = (1, 2, 2, 2, 4, 2, 2, 2, 1)
WINDOW = 2


def released_uformer(channels=4):
    layout = Layout(gain=GAIN)
    widths = [channels << level for level in range(5)]
    layout.conv("input_proj.proj.0", 3, channels, bias=True)
    layout.conv("output_proj.proj.0", 2 * channels, 3, bias=True)
    stages = [("conv", widths[4])]
    for level in range(4):
        layout.conv(f"dowsample_{level}.conv.0", widths[level], widths[level + 1], 4, bias=True)
        below = widths[4] if level == 3 else 4 * widths[level]
        # A transposed convolution: inputs first.
        layout.conv(f"upsample_{3 - level}.deconv.0", widths[level], below, 2)
        layout.add(f"upsample_{3 - level}.deconv.0.bias", widths[level])
        stages.insert(level, (f"encoderlayer_{level}", widths[level]))
        stages.insert(level + 2, (f"decoderlayer_{3 - level}", 2 * widths[level]))
    blocks = [
        (f"{stage}.blocks.{number}", width, heads)
        for (stage, width), count, heads in zip(stages, NUM_BLOCKS, NUM_HEADS, strict=True)
        for number in range(count)
    ]
    for name, width, heads in blocks:
        _block(layout, name, width, heads)
    # Values of a table that the converter computes do not matter.
    index = torch.zeros(WINDOW**2, WINDOW**2, dtype=torch.int64)
    tables = {f"{name}.attn.relative_position_index": index for name, _, _ in blocks}
    return {**tables, **layout.state_dict()}


def _block(layout, name, width, heads):
    for norm in ("norm1", "norm2"):
        layout.norm(f"{name}.{norm}", width)
    if name.startswith("decoderlayer"):
        layout.add(f"{name}.modulator.weight", WINDOW**2, width, bound=0.5)
    attention = f"{name}.attn"
    layout.add(f"{attention}.relative_position_bias_table", (2 * WINDOW - 1) ** 2, heads, bound=1.0)
    layout.linear(f"{attention}.qkv.to_q", width, width, gain=GAIN)
    layout.linear(f"{attention}.qkv.to_kv", width, 2 * width, gain=GAIN)
    layout.linear(f"{attention}.proj", width, width, gain=GAIN)
    layout.linear(f"{name}.mlp.linear1.0", width, 4 * width, gain=GAIN)
    layout.conv(f"{name}.mlp.dwconv.0", 4 * width, 4 * width, groups=4 * width, bias=True)
    layout.linear(f"{name}.mlp.linear2.0", 4 * width, width, gain=GAIN)
