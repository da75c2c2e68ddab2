"""Blocks that repeat are traced once, and the graph still is the network's."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from restorekit.archs import DCSFN
from restorekit.inference.export import export_network, exporter

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


class Parts(nn.Module):
    def __init__(self, slopes):
        super().__init__()
        self.head, self.tail = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 3, 1)
        self.parts = nn.ModuleList(Part(slope) for slope in slopes)

    def forward(self, lq):
        x = self.head(lq)
        for part in self.parts:
            x = part(x)
        return lq - self.tail(x)


def traced(network, tmp_path, monkeypatch, **options):
    """Export, and return the names of what was traced and the graph's largest difference."""
    names, export = [], exporter._export

    def note(onnx, module, *args, **kwargs):
        names.append(type(module).__name__)
        return export(onnx, module, *args, **kwargs)

    monkeypatch.setattr(exporter, "_export", note)
    path = tmp_path / "network.onnx"
    export_network(network.eval(), {"type": "Parts"}, path, **options)
    session = onnxruntime.InferenceSession(path)
    size = options.get("tile")
    differences = []
    for shape in [(2, 3, 33, 47), (1, 3, 64, 41)] if size is None else [(1, 3, size, size)]:
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
