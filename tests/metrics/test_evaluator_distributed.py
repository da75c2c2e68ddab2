from __future__ import annotations

import json

import pytest
import torch.distributed as dist
from forks import run_on_two_ranks
from metric_samples import NUM_IMAGES, PROTOCOL_NAMES, sample

from restorekit.metrics import RestorationMetric

# Five images over two processes, dealt out as mmengine's and torch's samplers do: the
# second process gets image 0 again, so that both have three.
SHARES = [[0, 2, 4], [1, 3, 0]]


def evaluate(indices: list[int]) -> dict:
    metric = RestorationMetric(PROTOCOL_NAMES, measure_input=True)
    for index in indices:
        metric.process(None, [sample(index)])
    return {
        "metrics": metric.evaluate(NUM_IMAGES),
        "images": {key: one.images for key, one in metric.values.items()},
        "input_images": {key: one.images for key, one in metric.input_values.items()},
        "fingerprint": metric.fingerprint,
    }


@pytest.mark.slow
def test_two_processes_give_exactly_the_numbers_of_one(tmp_path):
    def work() -> None:
        dist.init_process_group("gloo")
        rank = dist.get_rank()
        # JSON keeps every bit of a float.
        (tmp_path / f"{rank}.json").write_text(json.dumps(evaluate(SHARES[rank])))

    outcomes = run_on_two_ranks(work)
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    alone = evaluate(list(range(NUM_IMAGES)))
    for rank in range(len(SHARES)):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == alone
