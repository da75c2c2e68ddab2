"""Training state survives the way through plain data."""

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer

from restorekit.checkpoints.plain import from_plain, to_plain


def test_history_comes_back_equal_through_a_weights_only_file(tmp_path):
    history = HistoryBuffer([1.5, 2.5, 4.0], [1, 1, 2], max_length=10)
    state = {"scalars": {"train/loss": history}, "lr": np.float64(5e-4), "n": np.int64(3)}
    torch.save(to_plain(state), tmp_path / "state.pth")
    back = from_plain(torch.load(tmp_path / "state.pth", weights_only=True))
    again = back["scalars"]["train/loss"]
    assert np.array_equal(again.data[0], history.data[0])
    assert np.array_equal(again.data[1], history.data[1])
    assert again.max_length == 10
    assert again.mean(2) == history.mean(2)
    again.update(7.0)
    assert again.current() == 7.0
    assert (back["lr"], back["n"]) == (5e-4, 3)


def test_types_become_exact():
    plain = to_plain(
        {"a": ConfigDict(b=(1, np.bool_(True))), "p": torch.nn.Parameter(torch.ones(1))}
    )
    assert type(plain["a"]) is dict
    assert plain["a"]["b"] == (1, True)
    assert type(plain["p"]) is torch.Tensor


def test_other_objects_are_refused_by_name():
    with pytest.raises(TypeError, match="not object"):
        to_plain({"x": object()})
