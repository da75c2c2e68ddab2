"""The key layout of the released MPRNet."""

from __future__ import annotations

from released_layout import Layout


def released_mprnet(channels=8, level_channels=4, final_channels=4, num_blocks=2, reduction=4):
    layout = Layout(gain=0.5)
    widths = [channels + level * level_channels for level in range(3)]
    final = channels + final_channels

    def block(name, width):
        layout.conv(f"{name}.body.0", width, width)
        layout.conv(f"{name}.body.2", width, width)
        layout.conv(f"{name}.CA.conv_du.0", width, width // reduction, 1)
        layout.conv(f"{name}.CA.conv_du.2", width // reduction, width, 1)
        slopes.append(f"{name}.body.1.weight")

    slopes = []
    for stage in (1, 2, 3):
        layout.conv(f"shallow_feat{stage}.0", 3, channels)
        block(f"shallow_feat{stage}.1", channels)
    for stage in (1, 2):
        for level, width in enumerate(widths, start=1):
            for part in ("encoder", "decoder"):
                for index in range(2):
                    block(f"stage{stage}_{part}.{part}_level{level}.{index}", width)
            if stage == 2:
                layout.conv(f"stage2_encoder.csff_enc{level}", width, width, 1)
                layout.conv(f"stage2_encoder.csff_dec{level}", width, width, 1)
            if level < 3:
                wider, steps = widths[level], f"{level}{level + 1}"
                layout.conv(f"stage{stage}_encoder.down{steps}.down.1", width, wider, 1)
                layout.conv(f"stage{stage}_decoder.up{steps[::-1]}.up.1", wider, width, 1)
                block(f"stage{stage}_decoder.skip_attn{level}", width)
    for sam in ("sam12", "sam23"):
        layout.conv(f"{sam}.conv1", channels, channels, 1)
        layout.conv(f"{sam}.conv2", channels, 3, 1)
        layout.conv(f"{sam}.conv3", 3, channels, 1)
    layout.conv("concat12", 2 * channels, channels)
    layout.conv("concat23", 2 * channels, final)
    layout.conv("tail", final, 3)
    for level in (1, 2, 3):
        orb = f"stage3_orsnet.orb{level}.body"
        for index in range(num_blocks):
            block(f"{orb}.{index}", final)
        layout.conv(f"{orb}.{num_blocks}", final, final)
        for part in ("enc", "dec"):
            layout.conv(f"stage3_orsnet.conv_{part}{level}", channels, final, 1)
    for part in ("enc", "dec"):
        layout.conv(f"stage3_orsnet.up_{part}1.up.1", widths[1], widths[0], 1)
        layout.conv(f"stage3_orsnet.up_{part}2.0.up.1", widths[2], widths[1], 1)
        layout.conv(f"stage3_orsnet.up_{part}2.1.up.1", widths[1], widths[0], 1)
    layout.add("slope", 1, centre=0.25)
    state = layout.state_dict()
    slope = state.pop("slope")
    # One activation, under the name of every block.
    return {**state, **dict.fromkeys(slopes, slope)}
