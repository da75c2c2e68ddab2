"""Photographs are restored without a config: any size, any number, nothing overwritten."""

import numpy as np
import pytest
import torch
from torch import nn

from restorekit.archs import DCSFN
from restorekit.checkpoints import save_network
from restorekit.cli import main
from restorekit.errors import DataError
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
