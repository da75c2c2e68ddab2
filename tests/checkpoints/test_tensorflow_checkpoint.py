"""Reading TensorFlow 1 checkpoints."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from released_rehen import released_rehen

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.tensorflow import (
    read_tensorflow_checkpoint,
    tensorflow_data_file,
    to_torch,
)
from restorekit.errors import CheckpointError, MissingDependencyError
from restorekit.io.files import sha256


@pytest.fixture
def save():
    """Return a function that writes arrays as TensorFlow 1 does."""
    tensorflow = pytest.importorskip("tensorflow")

    def write(prefix, arrays):
        names = list(arrays)
        with tensorflow.device("cpu"):
            tensorflow.raw_ops.SaveV2(
                prefix=str(prefix),
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[tensorflow.constant(arrays[name]) for name in names],
            )

    return write


def empty_checkpoint(prefix):
    for suffix in ("index", "data-00000-of-00001"):
        prefix.with_name(f"{prefix.name}.{suffix}").write_bytes(b"x" * 100)


@pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
def test_any_of_its_files_names_a_checkpoint(tmp_path, suffix):
    empty_checkpoint(tmp_path / "model-7.ckpt")
    found = tensorflow_data_file(f"{tmp_path}/model-7.ckpt{suffix}")
    assert found == tmp_path / "model-7.ckpt.data-00000-of-00001"


@pytest.mark.parametrize("missing", ["index", "data-00000-of-00001", "folder"])
def test_an_incomplete_checkpoint_is_explained(tmp_path, missing):
    prefix = tmp_path / "folder" / "model"
    prefix.parent.mkdir()
    empty_checkpoint(prefix)
    if missing == "folder":
        prefix = tmp_path / "other" / "model"
    else:
        prefix.with_name(f"model.{missing}").unlink()
    with pytest.raises(CheckpointError, match=r"model\.index and .*model\.data-00000-of-00001"):
        read_tensorflow_checkpoint(prefix)


def test_without_tensorflow_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    empty_checkpoint(tmp_path / "model")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "tensorflow.train", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'restorekit\[tensorflow\]'"):
        convert_checkpoint("rehen", tmp_path / "model", tmp_path / "out.pth")


def test_layouts_become_pytorchs():
    x = np.random.default_rng(0).normal(size=(1, 5, 6, 3)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(3, 3, 3, 4)).astype(np.float32)
    matrix = np.random.default_rng(2).normal(size=(4, 2)).astype(np.float32)
    found = to_torch({"k": kernel, "m": matrix, "k/Adam_1": kernel, "beta1_power": np.float32(1)})
    assert sorted(found) == ["k", "m"]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    expected = np.einsum("nhwcij,ijco->nohw", windows, kernel)
    conv = torch.nn.functional.conv2d(
        torch.from_numpy(x.transpose(0, 3, 1, 2)), found["k"], padding=1
    )
    np.testing.assert_allclose(conv.numpy(), expected, atol=1e-5)
    linear = torch.nn.functional.linear(torch.ones(1, 4), found["m"])
    np.testing.assert_allclose(linear.numpy()[0], matrix.sum(0), atol=1e-6)


def test_what_tensorflow_wrote_is_read_back(tmp_path, save):
    arrays = {"a/weights": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.int64(3)}
    save(tmp_path / "model", {**arrays, "_CHECKPOINTABLE_OBJECT_GRAPH": np.array(b"x")})
    found = read_tensorflow_checkpoint(tmp_path / "model")
    assert sorted(found) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_damaged_checkpoint_is_explained(tmp_path, save):
    save(tmp_path / "model", {"a": np.ones(1000, np.float32)})
    data = tensorflow_data_file(tmp_path / "model")
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(CheckpointError, match="is not a complete TensorFlow checkpoint"):
        read_tensorflow_checkpoint(tmp_path / "model")
    empty_checkpoint(tmp_path / "model")
    with pytest.raises(CheckpointError, match="is not a complete TensorFlow checkpoint"):
        read_tensorflow_checkpoint(tmp_path / "model")


def test_from_their_files_to_a_network(tmp_path, save):
    save(tmp_path / "ReHEN", released_rehen())
    target = tmp_path / "rehen.pth"
    convert_checkpoint("rehen", tmp_path / "ReHEN.index", target)
    facts = torch.load(target, weights_only=True)["meta"]["converted_from"]
    assert facts["file"] == "ReHEN.data-00000-of-00001"
    assert facts["sha256"] == sha256(tmp_path / facts["file"])
    assert facts["assumed"] == {"num_stages": 4}
    with torch.no_grad():
        assert len(load_network(target)(torch.rand(1, 3, 8, 8))) == 4
