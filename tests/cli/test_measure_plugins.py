"""Measures and metrics from outside the package, from the command line to a ranking."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.evaluation.results import read_results
from restorekit.io.images import read_image
from restorekit.registry import HOOKS, MEASURES, METRICS

PLUGIN = '''
import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from restorekit.metrics import Measure, Protocol, register_protocol
from restorekit.registry import HOOKS, MEASURES, METRICS


@MEASURES.register_module(force=True)
class MeanError(Measure):
    """Mean absolute error."""

    name = "mean_error"
    label = "MAE"
    unit = "levels"
    digits = 1
    higher_is_better = False

    def __call__(self, pred, gt=None):
        return np.abs(pred.astype(float) - gt).mean()


@METRICS.register_module(force=True)
class CountImages(BaseMetric):
    default_prefix = "count"

    def process(self, data_batch, data_samples):
        self.results += data_samples

    def compute_metrics(self, results):
        return {"images": len(results)}


@HOOKS.register_module(force=True)
class NoteHook(Hook):
    def after_test_epoch(self, runner, metrics=None):
        with open("noted.txt", "w") as file:
            file.write(" ".join(sorted(metrics)))


register_protocol(Protocol("plugin_test_mae", measures=("psnr", "mean_error")))
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    from restorekit.metrics import PROTOCOLS

    (tmp_path / "plugin.py").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)
    yield "plugin.py"
    PROTOCOLS.pop("plugin_test_mae", None)
    for registry, name in ((MEASURES, "MeanError"), (METRICS, "CountImages"), (HOOKS, "NoteHook")):
        registry.module_dict.pop(name, None)


def trained(small_config, **changes):
    config = small_config("work", length=4)
    Runner.from_cfg(config).train()
    for key, value in changes.items():
        config[key] = value
    config.dump("config.py")
    return ["config.py", config.work_dir]


def error(folder, data, name):
    pred, gt = (read_image(one / f"{name}.png").astype(float) for one in (folder, data / "gt"))
    return abs(pred - gt).mean()


def test_a_measure_of_a_plugin_is_in_the_results_and_ranked(plugin, small_config, tmp_path):
    arguments = trained(small_config)
    options = ["--plugin", plugin, "--metric", "mean_error", "--work-dir", "test"]
    options += ["--out", "out/results.json", "--save-dir", "restored"]
    assert main(["test", *arguments, *options]) == 0
    data = tmp_path / "data/test"
    for file, folder in (("results", tmp_path / "restored"), ("rainy_input", data / "lq")):
        found = read_results(f"out/{file}.json").measures["mean_error"]
        assert found.images == {n: error(folder, data, n) for n in ("000", "001", "002")}
        assert (found.title, found.digits, found.sign) == ("MAE (levels)", 1, -1)
    files = ["out/results.json", "out/rainy_input.json"]
    assert main(["leaderboard", *files, "--protocol", "mean_error", "--out", "board"]) == 0
    rows = list(csv.DictReader((tmp_path / "board/leaderboard.csv").open()))
    values = {row["method"]: float(row["mean_error"]) for row in rows}
    assert values.keys() == {"NoisyNet", "Rainy input"}
    assert values["Rainy input"] == read_results("out/rainy_input.json").measures["mean_error"].mean


def test_a_protocol_of_a_plugin_takes_its_measure(plugin, small_config, tmp_path):
    arguments = ["--pred", "data/test/lq", "--gt", "data/test/gt", "--plugin", plugin]
    arguments += ["--protocol", "plugin_test_mae", "--protocol", "rgb_u8", "--processes", "2"]
    assert main(["evaluate", *arguments, "--metric", "mean_error", "--out", "r.json"]) == 0
    measures = read_results("r.json").measures
    assert list(measures) == [
        *("psnr/plugin_test_mae", "mean_error/plugin_test_mae"),
        *("psnr/rgb_u8", "ssim/rgb_u8", "mean_error"),
    ]
    assert measures["mean_error/plugin_test_mae"].images == measures["mean_error"].images
    assert measures["psnr/plugin_test_mae"].images == measures["psnr/rgb_u8"].images


def test_scalars_of_a_plain_metric_are_recorded(plugin, small_config, tmp_path, capsys):
    arguments = trained(
        small_config,
        test_evaluator={"type": "CountImages"},
        custom_hooks=[{"type": "NoteHook"}, {"type": "EMAHook", "momentum": 0.5}],
    )
    arguments += ["--plugin", plugin, "--out", "results.json"]
    assert main(["test", *arguments]) == 0, capsys.readouterr().err
    results = read_results("results.json")
    assert results.scalars == {"count/images": 3.0}
    assert (results.measures, results.dataset.num_images) == ({}, 3)
    assert "count/images: 3" in capsys.readouterr().out
    # The hook of the config ran; the one for trainings was left out.
    assert (tmp_path / "noted.txt").read_text() == "count/images"


@pytest.mark.parametrize(("split", "expected"), [("test", "test"), ("train", "validation")])
def test_results_say_on_what_a_checkpoint_was_selected(small_config, tmp_path, split, expected):
    config = small_config("work", length=4)
    config.val_dataloader.dataset.split = split
    config.randomness = {"seed": 11}
    Runner.from_cfg(config).train()
    config.dump(str(tmp_path / "config.py"))
    newest = f"{config.work_dir}/iter_4.pth"
    best = shutil.copy(newest, f"{config.work_dir}/best_psnr_rgb_u8_iter_4.pth")
    for checkpoint, selected in ((newest, None), (best, expected)):
        out = str(tmp_path / "results.json")
        assert main(["test", str(tmp_path / "config.py"), checkpoint, "--out", out]) == 0
        content = json.loads((tmp_path / "results.json").read_text())
        assert content.get("selected_on") == selected
        assert content["seed"] == 11
        assert {"tile", "ensemble", "processes"} <= content["settings"].keys()
