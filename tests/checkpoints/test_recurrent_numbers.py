"""The authors' weights in our networks measure what the authors' code measures.

The expected values are of the released code, run on a crop of three images of Rain100L.
"""

import numpy as np
import pytest
import torch

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.io.images import read_image
from restorekit.metrics.protocols import build_protocol

#: PReNet's code saves without rounding.
FLOOR = {"name": "matlab_y_double_floor", "base": "matlab_y_double", "quantize": "floor"}
CASES = {
    "prenet/Rain100L_PReNet6.pth": (FLOOR, 37.8197, 0.9754),
    "prenet/Rain100L_PReNet6_r.pth": (FLOOR, 37.4699, 0.9746),
    "prenet/Rain100L_PRN6.pth": (FLOOR, 37.6249, 0.9755),
    "prenet/Rain100L_PRN6_r.pth": (FLOOR, 37.0459, 0.9734),
    "rescan/RainLight_latest": ("matlab_y_double", 39.3954, 0.9815),
    "rehen/Rain100L/ReHEN": ("rgb_float_valid", 38.0396, 0.9787),
}


@pytest.mark.slow
@pytest.mark.parametrize("file", CASES)
def test_measures_what_the_released_code_measures(tmp_path, real_data, file):
    method = file.split("/")[0]
    if method == "rehen":
        pytest.importorskip("tensorflow")
    convert_checkpoint(method, real_data / "weights" / file, tmp_path / "network.pth")
    network = load_network(tmp_path / "network.pth")
    protocol, psnr, ssim = CASES[file]
    measured = []
    for number in (1, 2, 3):
        folder = real_data / "rain100l_sample"
        names = (f"lq/rain-{number:03d}.png", f"gt/norain-{number:03d}.png")
        lq, gt = (read_image(folder / name)[100:228, 200:328].copy() for name in names)
        with torch.no_grad():
            output = network(torch.from_numpy(lq).permute(2, 0, 1)[None] / 255)[-1]
        image = output[0].permute(1, 2, 0).numpy()
        measured.append(build_protocol(protocol).measure(image, gt))
    # A pixel that rounding tips over would be within these.
    assert np.mean([m["psnr"] for m in measured]) == pytest.approx(psnr, abs=1e-3)
    assert np.mean([m["ssim"] for m in measured]) == pytest.approx(ssim, abs=1e-4)
