"""Blocks that repeat are traced once, and the graph still is the network's."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from restorekit.archs import DCSFN
from restorekit.archs.sizing import SizeRequirements
from restorekit.inference.export import export_network, tracing

onnxruntime = pytest.importorskip("onnxruntime")


class Part(nn.Module):
    """Two convolutions, between them a slope, at half the size."""

    def __init__(self, slope=0.2):
        super().__init__()
        self.slope = slope
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1))

    def forward(self, x):
        half = functional.leaky_relu(self.body(functional.max_pool2d(x, 2)), self.slope)
        return x + functional.interpolate(half, x.shape[-2:])


class NormalisedPart(Part):
    """The exporter merges the normalisation with the convolution before it."""

    def __init__(self, slope):
        super().__init__(slope)
        norm = nn.BatchNorm2d(4)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 1.5)
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), norm)


class WritingPart(Part):
    def forward(self, x):
        y = super().forward(x)
        x.mul_(0.5)
        return y


class Parts(nn.Module):
    def __init__(self, slopes, part=Part):
        super().__init__()
        self.head, self.tail = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 3, 1)
        self.parts = nn.ModuleList(part(slope) for slope in slopes)

    def forward(self, lq):
        x = self.head(lq)
        for part in self.parts:
            y = part(x)
            x = x + y
        return lq - self.tail(x)


class PartsOf64(Parts):
    size_requirements = SizeRequirements(64, 64)


def traced(network, tmp_path, monkeypatch, shapes=((2, 3, 33, 47), (1, 3, 64, 41)), **options):
    """Export, and return the names of what was traced and the graph's largest difference."""
    names, export = [], tracing._export

    def note(onnx, module, *args, **kwargs):
        names.append(type(module).__name__)
        return export(onnx, module, *args, **kwargs)

    monkeypatch.setattr(tracing, "_export", note)
    path = tmp_path / "network.onnx"
    export_network(network.eval(), {"type": "Parts"}, path, **options)
    session = onnxruntime.InferenceSession(path)
    size = options.get("tile")
    differences = []
    for shape in shapes if size is None else [(1, 3, size, size)]:
        lq = torch.rand(shape)
        with torch.inference_mode():
            expected = network(lq)
        (found,) = session.run(None, {"lq": lq.numpy()})
        differences.append(float((torch.from_numpy(found) - expected).abs().max()))
    assert {opset.domain for opset in _model(path).opset_import} <= {"", "ai.onnx"}
    assert not _model(path).functions
    return names, max(differences)


def _model(path):
    import onnx

    return onnx.load(path)


def test_dcsfn_is_traced_by_one_of_its_blocks(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = DCSFN(channels=4, num_units=2)
    names, difference = traced(network, tmp_path, monkeypatch)
    # At two sizes each.
    assert names == ["InnerScaleBlock", "DCSFN"] * 2
    assert difference < 1e-5


@pytest.mark.parametrize(
    ("slopes", "expected"),
    [((0.2, 0.2, 0.2), ["Part"]), ((0.2, 0.3), []), ((0.2, 0.3, 0.3, 0.2), ["Part", "Part"])],
)
def test_blocks_differ_by_their_settings(slopes, expected, tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = Parts(slopes)
    names, difference = traced(network, tmp_path, monkeypatch, tile=16)
    assert names == [*expected, "Parts"]
    assert difference < 1e-5


def test_a_block_with_a_hook_is_traced_where_it_is(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = Parts((0.2, 0.2, 0.2))
    for part in network.parts[:2]:
        part.register_forward_hook(lambda module, args, output: 2 * output)
    names, difference = traced(network, tmp_path, monkeypatch, tile=16)
    assert names == ["Parts"]
    assert difference < 1e-5


def test_a_block_that_writes_to_its_input_is_traced_where_it_is(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = Parts((0.2, 0.2), WritingPart)
    names, difference = traced(network, tmp_path, monkeypatch)
    assert set(names) == {"Parts"}
    assert difference < 1e-5


def test_a_block_whose_weights_are_rewritten_is_traced_where_it_is(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = Parts((0.2, 0.2), NormalisedPart)
    names, difference = traced(network, tmp_path, monkeypatch, tile=16)
    assert names == ["NormalisedPart", "Parts"]
    weights = {one.name for one in _model(tmp_path / "network.onnx").graph.initializer}
    assert "network.parts.0.body.0.weight" not in weights
    assert difference < 1e-5


def test_sizes_that_are_multiples_of_64_are_free(tmp_path, monkeypatch):
    torch.manual_seed(0)
    shapes = ((1, 3, 64, 128), (2, 3, 192, 64))
    names, difference = traced(PartsOf64((0.2, 0.2)), tmp_path, monkeypatch, shapes)
    assert names == ["Part", "PartsOf64"] * 2
    assert difference < 1e-5
