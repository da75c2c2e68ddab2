"""Exported networks give what PyTorch gives, in ONNX Runtime and OpenVINO, at any size."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from restorekit import load_restorer
from restorekit.archs.sizing import pad_to_fit
from restorekit.checkpoints import load_network, save_network
from restorekit.cli import main
from restorekit.errors import CheckpointError, ConfigError
from restorekit.inference import Restorer
from restorekit.inference.backends import OnnxRuntimeBackend, open_backend
from restorekit.inference.export import export_file, export_network, read_facts
from restorekit.inference.export.operations import ExportableOperations
from restorekit.io.files import sha256
from restorekit.registry import MODELS

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

DCSFN = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_convs": 1, "num_scales": 2}


def save(config, path, seed=0):
    torch.manual_seed(seed)
    network = MODELS.build(config).eval()
    save_network(network, config, path, {"licence": "CC0"})
    return path


@pytest.fixture(scope="module")
def dcsfn(tmp_path_factory):
    return save(DCSFN, tmp_path_factory.mktemp("dcsfn") / "net.safetensors")


@pytest.fixture(scope="module")
def exported(dcsfn):
    export_file(dcsfn, dcsfn.with_suffix(".onnx"))
    return dcsfn.with_suffix(".onnx")


@pytest.mark.parametrize("size", [(4, 4), (17, 33), (64, 9)])
@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_backends_equal_pytorch_at_every_size(dcsfn, exported, name, size):
    pytest.importorskip(name)
    backend = open_backend(name, exported)
    lq = pad_to_fit(torch.rand(2, 3, *size), backend.size_requirements)
    with torch.inference_mode():
        expected = load_network(dcsfn)(lq)
    torch.testing.assert_close(backend.run(lq), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_network_file_is_exported_once_and_tiles_equal_pytorchs(
    dcsfn, name, tmp_path, monkeypatch
):
    pytest.importorskip(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    image = np.random.default_rng(0).random((90, 131, 3), np.float32)
    expected = load_restorer(dcsfn, tile=64, device="cpu")(image)
    restorer = load_restorer(dcsfn, tile=64, backend=name)
    np.testing.assert_allclose(restorer(image), expected, atol=1e-5)
    (cached,) = (tmp_path / "restorekit" / "onnx").iterdir()
    written = cached.stat().st_mtime_ns
    load_restorer(dcsfn, backend=name)
    assert cached.stat().st_mtime_ns == written


def test_metadata_say_what_a_reader_needs(dcsfn, exported):
    facts = read_facts(exported)
    metadata = ort.InferenceSession(str(exported)).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["restorekit"])["weights_sha256"] == sha256(dcsfn)
    assert facts.network == DCSFN
    assert facts.about == {"licence": "CC0"}
    assert facts.size_requirements == load_network(dcsfn).size_requirements
    assert facts.receptive_field["context"] > 0
    assert facts.bytes_a_pixel > 12


class FixedAtTracing(torch.nn.Module):
    def forward(self, lq):
        return lq * float(lq.shape[-1]) / 100


def test_a_graph_that_depends_on_the_size_needs_a_tile(tmp_path):
    target = tmp_path / "net.onnx"
    export_network(FixedAtTracing(), {}, target, tile=48)
    backend = OnnxRuntimeBackend(target)
    image = np.random.default_rng(0).random((70, 101, 3), np.float32)
    restored = Restorer(backend)(image)
    np.testing.assert_allclose(restored, 0.48 * image, atol=1e-6)


class BatchAtTracing(torch.nn.Module):
    def forward(self, lq):
        return lq / len(lq)


def test_a_number_of_images_that_is_part_of_the_graph_is_kept_to(tmp_path):
    facts = export_network(BatchAtTracing(), {}, tmp_path / "net.onnx")
    assert (facts.batch, facts.tile) == (1, None)
    lq = torch.rand(3, 3, 10, 12)
    torch.testing.assert_close(OnnxRuntimeBackend(tmp_path / "net.onnx").run(lq), lq)


def test_sizes_that_tracing_makes_part_of_the_graph_are_found(tmp_path):
    with pytest.raises(ConfigError, match="depends on the size"):
        export_network(FixedAtTracing(), {}, tmp_path / "net.onnx")


@pytest.mark.parametrize("size", [(8, 8), (7, 10), (13, 9)])
@pytest.mark.parametrize("norm", ["ortho", "forward", None])
def test_fourier_transforms_by_matrices_equal_pytorchs(size, norm):
    x = torch.rand(2, 3, *size)
    spectrum = torch.fft.rfft2(x, norm=norm)
    changed = spectrum * (0.3 + torch.rand(spectrum.shape)) + 0.1j
    with ExportableOperations():
        found = torch.fft.rfft2(x, norm=norm)
        parts = torch.complex(changed.real.contiguous(), changed.imag.contiguous())
        back = torch.fft.irfft2(parts, s=size, norm=norm)
    torch.testing.assert_close(torch.complex(found.real, found.imag), spectrum)
    torch.testing.assert_close(back, torch.fft.irfft2(changed, s=size, norm=norm))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opset": 3}, "from 17 to 20"),
        ({"dtype": "int4"}, "float32 or float16"),
        ({"tile": 1}, "the next one is 8"),
    ],
)
def test_options_that_cannot_be_used_are_refused(dcsfn, tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        export_file(dcsfn, tmp_path / "net.onnx", **options)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"no model")
    for name in ("onnxruntime", "openvino"):
        pytest.importorskip(name)
        with pytest.raises(CheckpointError, match="ONNX file"):
            open_backend(name, tmp_path / "net.onnx")
        with pytest.raises(CheckpointError, match="gone"):
            open_backend(name, tmp_path / "gone.onnx")


def test_command_exports_and_checks(dcsfn, tmp_path, capsys):
    target = tmp_path / "half.onnx"
    assert main(["export", str(dcsfn), str(target), "--dtype", "fp16", "--check"]) == 0
    assert capsys.readouterr().out.count("largest difference") == 3
    assert read_facts(target).dtype == "float16"
    weights = [one for one in onnx.load(target).graph.initializer if len(one.dims) == 4]
    assert {one.data_type for one in weights} == {onnx.TensorProto.FLOAT16}
    assert main(["export", str(dcsfn), str(tmp_path / "net.pth")]) == 2


def test_command_line_keeps_onnx_runtime_from_reporting_its_use(exported, tmp_path):
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / "black.png")
    environment = {key: value for key, value in os.environ.items() if "TELEMETRY" not in key}
    arguments = ["restore", "black.png", "--model", str(exported), "--backend", "onnxruntime"]
    subprocess.run(
        [sys.executable, "-m", "restorekit.cli", *arguments],
        cwd=tmp_path,
        env={**environment, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        check=True,
    )
    assert not (tmp_path / "cache" / "Microsoft").exists()
