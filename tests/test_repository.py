"""What holds for the repository as a whole, and no linter sees."""

import importlib
import inspect
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from restorekit.cli.main import COMMANDS
from restorekit.version import __version__

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = (
    "runtime",
    "demo",
    "logging",
    "measures",
    "onnx",
    "openvino",
    "video",
    "web",
    "tests",
    "dev",
    "docs",
    "brisque",
    "tensorflow",
    "spandrel",
)
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")


def read_requirements(name):
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_has_its_module(command):
    module = importlib.import_module(f"restorekit.cli.{command}")
    assert list(inspect.signature(module.add_arguments).parameters) == ["parser"]
    assert list(inspect.signature(module.run).parameters) == ["args"]
    assert (module.__doc__ or "").strip()


def test_console_script_is_the_command_line():
    (script,) = entry_points(group="console_scripts", name="restorekit")
    assert script.value == "restorekit.cli:main"


@pytest.mark.parametrize("python", SUPPORTED)
def test_everything_asked_for_is_pinned_to_a_fitting_version(python):
    environment = {"python_version": python}
    pins = {}
    for pin in read_requirements("constraints"):
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in pins, f"{name} is pinned twice for Python {python}"
            assert [part.operator for part in pin.specifier] == ["=="]
            pins[name] = next(iter(pin.specifier)).version
    for extra in EXTRAS:
        for wanted in read_requirements(extra):
            assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), str(wanted)
    assert pins["basicsr"] == "1.4.2"
    # mmengine's `pkg::config` needs pkg_resources, which setuptools 81 dropped.
    assert int(pins["setuptools"].split(".")[0]) < 81


def test_version_stands_in_one_place_and_is_told_elsewhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE).group(1) == __version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)[0]
    assert newest == __version__


def test_pre_commit_runs_what_lint_and_types_run():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = re.findall(r"^(?:lint|types):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    made = [line.split("bin/")[-1].strip() for recipe in recipes for line in recipe.splitlines()]
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (source,) = content["repos"]
    # Local hooks of the language "system" have no versions of their own: they run .venv's.
    assert source["repo"] == "local"
    assert {hook["language"] for hook in source["hooks"]} == {"system"}
    run = [re.search(r"exec ([^'\"]+)", hook["entry"]).group(1).strip() for hook in source["hooks"]]
    without_options = {re.sub(r" (--\S+|\.)(?= |$)", "", command) for command in made}
    assert {re.sub(r" --\S+", "", command) for command in run} == without_options


def test_the_workflow_runs_what_contributors_run():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert ".ci/run" in [step.get("run") for step in job["steps"]]


@pytest.mark.parametrize("form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")))
def test_issue_forms_have_what_is_required_of_them(form):
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(content)
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_test_files_have_different_names():
    # The tests have no packages: pytest imports each file under its bare name.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
