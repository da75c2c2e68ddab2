"""Published weights: found by name, verified, fetched only on request."""

import functools
import http.server
import io
import ssl
import threading
from pathlib import Path

import PIL.Image
import pytest
import yaml

import restorekit
from restorekit.checkpoints import load_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.cli import main
from restorekit.errors import CheckpointError, ConfigError, DataError, UnknownNameError
from restorekit.hub import INDEX_VARIABLE, download, fetch, locate, published_models
from restorekit.io.files import sha256
from restorekit.metrics.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An index of your own with the shipped weights under another name; returns its editor."""
    shipped = published_models()["derain-small"]
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(locate("derain-small").read_bytes())

    def write(name="mine", **changes):
        entry = {
            "summary": "A copy.",
            "sha256": shipped.sha256,
            "size": shipped.size,
            "network": shipped.network,
            "parameters": shipped.parameters,
            "licence": "CC0-1.0",
            "trained_on": [{"name": "noise", "images": 3}],
            "file": weights.name,
            **changes,
        }
        entry = {key: value for key, value in entry.items() if value is not None}
        (tmp_path / "index.yml").write_text(yaml.safe_dump({"models": {name: entry}}))
        return weights

    write()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(INDEX_VARIABLE, str(tmp_path / "index.yml"))
    return write


@pytest.mark.parametrize("name", published_models())
def test_what_the_index_says_is_what_the_file_is(name):
    model = published_models()[name]
    if not model.file:
        pytest.skip("not in the package")
    file = locate(name)
    assert file.stat().st_size == model.size < 5e6
    assert sha256(file) == model.sha256
    network = load_network(file)
    assert sum(parameter.numel() for parameter in network.parameters()) == model.parameters
    _, meta = read_network_file(file)
    assert yaml.safe_load(yaml.safe_dump(meta["network"])) == model.network
    assert meta["licence"] == model.licence
    assert meta["name"] == name
    for path in (model.card, model.recipe, *(data.listing for data in model.trained_on)):
        assert (ROOT / path).is_file()
    for data in model.trained_on:
        assert sum(data.licences.values()) == data.images
    assert {measured.protocol for measured in model.measured} <= {*PROTOCOLS, ""}


def test_a_path_stays_a_path(tmp_path):
    for text in ("runs/best.pth", "best.safetensors", "./derain-small"):
        assert locate(text) == Path(text)
    assert locate(tmp_path / "missing") == tmp_path / "missing"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="derain-small"):
        locate("derain-smal")


def test_load_restorer_takes_names():
    with restorekit.load_restorer("derain-small", device="cpu") as restorer:
        assert restorer.backend is not None


def test_your_own_index_adds_models(own):
    assert set(published_models()) >= {"derain-small", "mine"}
    weights = own("yours")
    assert locate("yours") == weights


def test_two_models_of_one_name_are_refused(own):
    own("derain-small")
    with pytest.raises(DataError, match="derain-small"):
        published_models()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "no"}, "sha256"),
        ({"url": "https://example.org/x"}, "both"),
        ({"file": None}, "neither"),
        ({"trained_on": []}, "trained_on"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_index_names_the_key(own, changes, said):
    own(**changes)
    with pytest.raises(DataError, match=said):
        published_models()


@pytest.mark.parametrize("damage", ["cut", "tampered", "missing"])
def test_damaged_files_are_refused(own, damage):
    weights = own()
    content = weights.read_bytes()
    if damage == "cut":
        weights.write_bytes(content[:-1])
    elif damage == "tampered":
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        weights.unlink()
    with pytest.raises(CheckpointError, match="mine"):
        locate("mine")


def test_a_file_address_is_fetched_on_request_and_verified_later(own):
    weights = own()
    own(file=None, url=weights.as_uri())
    with pytest.raises(CheckpointError, match="restorekit hub fetch mine"):
        locate("mine")
    cached = fetch("mine")
    assert cached.read_bytes() == weights.read_bytes()
    assert locate("mine") == cached == fetch("mine")
    cached.write_bytes(b"x")
    with pytest.raises(CheckpointError, match="--again"):
        locate("mine")
    assert fetch("mine", again=True) == locate("mine")


def test_something_else_is_not_kept(own, tmp_path):
    weights = own()
    own(file=None, url=weights.as_uri())
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(CheckpointError, match="something other"):
        fetch("mine")
    assert not [*(tmp_path / "cache").rglob("*.*")]


@pytest.mark.parametrize("url", ["http://example.org/x.safetensors", "ftp://example.org/x"])
def test_other_schemes_are_refused(own, url):
    own(file=None, url=url)
    with pytest.raises(ConfigError, match="https"):
        fetch("mine")


class _Server(http.server.BaseHTTPRequestHandler):
    """Serves one file, with ranges; the first answer breaks off in the middle."""

    def __init__(self, *arguments, content, asked, **named):
        self.content, self.asked = content, asked
        super().__init__(*arguments, **named)

    def do_GET(self):
        start = self.headers.get("Range")
        self.asked.append(start)
        first = int(start[6:-1]) if start else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.content) - first))
        self.end_headers()
        last = len(self.content) if start else len(self.content) // 2
        self.wfile.write(self.content[first:last])

    def log_message(self, *arguments):
        pass


def test_an_interrupted_download_continues(own, monkeypatch):
    weights = own()
    asked = []
    handler = functools.partial(_Server, content=weights.read_bytes(), asked=asked)
    monkeypatch.setattr(download, "SCHEMES", ("http",))
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        own(file=None, url=f"http://127.0.0.1:{server.server_port}/weights")
        with pytest.raises(CheckpointError, match="continue"):
            fetch("mine")
        assert fetch("mine").read_bytes() == weights.read_bytes()
        server.shutdown()
        thread.join()
    assert asked == [None, f"bytes={weights.stat().st_size // 2}-"]


def test_a_connection_that_breaks_is_no_fault_of_the_disk(own, monkeypatch):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ssl.SSLError(1, "decryption failed or bad record mac")

    own(file=None, url="https://example.org/weights")
    monkeypatch.setattr(download, "_open", lambda url, start: Broken())
    with pytest.raises(CheckpointError, match="decryption failed"):
        fetch("mine")


def test_restore_refuses_weights_that_were_changed(own, tmp_path, capsys):
    weights = own()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    photograph = tmp_path / "a.png"
    PIL.Image.new("RGB", (20, 20)).save(photograph)
    assert main(["restore", str(photograph), "--model", "mine"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "SHA-256" in said
    assert not list(tmp_path.glob("a_*"))
