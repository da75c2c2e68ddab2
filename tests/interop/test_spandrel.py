"""Networks and checkpoints of spandrel."""

import importlib.util
import os

import numpy as np
import pytest
import torch

import restorekit
from restorekit.archs.sizing import size_requirements_of
from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.cli import main
from restorekit.errors import CheckpointError, ConfigError, UnknownNameError
from restorekit.interop import load_with_spandrel, spandrel_arch
from restorekit.io.images import read_image, write_image
from restorekit.registry import MODELS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("spandrel") is None, reason="spandrel is not installed"
)

NAFNET = {"width": 8, "middle_blk_num": 1, "enc_blk_nums": [1, 1], "dec_blk_nums": [1, 1]}
SMALL = {
    "NAFNet": NAFNET,
    "KBNet_s": {**NAFNET, "lightweight": True},
    "RetinexFormer": {"n_feat": 8, "num_blocks": [1, 1, 1]},
    "FFTformer": {"dim": 8, "num_blocks": [1, 1, 1]},
    "Uformer": {"img_size": 128, "embed_dim": 8, "depths": [1] * 9, "num_heads": [1] * 9},
    "SwinIR": {"upscale": 1, "embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 8},
}


@pytest.fixture
def released(tmp_path):
    """Return a function that writes a checkpoint as authors do, and returns network and path."""

    def write(name, wrapper="params"):
        torch.manual_seed(0)
        authors = spandrel_arch(name, **SMALL[name])
        for parameter in authors.parameters():
            parameter.data.add_(torch.randn_like(parameter) * 0.05)
        path = tmp_path / f"{name}.pth"
        weights = {f"module.{key}": value for key, value in authors.model.state_dict().items()}
        torch.save({wrapper: weights, "iter": 5}, path)
        return authors.eval(), path

    return write


@pytest.mark.parametrize("name", SMALL)
def test_a_checkpoint_loads_at_any_size_and_converts(name, released, tmp_path):
    authors, path = released(name)
    network = load_with_spandrel(path)
    height, width = size_requirements_of(network).fit(64, 72)
    lq = torch.rand(1, 3, height, width)
    with torch.no_grad():
        expected = authors.model(lq).clamp(0, 1)
        torch.testing.assert_close(network(lq), expected)
        assert network(lq[..., :37, :50]).shape == (1, 3, 37, 50)
    convert_checkpoint("spandrel", path, tmp_path / "network.safetensors")
    with torch.no_grad():
        torch.testing.assert_close(load_network(tmp_path / "network.safetensors")(lq), expected)


def test_nafnet_is_restorekits_own(released, tmp_path):
    _, path = released("NAFNet", "state_dict")
    convert_checkpoint("nafnet", path, tmp_path / "ours.safetensors")
    lq = torch.rand(1, 3, 40, 52)
    with torch.no_grad():
        ours = load_network(tmp_path / "ours.safetensors")(lq).clamp(0, 1)
        torch.testing.assert_close(load_with_spandrel(path)(lq), ours, atol=1e-5, rtol=0)


def test_it_trains(released):
    network = MODELS.build({"type": "SpandrelArch", "name": "NAFNet", **NAFNET}).train()
    network(torch.rand(1, 3, 16, 16)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_command_converts(released, tmp_path, capsys):
    _, path = released("KBNet_s")
    assert main(["convert", "spandrel", str(path), str(tmp_path / "kbnet.safetensors")]) == 0
    assert "KBNet" in capsys.readouterr().out


def test_the_command_and_the_restorer_read_via_spandrel(released, tmp_path, capsys):
    authors, path = released("KBNet_s")
    photo = np.random.default_rng(0).integers(0, 256, (33, 50, 3), np.uint8)
    write_image(tmp_path / "photo.png", photo)
    arguments = ["restore", str(tmp_path / "photo.png"), "-o", str(tmp_path / "out")]
    assert main([*arguments, "--model", str(path), "--via", "spandrel"]) == 0
    with torch.no_grad():
        expected = authors.model(torch.from_numpy(photo).permute(2, 0, 1)[None] / 255)
    wanted = expected[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255
    assert np.abs(read_image(tmp_path / "out/photo.png") - wanted).max() < 0.51
    assert main([*arguments, "--model", str(path), "--via", "spandrell"]) == 2
    assert "Did you mean 'spandrel'" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="convert spandrel"):
        restorekit.load_restorer(path, via="spandrel", backend="onnxruntime")


def test_what_is_not_recognised_or_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"weight": torch.zeros(3, 3)}, path)
    with pytest.raises(CheckpointError, match="recognise"):
        load_with_spandrel(path)
    with pytest.raises(UnknownNameError, match="NAFNet"):
        spandrel_arch("NAFnet")
    with pytest.raises(ConfigError, match="chanels"):
        spandrel_arch("NAFNet", chanels=8)
    with pytest.raises(ConfigError, match="enlarges images 2 times"):
        spandrel_arch("SRVGGNetCompact", upscale=2)


class _Evil:
    def __reduce__(self):
        return os.mkdir, ("made_by_a_pickle",)


def test_no_code_in_a_file_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"params": {"intro.weight": torch.zeros(1)}, "x": _Evil()}, "evil.pth")
    with pytest.raises(CheckpointError):
        load_with_spandrel("evil.pth")
    assert not (tmp_path / "made_by_a_pickle").exists()


def test_importing_it_leaves_no_torchvision_behind(run_python):
    code = """
    import sys
    before = "torchvision" in sys.modules
    from restorekit.interop.spandrel import import_spandrel
    import_spandrel()
    print(before, [m for m in sys.modules if m.startswith("torchvision")])
    """
    said = run_python("\n".join(line[4:] for line in code.splitlines()))
    real = importlib.util.find_spec("torchvision") is not None
    assert real or said == "False []"
