from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn
from torch.export import Dim, export

from restorekit.archs import DCSFN, SizeRequirements, forward_padded
from restorekit.archs.blocks import ConvGRU
from restorekit.errors import ConfigError, UnknownNameError
from restorekit.registry import MODELS

SMALL = {"channels": 4, "num_units": 2, "num_convs": 1}
VARIANTS = [
    {},
    {"num_scales": 1},
    {"num_scales": 2},
    {"num_scales": 4},
    {"recurrent_unit": "ConvRNN"},
    {"recurrent_unit": "ConvLSTM"},
    {"recurrent_unit": "ConvLSTM", "chained_state_resize": True},
    {"recurrent_unit": {"type": "ConvGRU", "kernel_size": 5}},
    {"skip": "after"},
    {"skip": "none"},
    {"skip": "after", "dense_fusion": "before"},
    {"dense_connection": False},
    {"inner_connection": False},
    {"num_subnetworks": 1},
    {"num_subnetworks": 1, "num_scales": 1, "dense_connection": False, "skip": "none"},
    {"block": {"type": "InnerScaleBlock", "num_scales": 2, "num_convs": 3}},
]


def variant_id(variant: object) -> str:
    if not isinstance(variant, dict):
        return str(variant)
    return "-".join(f"{k}={v}" for k, v in variant.items()) or "default"


def build(**kwargs) -> DCSFN:
    torch.manual_seed(0)
    return DCSFN(**{**SMALL, **kwargs}).eval()


def num_parameters(**kwargs) -> int:
    return sum(p.numel() for p in DCSFN(**kwargs).parameters())


# The released module's counts (measured) less what never receives a gradient there.
@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, 12_630_519 - 78_144),
        ({"channels": 20, "num_scales": 4}, 6_453_147 - 30_600),
        # A fusion of l instead of l + 1 features, in six stacks of 16: 6·16·32² weights fewer.
        ({"skip": "after", "dense_fusion": "before"}, 12_630_519 - 78_144 - 6 * 16 * 32**2),
        ({"channels": 20, "num_scales": 4, "recurrent_unit": "ConvLSTM"}, 6_496_587 - 36_200),
        ({"channels": 20, "num_scales": 4, "recurrent_unit": "ConvRNN"}, 6_366_267 - 8_880),
        ({"channels": 20, "num_scales": 3}, 4_945_947 - 30_600),
        ({"channels": 20, "num_scales": 2}, 3_438_747 - 30_600),
        ({"channels": 20, "num_scales": 4, "num_subnetworks": 1}, 2_106_947),
    ],
    ids=variant_id,
)
def test_parameter_counts_are_the_released_ones(kwargs, expected):
    assert num_parameters(**kwargs) == expected


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
def test_every_parameter_has_a_gradient(variant):
    network = build(**variant)
    network(torch.rand(1, 3, 32, 36)).square().sum().backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
@pytest.mark.parametrize("size", [(1, 1), (3, 33), (31, 31), (33, 47)])
def test_any_size_goes_in_and_comes_out(variant, size):
    network = build(**variant)
    with torch.no_grad():
        output = forward_padded(network, torch.rand(2, 3, *size))
    assert output.shape == (2, 3, *size)
    assert output.isfinite().all()


@pytest.mark.parametrize(("num_scales", "num_subnetworks"), list(product((1, 2, 3, 4), (1, 3))))
def test_the_minimum_is_the_smallest_size_that_runs(num_scales, num_subnetworks):
    network = build(num_scales=num_scales, num_subnetworks=num_subnetworks)
    smallest = network.size_requirements.minimum
    assert smallest == (1 if num_subnetworks == 1 else 4) * 2 ** (num_scales - 1)
    network(torch.rand(1, 3, smallest, smallest))
    if smallest > 1:
        with pytest.raises(RuntimeError):
            network(torch.rand(1, 3, 64, smallest - 1))


def test_a_small_image_is_the_corner_of_its_reflection():
    network = build()
    x = torch.rand(1, 3, 20, 9)
    padded = nn.functional.pad(x, (0, 7, 0, 0), mode="reflect")
    assert network.size_requirements == SizeRequirements(minimum=16)
    torch.testing.assert_close(forward_padded(network, x), network(padded)[..., :9])


def test_the_rain_is_subtracted():
    network = build()
    nn.init.zeros_(network.tail[2].weight)
    network.tail[2].bias.data = torch.tensor([0.1, 0.2, -0.3])
    x = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(network(x), x - torch.tensor([0.1, 0.2, -0.3])[:, None, None])


def test_the_coarse_subnetworks_reach_the_output_only_through_fusion_and_merge():
    """Each sub-network is read by the merge: silencing its columns there hides its decoder."""
    network = build()
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        for index in range(3):
            columns = slice(4 * index, 4 * index + 4)
            before = network(x)
            network.decoders[index].fusions[-1][0].bias += 1
            assert not torch.allclose(network(x), before)
            network.tail[0].weight[:, columns] = 0
            silent = network(x)
            network.decoders[index].fusions[-1][0].bias += 1
            assert torch.equal(network(x), silent)


def test_information_crosses_scales_in_both_directions():
    network = build()
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        # The merge reads the finest sub-network alone; the coarsest encoder still matters.
        network.tail[0].weight[:, 4:] = 0
        before = network(x)
        network.encoders[2].fusions[-1][0].bias += 1
        assert not torch.allclose(network(x), before)
        # And the other way round.
        network = build()
        network.tail[0].weight[:, :8] = 0
        before = network(x)
        network.encoders[0].fusions[-1][0].bias += 1
        assert not torch.allclose(network(x), before)


def test_chained_state_resize_differs_where_a_side_leaves_2_or_3_over_4():
    direct, chained = (
        build(recurrent_unit="ConvLSTM", num_scales=1, chained_state_resize=chained)
        for chained in (False, True)
    )
    for size, equal in ((32, True), (33, True), (34, False), (35, False)):
        x = torch.rand(1, 3, 32, size)
        assert torch.equal(direct(x), chained(x)) is equal


@pytest.mark.parametrize("skip", ["before", "after", "none"])
def test_skips_carry_encoder_features_past_the_recurrent_units(skip):
    network = build(skip=skip)
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        # With their outputs constant, the recurrent units let nothing through.
        for parameter in network.fusion.parameters():
            parameter.zero_()
        before = network(x)
        network.encoders[0].units[0].scales[0][0][0].bias += 1
        assert torch.allclose(network(x), before) is (skip == "none")


class OwnBlock(nn.Module):
    size_requirements = SizeRequirements(minimum=3)

    def __init__(self, channels: int, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = gain
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gain * self.conv(x)


class OwnUnit(ConvGRU):
    pass


def test_blocks_and_units_are_plugins(monkeypatch):
    for cls in (OwnBlock, OwnUnit):
        monkeypatch.setitem(MODELS.module_dict, cls.__name__, cls)
    network = MODELS.build(
        {
            "type": "DCSFN",
            **SMALL,
            "block": {"type": "OwnBlock", "gain": 2.0},
            "recurrent_unit": "OwnUnit",
        }
    )
    assert network.encoders[1].units[1].gain == 2.0
    assert isinstance(network.fusion.coarse_to_fine.units[2], OwnUnit)
    assert network.size_requirements.minimum == 12
    assert forward_padded(network, torch.rand(1, 3, 5, 5)).shape == (1, 3, 5, 5)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "DCSFN: channels=0"),
        ({"channels": 2.5}, "DCSFN: channels=2.5"),
        ({"num_units": -1}, "num_units=-1"),
        ({"num_scales": 5}, "num_scales=5.*from 1 to 4"),
        ({"num_convs": 0}, "num_convs=0"),
        ({"num_subnetworks": 2}, "DCSFN: num_subnetworks=2 cannot be used; give one of 1, 3"),
        ({"num_subnetworks": True}, "num_subnetworks=True"),
        ({"skip": "afterwards"}, "skip='afterwards'.*Did you mean 'after'"),
        ({"dense_connection": "no"}, "dense_connection='no' cannot be used; give one of True"),
        ({"inner_connection": 0}, "connection=0"),
        ({"chained_state_resize": None}, "chained_state_resize=None"),
        ({"block": 5}, "block: 5 is not the name"),
        ({"recurrent_unit": "ConvGUR"}, "recurrent_unit: 'ConvGUR'.*Did you mean 'ConvGRU'"),
        ({"recurrent_unit": "builtins.exec"}, "recurrent_unit: 'builtins.exec' is not the name"),
        ({"block": {"type": "os.system"}}, "block: 'os.system' is not the name"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        DCSFN(**{**SMALL, **kwargs})


def test_the_registry_names_the_nearest_network():
    with pytest.raises(UnknownNameError, match="DCSFN"):
        MODELS.build({"type": "DCSFM"})


def test_is_deterministic_and_leaves_its_input_alone():
    network = build()
    x = torch.rand(1, 3, 18, 21)
    copy = x.clone()
    assert torch.equal(network(x), network(x))
    assert torch.equal(x, copy)


def test_is_exported_for_batches_and_images_of_any_size():
    torch.manual_seed(0)
    network = DCSFN(channels=2, num_units=1, num_scales=2, num_convs=1)
    sides = {axis: 4 * Dim(name, min=4, max=64) for axis, name in ((2, "height"), (3, "width"))}
    sizes = ({0: Dim("batch", min=2, max=64), **sides},)
    exported = export(network, (torch.rand(2, 3, 32, 32),), dynamic_shapes=sizes, strict=False)
    lq = torch.rand(3, 3, 40, 48)
    torch.testing.assert_close(exported.module()(lq), network(lq), rtol=0, atol=1e-6)
