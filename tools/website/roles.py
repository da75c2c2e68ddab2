"""Show the roles of docstrings (``:class:`~restorekit.archs.DCSFN```) as links on the site."""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?P<role>class|func|meth|mod|data|attr):`(?P<short>~?)(?P<name>[\w.]+)`")


class Roles(griffe.Extension):
    """Replaces roles by links, which lead somewhere where the name has an entry."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(_link, obj.docstring.value)


def _link(found: re.Match[str]) -> str:
    name = found["name"]
    shown = name.rpartition(".")[2] if found["short"] else name
    shown += "()" if found["role"] in {"func", "meth"} else ""
    return f'<autoref identifier="{name}" optional><code>{shown}</code></autoref>'
