"""Why protocols differ, on images of which it is known."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from metric_references import photo, restored, saved
from skimage import data

from restorekit.metrics import PROTOCOLS, Protocol, build_protocol, get_protocol
from restorekit.metrics.explain import Explanation
from restorekit.metrics.plan import Plan


def explained(start, end, pairs):
    explanation = Explanation.between(start, end)
    plan = Plan(explanation.protocols())
    measured = plan.collect({str(i): plan.measure(*pair) for i, pair in enumerate(pairs)})
    sizes = [gt.shape[:2] for _, gt in pairs]
    return explanation.text({key: one.images for key, one in measured.items()}, sizes)


def steps(text):
    """The change of PSNR and of SSIM, and the words, of each line after the first."""
    found = [re.match(r" *(\S+) dB +(\S+)  (.*)", line) for line in text.splitlines()[1:]]
    return [(float(line[1]), float(line[2]), line[3]) for line in found]


def pair(height=60, width=70):
    gt = photo(height, width)
    return saved(restored(gt)), gt


@pytest.mark.parametrize(("start", "end"), [*itertools.permutations(PROTOCOLS, 2)])
def test_steps_lead_from_one_to_the_other_one_choice_at_a_time(start, end):
    start, end = get_protocol(start), get_protocol(end)
    explanation = Explanation.between(start, end)
    planned = explanation.protocols()
    assert (planned[0], planned[-1]) == (start, end)
    gt = photo(60, 70)
    # Floats, some outside the displayable range: rounding and clipping make a difference.
    pairs = [(restored(gt), gt)]
    found = steps(explained(start, end, pairs))
    for index, metric, digits in ((0, "psnr", 2e-4), (1, "ssim", 4e-6)):
        change = end.measure(*pairs[0])[metric] - start.measure(*pairs[0])[metric]
        assert sum(step[index] for step in found) == pytest.approx(change, abs=digits)


def test_a_crop_is_a_step_and_decides_about_downsampling():
    cropped = build_protocol({"name": "cropped", "base": "matlab_y_double", "crop_border": 4})
    text = explained(get_protocol("basicsr_y"), cropped, [pair(390, 400)])
    border, downsampling = steps(text)
    assert "4 pixels cropped" in border[2]
    # 382 pixels are left of 390, and the limit is 384.
    assert "392×382 not at all" in downsampling[2]
    assert downsampling[:2] == (0, 0)


def test_the_range_of_y_is_found():
    text = explained(get_protocol("basicsr_y"), get_protocol("rgb_u8"), [pair()])
    ((psnr, _, words),) = [step for step in steps(text) if step[2].startswith("Range of Y")]
    assert psnr == pytest.approx(-20 * np.log10(255 / 219), abs=5e-5)
    assert "0 to 255 instead of 16 to 235" in words
    assert words.endswith("1.3219 dB is expected and found.")


def test_images_without_an_error_gain_nothing_by_the_range_of_y():
    full = build_protocol({"name": "full", "base": "basicsr_y", "color": "y_full"})
    gt = photo(40, 50)
    text = explained(full, get_protocol("basicsr_y"), [pair(40, 50), (gt, gt)])
    ((psnr, _, words),) = steps(text)
    assert psnr == pytest.approx(20 * np.log10(255 / 219) / 2, abs=1e-4)
    assert "1 of 2 are identical" in words


@pytest.mark.parametrize("lower", [False, True], ids=["noise", "darker"])
def test_downsampling_is_said_as_it_is_on_the_images(lower):
    """It averages noise out, but also the texture that agreed where the brightness does not."""
    gt = data.astronaut()
    noise = np.random.default_rng(0).normal(0, 12, gt.shape)
    pred = 0.6 * gt if lower else gt + noise
    pred = np.clip(np.round(pred), 0, 255).astype(np.uint8)
    small = pair(60, 70)
    text = explained(
        get_protocol("basicsr_y"), get_protocol("matlab_y_double"), [(pred, gt), small]
    )
    ((psnr, ssim, words),) = steps(text)
    assert psnr == 0
    assert (ssim < 0) is lower
    # Half of what one of the two images gains or loses.
    change = [get_protocol(n).measure(pred, gt)["ssim"] for n in ("basicsr_y", "matlab_y_double")]
    assert ssim == pytest.approx((change[1] - change[0]) / 2, abs=1e-6)
    assert "The sizes here: 1 of 70×60 not at all, 1 of 512×512 by 2" in words
    assert "no difference" not in words


def test_what_makes_no_difference_is_said():
    pairs = [pair()]
    text = explained(get_protocol("basicsr_y"), get_protocol("matlab_y_double"), pairs)
    assert "It makes no difference here." in text
    assert explained(get_protocol("rgb_u8"), Protocol("same"), pairs).endswith(
        "They measure the same: no choice differs."
    )


def test_windows_borders_and_rounding_have_words():
    text = explained(get_protocol("pil_y_skimage"), get_protocol("rgb_float"), [pair()])
    for words in (
        "Gaussian 11×11 (σ 1.5) instead of uniform 7×7",
        "divided by n instead of n - 1",
        "all windows, with zeros around it",
        "Rounding: images left as floating-point numbers",
        "not clipped",
    ):
        assert words in text
