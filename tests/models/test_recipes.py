"""The methods beside DCSFN train by their own recipes, in one process and in two."""

import json
import os
from pathlib import Path

import pytest
import torch.distributed
from forks import run_on_two_ranks
from mmengine.model import MMDistributedDataParallel
from small_recipes import train

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = ("ddn", "nledn", "prenet", "rehen", "rescan", "ssir")
RAIN13K = ("convir", "mprnet", "nafnet", "restormer", "sfnet")
RAIN200H = ("fadformer", "idt", "sfhformer", "uformer")
METHODS = [
    *(CONFIGS / f"{name}/{name}_rain100l.py" for name in NAMES),
    *(CONFIGS / f"{name}/{name}_rain13k.py" for name in RAIN13K),
    *(CONFIGS / f"drsformer/drsformer_{data}.py" for data in ("rain200h", "rain200l")),
    CONFIGS / "bioir/bioir_rain1200.py",
    CONFIGS / "nerd-rain/nerd_rain_rain200l.py",
    *(CONFIGS / f"{name}/{name}_rain200h.py" for name in RAIN200H),
    CONFIGS / "hct-ffn/hct_ffn_rain200h.py",
    CONFIGS / "rcdnet/rcdnet_rain100l.py",
    CONFIGS / "spdnet/spdnet_rain200h.py",
]
# Variants of these differ in size alone, which the small networks all have in common.
SAME = ("convir", "uformer")
FOLDERS = {method.parent for method in METHODS if method.parent.name not in SAME}
#: Networks that give whole images, and not differences to the input, take longer to learn.
ITERATIONS = {"hct_ffn_rain200h": 48, "spdnet_rain200h": 48}
VARIANTS = sorted(path for folder in FOLDERS for path in folder.glob("variants/*.py"))


@pytest.mark.parametrize("path", [*METHODS, *VARIANTS], ids=lambda path: path.stem)
def test_the_loss_goes_down(path):
    losses = train(path, ITERATIONS.get(path.stem, 25))
    # PReNet's -SSIM ends at -1, the others' losses near 0.
    goal = -1 if losses[0] < 0 else 0
    assert losses[0] - sum(losses[-3:]) / 3 > 0.1 * (losses[0] - goal)


@pytest.mark.slow
def test_two_processes_train_without_looking_for_unused_parameters(tmp_path):
    """Variants have the training of their method; their parameters have gradients, see above."""

    def train_all():
        torch.distributed.init_process_group("gloo")
        rank = int(os.environ["RANK"])
        share = slice(rank, None, 2)
        # Fails in the second iteration if a parameter was not used in the first.
        losses = {path.stem: train(path, 10, share, MMDistributedDataParallel) for path in METHODS}
        (tmp_path / f"{rank}.json").write_text(json.dumps(losses))

    outcomes = run_on_two_ranks(train_all)
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    for rank in range(2):
        for losses in json.loads((tmp_path / f"{rank}.json").read_text()).values():
            assert losses[-1] < losses[0]
