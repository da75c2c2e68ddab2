"""Measures that other libraries compute, ready to use.

MS-SSIM comes from pytorch-msssim, VIF, LPIPS and DISTS from torchmetrics, BRISQUE from the
package ``brisque``. ``pip install restorekit[measures]`` installs the first two, and
``restorekit[brisque]`` the last, which needs a C++ compiler. LPIPS and DISTS also need the release
of torchvision that belongs to the installed PyTorch, and the weights of a backbone, which
restorekit does not download.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from restorekit.errors import DataError, MissingDependencyError
from restorekit.io.extras import optional_package
from restorekit.registry import MEASURES

from .measures import Image, Measure

if TYPE_CHECKING:
    from torch import Tensor


@MEASURES.register_module()
class MSSSIM(Measure):
    """Multi-scale SSIM on five scales, the mean of the channels (pytorch-msssim)."""

    name = "ms_ssim"
    label = "MS-SSIM"

    def __init__(self, variant: str | None = None) -> None:
        super().__init__(variant)
        optional_package("pytorch_msssim", "measures", self.label)

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one image of more than 160 pixels at each side."""
        _require_size(self.label, pred, 161)
        ms_ssim = optional_package("pytorch_msssim", "measures", self.label).ms_ssim
        return float(ms_ssim(_tensor(pred), _tensor(gt), data_range=255))


@MEASURES.register_module()
class VIF(Measure):
    """Visual information fidelity in the pixel domain, the mean of the channels (torchmetrics)."""

    name = "vif"
    label = "VIF"

    def __init__(self, variant: str | None = None) -> None:
        super().__init__(variant)
        optional_package("torchmetrics", "measures", self.label)

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one image of 41 pixels or more at each side."""
        _require_size(self.label, pred, 41)
        functional = optional_package("torchmetrics.functional.image", "measures", self.label)
        # In float32, which differs from float64 by about 3e-6 and is thirty times as fast.
        pair = (_tensor(image).float() for image in (pred, gt))
        return float(functional.visual_information_fidelity(*pair))


@MEASURES.register_module()
class BRISQUE(Measure):
    """Naturalness of an image, from 0 (good) to about 100 (package ``brisque``, LIVE's model)."""

    name = "brisque"
    label = "BRISQUE"
    digits = 2
    higher_is_better = False
    needs_gt = False

    def __init__(self, variant: str | None = None) -> None:
        super().__init__(variant)
        optional_package("brisque", "brisque", self.label)

    @functools.cached_property
    def _scorer(self) -> Any:
        class Scorer(optional_package("brisque", "brisque", self.label).BRISQUE):  # type: ignore[misc]
            # brisque 0.2 passes on arrays of one element, which NumPy 2.4 refuses as numbers.
            def scale_features(self, features: Any) -> Any:
                return super().scale_features([np.asarray(one).item() for one in features])

        return Scorer(url=False)

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one image."""
        _require_size(self.label, pred, 16)
        with warnings.catch_warnings():
            # A flat image divides by zero; its score is not a number, and it is left out.
            warnings.simplefilter("ignore", RuntimeWarning)
            return float(self._scorer.score(pred if pred.ndim == 3 else np.dstack([pred] * 3)))


class _Perceptual(Measure):
    """A distance of features of a network that torchmetrics builds and torchvision holds."""

    digits = 4
    higher_is_better = False
    #: Variant to the attribute of ``torchvision.models`` that knows the backbone's weights.
    _backbones: ClassVar[Mapping[str | None, str]]

    def __init__(self, variant: str | None = None) -> None:
        super().__init__(variant)
        optional_package("torchmetrics", "measures", self.label)
        weights = getattr(_torchvision_models(self.label), self._backbones[self.variant])
        _require_weights(self.label, weights.DEFAULT.url)

    def _build(self) -> Any:
        raise NotImplementedError

    @functools.cached_property
    def _network(self) -> Any:
        return self._build().eval()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network to each process, which builds its own."""
        return {key: value for key, value in self.__dict__.items() if key != "_network"}

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one RGB image of 64 pixels or more at each side."""
        import torch

        _require_size(self.label, pred, 64)
        if pred.ndim != 3:
            raise DataError(f"{self.label} is defined on RGB images, not on luma.")
        pair = [(_tensor(image) / 255).float() for image in (pred, gt)]
        with torch.no_grad():
            value = float(self._network(*pair))
        self._network.reset()
        return value


@MEASURES.register_module()
class LPIPS(_Perceptual):
    """Learned perceptual image patch similarity, version 0.1 (torchmetrics)."""

    name = "lpips"
    label = "LPIPS"
    variants: ClassVar[Mapping[str, str]] = {
        "alex": "features of AlexNet",
        "vgg": "features of VGG16",
    }
    _backbones: ClassVar[Mapping[str | None, str]] = {
        "alex": "AlexNet_Weights",
        "vgg": "VGG16_Weights",
    }

    def _build(self) -> Any:
        lpip = optional_package("torchmetrics.image.lpip", "measures", self.label)
        return lpip.LearnedPerceptualImagePatchSimilarity(self.variant, normalize=True)


@MEASURES.register_module()
class DISTS(_Perceptual):
    """Deep image structure and texture similarity (torchmetrics)."""

    name = "dists"
    label = "DISTS"
    _backbones: ClassVar[Mapping[str | None, str]] = {None: "VGG16_Weights"}

    def _build(self) -> Any:
        dists = optional_package("torchmetrics.image.dists", "measures", self.label)
        return dists.DeepImageStructureAndTextureSimilarity()


def _torchvision_models(label: str) -> Any:
    try:
        return import_module("torchvision.models")
    except (ImportError, RuntimeError) as error:
        # torchvision of another build of PyTorch fails with a RuntimeError.
        raise MissingDependencyError(
            f"{label} needs the package torchvision, which cannot be imported ({error}): install "
            "the release of it that belongs to your PyTorch."
        ) from error


def _require_weights(label: str, url: str) -> None:
    """Require the backbone's weights, which torchmetrics would download otherwise."""
    import torch

    file = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not file.is_file():
        raise MissingDependencyError(
            f"{label} needs the weights {file.name} of its backbone and looks for them at {file}; "
            f"restorekit does not download them: put the file there (torchvision has it at {url})."
        )


def _require_size(label: str, image: Image, least: int) -> None:
    height, width = image.shape[:2]
    if min(height, width) < least:
        raise DataError(
            f"{label} needs {least} pixels or more at each side, and the image has "
            f"{height}×{width}."
        )


def _tensor(image: Image | None) -> Tensor:
    """Return an image as (1, C, H, W), float64, on the scale 0 to 255."""
    import torch

    array = np.atleast_3d(np.asarray(image, dtype=np.float64))
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]
