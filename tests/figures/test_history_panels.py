"""What the panels of the training curves are called."""

import pytest

from restorekit.figures.training_curves import axis_label, panel_of


@pytest.mark.parametrize(
    ("key", "panel", "title"),
    [
        ("psnr/rgb_u8", "psnr", "PSNR (dB)"),
        ("rain12/ssim/matlab_y_u8", "rain12/ssim", "rain12 SSIM"),
        ("rain12/vif", "rain12/vif", "rain12 VIF"),
        ("niqe/matlab_gray", "niqe", "NIQE, lower is better"),
        ("count/images", "count", "count"),
        ("accuracy", "accuracy", "accuracy"),
    ],
)
def test_panels_go_by_what_a_measure_says_of_itself(key, panel, title):
    assert panel_of(key) == panel
    assert axis_label(panel) == title
