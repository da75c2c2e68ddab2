"""Run by test_two_processes.py, once a rank."""

import sys

import torch
import torch.distributed
from tiny_runner import build_runner

from restorekit.errors import RestoreKitError

torch.set_num_threads(1)
torch.distributed.init_process_group("gloo")
DISTRIBUTED = {
    "launcher": "pytorch",
    "model_wrapper_cfg": {"type": "MMDistributedDataParallel", "device_ids": None},
}

work_dir = sys.argv[1]
build_runner(
    f"{work_dir}/test", [{"type": "RestoredImagesHook", "num_images": None}], **DISTRIBUTED
).test()
loss = {"type": "BreakingLoss", "at": 3, "rank": 1}
runner = build_runner(
    f"{work_dir}/train",
    [{"type": "MetricHistoryHook", "interval": 1}],
    model={"type": "Restorer", "network": {"type": "TinyNetwork"}, "loss": loss},
    # The weights are not updated before the loss breaks: process 0 has nothing of its own to see.
    optim_wrapper={"optimizer": {"type": "Adam", "lr": 0.01}, "accumulative_counts": 6},
    **DISTRIBUTED,
)
try:
    runner.train()
except RestoreKitError as error:
    sys.stderr.write(f"stopped: {error}\n")
    sys.exit(2)
