"""What the tests of the bridges share."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run_python():
    """Return a function that runs code in a fresh interpreter and returns what it prints."""

    def run(code, *path):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
