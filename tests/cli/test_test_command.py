"""`restorekit test`: what it measures, what it writes, and what it says when it cannot."""

import json

import pytest
import torch
from mmengine.config import Config

import restorekit
from restorekit.archs import PReNet
from restorekit.checkpoints import save_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.io.images import read_image
from restorekit.metrics.protocols import get_protocol


@pytest.fixture
def trained(small_config):
    """A config file and the work folder of a short training with an EMA."""
    config = small_config("work", length=4)
    path = f"{config.work_dir}_config.py"
    config.dump(path)
    Runner.from_cfg(config).train()
    return path, config.work_dir


def test_results_are_those_of_the_averaged_weights_and_of_the_saved_images(trained, tmp_path):
    config, work_dir = trained
    out, saved = tmp_path / "results.json", tmp_path / "restored"
    arguments = ["test", config, work_dir, "--out", str(out), "--save-dir", str(saved)]
    arguments += ["--work-dir", str(tmp_path / "test"), "--protocol", "matlab_y_u8"]
    assert main([*arguments, "--protocol", "rgb_u8"]) == 0
    results = json.loads(out.read_text())
    rainy = json.loads((tmp_path / "rainy_input.json").read_text())
    keys = ["psnr/matlab_y_u8", "ssim/matlab_y_u8", "psnr/rgb_u8", "ssim/rgb_u8"]
    assert list(results["measures"]) == keys
    assert results["method"] == "NoisyNet"
    assert results["dataset"] == rainy["dataset"]
    assert results["cost"]["parameters"] == sum(p.numel() for p in network(work_dir).parameters())
    for name in ("000", "001", "002"):
        gt = read_image(tmp_path / "data/test/gt" / f"{name}.png")
        lq = read_image(tmp_path / "data/test/lq" / f"{name}.png")
        protocol = get_protocol("rgb_u8")
        restored = read_image(saved / f"{name}.png")
        for content, image in ((results, restored), (rainy, lq)):
            value = content["measures"]["psnr/rgb_u8"]["images"][name]
            assert value == protocol.measure(image, gt)["psnr"]
        # The file is what the EMA's weights make of the rainy image.
        pixels = torch.from_numpy(lq).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            pred = network(work_dir)(pixels)[0].permute(1, 2, 0)
        assert (restored == (pred.clamp(0, 1) * 255).round().byte().numpy()).all()


def network(work_dir):
    from restorekit import load_network

    return load_network(f"{work_dir}/iter_4.pth")


def test_mistakes_are_sentences(trained, tmp_path, capsys):
    config, work_dir = trained
    assert main(["test", config, str(tmp_path / "none.pth")]) == 2
    assert "none.pth" in capsys.readouterr().err
    assert main(["test", config, str(tmp_path / "data")]) == 2
    assert "no checkpoint that can be read" in capsys.readouterr().err
    assert main(["test", config, work_dir, "--protocol", "rgb_u9"]) == 2
    assert "'rgb_u8'" in capsys.readouterr().err
    arguments = ["test", config, work_dir, "--data-root", str(tmp_path / "nowhere")]
    assert main([*arguments, "--work-dir", str(tmp_path / "test")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_without_a_metric_images_are_restored_and_no_results_are_written(trained, tmp_path):
    config, work_dir = trained
    arguments = ["test", config, work_dir, "--save-dir", str(tmp_path / "restored")]
    arguments += ["--work-dir", str(tmp_path / "test"), "--cfg-options", "test_evaluator=None"]
    assert main(arguments) == 0
    assert len(list((tmp_path / "restored").iterdir())) == 3
    assert not (tmp_path / "test/results.json").exists()


@pytest.fixture
def published(small_config, tmp_path):
    """A config of PReNet with two stages, and a published one with three and without residual."""
    config = small_config("work")
    config.model.network = {"type": "PReNet", "channels": 2, "num_stages": 2, "num_blocks": 1}
    # Shared over the stages: the weights would fit the config's network too.
    theirs = {**config.model.network, "num_stages": 3, "residual": False}
    torch.manual_seed(0)
    network = PReNet(**{key: value for key, value in theirs.items() if key != "type"})
    save_network(network, theirs, tmp_path / "published.safetensors")
    config.dump(str(tmp_path / "config.py"))
    return [str(tmp_path / "config.py"), str(tmp_path / "published.safetensors")]


@pytest.mark.parametrize(
    ("options", "stages", "said"),
    [([], 3, True), (["model.network.num_stages=2"], 2, False)],
    ids=["the file's own", "asked for"],
)
def test_a_published_network_is_tested_as_its_file_has_it(
    published, tmp_path, capsys, options, stages, said
):
    out, saved = tmp_path / "results.json", tmp_path / "restored"
    arguments = ["test", *published, "--out", str(out), "--save-dir", str(saved)]
    arguments += ["--work-dir", str(tmp_path / "test")]
    arguments += ["--cfg-options", *options] if options else []
    assert main(arguments) == 0
    sentence = "the config has another num_stages, residual."
    assert (sentence in capsys.readouterr().out) is said
    network = restorekit.load_network(published[1])
    network.num_stages, network.residual = stages, not said
    lq = read_image(tmp_path / "data/test/lq/000.png")
    pixels = torch.from_numpy(lq).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        pred = network(pixels)[-1][0].permute(1, 2, 0)
    expected = (pred.clamp(0, 1) * 255).round().byte().numpy()
    assert abs(read_image(saved / "000.png").astype(int) - expected).max() <= 1


def test_a_published_network_that_the_config_has_too_needs_no_word(published, capsys, tmp_path):
    config = Config.fromfile(published[0])
    config.merge_from_dict({"model.network.num_stages": 3, "model.network.residual": False})
    # What is left out is as the file has it.
    config.model.network.recurrent_unit = "PlainConvLSTM"
    config.dump(str(tmp_path / "same.py"))
    work_dir = ["--work-dir", str(tmp_path / "test")]
    assert main(["test", str(tmp_path / "same.py"), published[1], *work_dir]) == 0
    assert "another" not in capsys.readouterr().out


def test_a_file_cannot_have_anything_built_that_is_not_registered(published, tmp_path, capsys):
    weights, meta = read_network_file(published[1])
    meta["network"]["type"] = "os.system"
    torch.save({"meta": meta, "state_dict": weights}, tmp_path / "evil.pth")
    assert main(["test", published[0], str(tmp_path / "evil.pth")]) == 2
    assert "is refused" in capsys.readouterr().err


@pytest.fixture
def several(trained, tmp_path, pair_folder):
    """The arguments of a test, with two more sets of images beside the config's own."""
    config, work_dir = trained
    pair_folder(tmp_path / "rain12/test", count=2, size=(36, 40), seed=5)
    pair_folder(tmp_path / "mine", count=4, size=(36, 40), seed=6)
    return ["test", config, work_dir, "--work-dir", str(tmp_path / "test")]


def read(path):
    return json.loads(path.read_text())


def test_several_test_sets_have_their_results_and_one_table(several, tmp_path, capsys):
    names = [f"rain12={tmp_path / 'rain12'}", f"mine={tmp_path / 'mine'}"]
    options = [part for name in names for part in ("--test-set", name)]
    assert main([*several, *options, "--save-dir", str(tmp_path / "restored")]) == 0
    folder = tmp_path / "test"
    results = {name: read(folder / name / "results.json") for name in ("rain12", "mine")}
    assert [one["dataset"]["num_images"] for one in results.values()] == [2, 4]
    assert len(list((tmp_path / "restored/mine").iterdir())) == 4
    # The catalog's protocol comes first where the catalog knows the set.
    catalog = ["psnr/matlab_y_double", "ssim/matlab_y_double"]
    assert list(results["rain12"]["measures"])[:2] == catalog
    assert list(results["mine"]["measures"]) == ["psnr/rgb_u8", "ssim/rgb_u8"]
    header, _, ours, rainy = (folder / "test_sets.md").read_text().splitlines()
    assert "matlab_y_double" in header
    assert "rgb_u8" in header
    for row, file in ((ours, "results.json"), (rainy, "rainy_input.json")):
        for name, protocol in (("rain12", "matlab_y_double"), ("mine", "rgb_u8")):
            measures = read(folder / name / file)["measures"]
            psnr, ssim = (measures[f"{one}/{protocol}"]["mean"] for one in ("psnr", "ssim"))
            assert f"{psnr:.2f} / {ssim:.4f}" in row
    assert ours in capsys.readouterr().out
    # A set by itself gives the same numbers.
    out = tmp_path / "alone.json"
    assert main([*several, "--test-set", names[1], "--out", str(out)]) == 0
    assert read(out)["measures"] == results["mine"]["measures"]


def test_a_config_lists_its_test_sets(several, tmp_path, monkeypatch):
    config = Config.fromfile(several[1])
    config.test_sets = ["rain12", {"name": "mine", "data_root": str(tmp_path / "mine")}]
    config.dump(several[1])
    (tmp_path / "data/rain12").symlink_to(tmp_path / "rain12")
    monkeypatch.chdir(tmp_path)
    assert main(several) == 0
    found = [read(tmp_path / "test" / name / "results.json") for name in ("rain12", "mine")]
    assert [one["dataset"]["num_images"] for one in found] == [2, 4]
    assert main([*several, "--test-set", "mine", "--out", str(tmp_path / "mine.json")]) == 0
    assert read(tmp_path / "mine.json")["measures"] == found[1]["measures"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["rain13"], ["rain12", "NAME=FOLDER"]),
        (["rain12", "rain12"], ["twice"]),
        (["../x=data"], ["../x"]),
        (["rain13k"], ["no test images"]),
        (["mine=nowhere", "rain12"], ["nowhere"]),
    ],
)
def test_test_sets_that_cannot_be_tested_are_refused_before_any_is(
    several, tmp_path, capsys, names, said
):
    options = [part for name in names for part in ("--test-set", name)]
    assert main([*several, *options]) == 2
    error = capsys.readouterr().err
    assert all(text in error for text in said)
    assert not list((tmp_path / "test").rglob("results.json"))


def test_one_data_root_is_not_that_of_several_test_sets(several, tmp_path, capsys):
    options = ["--data-root", str(tmp_path / "data"), "--test-set", f"mine={tmp_path / 'mine'}"]
    assert main([*several, *options]) == 2
    assert "--test-set NAME=FOLDER" in capsys.readouterr().err


def test_a_list_of_test_sets_that_says_nothing_is_refused(several, capsys):
    for wrong in ("rain12", "[]", "[3]", "[dict]"):
        assert main([*several, "--cfg-options", f"test_sets={wrong}"]) == 2
        assert "test_sets" in capsys.readouterr().err
