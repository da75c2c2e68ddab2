import subprocess
import sys

import pytest

from restorekit.cli import main
from restorekit.metrics import PROTOCOLS
from restorekit.registry import ALL_REGISTRIES


def listed(capsys, *arguments):
    assert main(["list", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


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
