"""Files are written whole or not at all."""

import json
import os
import stat
import subprocess
import sys

import pytest

from restorekit.io.files import atomic_path, remove_leftovers, sha256, write_json, write_text


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a" / "results.json"
    write_json(path, {"psnr": 1.5})

    def half():
        with atomic_path(path) as temporary:
            temporary.write_text("{")
            raise RuntimeError("killed here")

    with pytest.raises(RuntimeError, match="killed here"):
        half()
    assert json.loads(path.read_text()) == {"psnr": 1.5}
    assert os.listdir(path.parent) == ["results.json"]


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path):
    script = (
        "import os, signal\nfrom restorekit.io.files import atomic_path\n"
        f"with atomic_path({str(tmp_path / 'iter_1.pth')!r}) as path:\n"
        "    path.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    (tmp_path / "iter_0.pth").touch()
    (tmp_path / ".hidden").touch()
    assert len(list(tmp_path.iterdir())) == 3
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"iter_0.pth", ".hidden"}


def test_json_refuses_what_other_readers_could_not_read(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"psnr": float("inf")})
    assert not list(tmp_path.iterdir())


def test_permissions_follow_the_umask(tmp_path):
    previous = os.umask(0o027)
    try:
        write_text(tmp_path / "x.txt", "x")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "x.txt").stat().st_mode) == 0o640


def test_sha256_of_a_published_example(tmp_path):
    # FIPS 180-2, appendix B.1.
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "abc") == expected
