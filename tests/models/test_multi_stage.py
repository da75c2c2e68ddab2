"""Training every stage's output."""

import pytest
import torch
from torch import nn

from restorekit.errors import ConfigError
from restorekit.losses.pyramid import gaussian_pyramid
from restorekit.models import MultiStageRestorer, Restorer
from restorekit.registry import MODELS


@MODELS.register_module(force=True)
class ThreeStages(nn.Module):
    """Three outputs: a third, two thirds and all of the weighed input; even sides only."""

    size_multiple = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, lq):
        assert lq.shape[-1] % 2 == lq.shape[-2] % 2 == 0
        return tuple(lq * self.weight * share / 3 for share in (1, 2, 3))


@MODELS.register_module(force=True)
class TwoSizes(nn.Module):
    """The weighed input, and half of it at half the size; even sides only."""

    size_multiple = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, lq):
        return lq * self.weight

    def forward_train(self, lq):
        return {"pred": self(lq), "half": self(lq)[..., ::2, ::2] / 2}


SUM = {"type": "SumLoss", "losses": {"l1": {"type": "L1Loss"}, "mse": {"type": "MSELoss"}}}


def images():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 2, 3, 5, 7, generator=generator)


@pytest.mark.parametrize("loss", [None, {"type": "L1Loss", "loss_weight": 0.1}, SUM])
def test_the_loss_of_every_stage_is_summed_and_those_of_the_final_one_added(loss):
    lq, gt = images()
    restorer = MultiStageRestorer({"type": "ThreeStages"}, {"type": "MSELoss"}, loss)
    outputs = [lq * 0.5 * share / 3 for share in (1, 2, 3)]
    expected = {f"loss_stage{i + 1}": ((o - gt) ** 2).mean() for i, o in enumerate(outputs)}
    l1 = (outputs[-1] - gt).abs().mean()
    if loss is SUM:
        expected |= {"loss_l1": l1, "loss_mse": expected["loss_stage3"]}
    elif loss:
        expected["loss_final"] = 0.1 * l1
    losses = restorer(lq, gt, mode="loss")
    torch.testing.assert_close(losses, expected)
    # What mmengine trains on and logs as "loss".
    total, logged = restorer.parse_losses(losses)
    torch.testing.assert_close(total, sum(expected.values()))
    assert logged["loss"] == total


def test_several_losses_of_each_stage_keep_their_names():
    lq, gt = images()
    restorer = MultiStageRestorer({"type": "ThreeStages"}, SUM)
    names = {f"loss_{name}_stage{stage}" for name in ("l1", "mse") for stage in (1, 2, 3)}
    assert set(restorer(lq, gt, mode="loss")) == names


def test_it_predicts_the_final_output_as_any_restorer():
    lq, gt = images()
    multi = MultiStageRestorer({"type": "ThreeStages"}, {"type": "MSELoss"})
    single = Restorer({"type": "ThreeStages"}, {"type": "MSELoss"})
    found, expected = (r.test_step({"lq": lq, "gt": gt})[1]["pred"] for r in (multi, single))
    assert torch.equal(found, expected)
    torch.testing.assert_close(expected, lq[1] * 0.5)


def test_a_network_of_one_output_is_told_apart():
    lq, gt = images()
    restorer = MultiStageRestorer({"type": "DCSFN", "channels": 2, "num_units": 1}, SUM)
    with pytest.raises(ConfigError, match=r"DCSFN has a single output.*type='Restorer'"):
        restorer(lq, gt, mode="loss")
    with pytest.raises(ValueError, match="gt"):
        MultiStageRestorer({"type": "ThreeStages"}, SUM)(lq, mode="loss")


def test_outputs_for_training_alone_are_compared_at_their_own_size():
    generator = torch.Generator().manual_seed(0)
    lq, gt = torch.rand(2, 2, 3, 6, 8, generator=generator)
    restorer = MultiStageRestorer(
        {"type": "TwoSizes"},
        {"type": "MSELoss"},
        {"type": "L1Loss"},
        stage_weights={"half": 0.1},
    )
    # Halving bilinearly averages each 2x2 pixels.
    small = gt.unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(4, 5))
    expected = {
        "loss_pred": (lq / 2 - gt).square().mean(),
        "loss_half": 0.1 * (lq[..., ::2, ::2] / 4 - small).square().mean(),
        "loss_final": (lq / 2 - gt).abs().mean(),
    }
    torch.testing.assert_close(restorer(lq, gt, mode="loss"), expected)
    torch.testing.assert_close(restorer.test_step({"lq": lq})[0]["pred"], lq[0] / 2)


def test_stages_have_losses_of_their_own():
    generator = torch.Generator().manual_seed(0)
    lq, gt = torch.rand(2, 2, 3, 6, 8, generator=generator)
    config = {"type": "TwoSizes"}
    losses = {"half": {"type": "L1Loss", "loss_weight": 0.1}}
    restorer = MultiStageRestorer(config, {"type": "MSELoss"}, stage_losses=losses)
    small = gt.unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(4, 5))
    expected = {
        "loss_pred": (lq / 2 - gt).square().mean(),
        "loss_half": 0.1 * (lq[..., ::2, ::2] / 4 - small).abs().mean(),
    }
    torch.testing.assert_close(restorer(lq, gt, mode="loss"), expected)
    only = MultiStageRestorer(config, {"type": "MSELoss"}, stage_losses={"half": None})
    assert set(only(lq, gt, mode="loss")) == {"loss_pred"}


def test_targets_of_a_gaussian_pyramid_are_smoothed_first():
    generator = torch.Generator().manual_seed(0)
    lq, gt = torch.rand(2, 2, 3, 6, 8, generator=generator)
    restorer = MultiStageRestorer(
        {"type": "TwoSizes"}, {"type": "MSELoss"}, targets="gaussian_pyramid"
    )
    small = gaussian_pyramid(gt, (3, 4))
    expected = (lq[..., ::2, ::2] / 4 - small).square().mean()
    torch.testing.assert_close(restorer(lq, gt, mode="loss")["loss_half"], expected)
    with pytest.raises(ConfigError, match="'gaussian_pyramid'"):
        MultiStageRestorer({"type": "TwoSizes"}, {"type": "MSELoss"}, targets="gausian_pyramid")


def test_patches_and_stages_that_do_not_exist_are_refused():
    lq, gt = images()
    restorer = MultiStageRestorer({"type": "TwoSizes"}, {"type": "MSELoss"})
    with pytest.raises(ConfigError, match=r"TwoSizes .*5x7 .*6x8.*patch_size"):
        restorer(lq, gt, mode="loss")
    for named in ({"stage_weights": {"hafl": 1.0}}, {"stage_losses": {"hafl": None}}):
        restorer = MultiStageRestorer({"type": "TwoSizes"}, {"type": "MSELoss"}, **named)
        with pytest.raises(ConfigError, match=rf"{next(iter(named))}.*'hafl'.*'half'"):
            restorer(lq[..., :4, :6], gt[..., :4, :6], mode="loss")
