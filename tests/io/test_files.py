"""Files are written whole or not at all."""

import json
import os
import stat
import subprocess
import sys

import pytest

from restorekit.errors import OutputError
from restorekit.io.files import (
    atomic_path,
    remove_leftovers,
    require_writable,
    sha256,
    write_json,
    write_text,
)


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


def test_a_file_that_is_being_written_is_no_leftover(tmp_path):
    with atomic_path(tmp_path / "x.png") as temporary:
        remove_leftovers(tmp_path)
        assert temporary.exists()
        temporary.write_bytes(b"whole")
    remove_leftovers(tmp_path)
    assert (tmp_path / "x.png").read_bytes() == b"whole"


@pytest.mark.parametrize("name", ["n" * 240 + ".png", "ü" * 120 + ".json", "n" * 255])
def test_a_name_as_long_as_names_may_be(tmp_path, name):
    write_text(tmp_path / name, "x")
    assert os.listdir(tmp_path) == [name]


BLOCKED = {
    "a file in the way of a folder": ("file", True),
    "a file in the way of a parent": ("file/out/x.json", False),
    "a folder in the way of a file": ("folder", False),
    "a name that is too long": ("n" * 256, False),
    "a folder's name that is too long": ("n" * 256 + "/x", True),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_a_place_that_cannot_be_written_is_refused_before_and_while_writing(tmp_path, case):
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    name, folder = BLOCKED[case]
    place = tmp_path / name
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError) as caught:
        require_writable(place, "--out", folder=folder)
    assert "--out" in str(caught.value)
    with pytest.raises(OutputError):
        write_text(place / "x" if folder else place, "new")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "old"


def test_places_that_can_be_written_are_left_as_they_were(tmp_path):
    (tmp_path / "old.json").write_text("old")
    require_writable(tmp_path / "old.json")
    require_writable(tmp_path / "a" / "b" / "new.json")
    require_writable(tmp_path / "a" / "b", folder=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


def test_a_full_disk_keeps_the_old_file(tmp_path):
    """A limit on the size of files stands in for a disk without space."""
    (tmp_path / "x.json").write_text("old")
    (tmp_path / "x.pth").write_text("old")
    (tmp_path / "x.safetensors").write_text("old")
    script = f"""
import resource, sys, torch
from restorekit.checkpoints import save_file, save_network
from restorekit.errors import OutputError
from restorekit.io.files import write_text
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
weights = {{"w": torch.zeros(50_000)}}
writers = {{
    "x.json": lambda path: write_text(path, "n" * 50_000),
    "x.pth": lambda path: save_file(weights, path),
    "x.safetensors": lambda path: save_network(weights, {{"type": "DCSFN"}}, path),
}}
for name, write in writers.items():
    try:
        write({str(tmp_path)!r} + "/" + name)
    except OutputError as error:
        print(name, error)
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["x.json", "x.pth", "x.safetensors"]
    assert sorted(os.listdir(tmp_path)) == ["x.json", "x.pth", "x.safetensors"]
    assert all((tmp_path / name).read_text() == "old" for name in os.listdir(tmp_path))
