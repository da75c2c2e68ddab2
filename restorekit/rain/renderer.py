"""Render rain over an image, from a description and a random generator."""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .distributions import sample, sample_many
from .presets import RAIN_PRESETS
from .spec import RainMixture, RainSpec, StreakLayer
from .streaks import Array, Streaks, draw_streaks

Image: TypeAlias = npt.NDArray[np.uint8]


class RainRenderer:
    """Adds rain to photographs.

    The same description, image size and generator state give the same rain. A renderer
    holds no state, so one can be shared by threads and sent to other processes.

    Example:
        >>> renderer = RainRenderer('rain100l')
        >>> rainy = renderer(clean, np.random.default_rng(0))
        >>> rainy.shape == clean.shape
        True
        >>> bool((rainy == renderer(clean, np.random.default_rng(0))).all())  # the same seed
        True
    """

    def __init__(self, rain: str | RainSpec | RainMixture) -> None:
        """Take a description of rain.

        Args:
            rain: Name of a preset, or your own description.

        Raises:
            UnknownNameError: If no preset has that name.
        """
        if isinstance(rain, str):
            rain = _preset(rain)
        self.rain = rain

    def __repr__(self) -> str:
        return f"RainRenderer({self.rain!r})"

    def __call__(self, clean: Image, rng: np.random.Generator) -> Image:
        """Return an image with rain over it.

        Args:
            clean: Photograph, (height, width, 3), uint8 RGB; it is not changed.
            rng: Source of all randomness.

        Returns:
            The rainy image, of the same shape and type.

        Raises:
            DataError: If ``clean`` is not such an array.
        """
        if clean.dtype != np.uint8 or clean.ndim != 3 or clean.shape[2] != 3:
            raise DataError(
                f"rain needs an 8-bit RGB image of shape (height, width, 3), and this one is "
                f"{clean.dtype} of shape {clean.shape}; convert it first."
            )
        spec = self._choose_spec(rng)
        depth = distance_map(clean.shape[:2], rng) if spec.uses_depth else None
        streaks = _draw_layers(spec, clean.shape[:2], rng, depth)[..., None]
        veil = np.float32(sample(spec.veil, rng))
        airlight = np.float32(sample(spec.airlight, rng))
        background = clean.astype(np.float32) / np.float32(255.0)
        if veil > 0:
            background += _by_distance(veil, spec.veil_depth, depth) * (airlight - background)
        if spec.blending == "screen":
            streaks = streaks * (1 - background)
        elif spec.blending == "over":
            streaks = streaks * (airlight - background)
        rainy = np.clip(background + streaks, 0.0, 1.0)
        levels: Image = np.rint(rainy * np.float32(255.0)).astype(np.uint8)
        return levels

    def layer(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Return only the streaks that an image would get from the same generator state.

        Args:
            shape: Height and width.
            rng: Source of all randomness.

        Returns:
            The rain layer R, (height, width), 0 to 1, before blending and without the veil.
        """
        spec = self._choose_spec(rng)
        depth = distance_map(shape, rng) if spec.uses_depth else None
        return _draw_layers(spec, shape, rng, depth)

    def _choose_spec(self, rng: np.random.Generator) -> RainSpec:
        if isinstance(self.rain, RainSpec):
            return self.rain
        return self.rain.specs[int(rng.choice(len(self.rain.specs), p=self.rain.probabilities))]


def _preset(name: str) -> RainSpec | RainMixture:
    if name not in RAIN_PRESETS:
        raise UnknownNameError(
            f"{name!r} is not a rain preset.{did_you_mean(name, RAIN_PRESETS)} "
            f"The presets are {', '.join(sorted(RAIN_PRESETS))}; for your own rain, pass a "
            "RainSpec."
        )
    return RAIN_PRESETS[name]


def distance_map(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return a smooth random map of distances, 0 (nearest) to 1, of the given height and width.

    It grows upwards, more or less, as in a photograph of a street or a field.
    """
    slope = rng.uniform(0, 0.5)
    coarse = rng.uniform(0, 1, (4, 4)) + np.linspace(slope, -slope, 4)[:, None]
    smooth = cv2.resize(coarse.astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    distances: Array = np.clip(smooth, 0, 1)
    return distances


def _by_distance(strength: np.float32, share: float, depth: Array | None) -> Any:
    """Return a strength of which a share depends on the distance, (H, W, 1) or a number."""
    if share == 0 or depth is None:
        return strength
    return np.minimum(strength * (1 - share + 2 * share * depth), 1)[..., None]


def _draw_layers(
    spec: RainSpec, shape: tuple[int, int], rng: np.random.Generator, depth: Array | None
) -> Array:
    """Return the sum of a description's layers, at most 1."""
    total = np.zeros(shape, np.float32)
    for layer in spec.layers:
        if layer.probability < 1 and rng.random() >= layer.probability:
            continue
        brightness = np.float32(sample(layer.brightness, rng))
        drawn = brightness * draw_streaks(shape, _scatter(layer, shape, rng))
        if layer.depth > 0 and depth is not None:
            drawn *= 1 - layer.depth * (1 - depth)
        total += drawn
    np.minimum(total, 1, out=total)
    return total


def _scatter(layer: StreakLayer, shape: tuple[int, int], rng: np.random.Generator) -> Streaks:
    """Draw a layer's quantities for one image, and those of each of its streaks."""
    height, width = shape
    density = sample(layer.density, rng)
    direction = sample(layer.direction, rng)
    length = sample(layer.length, rng)
    thickness = sample(layer.width, rng)
    # Streaks centred outside the image reach into it; the longest are about 3 sigma.
    margin = length * np.exp(3 * layer.length_spread) * (1 + layer.motion_blur) / 2 + 1
    area = (height + 2 * margin) * (width + 2 * margin)
    count = int(rng.poisson(density * area / 1e6))

    def spread(middle: float, sigma: float) -> Array:
        if sigma == 0:
            return np.full(count, middle, np.float32)
        factors: Array = np.exp(rng.normal(0.0, sigma, count)).astype(np.float32)
        values: Array = np.float32(middle) * factors
        return values

    angles = rng.normal(direction, layer.direction_spread, count)
    return Streaks(
        x=rng.uniform(-0.5 - margin, width - 0.5 + margin, count).astype(np.float32),
        y=rng.uniform(-0.5 - margin, height - 0.5 + margin, count).astype(np.float32),
        # A line looks the same when reversed: fold into [-90, 90).
        direction=(angles.astype(np.float32) + 90) % 180 - 90,
        length=spread(length, layer.length_spread),
        width=spread(thickness, layer.width_spread),
        opacity=sample_many(layer.opacity, rng, count).astype(np.float32),
        motion_blur=layer.motion_blur,
        softness=layer.softness,
    )
