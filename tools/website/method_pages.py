"""A page for each method: its card, with a drawing of the network and its figures in front."""

import json
import re
from pathlib import Path

from links import ROOT, place_of

from restorekit.catalog import Method, all_methods

#: Cards that belong to no method, and their titles in the navigation.
OTHER_CARDS = {"hub": "derain-small"}
DRAWINGS = ROOT / "docs" / "images" / "architectures"
COSTS = ROOT / "benchmarks" / "results" / "networks.json"
_FIGURE = """\
<figure class="architecture" markdown="0">
{svg}
<figcaption>{name}, drawn from <code>{code}</code></figcaption>
</figure>

"""


def method_pages() -> dict[str, tuple[str, str]]:
    """Return a card and its text for each page, by the page's place on the site."""
    pages = {}
    for method in all_methods().values():
        text = (ROOT / method.card).read_text(encoding="utf-8")
        pages[place_of(method.card)] = (method.card, complete(text, method))
    for folder in OTHER_CARDS:
        card = f"configs/{folder}/README.md"
        pages[place_of(card)] = (card, (ROOT / card).read_text(encoding="utf-8"))
    return pages


def complete(card: str, method: Method) -> str:
    """Return a card with the method's figures under its title, its drawing, and its cost."""
    title, _, rest = card.partition("\n\n")
    text = f"{title}\n\n{_glance(method)}\n{rest}"
    drawing = DRAWINGS / f"{method.id}.svg"
    if drawing.exists():
        svg = re.sub(r"\n\s*", " ", drawing.read_text(encoding="utf-8")).strip()
        figure = _FIGURE.format(svg=svg, name=method.name, code=method.code)
        text = re.sub(r"(?=<!-- configs by)", lambda _: figure, text, count=1)
    if "## Cost" not in card:
        text += f"\n## Cost\n\n{_cost(method)}"
    return text


def _glance(method: Method) -> str:
    config = method.configs[0]
    rows = {
        "paper": f"[{method.paper}]({method.url})",
        "published": f"{method.venue}, {method.year}",
        "network": f"[`{method.code}`](../../{method.code})",
        "config": f"[`{config.path}`](../../{config.path})",
        "parameters": f"{config.parameters:,}",
        "multiply-accumulates, 256×256 pixels": f"{config.macs / 1e9:.2f} G",
        "authors' code": f"<{method.released_code}>",
        "released weights": _weights(method),
    }
    if f"configs/{method.id}/" in (ROOT / "docs/released_weights.md").read_text(encoding="utf-8"):
        rows["released weights, measured"] = "[with their numbers](../../docs/released_weights.md)"
    lines = "".join(f"| {key} | {value} |\n" for key, value in rows.items())
    return f"| method | {method.name} |\n|---|---|\n{lines}"


def _weights(method: Method) -> str:
    if method.weights is None:
        return f"none for deraining; `restorekit convert {method.converter} IN OUT` reads others"
    file = Path(method.weights.file).name
    return (
        f"[{method.weights.source}]({method.weights.url}); "
        f"`restorekit convert {method.converter} {file} OUT` reads them"
    )


def _cost(method: Method) -> str:
    measured = json.loads(COSTS.read_text(encoding="utf-8")) if COSTS.exists() else None
    here = f"`restorekit info {method.configs[0].name} --time` measures it on your machine.\n"
    if measured is None or method.id not in measured["networks"]:
        return here
    settings, forms = measured["settings"], measured["networks"][method.id]
    rows = "".join(
        f"| {form} | {forms[form]['seconds']:.1f} s | {forms[form]['memory_mb'] / 1024:.1f} GB |\n"
        for form in ("plain", "accelerated")
    )
    return (
        f"For each megapixel, in float32 on {settings['threads']} threads of a CPU; "
        f"[all networks](../../docs/model_zoo.md#what-they-cost).\n\n"
        f"| form | time | memory |\n|---|---|---|\n{rows}\n{here}"
    )
