"""The key layout of the released IDT."""

from __future__ import annotations

from released_layout import Layout

NUM_BLOCKS = (3, 3, 2, 2, 1, 1, 2, 2, 3)
NUM_HEADS = (1, 2, 4, 8, 16, 16, 8, 4, 2)
WINDOW = 8
#: Small, since sums along residual connections grow and attention would pick single positions.
GAIN = 0.5
#: Windows along a side of each encoder level.
WINDOWS = (16, 8, 4, 2)


def released_idt(channels=4, num_heads=NUM_HEADS):
    layout = Layout(gain=GAIN)
    widths = [channels << level for level in range(5)]
    layout.conv("input_proj.proj.0", 3, channels, bias=True)
    layout.conv("output_proj.proj.0", 2 * channels, 3, bias=True)
    for level in range(4):
        layout.conv(f"dowsample_{level}.conv.0", widths[level], widths[level + 1], 4, bias=True)
        below = widths[4] if level == 3 else 4 * widths[level]
        # A transposed convolution: inputs first.
        layout.conv(f"upsample_{3 - level}.deconv.0", widths[level], below, 2)
        layout.add(f"upsample_{3 - level}.deconv.0.bias", widths[level])
        for index, name, width in (
            (level, f"encoderlayer_{level}", widths[level]),
            (8 - level, f"decoderlayer_{3 - level}", 2 * widths[level]),
        ):
            blocks, heads = NUM_BLOCKS[index], num_heads[index]
            for block in range(blocks):
                _window_block(layout, f"{name}.blocks.{block}", width, heads)
            _spatial_block(layout, f"{name}.blocks.{blocks}", width, heads, WINDOWS[level])
    _window_block(layout, "bottle.blocks.0", widths[4], num_heads[4])
    return layout.state_dict()


def _window_block(layout, name, width, heads):
    layout.norm(f"{name}.norm1", width)
    _attention(layout, f"{name}.attn", width, heads, WINDOW)
    layout.norm(f"{name}.norm2", width)
    _feed_forward(layout, f"{name}.mlp", width, 4 * width)


def _spatial_block(layout, name, width, heads, windows):
    _attention(layout, f"{name}.attn", WINDOW**2, heads, windows)
    layout.norm(f"{name}.norm2", width)
    _feed_forward(layout, f"{name}.mlp", width, 4 * WINDOW**2)


def _attention(layout, name, width, heads, side):
    layout.add(f"{name}.relative_position_bias_table", (2 * side - 1) ** 2, heads, bound=1.0)
    layout.linear(f"{name}.qkv.to_q", width, width, gain=GAIN)
    layout.linear(f"{name}.qkv.to_kv", width, 3 * width, gain=GAIN)
    layout.linear(f"{name}.proj", width, width, gain=GAIN)
    kernel = 2 * min(side - 1, 2) + 1
    layout.conv(f"{name}.Position_Extract.0", width, width, kernel, groups=width, bias=True)
    layout.conv(f"{name}.Position_Extract.1", width, width, 1, groups=heads, bias=True)


def _feed_forward(layout, name, width, hidden):
    layout.linear(f"{name}.linear1.0", width, hidden, gain=GAIN)
    layout.conv(f"{name}.dwconv.0", hidden, hidden, groups=hidden, bias=True)
    layout.linear(f"{name}.linear2.0", hidden, width, gain=GAIN)
