"""The preset ``real``: rain as it is photographed, and everything that benchmarks call rain.

It is for training networks that meet any photograph. It mixes the other presets with rain of
more sizes, directions and strengths than each of them, and leaves some images without rain.
"""

from __future__ import annotations

from .distributions import LogNormal, Normal
from .spec import RainMixture, RainSpec, StreakLayer

# Fine rain far away: short faint streaks of one direction.
_DRIZZLE = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(25e3, 0.7, 3e3, 90e3),
            direction=Normal(0, 18),
            length=(4, 16),
            width=(1.0, 1.6),
            brightness=(0.25, 0.9),
            direction_spread=3,
            length_spread=0.5,
            width_spread=0.25,
            opacity=LogNormal(0.12, 0.7, 0, 1),
            motion_blur=0.8,
            depth=0.5,
        ),
    ),
    blending="over",
    airlight=(0.6, 1.0),
    veil=(0.0, 0.06),
    veil_depth=0.6,
)

# Separate bright streaks of any size.
_STREAKS = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(2500, 0.9, 150, 15e3),
            direction=Normal(0, 25),
            length=(10, 70),
            width=(1.0, 3.2),
            brightness=(0.25, 1.0),
            direction_spread=3,
            length_spread=0.6,
            width_spread=0.35,
            opacity=LogNormal(0.35, 0.8, 0, 1),
            motion_blur=0.6,
            softness=0.8,
        ),
        StreakLayer(
            density=LogNormal(12e3, 0.7, 500, 50e3),
            direction=Normal(0, 25),
            length=(5, 20),
            width=(1.0, 1.5),
            brightness=(0.2, 0.8),
            direction_spread=4,
            length_spread=0.5,
            width_spread=0.25,
            opacity=LogNormal(0.15, 0.7, 0, 1),
            motion_blur=0.8,
            probability=0.6,
        ),
    ),
    blending="over",
    airlight=(0.7, 1.0),
)

# Noise blurred along one direction and laid over strongly, as in Rain800.
_DENSE = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(25e3, 0.6, 4e3, 80e3),
            direction=Normal(0, 22),
            length=(8, 30),
            width=(1.0, 2.6),
            brightness=(0.5, 1.0),
            direction_spread=2,
            length_spread=0.5,
            width_spread=0.3,
            opacity=LogNormal(0.22, 0.6, 0, 1),
            motion_blur=0.8,
            softness=0.8,
        ),
    ),
    blending="screen",
)

# A downpour: rain of every distance under a veil that thickens with it.
_DOWNPOUR = RainSpec(
    layers=(
        StreakLayer(
            density=(30e3, 90e3),
            direction=Normal(0, 15),
            length=(6, 18),
            width=(1.0, 1.6),
            brightness=(0.4, 1.0),
            direction_spread=3,
            length_spread=0.4,
            width_spread=0.2,
            opacity=LogNormal(0.1, 0.5, 0, 1),
            motion_blur=1.0,
            depth=0.8,
        ),
        StreakLayer(
            density=LogNormal(6000, 0.6, 500, 30e3),
            direction=Normal(0, 15),
            length=(20, 70),
            width=(1.2, 2.6),
            brightness=(0.3, 1.0),
            direction_spread=2,
            length_spread=0.5,
            width_spread=0.3,
            opacity=LogNormal(0.3, 0.6, 0, 1),
            motion_blur=0.6,
            softness=0.7,
        ),
        StreakLayer(
            density=LogNormal(400, 0.8, 30, 3000),
            direction=Normal(0, 15),
            length=(50, 160),
            width=(2.5, 7.0),
            brightness=(0.15, 0.6),
            direction_spread=2,
            length_spread=0.4,
            width_spread=0.4,
            opacity=(0.2, 0.8),
            motion_blur=0.7,
            probability=0.5,
        ),
    ),
    blending="over",
    airlight=(0.65, 1.0),
    veil=(0.0, 0.25),
    veil_depth=0.7,
)

# Drops close to the lens, out of focus or frozen by a short exposure, beside thin rain.
_DROPLETS = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(700, 0.9, 50, 6000),
            direction=Normal(0, 20),
            length=(3, 14),
            width=(2.0, 7.0),
            brightness=(0.25, 0.9),
            direction_spread=8,
            length_spread=0.4,
            width_spread=0.4,
            opacity=(0.15, 0.9),
            motion_blur=0.8,
        ),
        StreakLayer(
            density=LogNormal(4000, 0.8, 200, 20e3),
            direction=Normal(0, 20),
            length=(6, 30),
            width=(1.0, 2.2),
            brightness=(0.3, 1.0),
            direction_spread=4,
            length_spread=0.5,
            width_spread=0.3,
            opacity=LogNormal(0.2, 0.7, 0, 1),
            motion_blur=0.7,
        ),
    ),
    blending="over",
    airlight=(0.65, 1.0),
)

# A shower that a short exposure freezes: many short, thick, bright drops.
_SHOWER = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(8e3, 0.7, 500, 40e3),
            direction=Normal(0, 18),
            length=(4, 20),
            width=(1.4, 3.6),
            brightness=(0.4, 1.0),
            direction_spread=6,
            length_spread=0.4,
            width_spread=0.35,
            opacity=LogNormal(0.4, 0.7, 0, 1),
            motion_blur=0.7,
            softness=0.9,
            depth=0.5,
        ),
    ),
    blending="over",
    airlight=(0.7, 1.0),
)

_NONE = RainSpec(layers=())


def realistic(
    rain100l: RainSpec, rain100h: RainSpec, rain1200: RainMixture, rain1400: RainMixture
) -> RainMixture:
    """Mix the benchmarks' presets with rain of every other kind, and with none.

    An eighth of the images stays without rain, so that a network learns to leave clean
    photographs as they are.
    """
    shares = [(_NONE, 0.125), (rain100l, 0.17), (rain100h, 0.19)]
    shares += [(spec, 0.09 / len(rain1200.specs)) for spec in rain1200.specs]
    shares += [(spec, 0.09 / len(rain1400.specs)) for spec in rain1400.specs]
    shares += [(_DRIZZLE, 0.06), (_STREAKS, 0.08), (_DENSE, 0.06)]
    shares += [(_DOWNPOUR, 0.065), (_DROPLETS, 0.03), (_SHOWER, 0.04)]
    specs, weights = zip(*shares, strict=True)
    return RainMixture(specs, weights)
