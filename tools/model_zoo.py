#!/usr/bin/env python3
"""Write what the catalog says of the methods into the repository: model_zoo.py, no arguments.

The files are docs/model_zoo.md, configs/*/metafile.yml and model-index.yml (the form that
OpenMMLab's tools read), and the tables in configs/*/README.md. Change restorekit/catalog/data/,
then run this.
"""

import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from restorekit.catalog import (
    Method,
    MethodConfig,
    Published,
    PublishedCost,
    all_methods,
    published_beside,
    published_costs,
    published_for,
    published_numbers,
)
from restorekit.io.files import write_text

ROOT = Path(__file__).resolve().parent.parent

_HEAD = """\
# Model zoo

The methods, what their configs train, and what was published for them. This page is written by
`tools/model_zoo.py` from the [catalog](datasets.md) in `restorekit/catalog/data/`.

Published numbers are those of the named source, not measured here. Only numbers for the same
dataset and under the same protocol can be compared: [protocols.md](protocols.md),
[datasets.md](datasets.md). Each method's card has all known numbers; here are those nearest to each
config. `restorekit convert NAME IN OUT` converts the authors' checkpoints:
[checkpoints.md](checkpoints.md). MACs are multiply-accumulate operations of convolutions and matrix
products on one image of 256×256 pixels, of the network as its paper and the released code compute
it; restorekit computes some with fewer.
"""
_COST_HEAD = """\
## What they cost

One image of {side}×{side} pixels in float32 on a CPU ({threads} thread(s)), each network with
random weights in a process of its own, plain and accelerated in turns; seconds of the processor,
medians of so many rounds. The machine was busy with other work: in one round, ratios that differ
from 1 by less than a fifth may be chance. Freed memory is not kept
([performance.md](performance.md)). Memory is what an image needs beside the weights, without
tiles; with tiles it stays bounded ([restoring.md](restoring.md)). HCT-FFN's cost grows faster
than the image. `python -m benchmarks networks --results benchmarks/results/networks.json`
measures it again.
"""
_MACS_HEAD = """\
MACs as the networks of the first configs are written, as restorekit carries them out, and as others
printed them, with the number of parameters that stands beside them. Tables say FLOPs and mean
MACs; their counters leave out or count different things.
"""
_COST_PICTURE = "![time and memory a megapixel of each network](images/networks.png)\n"
COSTS = ROOT / "benchmarks" / "results" / "networks.json"
#: What the pictures beside it show; written by tools/method_pictures.py.
PICTURES = ROOT / "docs" / "images" / "methods" / "pictures.json"
_FORMS = ("plain", "accelerated")
_METAFILE_HEAD = "# Written by tools/model_zoo.py from restorekit/catalog/data/methods/{}.yml.\n"
_INDEX_HEAD = "# Written by tools/model_zoo.py.\n"
#: What stands between two such comments in a card is written by this script.
_BLOCK = re.compile(
    r"(<!-- (picture|configs|published) by tools/model_zoo\.py -->\n).*?(<!-- end -->)", re.DOTALL
)


def files_to_write(root: Path = ROOT) -> dict[Path, str]:
    """Return the content of every file by its path; cards keep the text around their tables."""
    methods = all_methods().values()
    files = {
        root / "docs" / "model_zoo.md": page(methods),
        root / "model-index.yml": model_index(methods),
    }
    for method in methods:
        files[root / "configs" / method.id / "metafile.yml"] = metafile(method)
        card = root / method.card
        files[card] = fill_card(card.read_text(encoding="utf-8"), method)
    return files


def page(methods: Iterable[Method]) -> str:
    """Return docs/model_zoo.md."""
    overview = _table(
        ("method", "paper", "year", "parameters", "MACs", "converter"),
        (
            (
                f"[{method.name}](#{method.id})",
                f"[{method.paper}]({method.url})",
                f"{method.year} ({method.venue})",
                *_size(method.configs[0]),
                f"`{method.converter}`",
            )
            for method in methods
        ),
    )
    return "\n".join([_HEAD, overview, *cost(methods), *map(_section, methods)])


def cost(methods: Iterable[Method]) -> list[str]:
    """Return the section about time and memory; empty until `benchmarks networks` has run."""
    if not COSTS.exists():
        return []
    measured = json.loads(COSTS.read_text(encoding="utf-8"))
    networks = measured["networks"]
    table = _table(
        (
            *("method", "s a megapixel", "accelerated", "times as fast"),
            *("GB a megapixel", "accelerated", "rounds"),
        ),
        (
            (
                f"[{method.name}](#{method.id})",
                *(f"{networks[method.id][form]['seconds']:.1f}" for form in _FORMS),
                f"{networks[method.id]['times_as_fast']:.2f}",
                *(f"{networks[method.id][form]['memory_mb'] / 1024:.1f}" for form in _FORMS),
                str(networks[method.id]["rounds"]),
            )
            for method in methods
            if method.id in networks
        ),
    )
    macs = _table(
        ("method", "MACs", "carried out", "published", "why they differ"),
        (
            (
                f"[{method.name}](#{method.id})",
                *(
                    f"{networks[method.id][key] / 1e9:.2f} G"
                    for key in ("macs", "macs_carried_out")
                ),
                "; ".join(map(_published_macs, published_costs(method, published_numbers()))),
                method.cost_note,
            )
            for method in methods
            if method.id in networks
        ),
    )
    return [_COST_HEAD.format(**measured["settings"]), table, _COST_PICTURE, _MACS_HEAD, macs]


def _published_macs(one: PublishedCost) -> str:
    millions = one.cost["parameters"] / 1e6
    return f"{one.cost['gmacs_at_256']:g} G ({millions:.3g} M parameters): {one.source}"


def _section(method: Method) -> str:
    links = ", ".join(
        (
            f"[Model card](../{method.card})",
            f"[code](../{method.code})",
            f"[released code]({method.released_code})",
        )
    )
    configs = _table(
        ("config", "parameters", "MACs", "recipe"),
        ((_link(config), *_size(config), config.recipe) for config in method.configs),
    )
    numbers = [
        (config, number)
        for config in method.configs
        for number in published_beside(config, published_numbers())
    ]
    measures = dict.fromkeys(name for _, number in numbers for name in number.printed)
    published = _table(
        ("config", "dataset", "protocol", *map(str.upper, measures), "source"),
        (
            (
                _link(config),
                f"`{number.dataset}`",
                _protocol(number.protocol),
                *(number.printed.get(name, "–") for name in measures),
                number.sources[0],
            )
            for config, number in numbers
        ),
    )
    section = f"## {method.name}\n\n{links}.\n\n{configs}"
    return f"{section}\nPublished:\n\n{published}" if numbers else section


def model_index(methods: Iterable[Method]) -> str:
    """Return model-index.yml, which lists all metafiles."""
    files = sorted(f"configs/{method.id}/metafile.yml" for method in methods)
    return _INDEX_HEAD + yaml.safe_dump({"Import": files})


def metafile(method: Method) -> str:
    """Return a metafile; published numbers are texts, since a last zero counts."""
    collection: dict[str, Any] = {
        "Name": method.name,
        "Paper": {
            "Title": method.paper,
            "URL": method.url,
            "Year": method.year,
            "Venue": method.venue,
        },
        "README": method.card,
        "Code": method.code,
        "ReleasedCode": method.released_code,
        "Converter": method.converter,
    }
    costs = [
        {
            "Parameters": round(one.cost["parameters"]),
            "MACs at 256x256": round(one.cost["gmacs_at_256"] * 1e9),
            "Source": one.source,
        }
        for one in published_costs(method, published_numbers())
    ]
    if costs:
        collection["PublishedCost"] = costs
    models = []
    for config in method.configs:
        model: dict[str, Any] = {
            "Name": config.name,
            "In Collection": method.name,
            "Config": config.path,
            "Training Data": config.dataset,
            "Parameters": config.parameters,
            "MACs at 256x256": config.macs,
            "Recipe": config.recipe,
        }
        published = [
            {
                "Dataset": number.dataset,
                **({"Protocol": number.protocol} if number.protocol else {}),
                **{measure.upper(): text for measure, text in number.printed.items()},
                "Source": number.sources[0],
            }
            for number in published_beside(config, published_numbers())
        ]
        models.append({**model, "Published": published} if published else model)
    content = {"Collections": [collection], "Models": models}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    return _METAFILE_HEAD.format(method.id) + text


def fill_card(text: str, method: Method) -> str:
    """Return a card with its tables as the catalog has them."""
    blocks = {
        "picture": _card_picture(method),
        "configs": _card_configs(method),
        "published": _card_published(method),
    }
    return _BLOCK.sub(lambda block: f"{block[1]}\n{blocks[block[2]]}\n{block[3]}", text)


def pictures() -> dict[str, dict[str, Any]]:
    """Return what the picture of each method shows."""
    return json.loads(PICTURES.read_text(encoding="utf-8")) if PICTURES.exists() else {}


def _card_picture(method: Method) -> str:
    """Return the method's picture with its caption, or the sentence that says how to draw it."""
    picture, weights = pictures().get(method.id), method.weights
    draw = f"python tools/method_pictures.py {method.id}"
    if picture is None and weights is None:
        return _wrapped(
            "No picture, since no weights for deraining were released: "
            f"`{draw} --model NAME` draws it with a [published network](../../docs/hub.md) of this "
            "method."
        )
    if picture and "model" in picture:
        draw += f" --model {picture['model']}"
        size, data = picture["parameters"], picture["trained_on"]
        network = f"[`{picture['model']}`](../hub/README.md) ({size:,} parameters)"
    else:
        draw += f" {Path(weights.file).name}"
        network, data = (
            f"`{weights.file}` from [{weights.source}]({weights.url})",
            weights.trained_on,
        )
    network += f", trained on {data}" if data else ""
    if picture is None:
        return _wrapped(f"No picture yet: with {network}, `{draw}` draws it.")
    caption = (
        f"*Rain of the preset [`{picture['preset']}`](../../docs/rain.md), rendered on a "
        f"photograph and removed by {network}. PSNR and SSIM under "
        f"[`{picture['protocol']}`](../../docs/protocols.md). Photograph: {picture['photograph']}. "
        f"`{draw}` draws it again.*"
    )
    alt = f"{method.name}: a photograph with rain, restored, and without rain"
    return f"![{alt}](../../docs/images/methods/{method.id}.jpg)\n\n{_wrapped(caption)}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 110, break_long_words=False, break_on_hyphens=False) + "\n"


def _card_configs(method: Method) -> str:
    folder = f"configs/{method.id}/"
    return _table(
        ("config", "data", "network", "parameters", "MACs at 256×256"),
        (
            (
                f"`{config.path.removeprefix(folder)}`",
                f"`{config.dataset}`",
                config.network,
                *_size(config),
            )
            for config in method.configs
        ),
    )


def _card_published(method: Method) -> str:
    rows: dict[tuple[str, str, str, str], list[Published]] = {}
    for one in published_for(method, published_numbers()):
        key = (one.method, one.note, one.sources[0], _protocol(one.protocol))
        rows.setdefault(key, []).append(one)
    if not rows:
        return "None.\n"
    return _table(
        ("network", "source", "protocol", "PSNR (dB) / SSIM"),
        (
            (
                f"{name}: {note}" if note else name,
                source,
                protocol,
                " · ".join(_cell(number) for number in row),
            )
            for (name, note, source, protocol), row in rows.items()
        ),
    )


def _cell(number: Published) -> str:
    values = " / ".join(number.printed.values())
    others = [name.upper() for name in number.printed if name not in ("psnr", "ssim")]
    return " ".join([f"`{number.dataset}`", *others, values])


def _protocol(name: str | None) -> str:
    return f"`{name}`" if name else "not stated"


def _link(config: MethodConfig) -> str:
    return f"[{config.name}](../{config.path})"


def _size(config: MethodConfig) -> tuple[str, str]:
    return f"{config.parameters:,}", f"{config.macs / 1e9:.2f} G"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write every file."""
    for path, content in files_to_write().items():
        write_text(path, content)


if __name__ == "__main__":
    main()
