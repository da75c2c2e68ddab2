"""Photographs are restored without a config: any size, any number, nothing overwritten."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from restorekit.archs import DCSFN
from restorekit.checkpoints import save_network
from restorekit.cli import main
from restorekit.errors import CheckpointError, DataError, OutputError
from restorekit.inference import restore_image, restore_images
from restorekit.io.images import read_image, write_image

CONFIG = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}


class Darker(nn.Module):
    def forward(self, lq):
        return lq * 2 - lq, lq - 10 / 255


def photograph(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (7, 50), (33, 47)])
def test_last_output_is_taken_clamped_and_rounded(size):
    image = photograph(*size)
    expected = np.clip(image.astype(int) - 10, 0, 255)
    assert np.array_equal(restore_image(Darker(), image), expected)


def test_command_restores_files_and_folders(tmp_path):
    torch.manual_seed(0)
    network = DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"}).eval()
    save_network(network, CONFIG, tmp_path / "net.safetensors")
    write_image(tmp_path / "one.png", photograph(20, 31))
    write_image(tmp_path / "folder" / "two.bmp", photograph(40, 24, seed=1))
    status = main(
        [
            *("restore", str(tmp_path / "one.png"), str(tmp_path / "folder")),
            *("--checkpoint", str(tmp_path / "net.safetensors"), "-o", str(tmp_path / "out")),
            *("--device", "cpu"),
        ]
    )
    assert status == 0
    for name, source in (("one", "one.png"), ("two", "folder/two.bmp")):
        expected = restore_image(network, read_image(tmp_path / source))
        assert np.array_equal(read_image(tmp_path / "out" / f"{name}.png"), expected)


def test_nothing_is_overwritten(tmp_path):
    write_image(tmp_path / "a" / "x.png", photograph(8, 8))
    write_image(tmp_path / "b" / "x.png", photograph(8, 8))
    with pytest.raises(DataError, match="would be written over"):
        list(restore_images(Darker(), [tmp_path / "a", tmp_path / "b"], tmp_path / "out"))
    with pytest.raises(DataError, match="itself"):
        list(restore_images(Darker(), [tmp_path / "a"], tmp_path / "a"))
    assert not (tmp_path / "out").exists()


def test_missing_input_is_named(tmp_path, capsys):
    save_network(
        DCSFN(channels=4, num_units=1, num_scales=1, num_convs=1), CONFIG, tmp_path / "n.pth"
    )
    arguments = ["restore", str(tmp_path / "no.png"), "--checkpoint", str(tmp_path / "n.pth")]
    assert main([*arguments, "-o", str(tmp_path / "out")]) == 2
    assert "no.png" in capsys.readouterr().err
    assert main([*arguments, "-o", str(tmp_path / "out"), "--device", "gpu9"]) == 2
    assert "--device gpu9" in capsys.readouterr().err


class NotFinite(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, lq):
        lq = lq.clone()
        lq[..., -1, -1] = self.value
        return lq


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_output_that_is_not_finite_is_refused(tmp_path, value):
    write_image(tmp_path / "in" / "x.png", photograph(8, 8))
    with pytest.raises(CheckpointError, match=r"x\.png.*not finite"):
        list(restore_images(NotFinite(value), [tmp_path / "in"], tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_broken_weights(tmp_path, capsys):
    network = DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"})
    for parameter in network.parameters():
        nn.init.constant_(parameter, float("nan"))
    save_network(network, CONFIG, tmp_path / "net.pth")
    write_image(tmp_path / "x.png", photograph(8, 8))
    arguments = [str(tmp_path / "x.png"), "--checkpoint", str(tmp_path / "net.pth")]
    assert main(["restore", *arguments, "-o", str(tmp_path / "out"), "--device", "cpu"]) == 2
    assert "not finite" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


class Hungry(nn.Module):
    """Has memory for a number of pixels."""

    def __init__(self, pixels, error):
        super().__init__()
        self.pixels = pixels
        self.error = error

    def forward(self, lq):
        if lq.shape[-1] * lq.shape[-2] > self.pixels:
            raise self.error
        return lq


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 1 bytes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_too_little_memory_names_a_size_that_fits(error):
    network = Hungry(2000, error)
    with pytest.raises(DataError, match="memory of cpu") as caught:
        restore_image(network, photograph(100, 60), "x.png")
    message = str(caught.value)
    assert message.startswith("x.png (60x100 pixels)")
    width, height = map(int, re.search(r"(\d+)x(\d+) fits", message).groups())
    assert 1000 < width * height <= 2000
    assert restore_image(network, photograph(height, width)).shape == (height, width, 3)


def test_memory_that_suffices_for_nothing_and_other_errors():
    with pytest.raises(DataError, match="nothing near its size"):
        restore_image(Hungry(0, MemoryError()), photograph(100, 60))
    with pytest.raises(RuntimeError, match="a defect"):
        restore_image(Hungry(0, RuntimeError("a defect")), photograph(100, 60))


def test_the_output_is_checked_before_the_work(tmp_path):
    write_image(tmp_path / "x.png", photograph(8, 8))
    with pytest.raises(OutputError, match=r"x\.png"):
        list(restore_images(Hungry(0, MemoryError()), [tmp_path / "x.png"], tmp_path / "x.png"))


def test_what_a_killed_restore_left_is_removed(tmp_path):
    write_image(tmp_path / "x.png", photograph(8, 8))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".y.abcd1234.tmp.png").write_bytes(b"half")
    list(restore_images(Darker(), [tmp_path / "x.png"], tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.png"]
