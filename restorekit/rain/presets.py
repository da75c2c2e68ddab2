"""Presets that imitate the rain of the benchmarks, tuned against real pairs.

``docs/rain.md`` says what is known of the real sets, how close the presets come and what each
looks like. Lengths and widths are for images of the real sets' size (481x321, and 512x512 for
Rain1200); on much larger photographs, the same streaks look finer. The preset ``real`` imitates
none of them; :mod:`restorekit.rain.real` describes it.
"""

from __future__ import annotations

from .distributions import Distribution, LogNormal, Normal
from .real import realistic
from .spec import RainMixture, RainSpec, StreakLayer

# Rain100L (Yang et al., CVPR 2017): one direction per image; many faint specks and a few
# long bright streaks, fine and sharp.
_RAIN100L = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(4700, 0.65, 300, 40000),
            direction=(-18, 18),
            length=(10, 22),
            width=(1.0, 1.5),
            brightness=(0.4, 1.0),
            direction_spread=2,
            length_spread=0.9,
            width_spread=0.3,
            opacity=LogNormal(0.125, 1.0, 0, 1),
            motion_blur=0.6,
        ),
    ),
)

# Rain100H (the same authors): several directions on top of each other. Long blunt lines of
# equal brightness, softer ones of varying brightness, and a few that cross at larger angles.
_RAIN100H = RainSpec(
    layers=(
        StreakLayer(
            density=LogNormal(4000, 0.75, 300, 40000),
            direction=Normal(0, 5),
            length=(50, 100),
            width=(1.5, 2.2),
            brightness=(0.06, 0.38),
            direction_spread=0.7,
            length_spread=0.4,
            width_spread=0.2,
            opacity=(0.7, 1.0),
            motion_blur=0.1,
            softness=0.5,
        ),
        StreakLayer(
            density=LogNormal(6000, 0.6, 300, 40000),
            direction=Normal(0, 9),
            length=(25, 50),
            width=(1.2, 2.0),
            brightness=(0.6, 1.0),
            direction_spread=1.1,
            length_spread=0.5,
            width_spread=0.25,
            opacity=LogNormal(0.265, 0.4, 0, 1),
            motion_blur=0.3,
            softness=0.7,
        ),
        StreakLayer(
            density=LogNormal(2600, 0.6, 200, 20000),
            direction=Normal(0, 18),
            length=(20, 45),
            width=(1.2, 1.8),
            brightness=(0.4, 0.9),
            direction_spread=3,
            length_spread=0.5,
            width_spread=0.25,
            opacity=LogNormal(0.2, 0.5, 0, 1),
            softness=0.8,
            probability=0.85,
        ),
    ),
)


def _photoshop(
    density: Distribution,
    direction: Distribution,
    length: Distribution,
    width: Distribution,
    opacity: float,
) -> RainSpec:
    """Return dense, faint, soft rain: noise blurred along one direction, blended by screen."""
    layer = StreakLayer(
        density=density,
        direction=direction,
        length=length,
        width=width,
        brightness=1.0,
        direction_spread=3,
        length_spread=0.35,
        width_spread=0.2,
        opacity=LogNormal(opacity, 0.4, 0, 1),
        motion_blur=1.0,
    )
    return RainSpec((layer,), blending="screen")


# Rain1200 (DID-MDN; Zhang and Patel, CVPR 2018): a third each of light, medium and heavy.
_RAIN1200 = RainMixture(
    specs=(
        _photoshop((45e3, 80e3), Normal(0, 18), (7, 13), (1.1, 1.5), 0.046),
        _photoshop((80e3, 120e3), Normal(0, 18), (9, 15), (1.2, 1.6), 0.07),
        _photoshop((75e3, 115e3), Normal(0, 18), (10, 18), (1.3, 1.7), 0.093),
    ),
)

# Rain1400 (DDN; Fu et al., CVPR 2017): 14 directions and strengths for every photograph,
# longer streaks than in Rain1200, sparse in half of the images.
_RAIN1400 = RainMixture(
    specs=(
        _photoshop((8e3, 24e3), (-40, 40), (12, 24), (1.4, 2.0), 0.1),
        _photoshop((30e3, 60e3), (-40, 40), (14, 26), (1.4, 2.0), 0.073),
    ),
)

#: The presets by name, as :class:`~restorekit.rain.RainRenderer` takes it.
RAIN_PRESETS: dict[str, RainSpec | RainMixture] = {
    "rain100l": _RAIN100L,
    "rain100h": _RAIN100H,
    "rain1200": _RAIN1200,
    "rain1400": _RAIN1400,
    "real": realistic(_RAIN100L, _RAIN100H, _RAIN1200, _RAIN1400),
}
