"""The key layout of the released NAFNet."""

from __future__ import annotations

from released_layout import Layout


def released_nafnet(channels=4, encoder_blocks=(1, 2), middle_blocks=1, decoder_blocks=(2, 1)):
    layout = Layout()

    def block(name, width):
        layout.norm(f"{name}.norm1", width)
        layout.norm(f"{name}.norm2", width)
        layout.conv(f"{name}.conv1", width, 2 * width, 1, bias=True)
        layout.conv(f"{name}.conv2", 2 * width, 2 * width, groups=2 * width, bias=True)
        for conv, outputs in (("sca.1", 1), ("conv3", 1), ("conv4", 2), ("conv5", 1)):
            layout.conv(f"{name}.{conv}", width, outputs * width, 1, bias=True)
        layout.add(f"{name}.beta", 1, width, 1, 1, bound=1.0)
        layout.add(f"{name}.gamma", 1, width, 1, 1, bound=1.0)

    layout.conv("intro", 3, channels, bias=True)
    layout.conv("ending", channels, 3, bias=True)
    levels = len(encoder_blocks)
    for level in range(levels):
        width = channels << level
        for index in range(encoder_blocks[level]):
            block(f"encoders.{level}.{index}", width)
        layout.conv(f"downs.{level}", width, 2 * width, 2, bias=True)
        # The decoder begins with the smallest level.
        width = channels << (levels - 1 - level)
        layout.conv(f"ups.{level}.0", 2 * width, 4 * width, 1)
        for index in range(decoder_blocks[level]):
            block(f"decoders.{level}.{index}", width)
    for index in range(middle_blocks):
        block(f"middle_blks.{index}", channels << levels)
    return layout.state_dict()
