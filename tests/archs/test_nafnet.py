"""NAFNet's options for small networks; test_every_network.py has what all networks share."""

import pytest
import torch
from torch.nn import functional as F

from restorekit.archs import NAFNet, forward_padded
from restorekit.errors import ConfigError

SMALL = {"channels": 4, "encoder_blocks": (1, 1), "middle_blocks": 1, "decoder_blocks": (1, 1)}


def network(**options):
    torch.manual_seed(0)
    network = NAFNet(**SMALL, **options).eval()
    for name, parameter in network.named_parameters():
        if name.endswith(("beta", "gamma")):
            torch.nn.init.normal_(parameter)
    return network


def test_the_released_network_for_deblurring_has_its_parameters():
    assert sum(parameter.numel() for parameter in NAFNet().parameters()) == 17_111_907


def test_without_attention_an_output_depends_on_its_neighbourhood_only():
    torch.manual_seed(1)
    image = torch.rand(1, 3, 32, 256)
    changed = image.clone()
    changed[..., 224:] = 0
    with torch.no_grad():
        for attention, same in ((False, True), (True, False)):
            net = network(stem=2, attention=attention)
            kept = net(image)[..., :32], net(changed)[..., :32]
            assert torch.equal(*kept) == same


def test_a_stem_is_the_network_on_the_folded_image():
    """With a stem, head and tail see pixels folded into channels, as F.pixel_unshuffle does."""
    net = network(stem=2)
    image = torch.rand(2, 3, 16, 24)
    inner = network(stem=1)
    inner.head, inner.tail = net.head, net.tail
    inner.load_state_dict(net.state_dict())
    with torch.no_grad():
        folded = F.pixel_unshuffle(image, 2)
        expected = image + F.pixel_shuffle(inner(folded) - folded, 2)
        torch.testing.assert_close(net(image), expected)


def test_images_of_any_size_are_padded_by_reflection():
    net = network(stem=2, attention=False)
    assert net.size_requirements.multiple == 8
    image = torch.rand(1, 3, 21, 30)
    padded = F.pad(image, (0, 2, 0, 3), mode="reflect")
    with torch.no_grad():
        expected = net(padded)[..., :21, :30]
        torch.testing.assert_close(forward_padded(net, image), expected)


def test_a_stem_of_zero_is_refused():
    with pytest.raises(ConfigError, match="stem"):
        NAFNet(**SMALL, stem=0)
