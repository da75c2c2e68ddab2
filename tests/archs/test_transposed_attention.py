"""Attention between channels where weights and features have 16 bits."""

import pytest
import torch

from restorekit.archs import DRSformer, Restormer
from restorekit.archs.blocks.transposed_attention import TransposedAttention
from restorekit.fast import accelerate

SMALL = {"channels": 8, "num_blocks": (1, 1), "num_heads": (1, 2)}
NETWORKS = {
    "attention": lambda: TransposedAttention(8, 2),
    "restormer": lambda: Restormer(**SMALL, num_refinement_blocks=1),
    "drsformer": lambda: DRSformer(**SMALL, mixtures=False),
}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_16_bits_are_close_to_32(name, dtype):
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    x = torch.rand(1, 8 if name == "attention" else 3, 16, 24)
    with torch.inference_mode():
        expected = network(x)
        for made in (network.to(dtype), accelerate(network)):
            found = made(x.to(dtype))
            assert found.dtype == dtype
            torch.testing.assert_close(found.float(), expected, rtol=0.05, atol=0.02)
