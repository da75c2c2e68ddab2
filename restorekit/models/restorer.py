"""The restorer: a network, its loss, and how both are used in training and testing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import nn

from restorekit import fast
from restorekit.archs.sizing import forward_padded
from restorekit.io.tensors import require_finite
from restorekit.losses import compute_losses
from restorekit.registry import MODELS


@MODELS.register_module()
class Restorer(BaseModel):
    """Trains a network that maps a rainy image to a clean one, and runs it.

    Args:
        network: Config of the network (``dict(type='DCSFN', ...)``), which takes float RGB
            (N, 3, H, W) in [0, 1] and returns the same, or a tuple of stages, the last final.
        loss: Config of the loss between the final output and ``gt``; not needed to test.
        data_preprocessor: Config of the module that turns batches into network input.
        compile: Train through ``torch.compile``; a dict holds its arguments (``mode``,
            ``backend``). The plain network of ``archs`` is compiled, not the accelerated one.
            Testing never compiles, since every new image size would need a compilation.
        accelerate: Replace blocks of network and loss by faster ones that compute the same;
            see :func:`restorekit.fast.accelerate`.

    Every image size works: an image of a size that the network cannot take is padded, and
    the output cropped.
    """

    def __init__(
        self,
        network: dict[str, Any],
        loss: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        compile: bool | dict[str, Any] = False,  # noqa: A002
        accelerate: bool = True,
    ) -> None:
        # Built here: mmengine would look for it in the default scope, which only a Runner sets.
        super().__init__(MODELS.build(data_preprocessor or {"type": "ImageDataPreprocessor"}))
        self.accelerate = accelerate
        self.network = MODELS.build(network)
        if accelerate:
            # With ``training=False``, calls that need gradients run the plain network.
            self.network = fast.accelerate(self.network, training=not compile)
        self.loss = self.build_loss(loss) if loss is not None else None
        # Not a submodule: it shares the network's parameters, which must appear once.
        train_network: Any = self.network
        if compile:
            options = compile if isinstance(compile, dict) else {}
            train_network = torch.compile(self.network, **options)
        self.__dict__["_train_network"] = train_network
        #: Function that predicts in place of the network; see :meth:`restoring_with`.
        self.inference: Callable[[torch.Tensor], torch.Tensor] | None = None

    def build_loss(self, config: dict[str, Any]) -> nn.Module:
        """Build a loss, accelerated unless ``accelerate=False``."""
        loss: nn.Module = MODELS.build(config)
        return fast.accelerate(loss, training=True) if self.accelerate else loss

    def forward(
        self,
        lq: torch.Tensor,
        gt: torch.Tensor | None = None,
        *,
        name: list[str] | None = None,
        index: torch.Tensor | None = None,
        mode: str = "tensor",
    ) -> Any:
        """Run the network in one of three modes.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].
            gt: Clean images of the same shape.
            name: Name of each image, unique in its dataset.
            index: Index of each image in its dataset.
            mode: ``tensor`` returns the final output; ``loss`` the named losses;
                ``predict`` one dict per image.
        """
        if mode == "loss":
            return self.compute_loss(lq, gt)
        if mode == "predict":
            return self.predict(lq, gt, name, index)
        return final_output(forward_padded(self.network, lq))

    def compute_loss(self, lq: torch.Tensor, gt: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Return the losses by name; mmengine sums those whose name contains ``loss``."""
        if self.loss is None or gt is None:
            raise ValueError("training needs model.loss in the config and images with gt")
        pred = final_output(forward_padded(self._train_network, lq))
        return compute_losses(self.loss, pred, gt, lq)

    @contextlib.contextmanager
    def restoring_with(self, inference: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
        """Predict with ``inference`` inside a ``with`` block: in tiles, or with an ensemble.

        Args:
            inference: Takes images (N, 3, H, W) as the network does, and returns the restored ones.
        """
        self.inference = inference
        try:
            yield
        finally:
            self.inference = None

    def predict(
        self,
        lq: torch.Tensor,
        gt: torch.Tensor | None,
        name: list[str] | None,
        index: torch.Tensor | None,
    ) -> list[dict[str, Any]]:
        """Restore images of any size.

        Returns:
            One dict per image: ``pred`` (float32 RGB (3, H, W), not clamped), ``lq``, ``gt``
            where there is one, ``name``, ``index`` and ``seconds``, the time that the network
            took.

        Raises:
            CheckpointError: If an output is not finite.
        """
        started = _now(lq.device)
        if self.inference is not None:
            pred = self.inference(lq)
        else:
            pred = final_output(forward_padded(self.network, lq)).float()
        seconds = (_now(lq.device) - started) / len(lq)
        samples = []
        for i in range(len(lq)):
            number = int(index[i]) if index is not None else i
            sample = {
                "name": name[i] if name is not None else str(number),
                "index": number,
                "pred": pred[i],
                "lq": lq[i],
                "seconds": seconds,
            }
            if gt is not None:
                sample["gt"] = gt[i]
            require_finite(pred[i], str(sample["name"]))
            samples.append(sample)
        return samples


def final_output(output: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Return the last of a network's outputs, or its only one."""
    return output if isinstance(output, torch.Tensor) else output[-1]


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
