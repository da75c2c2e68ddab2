"""`restorekit doctor`: what is broken is named, with what to do."""

import importlib.metadata
import json

import pytest
import torch

import restorekit.doctor.machine
import restorekit.doctor.packages
import restorekit.doctor.processes
from restorekit.cli import main
from restorekit.doctor import CHECKS, Finding
from restorekit.doctor.machine import check_disk, check_loading, check_threads
from restorekit.doctor.packages import check_packages, check_traps
from restorekit.doctor.processes import check_processes


def by_subject(findings):
    return {finding.subject: finding for finding in findings}


def test_this_machine_runs_restorekit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = by_subject([*check_packages(), *check_traps(), *check_disk(), *check_loading()])
    assert found["torch"].state == "ok"
    assert found["mmengine"].about == importlib.metadata.version("mmengine")
    assert found["LMDB"].state == "ok"
    assert found["loading"].state in ("ok", "note")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_two_processes_add_up():
    assert by_subject(check_processes())["gloo"].state == "ok"


def test_processes_that_never_answer_are_ended(monkeypatch):
    monkeypatch.setattr(restorekit.doctor.processes, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(restorekit.doctor.processes, "_SECONDS", 0.5)
    found = by_subject(check_processes())["gloo"]
    assert found.state == "problem"
    assert "GLOO_SOCKET_IFNAME" in found.remedy


def test_a_wrong_and_a_missing_version_are_named(monkeypatch):
    wanted = ["mmengine>=99", "not-there>=1", "torch>=1"]
    monkeypatch.setattr(restorekit.doctor.packages, "requires", lambda name: wanted)
    found = by_subject(check_packages())
    assert found["mmengine"].state == found["not-there"].state == "problem"
    assert "mmengine>=99" in found["mmengine"].remedy
    assert found["torch"].state == "ok"


def test_a_package_that_fails_without_a_message_is_reported(monkeypatch):
    def fail(name):
        raise AssertionError

    monkeypatch.setattr(restorekit.doctor.packages, "_installed", "torchvision".__eq__)
    monkeypatch.setattr(restorekit.doctor.packages, "import_module", fail)
    assert "AssertionError" in by_subject(check_traps())["torchvision"].about


@pytest.mark.parametrize("pair", [("mmcv", "mmcv-lite"), ("opencv-python-headless",)])
def test_packages_that_overwrite_each_other(pair, monkeypatch):
    installed = restorekit.doctor.packages._installed
    monkeypatch.setattr(
        restorekit.doctor.packages, "_installed", lambda name: name in pair or installed(name)
    )
    assert any(finding.state == "problem" for finding in check_traps())


def test_more_threads_than_cores(monkeypatch):
    monkeypatch.setattr(restorekit.doctor.machine, "usable_cores", lambda: 2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    assert by_subject(check_threads())["cores"].remedy.startswith("set OMP_NUM_THREADS=2")


def test_the_command_ends_with_2_where_something_is_broken(monkeypatch, capsys):
    broken = Finding("the door", "problem", "it is stuck", "push it")
    for finding, status in ((broken, 2), (Finding("the door", "ok", "open"), 0)):
        monkeypatch.setattr("restorekit.cli.doctor.CHECKS", [lambda one=finding: iter([one])])
        assert main(["doctor"]) == status
        assert "the door" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["subject"] == "the door"


def test_all_checks_are_run():
    assert len(CHECKS) == 7
