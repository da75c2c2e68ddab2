#!/usr/bin/env python3
"""Draw the picture of a method's card: a photograph with rain, restored, and without rain.

method_pictures.py METHOD WEIGHTS takes the released file that the card names, and
method_pictures.py METHOD --model NAME a published network of the method (docs/hub.md). The
photograph comes with scikit-image, and the rain is rendered, so that everybody gets the same
picture. It is written as docs/images/methods/METHOD.jpg. pictures.json beside it notes what it
shows, from which tools/model_zoo.py writes the captions of the cards. Needs the extra demo.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import model_zoo
import skimage.data
from PIL import Image

from restorekit.catalog import Method, get_method
from restorekit.cli import main as restorekit
from restorekit.errors import ConfigError, RestoreKitError
from restorekit.io.files import atomic_path, write_text
from restorekit.io.images import write_image

#: Rows and columns of the photograph that are shown, and the part that is enlarged.
ROWS, COLUMNS = slice(0, 280), slice(20, 440)
ENLARGED = "95,78,120,80"
#: What the picture shows beside the network.
SCENE = {
    "preset": "rain100l",
    "seed": 2,
    "protocol": "rgb_u8",
    "photograph": "Chelsea the cat by Stefan van der Walt (CC0)",
}
#: Width of the figure in millimetres, pixels per inch, and quality of the JPEG file.
WIDTH, DPI, QUALITY = 174, 116, 78


def main(name: str, weights: str | None, model: str | None) -> int:
    """Draw a method's picture and write the captions anew; return the exit status."""
    try:
        method = get_method(name)
        with tempfile.TemporaryDirectory() as folder:
            shown = draw(method, weights, model, Path(folder))
    except RestoreKitError as error:
        sys.stderr.write(f"method_pictures.py: {error}\n")
        return 2
    note(method, shown)
    return 0


def draw(method: Method, weights: str | None, model: str | None, folder: Path) -> dict[str, Any]:
    """Write a method's picture; return what it shows.

    Args:
        method: The method.
        weights: The released file; or
        model: name of a published network.
        folder: An empty folder.
    """
    if model:
        network, shown = model, _published(model, method, folder / "models.json")
    elif method.weights is None:
        raise ConfigError(
            f"{weights}: the catalog knows no released weights of {method.name} for deraining; "
            "name a published network (--model)."
        )
    else:
        network, shown = str(folder / "network.safetensors"), {}
        _run("convert", method.converter, weights, network)
    lq, gt = folder / "pairs" / "lq", folder / "pairs" / "gt"
    write_image(folder / "clean" / "chelsea.png", skimage.data.chelsea()[ROWS, COLUMNS])
    rain = ("--preset", SCENE["preset"], "--seed", SCENE["seed"])
    _run("data", "synthesize", folder / "clean", folder / "pairs", *rain)
    _run("restore", lq, "--model", network, "-o", folder / "restored")
    _run(
        *("figure", "compare", "--images", f"{model or method.name}={folder / 'restored'}"),
        *("--lq", lq, "--gt", gt, "--crop", ENLARGED, "--protocol", SCENE["protocol"]),
        *("--width", WIDTH, "--dpi", DPI, "-o", folder / "figure.png"),
    )
    target = model_zoo.PICTURES.parent / f"{method.id}.jpg"
    target.parent.mkdir(exist_ok=True)
    with atomic_path(target) as temporary, Image.open(folder / "figure.png") as figure:
        figure.convert("RGB").save(temporary, "JPEG", quality=QUALITY, optimize=True)
    return {**shown, **SCENE}


def note(method: Method, shown: dict[str, Any]) -> None:
    """Note what a method's picture shows, and write the cards anew."""
    pictures = {**model_zoo.pictures(), method.id: shown}
    write_text(model_zoo.PICTURES, json.dumps(pictures, indent=2, sort_keys=True) + "\n")
    model_zoo.main()


def _published(name: str, method: Method, file: Path) -> dict[str, Any]:
    """Return what a caption says of a published network, which must be one of the method."""
    _run("list", "models", "--published", "--json", file)
    models = json.loads(file.read_text(encoding="utf-8"))
    type_ = Path(method.code).stem.replace("_", "")
    fitting = [key for key, one in models.items() if one["network"]["type"].lower() == type_]
    if name not in fitting:
        raise ConfigError(
            f"--model {name}: there is no published {method.name} of this name. There "
            f"{'is ' + ', '.join(fitting) if fitting else 'are none'}."
        )
    trained_on = " and ".join(
        f"{one['images']} {one['name']}" for one in models[name]["trained_on"]
    )
    facts = {key: models[name][key] for key in ("parameters", "sha256")}
    return {"model": name, "trained_on": trained_on, **facts}


def _run(*arguments: Any) -> None:
    """Run a command of restorekit; end the program if it fails."""
    if status := restorekit([str(one) for one in arguments]):
        sys.exit(status)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", help="name of the method, as in `restorekit list models`")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("weights", nargs="?", help="released file of the method")
    source.add_argument("--model", metavar="NAME", help="published network of the method")
    arguments = parser.parse_args()
    sys.exit(main(arguments.method, arguments.weights, arguments.model))
