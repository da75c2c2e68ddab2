from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch.distributed as dist
import torch.multiprocessing as mp
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


def work(rank: int, folder: str) -> None:
    rendezvous = (Path(folder) / "rendezvous").as_uri()
    dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=len(SHARES))
    try:
        result = evaluate(SHARES[rank])
    finally:
        dist.destroy_process_group()
    # JSON keeps every bit of a float.
    (Path(folder) / f"{rank}.json").write_text(json.dumps(result))


@pytest.mark.slow
def test_two_processes_give_exactly_the_numbers_of_one(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    mp.spawn(work, args=(str(tmp_path),), nprocs=len(SHARES))
    alone = evaluate(list(range(NUM_IMAGES)))
    for rank in range(len(SHARES)):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == alone
