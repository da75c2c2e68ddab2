"""Network files: what goes in comes out, and a stranger's config reaches nothing."""

from __future__ import annotations

import builtins
import json
import os
import sys

import pytest
import torch
from forks import run_code
from safetensors import safe_open
from safetensors.torch import save_file as save_safetensors
from torch import nn

import restorekit
from restorekit.archs import forward_padded
from restorekit.checkpoints import load_network, save_file, save_network
from restorekit.errors import CheckpointError
from restorekit.registry import MODELS

CONFIG = {
    "type": "DCSFN",
    "channels": 4,
    "num_units": 1,
    "num_convs": 1,
    "recurrent_unit": {"type": "ConvLSTM", "kernel_size": 1},
    "block": {"type": "InnerScaleBlock", "num_scales": 2},
}
SUFFIXES = [".safetensors", ".pth"]


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return MODELS.build(CONFIG)


def write_pth(path, config, state_dict=None, **meta) -> None:
    meta = {"format": "restorekit.network/1", "network": config, **meta}
    save_file({"meta": meta, "state_dict": state_dict or {}}, path)


def write_safetensors(path, config, state_dict=None, **meta) -> None:
    meta = {"format": "restorekit.network/1", "network": config, **meta}
    tensors = state_dict or {"weight": torch.zeros(1)}
    save_safetensors(tensors, path, {"restorekit": json.dumps(meta)})


WRITERS = {".pth": write_pth, ".safetensors": write_safetensors}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(tmp_path, network, suffix):
    path = tmp_path / f"network{suffix}"
    save_network(network.train(), CONFIG, path, {"dataset": {"name": "rain100l"}, "psnr": 38.5})
    fast = restorekit.load_network(path)
    plain = restorekit.load_network(path, accelerate=False)
    assert not any(module.training for module in (*fast.modules(), *plain.modules()))
    assert fast.state_dict().keys() == plain.state_dict().keys() == network.state_dict().keys()
    for x in (torch.rand(2, 3, 21, 10), torch.rand(1, 3, 1, 1)):
        with torch.no_grad():
            expected = forward_padded(network, x)
            assert torch.equal(plain(x), expected)
            torch.testing.assert_close(fast(x), expected)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_state_dict_in_half_precision_and_another_memory_layout(tmp_path, network, suffix):
    path = tmp_path / f"network{suffix}"
    network = network.to(memory_format=torch.channels_last).bfloat16()
    save_network(network.state_dict(), CONFIG, path)
    loaded = load_network(path)
    for key, value in loaded.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, network.state_dict()[key].float())


def test_the_facts_stand_in_the_safetensors_metadata(tmp_path, network):
    path = tmp_path / "network.safetensors"
    save_network(network, CONFIG, path, {"psnr": 38.5})
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["restorekit"])
    assert facts == {"format": "restorekit.network/1", "network": CONFIG, "psnr": 38.5}


def test_the_same_network_gives_the_same_bytes(tmp_path, network):
    contents = set()
    for number in range(8):
        path = tmp_path / f"{number}.safetensors"
        save_network(network, CONFIG, path, {"psnr": 38.5, "dataset": "rain100l"})
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_a_training_checkpoint(tmp_path, network):
    path = tmp_path / "iter_100.pth"
    state_dict = {f"network.{key}": value for key, value in network.state_dict().items()}
    state_dict |= {"loss.window": torch.ones(3), "data_preprocessor.mean": torch.zeros(3)}
    content = {"meta": {"iter": 100, "network": CONFIG}, "state_dict": state_dict}
    save_file({**content, "optimizer": {"state": {}}}, path)
    x = torch.rand(1, 3, 16, 16)
    assert torch.equal(load_network(path)(x), network(x))


def test_loading_leaves_the_random_stream_as_it_was(tmp_path, network):
    save_network(network, CONFIG, tmp_path / "n.pth")
    before = torch.get_rng_state()
    load_network(tmp_path / "n.pth")
    assert torch.equal(torch.get_rng_state(), before)


class Forbidden:
    """Stands in for what must never be called."""

    def __init__(self) -> None:
        self.called = False

    def __call__(self, *args: object, **kwargs: object) -> None:
        self.called = True


EVIL_CONFIGS = [
    {"type": "os.system", "command": "true"},
    {"type": "builtins.exec", "source": "pass"},
    {"type": "restorekit.os.system", "command": "true"},
    {"type": "mmengine.Sequential"},
    {"type": "Sequential"},
    {"type": "torch.nn.Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 1},
    {**CONFIG, "block": {"type": "os.system", "command": "true"}},
    {**CONFIG, "block": "os.system"},
    {**CONFIG, "recurrent_unit": "builtins.exec"},
    {**CONFIG, "recurrent_unit": {"type": "ConvGRU", "x": [{"y": {"type": "os.system"}}]}},
    {**CONFIG, "_scope_": "os"},
    {**CONFIG, "type": ["os.system"]},
    {**CONFIG, "type": None},
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("config", EVIL_CONFIGS, ids=str)
def test_a_strangers_config_runs_nothing(tmp_path, monkeypatch, suffix, config):
    path = tmp_path / f"evil{suffix}"
    WRITERS[suffix](path, config)
    forbidden = Forbidden()
    monkeypatch.setattr(os, "system", forbidden)
    monkeypatch.setattr(builtins, "exec", forbidden)
    with pytest.raises(CheckpointError) as caught:
        load_network(path)
    assert "\n" not in str(caught.value)
    assert not forbidden.called


@pytest.mark.parametrize("nested", [False, True])
def test_a_strangers_config_imports_nothing(tmp_path, monkeypatch, nested):
    """mmengine imports the module ``registry`` of the package that _scope_ names."""
    package = tmp_path / "package_for_scope_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "registry.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    scope = {"_scope_": package.name}
    config = {**CONFIG, "block": {**CONFIG["block"], **scope}} if nested else {**CONFIG, **scope}
    write_pth(tmp_path / "n.pth", config)
    with pytest.raises(CheckpointError, match="'_scope_' in network"):
        load_network(tmp_path / "n.pth")
    assert package.name not in sys.modules


def test_the_same_names_would_be_reached_through_the_registry_alone(monkeypatch):
    """Shows that the test above tests something: mmengine resolves paths to objects."""
    forbidden = Forbidden()
    monkeypatch.setattr(os, "system", forbidden)
    MODELS.build({"type": "os.system", "command": "true"})
    assert forbidden.called


def test_a_config_that_contains_itself_or_no_plain_data_is_refused(tmp_path):
    endless: dict = {"type": "DCSFN"}
    endless["block"] = endless
    for number, config in enumerate((endless, {"type": "DCSFN", "channels": torch.ones(1)})):
        path = tmp_path / f"{number}.pth"
        write_pth(path, config)
        with pytest.raises(CheckpointError, match=r"too deeply|channels is a Tensor"):
            load_network(path)


def test_deeply_nested_json_is_refused(tmp_path):
    path = tmp_path / "deep.safetensors"
    text = '{"network": ' + "[" * 200_000 + "]" * 200_000 + "}"
    save_safetensors({"weight": torch.zeros(1)}, path, {"restorekit": text})
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load_network(path)


def test_what_is_built_must_be_a_network(tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS.module_dict, "NoNetwork", dict)
    write_pth(tmp_path / "n.pth", {"type": "NoNetwork"})
    with pytest.raises(CheckpointError, match="'NoNetwork' is not a network"):
        load_network(tmp_path / "n.pth")


def test_a_network_that_cannot_be_built_is_named(tmp_path):
    write_pth(tmp_path / "n.pth", {**CONFIG, "channels": -1})
    with pytest.raises(CheckpointError, match=r"DCSFN cannot be built: .*channels=-1"):
        load_network(tmp_path / "n.pth")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_keys_and_shapes_that_do_not_fit_are_named(tmp_path, network, suffix):
    state_dict = network.state_dict()
    state_dict["stranger.weight"] = state_dict.pop("head.0.bias")
    state_dict["tail.2.bias"] = torch.zeros(7)
    path = tmp_path / f"n{suffix}"
    save_network(state_dict, CONFIG, path)
    with pytest.raises(CheckpointError) as caught:
        load_network(path)
    for part in (
        "1 (head.0.bias) missing",
        "1 (stranger.weight) unexpected",
        "1 (tail.2.bias) of another shape",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"net": {}}, "restorekit convert"),
        ({"meta": {"network": None}, "state_dict": {}}, "does not say which network"),
        ([1, 2], "does not say which network"),
        ({"meta": {"network": CONFIG}}, "'state_dict' is missing"),
        ({"meta": {"network": CONFIG}, "state_dict": {"a": 1}}, "holds more than tensors"),
        (
            {"meta": {"network": CONFIG, "format": "restorekit.network/9"}, "state_dict": {}},
            "restorekit.network/9",
        ),
    ],
)
def test_other_pth_files_are_explained(tmp_path, content, message):
    save_file(content, tmp_path / "n.pth")
    with pytest.raises(CheckpointError, match=message):
        load_network(tmp_path / "n.pth")


def test_other_safetensors_files_are_explained(tmp_path, network):
    path = tmp_path / "n.safetensors"
    save_safetensors({"weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="does not say which network"):
        load_network(path)
    write_safetensors(path, CONFIG, format="restorekit.network/2")
    with pytest.raises(CheckpointError, match=r"restorekit\.network/2"):
        load_network(path)
    save_network(network, CONFIG, path)
    whole = path.read_bytes()
    for cut in (0, 5, 200, len(whole) - 10):
        path.write_bytes(whole[:cut])
        with pytest.raises(CheckpointError, match=r"not a whole safetensors file|is empty"):
            load_network(path)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_network(tmp_path / "missing.safetensors")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "network.onnx"}, r"'\.onnx'"),
        ({"path": "network"}, r"\.safetensors or \.pth"),
        ({"config": {"type": "os.system"}}, "os.system"),
        ({"config": {**CONFIG, "channels": nn.Linear}}, "plain data"),
        ({"facts": {"network": {}}}, "no fact can be called"),
        ({"facts": {"psnr": float("nan")}}, "plain data"),
        ({"network": {"weight": 3}}, "must be tensors"),
    ],
)
def test_what_cannot_be_saved_is_refused_before_anything_is_written(
    tmp_path, network, arguments, message
):
    given = {"network": network, "config": CONFIG, "path": "n.pth", "facts": None, **arguments}
    given["path"] = tmp_path / given["path"]
    with pytest.raises(CheckpointError, match=message):
        save_network(**given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change", [{"channels": 6000}, {"num_units": 60_000}, {"num_units": 10**6}]
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_config_far_larger_than_its_weights_takes_neither_time_nor_memory(
    tmp_path, network, suffix, change
):
    """Built, these networks would take gigabytes; here 1 GB and 20 s of CPU are enough."""
    path = tmp_path / f"n{suffix}"
    WRITERS[suffix](path, {**CONFIG, **change}, network.state_dict())
    script = (
        "import resource, restorekit\n"
        "from restorekit.errors import CheckpointError\n"
        "import restorekit.checkpoints.network_config as config\n"
        "config.MODELS.import_from_location()\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "try:\n"
        f"    restorekit.load_network({str(path)!r})\n"
        "except CheckpointError as error:\n"
        "    now = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(now.ru_utime - used.ru_utime, now.ru_maxrss - used.ru_maxrss, error)\n"
    )
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n{script}"
    run = run_code(limited)
    assert run.returncode == 0, run.stderr
    seconds, kilobytes, message = run.stdout.split(" ", 2)
    assert float(seconds) < 20
    assert int(kilobytes) < 2**20
    assert "fit" in message or "num_units=1000000" in message


@pytest.mark.parametrize(
    ("tensor", "word"),
    [
        (torch.ones(4, 3, 3, 3).to_sparse(), "sparse"),
        (torch.empty(4, 3, 3, 3, device="meta"), "meta"),
        (torch.ones(1).expand(4, 3, 3, 3), "expanded"),
        (torch.ones(4, 3, 3, 3, dtype=torch.complex64), "complex"),
        (torch.quantize_per_tensor(torch.ones(4, 3, 3, 3), 0.1, 0, torch.quint8), "quantized"),
    ],
)
def test_tensors_that_are_no_weights_are_named(tmp_path, network, tensor, word):
    state_dict = {**network.state_dict(), "head.0.weight": tensor}
    write_pth(tmp_path / "n.pth", CONFIG, state_dict)
    with pytest.raises(CheckpointError, match=word) as caught:
        load_network(tmp_path / "n.pth")
    assert "\n" not in str(caught.value)


@MODELS.register_module(force=True)
class ReadsValuesBack(nn.Module):
    """Like SwinIR, whose rates come from a tensor: no meta device has its values."""

    def __init__(self, depth=3):
        super().__init__()
        rates = [rate.item() for rate in torch.linspace(0, 0.5, depth)]
        self.convs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in rates])

    def forward(self, lq):
        return lq


def test_a_constructor_that_needs_values_is_built_within_the_same_limits(tmp_path):
    network = ReadsValuesBack()
    save_network(network, {"type": "ReadsValuesBack"}, tmp_path / "n.pth")
    loaded = load_network(tmp_path / "n.pth")
    for key, value in loaded.state_dict().items():
        assert torch.equal(value, network.state_dict()[key])
    write_pth(tmp_path / "n.pth", {"type": "ReadsValuesBack", "depth": 60_000}, loaded.state_dict())
    with pytest.raises(CheckpointError, match="far larger"):
        load_network(tmp_path / "n.pth")


def test_a_number_of_stages_that_would_never_end_is_refused(tmp_path):
    config = {"type": "PReNet", "channels": 4, "num_stages": 60_000}
    weights = MODELS.build({**config, "num_stages": 2}).state_dict()
    write_pth(tmp_path / "n.pth", config, weights)
    with pytest.raises(CheckpointError, match="num_stages=60000"):
        load_network(tmp_path / "n.pth")
    write_pth(tmp_path / "n.pth", {**config, "num_stages": 3}, weights)
    load_network(tmp_path / "n.pth")


def test_lists_that_share_their_items_end(tmp_path):
    values: list = [1] * 10
    for _ in range(15):
        values = [values] * 10
    write_pth(tmp_path / "n.pth", {**CONFIG, "block": values})
    with pytest.raises(CheckpointError, match="too many"):
        load_network(tmp_path / "n.pth")
