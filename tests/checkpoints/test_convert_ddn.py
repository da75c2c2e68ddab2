"""The released DDN, in TensorFlow and in MATLAB, and SSIR, which shares its network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from golden import assert_golden, rgb_image
from released_ddn import matlab_lists, tensorflow_arrays, with_adam
from scipy.io import savemat

from restorekit.archs.blocks import GuidedFilter
from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.ddn import convert_ddn, read_ddn
from restorekit.checkpoints.converters.ssir import convert_ssir
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError
from restorekit.io.images import read_image
from restorekit.metrics.protocols import get_protocol

OWN_MOMENTS = {"type": "BatchNorm", "image_moments": True}


@pytest.mark.parametrize(("name", "convert"), [("DDN", convert_ddn), ("SSIR", convert_ssir)])
def test_gives_what_the_released_graph_gives(name, convert):
    """The values were made by running the graphs in the authors' ``.meta`` files."""
    arrays = tensorflow_arrays(unlabelled=True)
    if name == "DDN":
        arrays = {key: array for key, array in arrays.items() if key.count("_") == 2}
    converted = convert(arrays, "released")
    assert_golden(name, build_network(converted.config, converted.weights, "released"))


@pytest.mark.parametrize(("convert", "unlabelled"), [(convert_ddn, False), (convert_ssir, True)])
def test_everything_is_read_off_the_weights(convert, unlabelled):
    arrays = with_adam(tensorflow_arrays(6, 8, unlabelled))
    converted = convert(arrays, "released")
    assert converted.config == {
        "type": "DDN",
        "channels": 6,
        "num_blocks": 3,
        "norm": OWN_MOMENTS,
    }
    assert converted.assumed == {"norm": OWN_MOMENTS}
    # Of SSIR's second branch, three vectors for each of seven layers of 6 and one of 3.
    assert converted.facts == ({"unused_parameters_dropped": 3 * (7 * 6 + 3)} if unlabelled else {})


def test_matlab_network_by_the_letter(tmp_path):
    """Against its operations on [0, 255] written down one by one, moments and all."""
    lists = matlab_lists()
    converted = write_matlab(tmp_path, lists)
    assert converted.config["num_blocks"] == 2
    assert converted.config["channels"] == 5
    network = load_network(tmp_path / "ddn.safetensors")

    def entry(name, layer):
        return torch.from_numpy(lists[name][layer]).double()

    def conv(x, layer):
        kernel = entry("weight", layer).permute(3, 2, 1, 0)
        return F.conv2d(x, kernel, entry("bias", layer), padding=1)

    def norm(x, layer):
        mean, variance, count, scale, shift = (
            entry(name, layer)
            for name in ("BatchNorm_1", "BatchNorm_2", "BatchNorm_3", "Scale_1", "Scale_2")
        )
        return F.batch_norm(x, mean / count, variance / count, scale, shift, eps=1e-5)

    image = 255 * rgb_image(21, 30).double()
    x = norm(conv(image - 255 * GuidedFilter(16, 1.0, 4)(image / 255), 0), 0).relu()
    for layer in (1, 3):
        residual = conv(norm(x, layer).relu(), layer)
        x = x + conv(norm(residual, layer + 1).relu(), layer + 1)
    expected = (image + norm(conv(x, 5), 5)) / 255
    with torch.no_grad():
        torch.testing.assert_close(network.double()(image / 255), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"conv_1/weights_1": None}, "no 'conv_1/weights_1'"),
        ({"conv_4/weights_4": None}, "it has 3 convolutions, and DDN an even number"),
        ({"conv_2/scale_2": None}, "no 'conv_2/scale_2'"),
        ({"conv_1/weights_1": np.zeros((3, 3, 4, 4), np.float32)}, r"shape \[4, 4, 3, 3\]"),
        ({"other": np.zeros(3, np.float32)}, "for example 'other'"),
    ],
)
def test_other_variables_are_explained(changes, reason):
    arrays = {**tensorflow_arrays(4, 4), **changes}
    arrays = {key: array for key, array in arrays.items() if array is not None}
    with pytest.raises(CheckpointError, match=f"^model is not a .*DDN: .*{reason}"):
        convert_ddn(arrays, "model")


def test_ddn_is_not_taken_for_ssir_nor_ssir_for_ddn():
    with pytest.raises(CheckpointError, match="SSIR: it has no variables of unlabelled images"):
        convert_ssir(tensorflow_arrays(4, 4), "model")
    with pytest.raises(CheckpointError, match="DDN: it has 12 other parameters"):
        convert_ddn(tensorflow_arrays(4, 4, unlabelled=True), "model")


def test_other_matlab_files_are_explained(tmp_path):
    (tmp_path / "text.mat").write_text("no such file")
    savemat(tmp_path / "other.mat", {"net": 3})
    for name in ("text.mat", "other.mat"):
        with pytest.raises(CheckpointError, match=f"{name} is not the MATLAB file of DDN"):
            read_ddn(tmp_path / name)
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*missing\.mat"):
        read_ddn(tmp_path / "missing.mat")


def write_matlab(folder, lists):
    """Write the lists as MATLAB would and convert them."""

    def cells(arrays):
        column = np.empty((1, len(arrays)), dtype=object)
        for place, array in enumerate(arrays):
            column[0, place] = array
        return column

    savemat(folder / "network.mat", {"model": {k: cells(v) for k, v in lists.items()}})
    return convert_checkpoint("ddn", folder / "network.mat", folder / "ddn.safetensors")


#: PSNR by MATLAB's Y of what the authors' graphs give for the first image of the sample (and
#: for the MATLAB file, whose code cannot be run, its operations written down one by one).
REAL = [
    ("ddn", "ddn/matconvnet_network.mat", 31.1306),
    ("ddn", "ddn/RainLight/model-epoch-15", 33.9256),
    ("ssir", "ssir/RainLight/model-epoch-15", 35.4807),
    ("ssir", "ssir/official/model", 25.9193),
]


@pytest.mark.parametrize(("name", "file", "psnr"), REAL)
def test_the_authors_own_files(tmp_path, real_data, name, file, psnr):
    if not file.endswith(".mat"):
        pytest.importorskip("tensorflow")
    convert_checkpoint(name, real_data / "weights" / file, tmp_path / "network.safetensors")
    network = load_network(tmp_path / "network.safetensors")
    lq, gt = (
        read_image(real_data / f"rain100l_sample/{kind}-001.png")
        for kind in ("lq/rain", "gt/norain")
    )
    with torch.no_grad():
        derained = network(torch.from_numpy(lq.transpose(2, 0, 1) / np.float32(255))[None])[0]
    protocol = get_protocol("matlab_y_double")
    measured = protocol.measure(derained.permute(1, 2, 0).numpy(), gt / np.float32(255))
    assert measured["psnr"] == pytest.approx(psnr, abs=0.005)
