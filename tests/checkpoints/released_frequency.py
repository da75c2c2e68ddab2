"""The key layouts of the released SFHformer and FADformer."""

from __future__ import annotations

from released_layout import Layout


def released_sfhformer(channels=8, num_blocks=(1, 2, 1, 1, 1), groups=1):
    layout = Layout()
    widths = [channels, 2 * channels, 4 * channels, 2 * channels, channels]
    layout.conv("patch_embed.proj", 3, channels, bias=True)
    layout.conv("patch_unembed.proj.0", channels, 3, bias=True)
    for level in (1, 2):
        width = channels << (level - 1)
        layout.conv(f"downsample{level}.proj.0", width, 2 * width, 2, bias=True)
        layout.conv(f"upsample{5 - level}.proj.0", 2 * width, 4 * width, 1)
        layout.conv(f"skip{level}", 2 * width, width, 1, bias=True)
    stages = ("layer1", "layer2", "layer3", "layer8", "layer9")
    for stage, width, count in zip(stages, widths, num_blocks, strict=True):
        for index in range(count):
            _sfh_block(layout, f"{stage}.blocks.{index}", width, groups)
    return layout.state_dict()


def released_fadformer(channels=8, num_blocks=(1, 2, 1, 1, 1)):
    layout = Layout()
    widths = [channels, 2 * channels, 4 * channels, 2 * channels, channels]
    layout.conv("patch_embed.proj", 3, channels, bias=True)
    layout.conv("patch_unembed.proj.0", channels, 3, bias=True)
    layout.conv("patch_unembed.proj.1", 3, 3, bias=True)
    for level in (1, 2):
        width = channels << (level - 1)
        layout.conv(f"downsample{level}.proj.0", width, width // 2)
        layout.conv(f"down_rcp{level}.proj.1", 4, 1)
        layout.conv(f"upsample{3 - level}.proj.0", 2 * width, 4 * width, bias=True)
        layout.conv(f"up_rcp{level}.proj.0", 1, 4, bias=True)
        layout.conv(f"skip{level}", 2 * width, width, 1, bias=True)
    for stage, (width, count) in enumerate(zip(widths, num_blocks, strict=True), start=1):
        for index in range(count):
            _fad_block(layout, f"layer{stage}.blocks.{index}", width)
    return layout.state_dict()


def _sfh_block(layout, name, width, groups):
    for factor in ("beta", "gamma"):
        layout.add(f"{name}.{factor}", 1, width, 1, 1, bound=1.0)
    for norm in ("norm1", "norm2"):
        layout.batch_norm(f"{name}.{norm}", width)
    mixer, half = f"{name}.mixer", width // 2
    layout.conv(f"{mixer}.conv_init.0", width, 2 * width, 1, bias=True)
    for dilation in (1, 2):
        local = f"{mixer}.mixer_local.CDilated_{dilation}"
        layout.conv(local, half, half, groups=half, bias=True)
    layout.conv(f"{mixer}.mixer_gloal.conv_init.0", width, 2 * width, 1, bias=True)
    layout.conv(f"{mixer}.mixer_gloal.conv_fina.0", 2 * width, width, 1, bias=True)
    fourier, parts = f"{mixer}.mixer_gloal.FFC", 4 * width
    layout.batch_norm(f"{fourier}.bn", parts)
    layout.conv(f"{fourier}.fdc", parts, parts * groups, 1, bias=True)
    layout.conv(f"{fourier}.weight.0", parts, groups, 1, bias=True)
    layout.conv(f"{fourier}.fpe", parts, parts, groups=parts, bias=True)
    layout.conv(f"{mixer}.ca_conv.0", 2 * width, width, 1, bias=True)
    layout.conv(f"{mixer}.ca.1", 2 * width, width, 1, bias=True)
    layout.conv(f"{mixer}.ca.3", width, 2 * width, 1, bias=True)
    layout.conv(f"{name}.ffn.conv_init.0", width, 2 * width, 1, bias=True)
    for number, side in enumerate((3, 5, 7), start=1):
        layout.conv(f"{name}.ffn.conv1_{number}.0", half, half, side, groups=half, bias=True)
    layout.conv(f"{name}.ffn.conv_fina.0", 2 * width, width, 1, bias=True)


def _fad_block(layout, name, width):
    for norm in ("norm1", "norm2"):
        layout.batch_norm(f"{name}.{norm}", width)
    mixer, fourier = f"{name}.mixer", f"{name}.mixer.mixer_gloal"
    layout.conv(f"{mixer}.conv_init.0", width, 2 * width, 1, bias=True)
    layout.conv(f"{mixer}.dw_conv_1.0", width, width, 3, groups=width, bias=True)
    layout.conv(f"{mixer}.dw_conv_2.0", width, width, 5, groups=width, bias=True)
    for conv in ("conv_init_1.0", "conv_init_2.0"):
        layout.conv(f"{fourier}.{conv}", width, width, 1, bias=True)
    layout.conv(f"{fourier}.conv_mid.0", 2 * width, width, 1, bias=True)
    layout.conv(f"{fourier}.FFC.conv_layer", 4 * width, 4 * width, 1)
    layout.batch_norm(f"{fourier}.FFC.bn", 4 * width)
    layout.batch_norm(f"{fourier}.bn", 2 * width)
    layout.conv(f"{mixer}.ca_conv.0", 2 * width, width, 1, bias=True)
    layout.conv(f"{mixer}.ca_conv.1", width, width, groups=width, bias=True)
    layout.conv(f"{mixer}.ca.1", width, width // 4, 1, bias=True)
    layout.conv(f"{mixer}.ca.3", width // 4, width, 1, bias=True)
    layout.conv(f"{name}.ffn.conv_init.0", width, 2 * width, 1, bias=True)
    layout.conv(f"{name}.ffn.conv_dw.0", 2 * width, 2 * width, groups=2 * width, bias=True)
    layout.conv(f"{name}.ffn.conv_fina.0", 2 * width, width, 1, bias=True)
    layout.conv(f"{name}.ffn.mask_in.0", 1, width // 2, 1, bias=True)
    layout.conv(f"{name}.ffn.mask_dw_conv_1.0", width // 4, 1, 3, bias=True)
    layout.conv(f"{name}.ffn.mask_dw_conv_2.0", width // 4, 1, 5, bias=True)
    layout.conv(f"{name}.ffn.mask_out.0", 2, 1, 1, bias=True)
