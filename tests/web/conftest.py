"""The page of `restorekit serve`, served by the command, in a real Chromium."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from page_browser import PageBrowser, find_programs

import restorekit
from restorekit.archs import DCSFN
from restorekit.checkpoints import save_network

CONFIG = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A small network with random weights."""
    path = tmp_path_factory.mktemp("network") / "small.pth"
    torch.manual_seed(0)
    save_network(DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"}), CONFIG, str(path))
    return path


@pytest.fixture(scope="session")
def board(tmp_path_factory):
    """A folder that looks like one of `restorekit leaderboard --out`, and a secret in it."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "leaderboard.html").write_text("<!doctype html><title>L</title><h1>Ranking</h1>")
    (folder / "secret.json").write_text("{}")
    return folder


@pytest.fixture(scope="session")
def server(network, board, tmp_path_factory):
    """Yield the address of a server with small limits, and the folder of its files."""
    pytest.importorskip("gradio")
    folder = tmp_path_factory.mktemp("serve")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(restorekit.__file__).parents[1]),
        "TMPDIR": str(folder),
        # No ffmpeg: PyAV's own suffices.
        "PATH": str(Path(sys.executable).parent),
    }
    command = [sys.executable, "-m", "restorekit.cli", "serve", "--port", "0", "--device", "cpu"]
    options = ["--model", network, "--leaderboard", board]
    limits = ["--max-megabytes", "1", "--max-megapixels", "0.2"]
    process = subprocess.Popen(
        [*command, *map(str, [*options, *limits])],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:"), line
        yield line.split()[0], folder
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=30)
    assert status == 130
    # Uploads and results are gone with the server.
    assert not list(folder.glob("restorekit-serve-*"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium, for all tests of a process."""
    if find_programs() is None:
        pytest.skip("Chromium or its driver is not installed (Debian: chromium, chromium-driver)")
    with PageBrowser(tmp_path_factory.mktemp("profile")) as one:
        one.resize(1200, 900)
        yield one


@pytest.fixture
def page(browser, server, tmp_path):
    """The browser with the page, freshly opened; downloads go to ``tmp_path / "downloads"``."""
    browser.resize(1200, 900)
    browser.get("about:blank")
    browser.console(), browser.requests()
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior",
        {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")},
    )
    browser.get(server[0])
    browser.wait_for("document.querySelector('#photograph input[type=file]')", 60)
    return browser
