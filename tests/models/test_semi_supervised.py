from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.models import SemiSupervisedRestorer
from restorekit.registry import MODELS

OWN_MOMENTS = {"type": "BatchNorm", "image_moments": True}
SMALL = {"type": "DDN", "channels": 4, "num_blocks": 1, "norm": OWN_MOMENTS}


def build(network=None, **changes) -> SemiSupervisedRestorer:
    torch.manual_seed(0)
    return MODELS.build(
        {
            "type": "SemiSupervisedRestorer",
            "network": network or SMALL,
            "loss": {"type": "MSELoss"},
            "unlabelled_loss": {"type": "RainMixtureLoss"},
            **changes,
        }
    )


def batch(seed=0, side=16):
    generator = torch.Generator().manual_seed(seed)
    lq, gt, unlabelled = torch.rand(3, 2, 3, side, side, generator=generator)
    return {"lq": lq, "gt": gt, "unlabelled": unlabelled}


def total(restorer, data):
    return restorer.parse_losses(restorer(**data, mode="loss"))[0]


def test_all_terms_are_losses_and_have_names():
    restorer = build()
    losses = restorer(**batch(), mode="loss")
    assert list(losses) == ["loss_labelled", "loss_mixture", "loss_tv", "loss_kl"]
    value, log = restorer.parse_losses(losses)
    torch.testing.assert_close(value, sum(losses.values()))
    assert log["loss"] == value
    several = build(loss={"type": "SumLoss", "losses": {"l1": {"type": "L1Loss"}}})
    assert "loss_l1" in several(**batch(), mode="loss")


def test_every_parameter_has_a_gradient():
    restorer = build().train()
    total(restorer, batch()).backward()
    assert all(parameter.grad is not None for parameter in restorer.parameters())


def test_the_released_checkpoints_hold_as_many_numbers():
    restorer = build({"type": "DDN", "norm": OWN_MOMENTS})
    assert sum(p.numel() for p in restorer.parameters()) == 57_369 + 1_209


def test_kernels_are_shared_and_vectors_are_not():
    restorer = build().train()
    data = batch()
    photographs = data["unlabelled"]
    before = restorer.restore_unlabelled(photographs)
    # They start alike.
    torch.testing.assert_close(before, restorer.network(photographs))
    with torch.no_grad():
        restorer.network.tail[1].weight.mul_(2)
    assert torch.equal(restorer.restore_unlabelled(photographs), before)
    with torch.no_grad():
        restorer.network.tail[0].weight[:, 0].mul_(2)
    assert not torch.equal(restorer.restore_unlabelled(photographs), before)
    with torch.no_grad():
        restorer.unlabelled_vectors["tail/1/weight"].zero_()
        restorer.unlabelled_vectors["tail/1/bias"].fill_(0.25)
    after = restorer.restore_unlabelled(photographs)
    torch.testing.assert_close(after, photographs + 0.25)


def test_labelled_images_do_not_move_the_other_vectors_nor_the_other_way_round():
    restorer = build().train()
    losses = restorer(**batch(), mode="loss")
    own, other = restorer.network.tail[1].weight, restorer.unlabelled_vectors["tail/1/weight"]
    kernel = restorer.network.tail[0].weight
    for name, vector, untouched in (("labelled", own, other), ("mixture", other, own)):
        gradients = torch.autograd.grad(
            losses[f"loss_{name}"],
            [vector, untouched, kernel],
            retain_graph=True,
            allow_unused=True,
        )
        assert gradients[0].any()
        assert gradients[1] is None
        assert gradients[2].any()


def test_running_averages_are_of_labelled_images_alone():
    running = {**SMALL, "norm": "BatchNorm"}
    restorer, alone = build(running).train(), build(running).train()
    data = batch()
    restorer(**data, mode="loss")
    alone.network(data["lq"])
    for (name, one), other in zip(
        restorer.network.named_buffers(), alone.network.buffers(), strict=True
    ):
        assert torch.equal(one, other), name


def test_testing_is_that_of_any_restorer():
    restorer = build(loss=None, unlabelled_loss=None).eval()
    lq = torch.rand(2, 3, 9, 11)
    with torch.no_grad():
        expected = restorer.network(lq)
        (first, second) = restorer(
            lq, lq, name=["a", "b"], index=torch.tensor([3, 4]), mode="predict"
        )
        assert torch.equal(restorer(lq), expected)
    assert (first["name"], second["index"]) == ("a", 4)
    assert torch.equal(second["pred"], expected[1])
    assert restorer(torch.rand(1, 3, 1, 1)).shape == (1, 3, 1, 1)


@pytest.mark.parametrize("missing", ["gt", "unlabelled"])
def test_what_training_lacks_is_named(missing):
    data = {key: value for key, value in batch().items() if key != missing}
    with pytest.raises(ValueError, match="SemiSupervisedDataset"):
        build()(**data, mode="loss")


def test_bytes_become_numbers_of_the_network():
    restorer = build()
    data = {key: (255 * value).to(torch.uint8) for key, value in batch().items()}
    prepared = restorer.data_preprocessor(data)
    for key, value in data.items():
        torch.testing.assert_close(prepared[key], value / 255)


def test_training_lowers_the_labelled_loss():
    restorer = build().train()
    optimizer = torch.optim.Adam(restorer.parameters(), lr=0.02)
    data = batch()
    data["gt"] = nn.functional.avg_pool2d(data["lq"], 5, 1, 2, count_include_pad=False)
    losses = []
    for _ in range(40):
        parts = restorer(**data, mode="loss")
        optimizer.zero_grad()
        restorer.parse_losses(parts)[0].backward()
        optimizer.step()
        losses.append(parts["loss_labelled"].item())
    assert losses[-1] < 0.3 * losses[0]
    assert restorer.unlabelled_loss.iteration == 40
