"""What the metafiles say of the methods: ``restorekit list models`` and docs/model_zoo.md."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import restorekit
from restorekit.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Published:
    """A published number; PSNR and SSIM as they are spelled, since a last zero counts."""

    dataset: str
    version: str
    protocol: str
    psnr: str
    ssim: str
    source: str


@dataclass(frozen=True)
class ZooConfig:
    """A config of a method.

    Attributes:
        name: Of the config.
        path: Of its file in the repository.
        parameters: Of its network.
        macs: Multiply-accumulate operations for an image of 256×256 pixels.
        recipe: How it trains, in a few words.
        published: What others published for a network like it.
    """

    name: str
    path: str
    parameters: int
    macs: int
    recipe: str
    published: tuple[Published, ...]


@dataclass(frozen=True)
class Method:
    """A method and its configs, the one of its paper first.

    Attributes:
        name: Of the method.
        paper: Title of its paper.
        url: Where that is.
        year: Of the paper.
        venue: Where it was published.
        card: The model card in the repository.
        code: The file of the network in the repository.
        released_code: Where the authors' code is.
        converter: What ``restorekit convert`` calls the authors' checkpoints.
        configs: Its configs.
    """

    name: str
    paper: str
    url: str
    year: int
    venue: str
    card: str
    code: str
    released_code: str
    converter: str
    configs: tuple[ZooConfig, ...]

    @property
    def protocols(self) -> list[str]:
        """The protocols of its published numbers."""
        numbers = (number for config in self.configs for number in config.published)
        return list(dict.fromkeys(number.protocol for number in numbers))


def configs_folder() -> Path:
    """Return the folder of the configs: of the repository, or what came with the package.

    Raises:
        ConfigError: If this installation has neither.
    """
    package = Path(restorekit.__file__).parent
    # The second is where packages for mmengine's Runner keep their configs when installed.
    places = (package.parent / "configs", package / ".mim" / "configs")
    found = next((place for place in places if any(place.glob("*/metafile.yml"))), None)
    if found is None:
        raise ConfigError(
            f"The configs with what is known of the methods are in neither {places[0]} nor "
            f"{places[1]}; install restorekit again, from a wheel or a clone of the repository."
        )
    return found


def read_zoo(folder: str | os.PathLike[str]) -> list[Method]:
    """Read ``*/metafile.yml`` below ``folder``; the oldest method comes first."""
    methods = [_read(path) for path in sorted(Path(folder).glob("*/metafile.yml"))]
    return sorted(methods, key=lambda method: (method.year, method.name))


def find_method(methods: list[Method], name: str) -> Method:
    """Return the method of a name, in upper or lower case.

    Raises:
        ConfigError: If there is none.
    """
    names = {method.name.lower(): method for method in methods}
    if name.lower() not in names:
        raise ConfigError(
            f"{name!r} is not a method.{did_you_mean(name.lower(), names)} "
            f"There is: {', '.join(method.name for method in methods)}."
        )
    return names[name.lower()]


def _read(path: Path) -> Method:
    # Plain strings: as a number, the SSIM 0.9040 would lose a digit that was published.
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    collection = content["Collections"][0]
    paper = collection["Paper"]
    return Method(
        name=collection["Name"],
        paper=paper["Title"],
        url=paper["URL"],
        year=int(paper["Year"]),
        venue=paper["Venue"],
        card=collection["README"],
        code=collection["Code"],
        released_code=collection["ReleasedCode"],
        converter=collection["Converter"],
        configs=tuple(_configs(content["Models"])),
    )


def _configs(models: list[dict[str, Any]]) -> Iterator[ZooConfig]:
    for model in models:
        yield ZooConfig(
            name=model["Name"],
            path=model["Config"],
            parameters=int(model["Parameters"]),
            macs=int(model["MACs at 256x256"]),
            recipe=model["Recipe"],
            published=tuple(
                Published(
                    dataset=number["Dataset"],
                    version=number["Version"],
                    protocol=number["Protocol"],
                    psnr=number["PSNR"],
                    ssim=number["SSIM"],
                    source=number["Source"],
                )
                for number in model.get("Published", ())
            ),
        )
