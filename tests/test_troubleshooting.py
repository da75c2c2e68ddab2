"""docs/help/troubleshooting.md quotes messages that the code really has."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "help" / "troubleshooting.md"


def texts_in_code():
    """Return all strings of the package, with … for what is filled in."""
    texts = []
    for path in ROOT.glob("restorekit/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


def quoted_messages():
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def code():
    return "\n".join(texts_in_code())


@pytest.mark.parametrize("message", quoted_messages())
def test_a_quoted_message_is_one_of_the_code(code, message):
    # A page may leave out the middle of a message, and values are … in both.
    for part in re.split(r"…", message):
        words = part.strip(" .,:;'()")
        assert words in code, words


def test_there_are_messages():
    assert len(quoted_messages()) > 15
