"""Attention between channels and DRSformer's blocks, one by one."""

from __future__ import annotations

import pytest
import torch

from restorekit.archs.blocks.expert_mixture import ExpertMixture
from restorekit.archs.blocks.transformer import GatedFeedForward
from restorekit.archs.blocks.transposed_attention import TransposedAttention
from restorekit.archs.drsformer import MixedScaleFeedForward, TopKAttention
from restorekit.errors import RestoreKitError
from restorekit.fast import accelerate

BLOCKS = {
    "attention": lambda: TransposedAttention(12, 3),
    "top-k attention": lambda: TopKAttention(12, 3),
    "gated": lambda: GatedFeedForward(6, 7),
    "mixed scales, even": lambda: MixedScaleFeedForward(6, 8),
    "mixed scales, odd": lambda: MixedScaleFeedForward(6, 9),
    "mixture": lambda: ExpertMixture(6, num_steps=2),
}
every_block = pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS)


def block_and_input(make, images=2):
    torch.manual_seed(0)
    block = make().eval()
    channels = 12 if isinstance(block, TransposedAttention) else 6
    return block, torch.randn(images, channels, 9, 14)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("images", [1, 3])
@every_block
def test_equals_the_plain_block(make, images, layout):
    block, x = block_and_input(make, images)
    x = x.contiguous(memory_format=layout)
    given = x.clone()
    with torch.no_grad():
        torch.testing.assert_close(accelerate(block)(x), block(x), rtol=1e-5, atol=1e-6)
    assert torch.equal(x, given)


def test_one_channel_is_not_divided():
    block = MixedScaleFeedForward(6, 1)
    assert accelerate(block) is block


@pytest.mark.parametrize("make", [BLOCKS["attention"], BLOCKS["top-k attention"]])
def test_vectors_without_length_attend_evenly(make):
    """Their scores are 0 and not 0/0."""
    block, x = block_and_input(make)
    with torch.no_grad():
        block.qkv[0].weight[:4] = 0
        found = accelerate(block)(x)
        torch.testing.assert_close(found, block(x), rtol=1e-5, atol=1e-6)
    assert found.isfinite().all()


@pytest.mark.parametrize("make", [BLOCKS["attention"], BLOCKS["top-k attention"]])
def test_attention_in_16_bits_is_the_plain_form(make):
    """Products of long queries and keys may leave the range of 16 bits."""
    block, x = block_and_input(make)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(accelerate(block)(x), block(x))


@every_block
def test_a_hook_on_a_skipped_layer_is_an_error(make):
    block, x = block_and_input(make)
    fast = accelerate(block)
    convs = [one for one in fast.modules() if isinstance(one, torch.nn.Conv2d)]
    # The last convolution of each block is part of something else, or taken apart.
    last = convs[-1] if not isinstance(block, GatedFeedForward) else block.expand[0]
    last.register_forward_hook(lambda *_: None)
    with torch.no_grad(), pytest.raises(RestoreKitError, match="has a hook"):
        fast(x)
