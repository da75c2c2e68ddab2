from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.archs import SizeRequirements
from restorekit.archs.blocks import DenseStack
from restorekit.errors import ConfigError


class Affine(nn.Module):
    """A block simple enough to compute by hand: 2x + 1."""

    size_requirements = SizeRequirements(minimum=5)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x + 1


def stack(**kwargs) -> DenseStack:
    """A stack of three affine blocks whose fusions average what they read."""
    built = DenseStack(2, 3, block={"type": Affine}, **kwargs)
    for fusion in built.fusions:
        nn.init.zeros_(fusion[0].bias)
        count = fusion[0].in_channels // 2
        fusion[0].weight.data = (torch.cat([torch.eye(2)] * count, 1) / count)[:, :, None, None]
    return built


X = torch.full((1, 2, 3, 3), 4.0)
FEATURES = [torch.full_like(X, value) for value in (1.0, 10.0, 100.0)]


def values(tensors: list[torch.Tensor]) -> list[float]:
    assert all(len(t.unique()) == 1 for t in tensors)
    return [round(t.flatten()[0].item(), 4) for t in tensors]


def test_after_each_unit_everything_so_far_is_fused():
    output, outputs = stack()(X)
    # 2*4+1=9; mean(4, 9)=6.5; 14; mean(4, 9, 14)=9; 19; mean(4, 9, 14, 19)=11.5
    assert values(outputs) == [9, 14, 19]
    assert values([output]) == [11.5]


def test_before_each_unit_everything_so_far_is_fused():
    output, outputs = stack(dense_fusion="before")(X)
    # Equation 2. F_1 = 2*4+1=9; 2*mean(4, 9)+1=14; 2*mean(4, 9, 14)+1=19
    assert values(outputs) == [9, 14, 19]
    assert values([output]) == [19]


def test_equation_3_fuses_before_a_unit_and_adds_the_skip_after_it():
    output, outputs = stack(dense_fusion="before", skip="after")(X, FEATURES)
    # 2*4+1+1=10; 2*mean(4, 10)+1+10=25; 2*mean(4, 10, 25)+1+100=127
    assert values(outputs) == [10, 25, 127]
    assert values([output]) == [127]


@pytest.mark.parametrize("dense_fusion", ["before", "after"])
def test_without_dense_connection_nothing_is_fused(dense_fusion):
    chain = stack(dense_connection=False, dense_fusion=dense_fusion)
    assert values([chain(X)[0]]) == [39]


def test_without_dense_connection_units_form_a_chain():
    chain = stack(dense_connection=False)
    output, outputs = chain(X)
    assert values(outputs) == [9, 19, 39]
    assert values([output]) == [39]
    assert not list(chain.parameters())


def test_skip_before_adds_to_each_units_input():
    output, outputs = stack(dense_connection=False, skip="before")(X, FEATURES)
    # 2*(4+1)+1=11; 2*(11+10)+1=43; 2*(43+100)+1=287
    assert values(outputs) == [11, 43, 287]
    assert values([output]) == [287]


def test_skip_after_adds_to_each_units_output():
    output, outputs = stack(dense_connection=False, skip="after")(X, FEATURES)
    # 9+1=10; 21+10=31; 63+100=163
    assert values(outputs) == [10, 31, 163]
    assert values([output]) == [163]


@pytest.mark.parametrize("skip", ["before", "after"])
def test_dense_fusion_reads_the_stacks_input_without_the_skip(skip):
    one = DenseStack(2, 1, {"type": Affine}, skip=skip)
    read_input_only = torch.cat([torch.eye(2), torch.zeros(2, 2)], 1)
    one.fusions[0][0].weight.data = read_input_only[..., None, None]
    nn.init.zeros_(one.fusions[0][0].bias)
    assert values([one(X, FEATURES)[0]]) == [4.0]


def test_without_skip_features_are_not_read():
    assert torch.equal(stack()(X)[0], stack()(X, FEATURES)[0])


def test_takes_its_smallest_side_from_the_block():
    assert stack().size_requirements.minimum == 5


def test_one_released_stack_has_its_parameters():
    built = DenseStack(20, 16, block={"type": "InnerScaleBlock", "num_scales": 4})
    assert sum(p.numel() for p in built.parameters()) == 1_053_120


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"skip": "befor"}, "skip='befor'.*Did you mean 'before'"),
        ({"num_units": 0}, "num_units=0"),
        ({"dense_fusion": "befor"}, "dense_fusion='befor'.*Did you mean 'before'"),
        ({"block": "InnerScaleBlok"}, "block: 'InnerScaleBlok'.*Did you mean 'InnerScaleBlock'"),
        ({"block": "os.system"}, "block: 'os.system' is not the name"),
        ({"block": {"num_scales": 2}}, "block: None is not the name"),
        ({"block": {"type": "InnerScaleBlock", "channels": 9}}, "channels=9 is decided by"),
    ],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        DenseStack(**{"channels": 4, "num_units": 1, **kwargs})
