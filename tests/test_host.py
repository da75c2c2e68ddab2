"""Using the library leaves the process as it was."""

import os
import subprocess
import sys

CODE = """
import os, pkgutil, random, signal
import cv2, numpy as np, torch
# What other libraries do when they are imported is theirs.
import mmcv.transforms, mmengine.runner, mmengine.visualization

def state():
    return {
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads(), cv2.getNumThreads()),
        "environment": dict(os.environ),
        "python": random.getstate(),
        "numpy": str(np.random.get_state()),
        "torch": torch.random.get_rng_state().tolist(),
        "signals": {n: signal.getsignal(n) for n in signal.valid_signals()},
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "gradients": torch.is_grad_enabled(),
    }

def compare(what):
    now = state()
    for key, value in before.items():
        assert now[key] == value, (what, key, value, now[key])

before = state()
import restorekit
for module in pkgutil.walk_packages(restorekit.__path__, "restorekit."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
compare("import")

from restorekit.metrics.protocols import get_protocol
from restorekit.registry import DATASETS, MODELS, TRANSFORMS
tiny = dict(type="DCSFN", channels=4, num_units=1, num_scales=2, num_convs=1)
network = MODELS.build(tiny)
loss = MODELS.build(dict(type="SSIMLoss"))
lq, gt = torch.rand(2, 1, 3, 32, 32)
before = state()  # weights and images were drawn at random
output = network(lq)
loss(output, gt).backward()
network.eval()(lq)
image = (lq[0].permute(1, 2, 0).numpy() * 255).astype("uint8")
get_protocol("matlab_y_u8").measure(image, image[::-1].copy())
crop = TRANSFORMS.build(dict(type="PairedRandomCrop", patch_size=8))
compare("calls")
"""


def test_imports_and_calls_change_nothing_of_the_process():
    environment = {key: value for key, value in os.environ.items() if "NUM_THREADS" not in key}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
