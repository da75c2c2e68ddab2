"""The Runner's checkpoints: safe to load, exact in what they take, complete in what they hold."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel

import restorekit
from restorekit.archs import DCSFN as NETWORK_TYPE
from restorekit.checkpoints import save_network
from restorekit.checkpoints.io import load_file, save_file
from restorekit.engine.runner import Runner
from restorekit.engine.training_checkpoints import find_last_good_checkpoint
from restorekit.errors import CheckpointError, ConfigError, RestoreKitError
from restorekit.evaluation.history import read_history
from restorekit.registry import MODELS

TINY = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}


def test_checkpoint_needs_no_allow_list_and_names_its_network(small_config, train):
    runner = train(small_config("work", length=2))
    checkpoint = torch.load(f"{runner.work_dir}/iter_2.pth", weights_only=True)
    assert checkpoint["meta"]["network"] == {"type": "NoisyNet"}
    assert {"state_dict", "optimizer", "param_schedulers", "ema_state_dict"} <= checkpoint.keys()


def test_load_network_reads_a_training_checkpoint(small_config, train):
    runner = train(small_config("work", length=2, **{"model.network": TINY}))
    path = f"{runner.work_dir}/iter_2.pth"
    loaded = restorekit.load_network(path)
    assert not loaded.training
    saved = load_file(path)["state_dict"]
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, saved[f"network.{name}"])


def test_text_of_a_config_in_a_checkpoint_is_never_run(small_config, train, tmp_path):
    """mmengine's resume would run ``meta['config']`` as Python."""
    config = small_config("work", length=2)
    train(config)
    marker, path = tmp_path / "executed", f"{config.work_dir}/iter_2.pth"
    checkpoint = load_file(path)
    attack = f"__import__('pathlib').Path({str(marker)!r}).touch()\n"
    checkpoint["meta"]["config"] = checkpoint["meta"]["cfg"] = attack
    save_file(checkpoint, path)
    train(small_config("work", length=4, resume=True))
    assert not marker.exists()
    # The attack works: this is what would run it.
    Config.fromstring(attack, file_format=".py")
    assert marker.exists()


def test_malicious_checkpoint_is_refused_by_resume_and_load(small_config, tmp_path):
    class Payload:
        def __reduce__(self):
            return open, (str(tmp_path / "executed"), "w")

    path = str(tmp_path / "evil.pth")
    torch.save({"state_dict": {}, "meta": Payload()}, path)
    for resume in (False, True):
        config = small_config("work", load_from=path, resume=resume)
        with pytest.raises(CheckpointError, match="refused"):
            Runner.from_cfg(config).train()
    assert not (tmp_path / "executed").exists()


def test_weights_of_another_network_are_refused(small_config, train):
    runner = train(small_config("work", length=2))
    checkpoint = f"{runner.work_dir}/iter_2.pth"
    config = small_config("other", load_from=checkpoint, **{"model.network": TINY})
    with pytest.raises(CheckpointError, match=r"network\.\S+ missing|missing;"):
        Runner.from_cfg(config).train()


def test_a_failed_save_leaves_the_previous_checkpoint(small_config, train, monkeypatch):
    runner = train(small_config("work", length=2))
    path = f"{runner.work_dir}/iter_2.pth"
    before = Path(path).read_bytes()

    def cut_off(content, file):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", cut_off)
    with pytest.raises(OSError, match="no space"):
        runner.save_checkpoint(runner.work_dir, "iter_2.pth", by_epoch=False)
    assert Path(path).read_bytes() == before
    assert find_last_good_checkpoint(runner.work_dir).name == "iter_2.pth"


def test_total_batch_size_must_divide(small_config, monkeypatch):
    config = small_config("work")
    monkeypatch.setattr("restorekit.datasets.loading.sharing.get_world_size", lambda: 4)
    with pytest.raises(ConfigError, match="total_batch_size=2 cannot be shared by 4"):
        Runner.build_dataloader(config.train_dataloader)


def test_a_batch_that_cannot_be_shared_names_what_can(small_config, monkeypatch):
    config = small_config("work", **{"train_dataloader.total_batch_size": 24})
    for processes, named in ((64, ("is 64,", "24 processes")), (9, ("18 or 27", "8 processes"))):
        monkeypatch.setattr(
            "restorekit.datasets.loading.sharing.get_world_size", lambda n=processes: n
        )
        with pytest.raises(ConfigError) as caught:
            Runner.build_dataloader(config.train_dataloader)
        assert all(text in str(caught.value) for text in named)


def test_loss_that_is_not_finite_stops_the_training(small_config):
    config = small_config("work", **{"optim_wrapper.optimizer.lr": 1e30})
    config.optim_wrapper.clip_grad = None
    with pytest.raises(RestoreKitError, match="Training stopped at iteration"):
        Runner.from_cfg(config).train()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_one_sentence(small_config, monkeypatch, error):
    def fail(self, lq):
        raise error

    runner = Runner.from_cfg(small_config("work"))
    monkeypatch.setattr(type(runner.model.network), "forward", fail)
    with pytest.raises(RestoreKitError, match="total_batch_size") as caught:
        runner.train()
    assert "\n" not in str(caught.value)


def test_bf16_computes_in_bf16_and_keeps_float32_weights(small_config, train):
    seen = set()

    class Watched(NETWORK_TYPE):
        def forward(self, lq):
            output = super().forward(lq)
            if self.training:
                seen.add(self.head(lq).dtype)
            return output

    MODELS.register_module(name="Watched", module=Watched, force=True)
    runner = train(
        small_config(
            "work",
            length=2,
            **{
                "optim_wrapper.type": "BFloat16OptimWrapper",
                "model.network": {**TINY, "type": "Watched"},
            },
        )
    )
    assert seen == {torch.bfloat16}
    assert all(p.dtype == torch.float32 for p in runner.model.parameters())


def test_accumulated_gradients_are_those_of_the_larger_batch(small_config, train):
    changes = {"model.network": TINY, "param_scheduler": None, "custom_hooks": []}
    whole = small_config("whole", length=2, save_every=1, **changes)
    whole.train_dataloader.total_batch_size = 4
    parts = small_config("parts", length=4, save_every=1, **changes)
    parts.optim_wrapper.accumulative_counts = 2
    first, second = train(whole), train(parts)
    for one, other in zip(first.model.parameters(), second.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_best_checkpoint_by_a_dataset_and_protocol(small_config, train, tmp_path, pair_folder):
    pair_folder(tmp_path / "other/test", count=2, size=(36, 40), seed=2)
    config = small_config("work")
    loader = config.val_dataloader
    other = {**loader, "dataset": {**loader.dataset, "data_root": str(tmp_path / "other")}}
    config.val_dataloader = {"small": loader, "other": other}
    config.val_cfg = {"type": "MultiValLoop"}
    luma = {**config.val_evaluator, "protocols": ["matlab_y_u8"]}
    config.val_evaluator = [config.val_evaluator, luma]
    best = {"save_best": "other/psnr/rgb_u8", "rule": "greater"}
    config.default_hooks.checkpoint = {**config.default_hooks.checkpoint, **best}
    runner = train(config)
    (kept,) = Path(runner.work_dir).glob("best_other_psnr*.pth")
    rows = read_history(Path(runner.work_dir, "history.csv"))
    validated = {r["iter"]: float(r["other/psnr/rgb_u8"]) for r in rows if r["phase"] == "val"}
    assert kept.stem.endswith("_" + max(validated, key=validated.get))
    for measured in ("small/psnr/rgb_u8", "small/psnr/matlab_y_u8"):
        assert all(row[measured] for row in rows if row["phase"] == "val")
    assert runner.val_loop.num_batches == 3 + 2


def test_tensorboard_gets_the_loss(small_config, train):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    backends = [{"type": "TensorboardVisBackend"}]
    visualizer = {"type": "Visualizer", "vis_backends": backends, "name": "tensorboard_test"}
    runner = train(small_config("work", length=2, visualizer=visualizer))
    (events,) = Path(runner.work_dir).rglob("events.out.tfevents*")
    log = accumulator.EventAccumulator(str(events)).Reload()
    assert [event.step for event in log.Scalars("loss")] == [1, 2]


def test_fewer_images_than_a_batch_is_said_instead_of_training_nothing(small_config):
    config = small_config("work", "epoch", **{"train_dataloader.total_batch_size": 50})
    with pytest.raises(ConfigError, match="has 7 images, fewer than a batch"):
        Runner.from_cfg(config).train()


def test_validation_pictures_of_several_datasets_do_not_meet(small_config, train):
    config = small_config("work", length=2, custom_hooks=[{"type": "RestoredImagesHook"}])
    config.val_dataloader = {"one": config.val_dataloader, "two": config.val_dataloader}
    config.val_cfg = {"type": "MultiValLoop"}
    runner = train(config)
    pictures = Path(runner.work_dir).glob("restored/iter_2/*/000.png")
    assert sorted(path.parent.name for path in pictures) == ["one", "two"]


@pytest.mark.parametrize("kept", ["newest", "best"])
def test_a_failed_save_never_leaves_no_checkpoint(small_config, monkeypatch, kept):
    """mmengine removes the old checkpoint before it writes the new one; we do not."""
    config = small_config("work", save_every=2 if kept == "newest" else 100)
    hook = config.default_hooks.checkpoint
    hook.max_keep_ckpts = 1
    if kept == "best":
        hook.save_best, hook.rule = "psnr/rgb_u8", "less"
        monkeypatch.setattr(
            "restorekit.metrics.evaluator.RestorationMetric.evaluate",
            lambda self, size: {"psnr/rgb_u8": -next(calls)},
        )
        calls = iter(range(100))
    write, saved = torch.save, []

    def fail_at_the_second(content, file):
        saved.append(file)
        if len(saved) > 1:
            raise OSError("no space left on device")
        write(content, file)

    monkeypatch.setattr(torch, "save", fail_at_the_second)
    with pytest.raises(OSError, match="no space"):
        Runner.from_cfg(config).train()
    assert load_file(find_last_good_checkpoint(config.work_dir))["meta"]["iter"] == 2


def test_a_model_of_ones_own_without_a_network_resumes(small_config, train):
    @MODELS.register_module(force=True)
    class OwnModel(BaseModel):
        def __init__(self):
            super().__init__(MODELS.build({"type": "ImageDataPreprocessor"}))
            self.layer = torch.nn.Conv2d(3, 3, 1)

        def forward(self, lq, gt=None, name=None, index=None, mode="tensor"):
            return {"loss": (self.layer(lq) - gt).abs().mean()}

    changes = {"val_cfg": None, "val_dataloader": None, "val_evaluator": None}
    for length in (2, 4):
        config = small_config("work", length=length, resume=True)
        config.model = {"type": "OwnModel"}
        for key, value in changes.items():
            config[key] = value
        runner = train(config)
    assert runner.iter == 4
    assert load_file(f"{config.work_dir}/iter_4.pth")["meta"]["iter"] == 4


def test_resume_says_what_it_cannot_use(small_config, train, tmp_path):
    network = NETWORK_TYPE(**{k: v for k, v in TINY.items() if k != "type"})
    save_network(network, TINY, tmp_path / "published.pth")
    published = {"load_from": str(tmp_path / "published.pth"), "model.network": TINY}
    with pytest.raises(CheckpointError, match="holds weights and no state of a training"):
        train(small_config("work", resume=True, **published))
    train(small_config("other", length=2, **published))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/iter_7.pth").write_bytes(b"half")
    with pytest.raises(CheckpointError, match="None of the 1 checkpoints"):
        train(small_config("broken", resume=True))
