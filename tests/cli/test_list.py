import json
import subprocess
import sys
from pathlib import Path

import pytest

from restorekit.checkpoints.converters import FORMATS
from restorekit.cli import main
from restorekit.metrics import PROTOCOLS
from restorekit.registry import ALL_REGISTRIES

CONFIGS = Path(__file__).parents[2] / "configs"


def listed(capsys, *arguments):
    """Return the lines; of models those of the registered names, which come last."""
    assert main(["list", *arguments]) == 0
    return capsys.readouterr().out.split("Registered in models:\n\n")[-1].splitlines()


def test_all_groups_with_their_counts(capsys):
    lines = {line.split()[0]: line for line in listed(capsys)}
    assert list(lines) == [*ALL_REGISTRIES, "protocols"]
    for group, registry in ALL_REGISTRIES.items():
        assert lines[group].split()[1] == str(len(registry.names()))
    assert f"{len(ALL_REGISTRIES['hooks'].module_dict)} of restorekit" in lines["hooks"]


@pytest.mark.parametrize("group", ALL_REGISTRIES)
def test_every_name_of_a_group_can_be_built_and_is_described(capsys, group):
    lines = listed(capsys, group)
    assert {line.split()[0] for line in lines} == set(ALL_REGISTRIES[group].names())
    undescribed = [line for line in lines if len(line.split()) < 3]
    assert not [line for line in undescribed if "restorekit" in line]


def test_ours_come_before_mmengines(capsys):
    origins = [line.split()[1] for line in listed(capsys, "hooks")]
    assert origins == sorted(origins, reverse=True)
    assert set(origins) == {"restorekit", "mmengine"}


@pytest.mark.slow
def test_a_fresh_process_knows_mmengines_names_too():
    command = [sys.executable, "-m", "restorekit.cli", "list", "samplers"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "DefaultSampler" in shown


def test_a_docstrings_first_sentence_is_not_cut_at_its_line(capsys):
    (line,) = [line for line in listed(capsys, "hooks") if line.startswith("EMAHook")]
    assert line.endswith("on the model during training.")


def test_protocols_are_described(capsys):
    lines = listed(capsys, "protocols")
    assert [line.split()[0] for line in lines] == list(PROTOCOLS)
    assert "derain-toolbox" in next(line for line in lines if line.startswith("rgb_u8"))


def test_a_plugin_is_listed_with_its_file(tmp_path, capsys):
    plugin = tmp_path / "my_hooks.py"
    plugin.write_text(
        "from mmengine.hooks import Hook\n"
        "from restorekit.registry import HOOKS\n"
        "@HOOKS.register_module()\n"
        "class ListedHook(Hook):\n"
        "    '''Does nothing of note.'''\n"
    )
    try:
        lines = listed(capsys, "hooks", "--plugin", str(plugin))
        (line,) = [line for line in lines if line.startswith("ListedHook")]
        assert line.split(maxsplit=2)[1:] == [str(plugin), "Does nothing of note."]
    finally:
        ALL_REGISTRIES["hooks"].module_dict.pop("ListedHook", None)


def test_an_unknown_group_is_answered_with_the_nearest(capsys):
    assert main(["list", "hook"]) == 2
    assert "Did you mean 'hooks'" in capsys.readouterr().err


def methods(capsys, *arguments):
    assert main(["list", "models", *arguments]) == 0
    return capsys.readouterr().out.split("Registered in models:")[0]


def test_methods_are_shown_with_all_that_the_catalog_knows(capsys):
    shown = methods(capsys)
    lines = shown.splitlines()
    first = {line.split()[0]: line for line in reversed(lines) if line}
    # The bridge to spandrel is a format of no method; it is registered once it is imported.
    formats = {*FORMATS} - {"spandrel"}
    assert formats == {name.lower() for name in first if name.lower() in formats}
    for part in (
        "Progressive Image Deraining Networks: A Better and Simpler Baseline",
        *("CVPR 2019", "168,963", "63.23 G", "matlab_y_double"),
    ):
        assert part in first["PReNet"]
    assert first["PReNet"].endswith("  prenet")
    assert "Adam 1e-3, x0.2 at epochs 30, 50 and 80" in first["configs/prenet/prenet_rain100h.py"]
    # As spelled: the last digit was published.
    assert "  28.81  0.9040  DCSFN (ACM MM 2020), Table 3" in first["dcsfn_rain200h"]
    assert first["dcsfn_rain200h"].split()[1:3] == ["rain200h", "rgb_float"]


def test_one_method_alone(capsys):
    shown = methods(capsys, "prenet")
    assert "prn_r" in shown
    assert "Registered" not in shown
    assert "RESCAN" not in shown
    assert main(["list", "models", "prenett"]) == 2
    assert "Did you mean 'prenet'" in capsys.readouterr().err
    assert main(["list", "hooks", "prenet"]) == 2
    assert "restorekit list models prenet" in capsys.readouterr().err


def test_json_holds_the_same(tmp_path, capsys):
    file = tmp_path / "list.json"
    methods(capsys, "--json", str(file))
    content = json.loads(file.read_text())
    assert list(content) == ["models", "methods"]
    assert {row["name"] for row in content["models"]} == set(ALL_REGISTRIES["models"].names())
    (dcsfn,) = [method for method in content["methods"] if method["name"] == "DCSFN"]
    assert (dcsfn["year"], dcsfn["converter"]) == (2020, "dcsfn")
    assert dcsfn["configs"][0]["parameters"] == 12_552_375
    assert dcsfn["configs"][0]["published"] == [
        {
            "dataset": "rain200h",
            "protocol": "rgb_float",
            "psnr": "28.81",
            "ssim": "0.9040",
            "source": "DCSFN (ACM MM 2020), Table 3",
        }
    ]
    methods(capsys, "rehen", "--json", str(file))
    (rehen,) = json.loads(file.read_text())["methods"]
    assert rehen["name"] == "REHEN"
    listed(capsys, "hooks", "--json", str(file))
    assert list(json.loads(file.read_text())) == ["hooks"]
    listed(capsys, "--json", str(file))
    assert set(json.loads(file.read_text())) == {*ALL_REGISTRIES, "protocols", "methods"}


@pytest.mark.slow
def test_a_built_package_holds_the_configs_and_the_catalog(tmp_path):
    """Without bytecode, and byte for byte."""
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=CONFIGS.parent, check=True, capture_output=True)
    built = tmp_path / "restorekit" / ".mim" / "configs"
    kinds = ("*.py", "*.md", "*.yml", "*.csv", "*.tsv")
    expected = {path.relative_to(CONFIGS) for kind in kinds for path in CONFIGS.rglob(kind)}
    files = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert files == expected
    assert all((built / file).read_bytes() == (CONFIGS / file).read_bytes() for file in files)
    data = (CONFIGS.parent / "restorekit").rglob("*.yml")
    assert all((tmp_path / file.relative_to(CONFIGS.parent)).is_file() for file in data)
