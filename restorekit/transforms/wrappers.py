"""mmcv's random wrappers, drawing from the sample's own random numbers.

mmcv's other wrappers, such as ``KeyMapper`` and ``TransformBroadcaster``, draw nothing and work in
a pipeline as they are.
"""

from __future__ import annotations

from typing import Any

import mmcv.transforms

from restorekit.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomChoice(mmcv.transforms.RandomChoice):
    """Apply one of several pipelines, chosen at random.

    Args:
        transforms: The pipelines: lists of transforms, or of their configs.
        prob: Their probabilities, which sum to 1; by default all are equal.

    Example:
        >>> from restorekit.transforms import PairedFlip, PairedRandomCrop
        >>> either = RandomChoice([[PairedFlip()], [PairedRandomCrop(32)]], prob=[0.0, 1.0])
        >>> either(dict(lq=clean, gt=clean, rng=np.random.default_rng(0)))["lq"].shape
        (32, 32, 3)
    """

    def transform(self, results: dict[str, Any]) -> Any:
        """Choose with ``results['rng']`` and apply."""
        chosen = int(results["rng"].choice(len(self.transforms), p=self.prob))
        return self.transforms[chosen](results)


@TRANSFORMS.register_module()
class RandomApply(mmcv.transforms.RandomApply):
    """Apply a pipeline, or leave the sample as it is.

    Args:
        transforms: Transforms, or their configs.
        prob: Probability of applying them.

    Example:
        >>> from restorekit.transforms import PairedRandomCrop
        >>> never = RandomApply([PairedRandomCrop(32)], prob=0.0)
        >>> never(dict(lq=clean, gt=clean, rng=np.random.default_rng(0)))["lq"].shape
        (48, 64, 3)
    """

    def transform(self, results: dict[str, Any]) -> Any:
        """Decide with ``results['rng']`` and apply."""
        return self.transforms(results) if results["rng"].random() < self.prob else results
