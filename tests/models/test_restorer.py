"""The restorer: what it trains on, what it predicts, and what batches become on the way."""

import pytest
import torch
from torch import nn

from restorekit.errors import CheckpointError
from restorekit.models import ImageDataPreprocessor, Restorer
from restorekit.registry import MODELS


@MODELS.register_module(force=True)
class TwoStages(nn.Module):
    """Two outputs, the final one the input times a weight; takes even sides only."""

    size_multiple = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, lq):
        assert lq.shape[-1] % 2 == lq.shape[-2] % 2 == 0
        return torch.zeros_like(lq) * self.weight, lq * self.weight


def make(**options):
    return Restorer({"type": "TwoStages"}, {"type": "MSELoss"}, **options)


def test_pixels_are_scaled_once_and_the_rest_passes():
    preprocessor = ImageDataPreprocessor()
    lq = torch.randint(0, 256, (2, 3, 4, 6), dtype=torch.uint8)
    batch = preprocessor({"lq": lq, "gt": lq.clone(), "name": ["a", "b"], "index": torch.arange(2)})
    assert batch["lq"].dtype == torch.float32
    assert torch.equal(batch["lq"], lq.float() / 255)
    assert batch["name"] == ["a", "b"]
    # Every 8-bit value survives the way there and back.
    every = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal((preprocessor({"lq": every})["lq"] * 255).round().byte(), every)


def test_loss_is_of_the_final_output_and_cropped_back():
    restorer = make()
    lq, gt = torch.rand(2, 3, 5, 7), torch.rand(2, 3, 5, 7)
    losses = restorer(lq, gt, mode="loss")
    torch.testing.assert_close(losses, {"loss": ((lq * 0.5 - gt) ** 2).mean()})


def test_prediction_has_everything_that_metrics_and_hooks_need():
    lq, gt = torch.rand(2, 3, 5, 7), torch.rand(2, 3, 5, 7)
    batch = {"lq": lq, "gt": gt, "name": ["x", "y"], "index": torch.tensor([4, 9])}
    samples = make().test_step(batch)
    assert [(s["name"], s["index"]) for s in samples] == [("x", 4), ("y", 9)]
    torch.testing.assert_close(samples[1]["pred"], lq[1] * 0.5)
    assert torch.equal(samples[1]["gt"], gt[1])
    assert samples[0]["seconds"] > 0
    assert "gt" not in make().test_step({"lq": lq})[0]


def test_training_without_a_loss_says_what_is_missing():
    with pytest.raises(ValueError, match=r"model\.loss"):
        Restorer({"type": "TwoStages"})(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4), mode="loss")


def test_compiled_training_computes_the_same():
    torch.manual_seed(0)
    network = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}
    plain = Restorer(network, {"type": "L1Loss"})
    compiled = Restorer(network, {"type": "L1Loss"}, compile={"backend": "aot_eager"})
    compiled.load_state_dict(plain.state_dict())
    lq, gt = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    for restorer in (plain, compiled):
        restorer(lq, gt, mode="loss")["loss"].backward()
    for one, other in zip(plain.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-6)


def test_predictions_that_are_not_finite_are_refused():
    """Else a metric or a picture would show black images."""
    lq = torch.rand(2, 3, 5, 7)
    lq[1, 0, 2, 3] = float("nan")
    batch = {"lq": lq, "name": ["x", "y"], "index": torch.tensor([4, 9])}
    with pytest.raises(CheckpointError, match="output for y is not finite"):
        make().test_step(batch)
