"""The list of training photographs, and the script that collects them."""

import csv
import hashlib
import importlib.util
import subprocess
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from restorekit.hub import published_models

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["file", "title", "author", "licence", "source", "version", "path", "sha256"]


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("hub_photos", ROOT / "tools/hub_photos.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows():
    with (ROOT / "configs/hub/photographs.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_list_is_what_the_index_says_of_the_training_data():
    assert all(list(row) == COLUMNS for row in rows())
    licences = Counter(row["licence"] for row in rows() if row["file"].startswith("train/"))
    assert dict(licences) == published_models()["derain-small"].trained_on[0].licences
    assert all(row["title"] and row["author"] and row["licence"] for row in rows())
    assert len({row["file"] for row in rows()}) == len(rows())


def test_photographs_are_collected_and_verified(script, tmp_path, monkeypatch, capsys):
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    content = cv2.imencode(".png", cv2.resize(photo, (1536, 1024)))[1].tobytes()
    repository = tmp_path / "sources" / "owner+photos"
    repository.mkdir(parents=True)
    (repository / "a.png").write_bytes(content)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(repository)]
    for command in (["init", "-q"], ["add", "a.png"], ["commit", "-qm", "Add a photograph"]):
        subprocess.run([*git, *command], check=True)
    right = hashlib.sha256(content).hexdigest()
    lines = ["\t".join(COLUMNS)]
    for name, path, digest in (("a", "a.png", right), ("b", "a.png", "0" * 64), ("c", "", "")):
        cells = [f"train/{name}.jpg", "", "", "", "owner/photos", "HEAD", path, digest]
        lines.append("\t".join(cells))
    (tmp_path / "list.tsv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(script, "LIST", tmp_path / "list.tsv")
    assert script.main(tmp_path / "out", tmp_path / "sources") == 1
    assert [path.name for path in (tmp_path / "out").rglob("*.*")] == ["a.jpg"]
    assert cv2.imread(str(tmp_path / "out/train/a.jpg")).shape == (683, 1024, 3)
    said = capsys.readouterr().err
    assert "SHA-256" in said
    assert "not known" in said
    assert "1 of 3" in said
