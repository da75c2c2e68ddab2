"""placeholder"""
from __future__ import annotations
from .distributions import LogNormal
from .spec import RainMixture, RainSpec, StreakLayer
RAIN_PRESETS: dict[str, RainSpec | RainMixture] = {
 "rain100l": RainSpec((StreakLayer(density=LogNormal(3000,.5),direction=(-20,20),length=(20,40),width=(1.5,2.5),brightness=(.3,.8),length_spread=.5,width_spread=.3,opacity=(.1,1.)),)),
}
