import getpass
import json
import subprocess
from pathlib import Path

import torch

from restorekit.evaluation.environment import collect_environment, git_commit


def git(root, *arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@e"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_versions_without_people_and_places():
    environment = collect_environment()
    assert environment["torch"] == torch.__version__
    assert environment["cpu_count"] >= 1
    text = json.dumps(environment)
    assert str(Path.home()) not in text
    assert getpass.getuser() not in text.split('"')
    assert not [value for value in environment.values() if str(value).startswith("/")]


def test_the_commit_of_a_checkout_says_whether_it_was_changed(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "tag", "v1")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert git_commit(tmp_path) == commit
    (tmp_path / "file").write_text("2")
    assert git_commit(tmp_path) == f"{commit}-dirty"


def test_a_package_inside_another_projects_repository_has_no_commit(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "one")
    (tmp_path / "venv").mkdir()
    assert git_commit(tmp_path / "venv") is None


def test_without_a_repository_or_a_commit_there_is_none(tmp_path):
    assert git_commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert git_commit(tmp_path) is None
