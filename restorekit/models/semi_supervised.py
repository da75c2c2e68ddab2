"""The restorer that also learns from rainy photographs without clean versions."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from restorekit.archs.sizing import forward_padded, with_padding
from restorekit.losses import compute_losses
from restorekit.registry import MODELS

from .restorer import Restorer, final_output


@MODELS.register_module()
class SemiSupervisedRestorer(Restorer):
    """Trains on labelled and unlabelled images in each step; tests as any restorer does.

    SSIR (CVPR 2019). The labelled images go through the network and ``loss``, as in
    :class:`Restorer`. The unlabelled ones share the network's convolution kernels but have
    *vectors of their own*: a second set of all biases and of the normalisations' scales and
    shifts. Testing uses the labelled images' vectors.

    The released code has the second set because its second branch creates these variables
    again (both released checkpoints hold 57,369 + 1,209 numbers), and it matters. A mixture
    fitted to the residual rewards any smaller residual, and in both checkpoints the second
    branch has learnt to return its input. Shared vectors would pull the network itself there.

    Args:
        network: Config of the network.
        loss: Config of the loss between the final output and ``gt`` of labelled images.
        unlabelled_loss: Config of the loss of unlabelled images, called as
            ``unlabelled_loss(pred, unlabelled, lq, gt)``; see
            :class:`~restorekit.losses.rain_mixture.RainMixtureLoss`. Not needed to test.
        data_preprocessor: Config of the module that turns batches into network input.
        compile: As for :class:`Restorer`; the pass of the unlabelled images is not compiled.
        accelerate: As for :class:`Restorer`.
    """

    def __init__(
        self,
        network: dict[str, Any],
        loss: dict[str, Any] | None = None,
        unlabelled_loss: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        compile: bool | dict[str, Any] = False,  # noqa: A002
        accelerate: bool = True,
    ) -> None:
        super().__init__(network, loss, data_preprocessor, compile, accelerate)
        self.unlabelled_loss = MODELS.build(unlabelled_loss) if unlabelled_loss else None
        # The name of a parameter may contain a slash, but no dot.
        self.unlabelled_vectors = nn.ParameterDict(
            {
                name.replace(".", "/"): nn.Parameter(parameter.detach().clone())
                for name, parameter in self.network.named_parameters()
                if parameter.ndim == 1
            }
        )

    def forward(
        self,
        lq: torch.Tensor,
        gt: torch.Tensor | None = None,
        *,
        unlabelled: torch.Tensor | None = None,
        name: list[str] | None = None,
        index: torch.Tensor | None = None,
        mode: str = "tensor",
    ) -> Any:
        """Run the network as :meth:`Restorer.forward` does.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].
            gt: Clean images of the same shape.
            unlabelled: Rainy photographs, float RGB (M, 3, h, w) in [0, 1]; for training.
            name: Name of each image, unique in its dataset.
            index: Index of each image in its dataset.
            mode: ``tensor``, ``loss`` or ``predict``.
        """
        if mode != "loss":
            return super().forward(lq, gt, name=name, index=index, mode=mode)
        if self.loss is None or self.unlabelled_loss is None or gt is None or unlabelled is None:
            raise ValueError(
                "training needs model.loss and model.unlabelled_loss in the config, and images "
                "with gt and unlabelled (SemiSupervisedDataset)"
            )
        derained = final_output(forward_padded(self._train_network, lq))
        labelled = compute_losses(self.loss, derained, gt, lq)
        if "loss" in labelled:
            # mmengine reserves the name "loss" for the sum.
            labelled["loss_labelled"] = labelled.pop("loss")
        pred = self.restore_unlabelled(unlabelled)
        return {**labelled, **self.unlabelled_loss(pred, unlabelled, lq, gt)}

    def restore_unlabelled(self, unlabelled: torch.Tensor) -> torch.Tensor:
        """Return the network's final output for photographs, with the vectors for them.

        Running averages of normalisations, where there are any, stay as they are.
        """
        state = {name: buffer.clone() for name, buffer in self.network.named_buffers()}
        for name, vector in self.unlabelled_vectors.items():
            state[name.replace("/", ".")] = vector
        return final_output(functional_call(with_padding(self.network), state, (unlabelled,)))
