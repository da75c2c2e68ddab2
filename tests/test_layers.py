"""Which part of the package may import which, and what importing one loads."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "restorekit"

#: What each part may import besides itself, lowest first; a part that is missing has no place yet.
MAY_KNOW = {
    "errors": set(),
    "version": set(),
    "io": {"errors"},
    "plugins": {"errors"},
    "registry": {"errors", "plugins"},
    "archs": {"errors", "registry"},
    "losses": {"errors", "registry"},
    "fast": {"archs", "errors", "losses"},
    "rain": {"errors"},
    "metrics.functional": {"errors"},
    "catalog": {"errors", "io"},
    "models": {"archs", "errors", "fast", "io", "losses", "registry"},
    "transforms": {"errors", "io", "registry"},
    "metrics": {"errors", "io", "metrics.functional", "registry"},
    "datasets": {"catalog", "errors", "io", "rain", "registry", "transforms"},
}
#: Upper parts: they may import all of the above, and those named here.
UPPER = {
    "checkpoints": set(),
    "hub": {"checkpoints"},
    "interop": {"checkpoints"},
    "leaks": set(),
    "evaluation": {"leaks"},
    "figures": {"evaluation", "leaks"},
    "leaderboard": {"evaluation", "figures", "leaks"},
    "inference": {"checkpoints", "hub", "interop"},
    "certificate": {"checkpoints", "evaluation", "leaks"},
    "hooks": {"certificate", "checkpoints", "evaluation", "figures", "leaks"},
    "web": {"checkpoints", "hub", "inference", "interop"},
    "engine": {
        "certificate",
        "checkpoints",
        "evaluation",
        "figures",
        "hooks",
        "inference",
        "leaks",
    },
    "studies": {
        "certificate",
        "checkpoints",
        "engine",
        "evaluation",
        "figures",
        "hooks",
        "inference",
        "leaderboard",
        "leaks",
    },
    "robustness": {"certificate", "evaluation", "figures", "leaderboard", "leaks"},
    "checking": {"checkpoints"},
    "doctor": set(),
    "scaffold": set(),
    "cli": {
        "certificate",
        "checking",
        "checkpoints",
        "doctor",
        "engine",
        "evaluation",
        "figures",
        "hooks",
        "hub",
        "inference",
        "interop",
        "leaderboard",
        "leaks",
        "plugins",
        "robustness",
        "scaffold",
        "studies",
        "web",
    },
}
#: The parts that must run where little is installed, and what they may import of others.
THIRD_PARTY = {
    "archs": {"torch"},
    "catalog": {"msgspec", "yaml"},
    "losses": {"torch"},
    "metrics.functional": {"PIL", "cv2", "numpy", "torch"},
    "rain": {"cv2", "numpy", "torch"},
}
#: The package itself offers names from here, once somebody asks for them.
MAY_KNOW[""] = {"checkpoints", "datasets", "evaluation", "inference", "metrics", "version"}
MAY_KNOW |= {part: others | set(MAY_KNOW) - {""} for part, others in UPPER.items()}


def part_of(module):
    """Return the part that a dotted name inside the package belongs to."""
    if module == "metrics.functional" or module.startswith("metrics.functional."):
        return "metrics.functional"
    return module.partition(".")[0]


def imports_of(file):
    """Yield the absolute name of everything that a file imports, in functions too."""
    package = file.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *filter(None, [node.module])])
            yield name
            # `from restorekit import archs` names the part only here.
            yield from (f"{name}.{alias.name}" for alias in node.names if name == "restorekit")


def source_files():
    return sorted(PACKAGE.rglob("*.py"))


def module_of(file):
    names = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


@pytest.mark.parametrize("file", source_files(), ids=lambda file: module_of(file) or "restorekit")
def test_module_knows_only_the_layers_below(file):
    part = part_of(module_of(file))
    assert part in MAY_KNOW, f"give {part!r} its place in the map of this test and in docs/"
    for name in imports_of(file):
        first, _, rest = name.partition(".")
        if first == "restorekit" and rest and not rest.startswith("__"):
            known = part_of(rest)
            # A name like restorekit.load_network is an attribute, and no module.
            if known in MAY_KNOW or (PACKAGE / known).exists():
                assert known == part or known in MAY_KNOW[part], f"{part} may not know {known}"
        elif first != "restorekit" and part in THIRD_PARTY:
            allowed = THIRD_PARTY[part] | sys.stdlib_module_names
            assert first in allowed, f"{part} may not import {first}"


@pytest.mark.parametrize("file", sorted((ROOT / "tools").glob("*.py")), ids=lambda f: f.stem)
def test_tools_only_call_the_command_line(file):
    names = [name.partition(".") for name in imports_of(file)]
    ours = {part_of(rest) for first, _, rest in names if first == "restorekit" and rest}
    # The model zoo is written from the catalog, which only holds facts.
    assert ours <= {"catalog", "cli", "errors", "io", "version"}


def imported_at_once(file):
    """Return the modules of the package that importing ``file`` imports, itself excluded."""

    def statements(node):
        for child in ast.iter_child_nodes(node):
            typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            if isinstance(child, (ast.Import, ast.ImportFrom)):
                yield child
            elif isinstance(child, (ast.If, ast.Try)) and not typing_only:
                yield from statements(child)

    package = file.relative_to(ROOT).parts[:-1]
    for node in statements(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            continue
        base = package[: len(package) - node.level + 1] if node.level else []
        name = ".".join([*base, *filter(None, [node.module])])
        for alias in node.names:
            path = ROOT / f"{name}.{alias.name}".replace(".", "/")
            is_module = path.is_dir() or path.with_suffix(".py").is_file()
            yield f"{name}.{alias.name}" if is_module else name


def test_no_module_imports_itself_through_others():
    graph = {}
    for file in source_files():
        name = f"restorekit.{module_of(file)}".rstrip(".")
        graph[name] = {*imported_at_once(file)} - {name}
    # A module without imports that are left cannot be part of a cycle: take it out, repeatedly.
    while free := {name for name, imports in graph.items() if not imports & graph.keys()}:
        graph = {name: imports for name, imports in graph.items() if name not in free}
    assert sorted(graph) == []


def run(code):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_package_and_asking_for_help_stay_light():
    # mmengine not being there says too that nothing was registered anywhere.
    heavy = run(
        "import sys, restorekit; from restorekit.cli import main; "
        "restorekit.__version__; main(['--version']); "
        "print(*{n.split('.')[0] for n in sys.modules} & {'torch', 'cv2', 'mmengine', 'mmcv'})"
    )
    assert heavy[:1] == ["restorekit"]  # of --version
    assert heavy[2:] == []


def test_registries_import_their_locations_only_when_asked():
    parts = {part for part in MAY_KNOW if (PACKAGE / part.replace(".", "/")).is_dir()} - {""}
    before, after = run(
        "import sys; from restorekit.registry import MODELS\n"
        "def parts(): return ','.join(sorted(n for n in sys.modules if n.startswith('restorekit.')"
        " and n.count('.') == 1))\n"
        "print(parts()); MODELS.get('DCSFN'); print(parts())"
    )
    assert not parts & {name.removeprefix("restorekit.") for name in before.split(",")}
    assert "restorekit.archs" in after.split(",")


def test_every_package_can_be_imported_alone():
    packages = [
        f"restorekit.{module_of(file)}".rstrip(".")
        for file in source_files()
        if file.name == "__init__.py"
    ]
    # Third-party packages are imported once; each fork then imports only restorekit's modules.
    failed = run(
        f"""
import os, sys, traceback
import cv2, mmengine.runner, mmcv.transforms, torch
assert not any(name.startswith('restorekit') for name in sys.modules)
for package in {packages!r}:
    child = os.fork()
    if child == 0:
        try:
            __import__(package)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        print(package, flush=True)
"""
    )
    assert failed == []
