"""A published file holds the weights, and says what they are."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import safe_open

import restorekit
from restorekit.checkpoints import save_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.hub import INDEX_VARIABLE, locate, published_models
from restorekit.io.files import sha256

CARD = {
    "summary": "Removes rain from a test.",
    "licence": "CC0-1.0",
    "trained_on": [{"name": "noise", "images": 3, "licences": {"CC0-1.0": 3}}],
}


def facts_of(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["restorekit"])


@pytest.fixture
def shipped():
    return str(locate("derain-small"))


@pytest.fixture
def folder(tmp_path, monkeypatch, shipped):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(INDEX_VARIABLE, "mine.yml")
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


def test_an_index_gives_a_network_its_name(folder, shipped, capsys):
    psnr = {"input": {"psnr": 20.0}, "restored": {"psnr": 25.5}}
    (folder / "numbers.json").write_text(json.dumps([{"data": "2", "protocol": "rgb_u8", **psnr}]))
    call = ["publish", shipped, "--index", "mine.yml", "--name", "mine"]
    assert main([*call, "--facts", "facts.yml", "--measured", "numbers.json"]) == 0
    weights, facts = read_network_file(locate("mine"))
    before, _ = read_network_file(shipped)
    assert weights.keys() == before.keys()
    assert all(torch.equal(weights[key], before[key]) for key in before)
    # The index and the file say the same.
    entry = yaml.safe_load((folder / "mine.yml").read_text())["models"]["mine"]
    for key in ("summary", "licence", "trained_on", "measured", "network"):
        assert entry[key] == facts[key], key
    assert facts["name"] == "mine"
    assert facts["trained_on"] == [{**CARD["trained_on"][0], "listing": ""}]
    capsys.readouterr()
    assert main(["list", "models", "mine", "--published"]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("CC0-1.0", "25.5", "noise"))


def test_an_entry_is_replaced_and_the_others_stay(folder, shipped):
    add = ["publish", shipped, "--index", "mine.yml", "--name"]
    assert main([*add, "first", "--facts", "facts.yml"]) == 0
    # The facts of the network file, since the entry is new.
    assert main([*add, "second"]) == 0
    shipped_model, models = published_models()["derain-small"], published_models()
    assert models["second"].trained_on == shipped_model.trained_on
    assert models["second"].measured == shipped_model.measured
    # Those of the entry, whose numbers were of other weights; an address gives way to the file.
    index = folder / "mine.yml"
    content = yaml.safe_load(index.read_text())
    del content["models"]["first"]["file"]
    content["models"]["first"] |= {"url": "https://example.org/x", "measured": []}
    index.write_text(yaml.safe_dump(content))
    assert main([*add, "first"]) == 0
    assert published_models()["first"].summary == CARD["summary"]
    assert published_models()["first"].sha256 == sha256(locate("first"))
    assert published_models()["second"] == models["second"]


@pytest.mark.parametrize("name", ["derain-small", "theirs", "../../evil", "a/b", "a.b", "", "x\nz"])
def test_a_name_that_is_taken_or_a_path_is_refused(folder, shipped, name, monkeypatch, capsys):
    monkeypatch.setenv(INDEX_VARIABLE, "theirs/index.yml")
    own = ["publish", shipped, "--index", "theirs/index.yml", "--name", "theirs"]
    assert main([*own, "--facts", "facts.yml"]) == 0
    call = ["publish", shipped, "--index", "in/mine.yml", "--facts", "facts.yml"]
    assert main([*call, "--name", name]) == 2
    assert "--name" in capsys.readouterr().err
    assert not (folder / "in").exists()


def test_weights_that_do_not_fit_their_network_are_not_published(folder, shipped, capsys):
    weights, meta = read_network_file(shipped)
    weights.pop(next(iter(weights)))
    save_network(weights, meta["network"], "broken.safetensors")
    call = ["publish", "broken.safetensors", "--facts", "facts.yml"]
    for target in (["-o", "out.safetensors"], ["--index", "mine.yml", "--name", "mine"]):
        assert main([*call, *target]) == 2
        assert "do not fit" in capsys.readouterr().err
    assert not (folder / "mine.yml").exists()
    assert not list(folder.glob("**/out*"))


def test_a_network_without_facts_needs_them(folder, shipped, capsys):
    weights, meta = read_network_file(shipped)
    save_network(weights, meta["network"], "bare.safetensors")
    assert main(["publish", "bare.safetensors", "-o", "out.safetensors"]) == 2
    assert "--facts" in capsys.readouterr().err
    for target in (["-o", "x.safetensors", "--name", "x"], ["--index", "mine.yml"]):
        assert main(["publish", shipped, *target]) == 2
        assert "--index" in capsys.readouterr().err
