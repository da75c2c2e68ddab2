"""Find phrases that docs/design.md, section "Language", replaces by plainer ones.

Usage: python .ci/check_language.py [FILE…]; without files, every tracked text of the repository.
Exit status 1 if something was found.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

#: Pattern (case-insensitive) and what to write instead.
RULES = {
    r"\bby (the|a|this|that|each|every) protocols?\b": "under the protocol",
    r"\blonely\b": "unmatched",
    r"\bturn(ed|s)? round\b": "reversed",
    r"\bwhat is to be (restored|trained|tested|measured)\b": "the input",
    r"\bnone (that is|is) known\b": "no known …",
    r"\b(is|are|was|were|be) had\b": "available",
    r"\bof ours\b": "restorekit's",
    r"\bof one's own\b": "your own",
    r"\bby (itself|themselves) again\b": "resumes its default behaviour",
    r"\bis taken up again\b": "continues",
    r"\bgo(es)? on (where|from)\b": "continues",
    r"(?<=[.\"] )(How many|To what|Likewise|The same)\.": "a sentence that stands alone",
    r"\bfor the time being\b": "for now",
    r"\bmain road\b": "main path",
    r"\b(is|are|was|were) told\b": "reported",
    r"\bthere is none such\b": "there is none",
    r"\bas good as\b": "almost",
    r"\bit goes without saying\b": "",
}
SUFFIXES = {".md", ".py", ".sh", ".toml", ".yml", ".yaml", ".txt"}
#: The table of replaced phrases itself.
SKIPPED = {"docs/design.md", ".ci/check_language.py"}


def main(arguments: list[str]) -> int:
    """Print each finding as FILE:LINE and return the exit status."""
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True)  # noqa: S607
    files = arguments or tracked.stdout.split()
    rules = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in RULES.items()}
    found = 0
    for name in files:
        if Path(name).suffix not in SUFFIXES or name in SKIPPED or not Path(name).exists():
            continue
        for number, line in enumerate(Path(name).read_text(encoding="utf-8").splitlines(), 1):
            for rule, instead in rules.items():
                if match := rule.search(line):
                    found += 1
                    sys.stdout.write(f"{name}:{number}: {match[0]!r}: write {instead!r}\n")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
