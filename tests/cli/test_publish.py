"""A published file holds the weights, and says what they are."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import safe_open

import restorekit
from restorekit.cli import main
from restorekit.engine.runner import Runner

CARD = {
    "summary": "Removes rain from a test.",
    "licence": "CC0-1.0",
    "trained_on": [{"name": "noise", "images": 3, "licences": {"CC0-1.0": 3}}],
}


def facts_of(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["restorekit"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.yml").write_text(yaml.safe_dump(CARD))
    return tmp_path


def test_a_training_is_published_with_its_numbers(folder, small_config, capsys):
    config = small_config("work", length=2)
    config.dump("config.py")
    Runner.from_cfg(config).train()
    (checkpoint,) = folder.glob("work/iter_*.pth")
    assert main(["test", "config.py", str(checkpoint), "--protocol", "rgb_u8"]) == 0
    results = [str(folder / "work" / f"{name}.json") for name in ("results", "rainy_input")]
    publish = ["publish", str(checkpoint), "-o", "out.safetensors", "--facts", "facts.yml"]
    given = [word for path in results for word in ("--results", path)]
    assert main([*publish, *given]) == 0
    facts = facts_of("out.safetensors")
    assert {key: facts[key] for key in ("summary", "licence")} == {
        key: CARD[key] for key in ("summary", "licence")
    }
    assert facts["trained_on"][0]["licences"] == {"CC0-1.0": 3}
    assert facts["training"]["iter"] > 0
    (measured,) = facts["measured"]
    contents = [json.loads(Path(path).read_text()) for path in results]
    means = [content["measures"]["psnr/rgb_u8"]["mean"] for content in contents]
    assert (measured["restored"]["psnr"], measured["input"]["psnr"]) == tuple(means)
    assert measured["protocol"] == "rgb_u8"
    lq = torch.rand(1, 3, 20, 24)
    with torch.inference_mode():
        expected = restorekit.load_network(checkpoint)(lq)
        torch.testing.assert_close(restorekit.load_network("out.safetensors")(lq), expected)
    # Numbers of another checkpoint are not taken.
    assert (
        main(
            [*publish[:1], "out.safetensors", *publish[2:3], "b.safetensors", *publish[4:], *given]
        )
        == 2
    )
    assert "results.json was not measured with out.safetensors" in capsys.readouterr().err
    assert not (folder / "b.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"licence": None}, "licence"),
        ({"trained_on": []}, "trained_on"),
        ({"lisence": "CC0-1.0"}, "lisence"),
    ],
)
def test_facts_that_are_missing_or_misspelt(folder, change, named, capsys):
    card = {key: value for key, value in {**CARD, **change}.items() if value is not None}
    (folder / "facts.yml").write_text(yaml.safe_dump(card))
    command = ["publish", "no.pth", "-o", "out.safetensors", "--facts", "facts.yml"]
    assert main(command) == 2
    assert named in capsys.readouterr().err


def test_other_suffixes_and_missing_checkpoints(folder, capsys):
    assert main(["publish", "no.pth", "-o", "out.pth", "--facts", "facts.yml"]) == 2
    assert ".safetensors" in capsys.readouterr().err
    assert main(["publish", "no.pth", "-o", "out.safetensors", "--facts", "facts.yml"]) == 2
    assert "no.pth" in capsys.readouterr().err
    assert not list(folder.glob("out*"))
