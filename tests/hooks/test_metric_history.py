import csv

import numpy as np
import pytest
from mmengine.hooks import Hook
from tiny_runner import build_runner, loader

from restorekit.errors import ConfigError, DataError
from restorekit.hooks import metric_history
from restorekit.io.images import read_image

HISTORY = {"type": "MetricHistoryHook", "interval": 1}


class Interrupt(Hook):
    priority = "VERY_LOW"

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == 7:
            raise KeyboardInterrupt


class Losses(Hook):
    def __init__(self):
        self.values = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values.append(outputs["loss"].item())


def rows(path):
    with (path / "history.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_rows_hold_what_happened(tmp_path):
    losses = Losses()
    runner = build_runner(tmp_path, [{"type": "MetricHistoryHook", "interval": 3}], 8)
    runner.register_hook(losses)
    runner.train()
    table = rows(tmp_path)
    assert [(row["iter"], row["phase"]) for row in table] == [
        ("2", "val"),
        ("3", "train"),
        ("4", "val"),
        ("6", "train"),
        ("6", "val"),
        ("8", "train"),
        ("8", "val"),
    ]
    by_phase = {(int(row["iter"]), row["phase"]): row for row in table}
    for iteration, phase in by_phase:
        expected = np.mean(losses.values[max(iteration - 3, 0) : iteration])
        assert float(by_phase[iteration, phase]["loss"]) == pytest.approx(expected, rel=1e-6)
    # The rate that the iteration was trained with: halved every two iterations.
    assert float(by_phase[3, "train"]["lr"]) == 0.005
    assert float(by_phase[6, "train"]["lr"]) == 0.0025
    assert by_phase[3, "train"]["psnr/tiny"] == ""
    psnr = runner.val_loop.run()["psnr/tiny"]
    assert float(by_phase[8, "val"]["psnr/tiny"]) == psnr
    assert "epoch" not in table[0]


def test_a_resumed_run_ends_with_the_table_of_one_that_never_stopped(tmp_path):
    build_runner(tmp_path / "whole", [HISTORY], 10).train()
    broken = build_runner(
        tmp_path / "broken",
        [HISTORY],
        10,
        default_hooks={"checkpoint": {"type": "CheckpointHook", "interval": 4, "by_epoch": False}},
    )
    broken.register_hook(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    # Past the checkpoint of iteration 4, and that validation is not repeated.
    assert [row["iter"] for row in rows(tmp_path / "broken")][-1] == "7"
    build_runner(tmp_path / "broken", [HISTORY], 10, resume=True).train()
    whole = (tmp_path / "whole/history.csv").read_text()
    assert whole == (tmp_path / "broken/history.csv").read_text()
    assert len(whole.splitlines()) == 1 + 10 + 5


def test_rows_are_appended_and_a_line_cut_off_by_a_kill_is_left_out(tmp_path, monkeypatch):
    build_runner(tmp_path / "whole", [HISTORY], 10).train()
    written = []
    original = metric_history.write_history
    monkeypatch.setattr(
        metric_history,
        "write_history",
        lambda path, rows: (written.append(len(rows)), original(path, rows)),
    )
    build_runner(tmp_path / "broken", [HISTORY], 6).train()
    # A new table, and the columns of the first validation.
    assert written == [1, 3]
    path = tmp_path / "broken/history.csv"
    path.write_text(path.read_text() + "7,trai")
    build_runner(tmp_path / "broken", [HISTORY], 10, resume=True).train()
    assert path.read_text() == (tmp_path / "whole/history.csv").read_text()


def test_a_new_run_starts_a_new_table(tmp_path):
    build_runner(tmp_path, [HISTORY], 4).train()
    build_runner(tmp_path, [HISTORY], 2).train()
    assert [row["iter"] for row in rows(tmp_path)] == ["1", "2", "2"]


def test_epochs_are_counted_where_the_loop_counts_them(tmp_path):
    build_runner(
        tmp_path,
        [{"type": "MetricHistoryHook", "interval": 3}],
        train_dataloader=loader(),
        train_cfg={"by_epoch": True, "max_epochs": 2},
        default_hooks={},
    ).train()
    assert [(row["iter"], row["epoch"], row["phase"]) for row in rows(tmp_path)] == [
        ("3", "1", "train"),
        ("3", "1", "val"),
        ("6", "2", "train"),
        ("6", "2", "val"),
    ]


def test_curves_are_drawn(tmp_path):
    build_runner(tmp_path, [HISTORY], 4).train()
    picture = read_image(tmp_path / "history.png")
    colours = {tuple(pixel) for pixel in picture.reshape(-1, 3)[::7]}
    assert len(colours) > 3  # not a blank sheet


def test_validation_on_its_own_leaves_no_row(tmp_path):
    build_runner(tmp_path, [HISTORY]).val()
    assert not (tmp_path / "history.csv").exists()


def test_a_file_that_is_no_history_is_not_overwritten(tmp_path):
    (tmp_path / "history.csv").write_text("year,event\n1066,Hastings\n")
    with pytest.raises(DataError, match=r"history\.csv, line 2: the column 'iter'"):
        build_runner(tmp_path, [HISTORY]).train()
    assert "Hastings" in (tmp_path / "history.csv").read_text()


def test_interval_must_be_positive():
    from restorekit.hooks import MetricHistoryHook

    with pytest.raises(ConfigError, match="not 0"):
        MetricHistoryHook(interval=0)
