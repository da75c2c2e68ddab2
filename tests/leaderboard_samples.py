"""Results with values that tests know."""

import math

import numpy as np

from restorekit.evaluation.results import parse_results

PROTOCOL = "rgb_float"
#: The methods of the page that is opened in a browser, the worst first.
PAGE_METHODS = [
    "DDN",
    "RESCAN",
    "NLEDN",
    "ReHEN",
    "PReNet",
    "SSIR",
    "DCSFN",
    "RCDNet",
    "A <b>",
    "B_r",
]


def sample_results(method, psnr, ssim=None, *, name="rain200h", print_of="a", niqe=None, **more):
    """Return results on a test set.

    Args:
        method: Its name.
        psnr: Image name to dB; None for results without ground truth.
        ssim: Image name to value; made from ``psnr`` if not given.
        name: Name of the dataset.
        print_of: What its fingerprint is made of.
        niqe: Image name to NIQE.
        more: ``version`` and ``leaks`` of the dataset, ``protocols``, and whole parts of a
            results file.
    """
    dataset = {"name": name, "fingerprint": print_of * 64, "num_images": len(psnr or niqe)}
    dataset |= {key: more.pop(key) for key in ("version", "leaks") if key in more}
    results = {"schema": "restorekit.results/1", "method": method, "dataset": dataset}
    protocols = more.pop("protocols", (PROTOCOL,))
    if psnr:
        ssim = ssim or {image: 1 - 10 ** (-value / 20) for image, value in psnr.items()}
        results["protocols"] = {
            protocol: {"psnr": measure(psnr), "ssim": measure(ssim)} for protocol in protocols
        }
    if niqe:
        results["no_reference"] = {"niqe": {"variant": "official", **measure(niqe)}}
    return parse_results({**results, **more}, "a sample")


def measure(images):
    return {"mean": math.fsum(images.values()) / len(images), "images": dict(images)}


def spread(mean, count=200, seed=0, deviation=2.0):
    """Return values of ``count`` images with exactly this mean."""
    values = np.random.default_rng(seed).normal(0, deviation, count)
    values += mean - values.mean()
    return {f"img-{number + 1}": float(value) for number, value in enumerate(values)}
