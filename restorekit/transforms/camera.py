"""What scenes and cameras do to photographs: exposure, noise, sharpening, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from restorekit.registry import TRANSFORMS

from .paired import Image, PairedTransform


@TRANSFORMS.register_module()
class PairedExposure(PairedTransform):
    """Make a scene darker or brighter: a gamma curve, then a factor, then clipping.

    Belongs before the rain (``before_rain``), which is as bright over a dark scene.

    Args:
        gain: Range of the factor.
        gamma: Range of the exponent of values in [0, 1]; above 1 darkens middle tones.
        probability: Share of the images that are changed.
    """

    keeps_size = True

    def __init__(
        self,
        gain: tuple[float, float] = (0.5, 1.1),
        gamma: tuple[float, float] = (0.7, 1.5),
        probability: float = 0.5,
    ) -> None:
        self.gain = gain
        self.gamma = gamma
        self.probability = probability

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Image | None:
        """Return the new value of each value, or None to leave images as they are."""
        changed = rng.random() < self.probability
        gain, gamma = rng.uniform(*self.gain), rng.uniform(*self.gamma)
        if not changed:
            return None
        curve = np.clip(gain * (np.arange(256) / 255.0) ** gamma, 0, 1)
        values: Image = np.rint(curve * 255).astype(np.uint8)
        return values

    def apply(self, image: Image, drawn: Image | None) -> Image:
        return image if drawn is None else drawn[image]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(gain={self.gain}, gamma={self.gamma}, "
            f"probability={self.probability})"
        )


@TRANSFORMS.register_module()
class PairedCamera(PairedTransform):
    """Add noise, sharpen and compress the rainy and the clean image in the same way.

    The clean image becomes what the same camera would have recorded without the rain, down to
    the noise of each pixel. A network that learns this pair removes rain and nothing else: where
    no rain falls, input and output are equal, so noise and texture of a clean photograph stay.
    With a target free of noise and JPEG's traces it would learn to smooth as well.

    Args:
        noise: Range of the noise's standard deviation in grey levels.
        sharpening: Range of the amount of an unsharp mask of radius 1.
        quality: Range of JPEG's quality, 1 to 100, with half the resolution for colours.
        probability: Share of the images that each of the three changes.
    """

    keeps_size = True

    def __init__(
        self,
        noise: tuple[float, float] = (0.0, 6.0),
        sharpening: tuple[float, float] = (0.0, 1.0),
        quality: tuple[int, int] = (70, 100),
        probability: float = 0.5,
    ) -> None:
        self.noise = noise
        self.sharpening = sharpening
        self.quality = quality
        self.probability = probability

    def draw(self, rng: np.random.Generator, height: int, width: int) -> dict[str, Any]:
        """Return the noise of each pixel, the amount of sharpening and the quality, or None."""
        noisy, sharpened, compressed = rng.random(3) < self.probability
        shape = (height, width, 3)
        return {
            "noise": rng.standard_normal(shape, np.float32) * np.float32(rng.uniform(*self.noise))
            if noisy
            else None,
            "sharpening": rng.uniform(*self.sharpening) if sharpened else None,
            "quality": int(rng.integers(*self.quality, endpoint=True)) if compressed else None,
        }

    def apply(self, image: Image, drawn: dict[str, Any]) -> Image:
        if drawn["noise"] is not None or drawn["sharpening"] is not None:
            pixels = image.astype(np.float32)
            if drawn["noise"] is not None:
                pixels += drawn["noise"]
            if drawn["sharpening"] is not None:
                blurred = cv2.GaussianBlur(pixels, (0, 0), 1.0)
                pixels += np.float32(drawn["sharpening"]) * (pixels - blurred)
            image = np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)
        if drawn["quality"] is not None:
            # OpenCV takes BGR, and colours matter for JPEG.
            _, file = cv2.imencode(
                ".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, drawn["quality"]]
            )
            decoded: Image = cv2.imdecode(file, cv2.IMREAD_COLOR)  # type: ignore[assignment]
            image = decoded[..., ::-1]
        return image

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(noise={self.noise}, sharpening={self.sharpening}, "
            f"quality={self.quality}, probability={self.probability})"
        )
