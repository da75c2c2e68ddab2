"""Run by test_exclude_leaks.py, once a rank: train, and write which images are left."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import small_runs  # noqa: F401  (registers the network of the config)

from restorekit.cli import main
from restorekit.engine.runner import Runner

build = Runner.build_train_loop


def noting(self, loop):
    built = build(self, loop)
    Path(f"names-{os.environ['RANK']}.txt").write_text("\n".join(built.dataloader.dataset.names))
    return built


Runner.build_train_loop = noting
sys.exit(main(["train", sys.argv[1], "--exclude-leaks", "--launcher", "pytorch"]))
