"""Every network exports as docs/export.md says; `python THIS_FILE` prints its table."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "archs"))

from test_every_network import CASES

from restorekit.archs.sizing import pad_to_fit
from restorekit.checking.networks import with_random_weights
from restorekit.errors import ConfigError
from restorekit.inference.backends import OnnxRuntimeBackend
from restorekit.inference.export import export_network
from restorekit.registry import MODELS

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
#: One small network of each kind.
NETWORKS = {config["type"]: config for config in reversed(list(CASES.values()))}
TILE = 32


def export(config: dict, target: Path) -> tuple[str, str, float]:
    """Export a small network with random weights: sizes, images at a time, difference."""
    network = with_random_weights(lambda: MODELS.build(dict(config)))(0)
    torch.manual_seed(0)
    try:
        facts = export_network(network, config, target)
    except ConfigError:
        tile = network.size_requirements.fit(TILE, TILE)[0]
        facts = export_network(network, config, target, tile=tile)
    backend = OnnxRuntimeBackend(target)
    differences = []
    # The second one is larger than the least size, whatever that is.
    more = backend.size_requirements.minimum - 1
    for size in ((33, 47), (70 + more, 51 + more)):
        limit = backend.size_requirements.maximum or max(size)
        lq = torch.rand(1, 3, *(min(side, limit) for side in size))
        lq = pad_to_fit(lq, backend.size_requirements)
        with torch.inference_mode():
            output = network(lq)
        final = output if isinstance(output, torch.Tensor) else output[-1]
        differences.append(float((backend.run(lq) - final).abs().max()))
    sizes = "one, with `--tile N`" if facts.tile else "all"
    return sizes, "any" if facts.batch is None else str(facts.batch), max(differences)


def documented() -> dict[str, tuple[str, str]]:
    """Return the sizes and the images at a time that docs/export.md states, by network."""
    section = PAGE.read_text(encoding="utf-8").split("## Which networks")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| ((?:all|one|none)[^|]*) \| ([^|]*)\|", section, re.MULTILINE)
    return {name: (sizes, images.strip()) for name, sizes, images in rows}


def test_every_network_is_documented():
    assert sorted(documented()) == sorted(NETWORKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_network_exports_as_documented(name, tmp_path):
    pytest.importorskip("onnxruntime")
    sizes, images = documented()[name]
    if sizes == "none":
        with pytest.raises(ConfigError, match=name):
            export(NETWORKS[name], tmp_path / "network.onnx")
        return
    *found, difference = export(NETWORKS[name], tmp_path / "network.onnx")
    assert tuple(found) == (sizes, images)
    assert difference < 1e-4


def main() -> None:
    """Print the table."""
    for name in sys.argv[1:] or sorted(NETWORKS):
        with tempfile.TemporaryDirectory() as folder:
            try:
                sizes, images, difference = export(NETWORKS[name], Path(folder) / "network.onnx")
                row = f"| {name} | {sizes} | {images} | {difference:.0e} |"
            except ConfigError as error:
                row = f"| {name} | none | | | ({error})"
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
