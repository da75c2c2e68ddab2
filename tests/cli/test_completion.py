"""The completion script, in a real bash."""

import shutil
import subprocess

import pytest

from restorekit.cli import main
from restorekit.cli.main import COMMANDS

#: What bash does when somebody types these words and presses the tab key.
TYPE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function_name=$(complete -p restorekit | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
"$function_name" restorekit "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    folder = tmp_path_factory.mktemp("completion")
    with pytest.MonkeyPatch.context() as patch:
        written = []
        patch.setattr("sys.stdout.write", written.append)
        assert main(["completion", "bash"]) == 0
    (folder / "script.bash").write_text("".join(written))
    for name in ("photo.jpg", "clip.mp4"):
        (folder / name).touch()

    def complete(*words):
        run = subprocess.run(
            ["bash", "-c", TYPE, "bash", "./script.bash", "restorekit", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return set(run.stdout.split())

    return complete


def test_commands_options_choices_and_files(completed):
    assert set(COMMANDS) <= completed("")
    assert completed("resto") == {"restore"}
    assert completed("restore", "--f") == {"--format"}
    assert completed("restore", "--format", "") == {"png", "jpg", "webp", "tiff"}
    assert completed("restore", "ph") == {"photo.jpg"}
    assert completed("restore", "--model", "") >= {"photo.jpg"}
    assert completed("data", "lm") == {"lmdb"}
    assert "--encoding" in completed("data", "lmdb", "--")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_that_names_every_command(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMANDS)
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
