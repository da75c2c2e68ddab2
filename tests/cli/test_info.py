import json

import pytest
import torch

from restorekit.archs import PReNet
from restorekit.checkpoints import save_file, save_network
from restorekit.cli import main
from restorekit.cli.info import parse_memory
from restorekit.engine.training_memory import Step, TrainingMemory, steps_of
from restorekit.inference.memory import LiveTensors
from restorekit.io.files import sha256
from restorekit.models import Restorer

TINY = {"type": "NAFNet", "channels": 4, "encoder_blocks": (1,), "decoder_blocks": (1,)}


def info(capsys, *arguments):
    assert main(["info", *arguments, "--device", "cpu", "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "tiny.py"
    file.write_text(
        "model = dict(type='Restorer', loss=dict(type='L1Loss'),\n"
        "    network=dict(type='PReNet', channels=4, num_stages=2))\n"
        "train_dataloader = dict(total_batch_size=6, dataset=dict(type='PairedDataset',\n"
        "    pipeline=[dict(type='PairedRandomCrop', patch_size=24), dict(type='PackInputs')]))\n"
    )
    return str(file)


def test_the_facts_of_a_config_are_those_of_the_catalog(capsys, monkeypatch):
    monkeypatch.setattr("restorekit.cli.info._measure", _count_only)
    monkeypatch.setattr("restorekit.cli.info._training", lambda *_: None)
    for name in ("dcsfn", "dcsfn_rain200h"):
        found = info(capsys, name)
        assert found["parameters"] == 12_552_375
        assert found["method"]["paper"].startswith("DCSFN: Deep Cross-scale Fusion Network")
        assert found["trained_on"][0]["name"].startswith("Rain200H")
        (number,) = found["published_numbers"]
        assert (number["psnr"], number["protocol"]) == ("28.81", "rgb_float")
        assert found["config"].endswith("configs/dcsfn/dcsfn_rain200h.py")
    smaller = info(capsys, "DCSFN", "--cfg-options", "model.network.num_units=2")
    assert smaller["network"]["num_units"] == 2
    assert smaller["parameters"] < 12_552_375


def _count_only(subject, report, *_):
    count = sum(parameter.numel() for parameter in subject.network.parameters())
    report.add("parameters", count, f"{count:,}")


def test_a_config_is_measured_and_its_training_too(capsys, config):
    found = info(capsys, config, "--memory", "2M", "--time")
    network = PReNet(channels=4, num_stages=2)
    assert found["parameters"] == sum(p.numel() for p in network.parameters())
    assert found["macs"]["plain"] >= found["macs"]["accelerated"] > 0
    assert found["image_sizes"]["multiple"] == 1
    assert 0 < found["receptive_field"]["context"] < 60
    assert found["automatic_tile"]["merge"] == "exact"
    assert found["time"]["seconds_a_megapixel"] > 0
    assert found["training_steps"] == [{"patch": 24, "batch": 6}]
    assert {cell["patch"] for cell in found["training_memory"]} == {12, 24, 48}
    (fits,) = found["fits"]
    cells = {(cell["patch"], cell["batch"]): cell["bytes"] for cell in found["training_memory"]}
    assert cells[24, 1] < 2e6 < cells[24, 16]
    assert 1 <= fits["largest_batch"] < 16
    assert fits["largest_patch"] % 8 == 0


def test_the_text_names_everything(capsys, config):
    assert main(["info", config, "--device", "cpu", "--memory", "1G"]) == 0
    shown = capsys.readouterr().out
    for part in ("as published", "as carried out", "a megapixel", "on each side", "24×24", "*"):
        assert part in shown
    assert "In 1.00 GB: batches of at most" in shown


def test_a_checkpoint_says_how_it_was_trained(capsys, tmp_path):
    network = Restorer(TINY).network
    file = tmp_path / "iter_7.pth"
    state = {f"network.{key}": value for key, value in network.state_dict().items()}
    leak = {"train_set": "mine", "train_images": 4, "compared": 4, "images": {"ab": [1], "cd": [2]}}
    meta = {
        "network": TINY,
        "iter": 7,
        "seed": 3,
        "dataset_meta": {"source": "data/mine/train", "num_images": 4},
        "leaks": [leak],
    }
    save_file({"meta": meta, "state_dict": state}, file)
    found = info(capsys, str(file))
    assert found["sha256"] == sha256(file)
    assert (found["iterations"], found["seed"]) == (7, 3)
    assert found["trained_on"] == [{"name": "data/mine/train", "images": 4}]
    assert found["leaks"] == [{"train_set": "mine", "test_images": 2}]
    assert found["method"]["name"] == "NAFNet"
    assert found["receptive_field"]["context"] is None
    assert main(["info", str(file), "--cfg-options", "a=1"]) == 2
    assert "is a checkpoint" in capsys.readouterr().err


def test_a_published_network_shows_its_index(capsys, monkeypatch):
    monkeypatch.setattr("restorekit.cli.info._measure", _count_only)
    monkeypatch.setattr("restorekit.cli.info._training", lambda *_: None)
    found = info(capsys, "derain-small")
    assert found["parameters"] == found["published"]["parameters"]
    assert found["sha256"] == found["published"]["sha256"]
    assert found["trained_on"][0]["images"] == 226


def test_unknown_names_and_amounts_are_answered(capsys, config):
    assert main(["info", "dcsfm"]) == 2
    assert "Did you mean 'dcsfn'" in capsys.readouterr().err
    assert main(["info", config, "--memory", "8"]) == 2
    assert "such as 8G" in capsys.readouterr().err


def test_amounts_of_memory():
    assert [parse_memory(text) for text in ("8G", "8 gb", "0.5GiB", "500M")] == [
        8_000_000_000,
        8_000_000_000,
        2**29,
        500_000_000,
    ]


def test_memory_counted_without_data_is_that_of_a_real_step():
    model = Restorer(
        {"type": "PReNet", "channels": 4, "num_stages": 2}, {"type": "L1Loss"}, accelerate=False
    )
    memory = TrainingMemory(model)
    batch, patch = 5, 24
    with LiveTensors() as live:
        lq, gt = (torch.rand(batch, 3, patch, patch) for _ in range(2))
        model(lq, gt, mode="loss")["loss"].backward()
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    assert memory.bytes(Step(patch, batch)) == pytest.approx(3 * weights + live.peak, rel=0.05)


def test_a_model_whose_operations_need_values_runs_on_small_patches(monkeypatch):
    model = Restorer({"type": "PReNet", "channels": 4, "num_stages": 2}, {"type": "L1Loss"})
    without_data = TrainingMemory(model).bytes(Step(64, 3))
    compute = Restorer.compute_loss

    def needs_values(self, lq, gt):
        assert float(lq.mean()) == 0.5
        return compute(self, lq, gt)

    monkeypatch.setattr(Restorer, "compute_loss", needs_values)
    memory = TrainingMemory(model)
    assert memory.bytes(Step(64, 3)) == pytest.approx(without_data, rel=0.1)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_largest_steps_fit_and_the_next_do_not():
    model = Restorer({"type": "PReNet", "channels": 4, "num_stages": 2}, {"type": "L1Loss"})
    memory = TrainingMemory(model)
    available = 50_000_000
    batch = memory.largest_batch(32, available)
    assert memory.bytes(Step(32, batch)) < available / 1.15 < memory.bytes(Step(32, batch + 1))
    patch = memory.largest_patch(4, available)
    assert memory.bytes(Step(patch, 4)) < available / 1.15 < memory.bytes(Step(patch + 8, 4))
    assert memory.largest_batch(64, 1000) == memory.largest_patch(64, 1000) == 0


def test_blocks_that_are_computed_again_take_less():
    model = Restorer({**TINY, "encoder_blocks": (4,)}, {"type": "L1Loss"}, accelerate=False)
    step = Step(32, 4)
    assert TrainingMemory(model, checkpointed="NAFBlock").bytes(step) < 0.8 * TrainingMemory(
        model
    ).bytes(step)


def test_steps_are_found_in_stages_and_in_nested_datasets():
    sizes = [(128, 64), (384, 8)]
    stages = [{"patch_size": side, "total_batch_size": batch} for side, batch in sizes]
    assert steps_of({"train_dataloader": {"batch_sampler": {"stages": stages}}}) == [
        Step(128, 64),
        Step(384, 8),
    ]
    nested = {"datasets": [{"before": [{"patch_size": 96}], "pipeline": []}]}
    assert steps_of({"train_dataloader": {"batch_size": 2, "dataset": nested}}) == [Step(96, 2)]
    assert steps_of({}) == []


def test_a_converted_network_names_its_origin(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("restorekit.cli.info._measure", _count_only)
    monkeypatch.setattr("restorekit.cli.info._training", lambda *_: None)
    file = tmp_path / "net.safetensors"
    origin = {"format": "prenet", "file": "net.pth"}
    network = PReNet(channels=4)
    save_network(network, {"type": "PReNet", "channels": 4}, file, {"converted_from": origin})
    assert main(["info", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "net.pth, format prenet" in shown
    assert "Progressive Image Deraining Networks" in shown
