"""The key layout of the released RCDNet."""

from __future__ import annotations

from released_layout import Layout

#: Small, since the network goes through levels from 0 to 255 and adds in each stage.
GAIN = 0.5


def released_rcdnet(num_stages=3, num_maps=4, num_duals=5):
    layout = Layout(gain=GAIN)
    kernels = (3, num_maps, 9, 9)
    # The step size of the maps in the first stage is never used.
    layout.add("eta1", 1, centre=1.0)
    layout.add("eta2", 1, centre=5.0, bound=1.0)
    layout.add("eta11", num_stages - 1, 1, centre=1.0, bound=0.3)
    layout.add("eta12", num_stages - 1, 1, centre=5.0, bound=1.0)
    layout.add("weight0", *kernels, bound=0.5)
    # A copy for each stage but the first; the second is used.
    layout.add("conv", num_stages - 1, *kernels, bound=0.5)
    layout.add("w_z_f", num_duals, 3, 3, 3, bound=0.2)
    layout.add("tau", 1, centre=1.0)
    for name in ("xnet", "fxnet", *(f"x_stage.{stage}" for stage in range(num_stages))):
        _network(layout, f"{name}.resx", 3 + num_duals)
    for name in ("mnet", *(f"m_stage.{stage}" for stage in range(num_stages))):
        _network(layout, f"{name}.resm", num_maps)
        layout.add(f"{name}.tau", 1, num_maps, 1, 1, centre=0.5)
    return layout.state_dict()


def _network(layout, name, channels):
    for unit in (1, 2, 3, 4):
        for layer in (0, 3):
            layout.conv(f"{name}{unit}.{layer}", channels, channels, bias=True)
            layout.batch_norm(f"{name}{unit}.{layer + 1}", channels)
