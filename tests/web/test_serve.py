"""Serving without a browser: what is refused, what is removed, and who is asked for what."""

import os
import socket
import subprocess
import sys
import textwrap
import time

import numpy as np
import PIL.Image
import pytest

import restorekit
from restorekit.cli import main
from restorekit.errors import DataError
from restorekit.web.application import _host_of, is_loopback
from restorekit.web.networks import Networks
from restorekit.web.photographs import add_photograph_tab, restore_photograph, sentence_of
from restorekit.web.results import Results
from restorekit.web.videos import add_video_tab


def test_wrong_calls_are_explained(tmp_path, network, capsys):
    pytest.importorskip("gradio")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port, "--model", str(network)]) == 2
        assert port in capsys.readouterr().err
    for arguments, named in [
        (["--port", "99999"], "99999"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--leaderboard", str(tmp_path)], "leaderboard.html"),
        (["--model", "derain-smal"], "derain-small"),
        (["--model", str(tmp_path / "absent.pth")], "absent.pth"),
        (["--max-megapixels", "0"], "--max-megapixels"),
    ]:
        if "--port" not in arguments:
            arguments = [*arguments, "--port", "0"]
        assert main(["serve", *arguments]) == 2
        assert named in capsys.readouterr().err


def test_no_other_host_is_asked(tmp_path, network):
    pytest.importorskip("gradio")
    code = f"""
        import os, socket, sys
        os.environ["GRADIO_TEMP_DIR"] = {str(tmp_path / "uploads")!r}
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        asked = []
        for name in ("connect", "connect_ex", "sendto"):
            def record(self, *arguments, name=name):
                asked.append((name, arguments))
                raise OSError("no network")
            setattr(socket.socket, name, record)
        def resolve(*arguments, **options):
            asked.append(("getaddrinfo", arguments))
            raise OSError("no network")
        socket.getaddrinfo = resolve
        from pathlib import Path
        from restorekit.web import Settings, make_app
        before = dict(os.environ)
        make_app(Settings(models=({str(network)!r},), work_folder=Path({str(tmp_path)!r})))
        import time
        time.sleep(2)
        assert not asked, asked
        keys = before.keys() | os.environ.keys()
        changed = {{key for key in keys if before.get(key) != os.environ.get(key)}}
        assert not any(k.startswith(("OMP", "MKL", "TORCH")) for k in changed), changed
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=120)


def test_importing_the_page_does_not_import_gradio():
    code = "import sys, restorekit.web, restorekit.cli.serve; sys.exit('gradio' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_jobs_of_all_tabs_wait_in_one_queue(tmp_path, network):
    gradio = pytest.importorskip("gradio")
    networks, results = Networks((str(network),), "cpu"), Results(tmp_path, 60)
    with gradio.Blocks() as blocks:
        add_photograph_tab(networks, results, 1.0)
        add_video_tab(networks, results, 1.0)
    blocks.queue(default_concurrency_limit=1)
    jobs = [one for one in blocks.fns.values() if one.queue]
    assert [one.name for one in jobs] == ["restore"] * 3
    assert len({one.concurrency_id for one in jobs}) == 1


def test_results_are_removed_when_they_are_old(tmp_path):
    results = Results(tmp_path, 60)
    old, new = results.new("a.PNG"), results.new("b.jpg")
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old.parent, (time.time() - 100, time.time() - 100))
    results.sweep()
    assert not old.parent.exists()
    assert new.exists()
    assert old.name == "a_restored.png"


@pytest.mark.parametrize(
    ("upload", "name"),
    [
        ("<b onclick=x>.png", "b_onclick_x_restored.png"),
        ("../../etc/passwd", "passwd_restored"),
        ("...", "photo_restored"),
        ("Straße 1.jpg", "Straße_1_restored.jpg"),
        ("a" * 300 + ".jpg", "a" * 80 + "_restored.jpg"),
        ('"; rm -rf.webp', "rm_-rf_restored.webp"),
    ],
)
def test_names_of_results_hold_no_markup(tmp_path, upload, name):
    path = Results(tmp_path, 60).new(upload)
    assert path.name == name
    assert path.resolve().is_relative_to(tmp_path.resolve())


def test_a_photograph_keeps_what_the_command_keeps(tmp_path, network):
    pixels = np.random.default_rng(0).integers(0, 2**16, (40, 60), dtype=np.uint16)
    PIL.Image.fromarray(pixels).save(tmp_path / "deep.png")
    networks = Networks((str(network),), "cpu")
    assert networks.names == ["small.pth"]
    before, after, file = restore_photograph(
        tmp_path / "deep.png", networks, Results(tmp_path / "out", 60), "small.pth", 0.5, "auto", 1
    )
    assert before.shape == after.shape == (40, 60, 3)
    assert before.dtype == after.dtype == np.uint8
    expected = restorekit.load_restorer(network, device="cpu", strength=0.5)(pixels)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(file)), expected)
    with pytest.raises(DataError, match="megapixels"):
        restore_photograph(
            tmp_path / "deep.png", networks, Results(tmp_path, 60), "small.pth", 1, "auto", 0.001
        )


def test_files_of_one_name_are_shown_with_their_folders():
    networks = Networks(("runs/a/best.pth", "runs/b/best.pth", "derain-small"), "cpu")
    assert networks.names == ["a/best.pth", "b/best.pth", "derain-small"]


def test_sentences_name_no_folders(tmp_path):
    error = DataError(f"{tmp_path / 'a.png'} is damaged; see {tmp_path}/b.")
    assert sentence_of(error, tmp_path / "a.png") == "a.png is damaged; see b."


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_loopback_addresses(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("header", "host"),
    [("localhost:80", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a.b", "a.b")],
)
def test_host_headers(header, host):
    assert _host_of({"headers": [(b"host", header.encode())]}) == host
