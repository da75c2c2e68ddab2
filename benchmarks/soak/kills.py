"""Kill small trainings at random moments, resume them, and compare with an undisturbed one.

Run: python -m benchmarks.soak.kills --count 20. Every training is a fork of this process, which
has imported everything, so most of its time is spent training. Weights, averaged weights,
optimiser and best checkpoint must be those of the undisturbed training, bit for bit. The exit
status is 0 if all are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from restorekit.checkpoints import load_file
from restorekit.cli import main as restorekit
from restorekit.io.images import write_image
from restorekit.registry import DATASETS, HOOKS, METRICS, MODELS

_STEPS, _EVERY = 24, 4


def main() -> int:
    """Run the kills and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="kills for each number of processes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, action="append", choices=(1, 2))
    parser.add_argument("--minutes", type=float, default=60, help="start no kill after these")
    args = parser.parse_args()
    end = time.monotonic() + 60 * args.minutes
    torch.set_num_threads(1)
    # Otherwise every fork would import what these do.
    for module in ("restorekit.engine.runner", "torch._dynamo"):
        importlib.import_module(module)
    for registry in (DATASETS, HOOKS, METRICS, MODELS):
        registry.import_from_location()
    sys.stdout.write("| processes | killed | identical after resuming | had a checkpoint |\n")
    sys.stdout.write("|--:|--:|--:|--:|\n")
    held = True
    with tempfile.TemporaryDirectory() as folder:
        config = _write_config(Path(folder))
        for processes in args.processes or (1, 2):
            soak = _Kills(config, processes, Random(f"kills {processes} {args.seed}"))  # noqa: S311
            while soak.killed < args.count and time.monotonic() < end:
                soak.kill_one()
            held &= soak.identical == soak.killed > 0
            row = (processes, soak.killed, soak.identical, soak.with_checkpoint)
            sys.stdout.write(f"| {' | '.join(map(str, row))} |\n")
            sys.stdout.flush()
    return 0 if held else 1


class _Kills:
    """Kills with one number of processes.

    Attributes:
        killed: Trainings that were killed before their end.
        identical: Those that ended as the undisturbed one when resumed.
        with_checkpoint: Those that had written a checkpoint when they were killed.
    """

    def __init__(self, config: Path, processes: int, rng: Random) -> None:
        self._config, self._processes, self._rng = config, processes, rng
        self.killed = self.identical = self.with_checkpoint = 0
        undisturbed = config.parent / f"undisturbed_{processes}"
        self._train(undisturbed)
        # From its first checkpoint to its end, with what ends a process.
        self._seconds = time.time() - min(f.stat().st_mtime for f in undisturbed.glob("iter_*.pth"))
        self._expected = _outcome(undisturbed)

    def kill_one(self) -> None:
        """Kill a training, resume it and compare."""
        work = self._config.parent / f"killed_{self._processes}_{time.monotonic_ns()}"
        after = self._rng.uniform(0, self._seconds)
        if self._train(work, after) is not None:
            return  # it ended before
        self.killed += 1
        resume = any(work.glob("iter_*.pth"))
        self.with_checkpoint += resume
        try:
            self._train(work, resume=resume)
            differing = _differing(self._expected, _outcome(work))
        except (ValueError, OSError, RuntimeError) as error:
            differing = [str(error)]
        self.identical += not differing
        sys.stderr.write(f"{self._processes}: {self.identical} of {self.killed} identical\n")
        if differing:
            log = (work / "errors.txt").read_text(errors="replace").strip()[-500:]
            sys.stderr.write(f"killed after {after:.2f} s: {differing[:3]} differ; {log}\n")

    def _train(
        self, work: Path, kill_after: float | None = None, *, resume: bool = False
    ) -> float | None:
        """Train; return the seconds that it took, or None if it was killed.

        Args:
            work: Work folder.
            kill_after: Seconds from the first checkpoint to the kill; None for no kill.
            resume: Whether to resume.
        """
        work.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        began = time.monotonic()
        ranks = [self._fork(rank, port, work, resume) for rank in range(self._processes)]
        if kill_after is not None:
            while not any(work.glob("iter_*.pth")) and all(map(_is_running, ranks)):
                time.sleep(0.02)
            time.sleep(kill_after)
            self._rng.shuffle(ranks)
            # All are asked first: one whose partner is killed may end with an error.
            running = [_is_running(pid) for pid in ranks]
            for pid in ranks:
                os.kill(pid, signal.SIGKILL)
                time.sleep(self._rng.uniform(0, 0.1))
            statuses = [os.waitpid(pid, 0)[1] for pid in ranks]
            return None if all(running) else 0.0 if not any(statuses) else None
        statuses = [os.waitpid(pid, 0)[1] for pid in ranks]
        if any(statuses):
            raise RuntimeError(f"A training ended with {statuses}.")
        return time.monotonic() - began

    def _fork(self, rank: int, port: str, work: Path, resume: bool) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            log = os.open(work / "errors.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.stdout, sys.stderr = (os.fdopen(number, "w") for number in (1, 2))
            command = ["train", str(self._config), "--work-dir", str(work)]
            if self._processes > 1:
                sizes = {"WORLD_SIZE": str(self._processes), "RANK": str(rank)}
                address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
                os.environ.update(sizes | address | {"LOCAL_RANK": str(rank)})
                command += ["--launcher", "pytorch"]
            status = restorekit([*command, *(["--resume"] if resume else [])])
        finally:
            sys.stderr.flush()
            os._exit(status)


def _is_running(pid: int) -> bool:
    """Return whether a child still runs, without collecting it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _write_config(folder: Path) -> Path:
    """Write small pairs and a config that trains on them, with an average and validations."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 9), ("test", 2)):
        for number in range(count):
            for part in ("lq", "gt"):
                image = rng.integers(0, 256, (40, 44, 3), dtype=np.uint8)
                write_image(folder / "data" / split / part / f"{number}.png", image)
    dataset = {"type": "PairedDataset", "data_root": str(folder / "data")}
    loader = {"num_workers": 0, "collate_fn": {"type": "collate_samples"}}
    crop = [{"type": "PairedRandomCrop", "patch_size": 16}, {"type": "PairedFlip"}]
    checkpoint = {"type": "CheckpointHook", "by_epoch": False, "interval": _EVERY}
    config = {
        "default_scope": "restorekit",
        "model": {
            "type": "Restorer",
            "network": {"type": "PReNet", "channels": 4, "num_stages": 2, "num_blocks": 1},
            "loss": {"type": "L1Loss"},
        },
        "train_dataloader": {
            **loader,
            "total_batch_size": 2,
            "drop_last": True,
            "sampler": {"type": "ReproducibleSampler"},
            "dataset": {**dataset, "split": "train", "pipeline": [*crop, {"type": "PackInputs"}]},
        },
        "train_cfg": {"type": "IterTrainLoop", "max_iters": _STEPS, "val_interval": _EVERY},
        "val_dataloader": {
            **loader,
            "batch_size": 1,
            "sampler": {"type": "ReproducibleSampler", "shuffle": False},
            "dataset": {**dataset, "split": "test", "pipeline": [{"type": "PackInputs"}]},
        },
        "val_cfg": {},
        "val_evaluator": {"type": "RestorationMetric", "protocols": ["rgb_u8"]},
        "optim_wrapper": {"type": "OptimWrapper", "optimizer": {"type": "Adam", "lr": 1e-2}},
        "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": False, "T_max": _STEPS}],
        "default_hooks": {"checkpoint": {**checkpoint, "save_best": "auto"}},
        "custom_hooks": [{"type": "EMAHook"}],
        "randomness": {"seed": 3},
        "env_cfg": {"dist_cfg": {"backend": "gloo"}},
        "log_level": "WARNING",
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def _outcome(work: Path) -> dict[str, Any]:
    """Return what a training ended with: tensors and numbers by their keys."""
    found: dict[str, Any] = {}
    last = load_file(work / f"iter_{_STEPS}.pth")
    for key in ("state_dict", "ema_state_dict", "optimizer"):
        found |= _flat(last[key], key)
    for best in work.glob("best_*.pth"):
        found |= _flat(load_file(best)["state_dict"], best.name)
    return found


def _flat(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {k: v for key, one in items for k, v in _flat(one, f"{name}.{key}").items()}
    return {name: value}


def _differing(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    def same(key: str) -> bool:
        if key not in expected or key not in found:
            return False
        one, other = expected[key], found[key]
        if isinstance(one, torch.Tensor):
            return isinstance(other, torch.Tensor) and torch.equal(one, other)
        return bool(one == other)

    return sorted(key for key in {*expected, *found} if not same(key))


if __name__ == "__main__":
    sys.exit(main())
