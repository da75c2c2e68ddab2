import numpy as np
import pytest
import torch
from tiny_runner import TinyNetwork, TinyPairs, build_runner, loader

from restorekit.errors import DataError
from restorekit.io.files import path_below
from restorekit.io.images import read_image
from restorekit.metrics import get_protocol


def as_uint8(tensor):
    return (tensor.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def restored(index):
    """Return the prediction of the untrained network for one image."""
    with torch.no_grad():
        return TinyNetwork()(TinyPairs()[index]["lq"][None].float() / 255)[0]


def test_pictures_show_rainy_derained_and_clean(tmp_path):
    build_runner(tmp_path, [{"type": "RestoredImagesHook", "num_images": 2}]).test()
    folder = tmp_path / "restored/test"
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png"]
    for index, name in enumerate("ab"):
        sample = TinyPairs()[index]
        picture = read_image(folder / f"{name}.png")
        panels = np.split(picture, [16, 20, 36, 40], axis=1)
        np.testing.assert_array_equal(panels[0], sample["lq"].permute(1, 2, 0).numpy())
        np.testing.assert_array_equal(panels[2], as_uint8(restored(index)))
        np.testing.assert_array_equal(panels[4], sample["gt"].permute(1, 2, 0).numpy())
        assert (panels[1] == 255).all()
        assert (panels[3] == 255).all()


def test_each_validation_of_a_training_has_its_folder(tmp_path):
    build_runner(tmp_path, [{"type": "RestoredImagesHook", "num_images": None}], 4).train()
    folders = sorted((tmp_path / "restored").iterdir())
    assert [folder.name for folder in folders] == ["iter_2", "iter_4"]
    assert all(len(list(folder.iterdir())) == 3 for folder in folders)
    panels = [read_image(folder / "a.png")[:, 20:36] for folder in folders]
    assert (panels[0] != panels[1]).any()


def test_validation_on_its_own_and_a_folder_of_ones_own(tmp_path):
    hook = {"type": "RestoredImagesHook", "num_images": 1, "out_dir": str(tmp_path / "mine")}
    build_runner(tmp_path / "work", [hook]).val()
    assert (tmp_path / "mine/val/a.png").is_file()
    assert not (tmp_path / "work/restored").exists()


def test_without_ground_truth_two_pictures_remain(tmp_path):
    build_runner(
        tmp_path,
        [{"type": "RestoredImagesHook"}],
        test_dataloader=loader(paired=False),
        test_evaluator=[],
    ).test()
    assert read_image(tmp_path / "restored/test/c.png").shape == (12, 16 + 4 + 16, 3)


def test_saved_images_measure_as_the_predictions_do(tmp_path):
    out = tmp_path / "restored"
    names = ["day/rain.01", "day/rain.02", "night/rain.01"]
    build_runner(
        tmp_path,
        [{"type": "SaveRestoredHook", "out_dir": str(out)}],
        test_dataloader=loader(names=names),
    ).test()
    saved = sorted(str(path.relative_to(out)) for path in out.rglob("*.*"))
    assert saved == [f"{name}.png" for name in names]
    protocol = get_protocol("rgb_u8")
    for index, name in enumerate(names):
        image = read_image(out / f"{name}.png")
        np.testing.assert_array_equal(image, as_uint8(restored(index)))
        gt = TinyPairs()[index]["gt"].permute(1, 2, 0).numpy()
        pred = restored(index).permute(1, 2, 0).numpy()
        assert protocol.measure(image, gt) == protocol.measure(pred, gt)


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "..\\a", ""])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path, name):
    with pytest.raises(DataError, match="cannot name a file below"):
        path_below(tmp_path, name, ".png")
