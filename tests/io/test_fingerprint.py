from __future__ import annotations

import hashlib

import cv2
import numpy as np
from metric_references import photo

from restorekit.io.fingerprint import dataset_fingerprint, image_digest


def pairs():
    return [(photo(12, 13, seed), photo(12, 13, seed + 50)) for seed in range(4)]


def test_order_does_not_matter_and_content_does():
    digests = [image_digest(*pair) for pair in pairs()]
    fingerprint = dataset_fingerprint(digests)
    assert dataset_fingerprint(reversed(digests)) == fingerprint
    assert len(fingerprint) == 64
    assert dataset_fingerprint(digests[:3]) != fingerprint
    assert dataset_fingerprint([*digests, digests[0]]) != fingerprint


def test_one_level_of_one_pixel_one_row_and_a_swap_are_seen():
    lq, gt = pairs()[0]
    digest = image_digest(lq, gt)
    other = lq.copy()
    other[3, 4, 1] ^= 1
    assert image_digest(other, gt) != digest
    assert image_digest(lq[:-1], gt[:-1]) != digest
    assert image_digest(gt, lq) != digest
    assert image_digest(lq) != image_digest(lq.reshape(13, 12, 3))


def test_two_images_are_not_one_long_one():
    lq, gt = pairs()[0]
    assert image_digest(lq, gt) != image_digest(np.concatenate([lq, gt]))


def test_png_compression_and_memory_layout_do_not_matter(tmp_path):
    lq, gt = pairs()[0]
    for level in (0, 9):
        path = str(tmp_path / f"{level}.png")
        cv2.imwrite(path, lq, [cv2.IMWRITE_PNG_COMPRESSION, level])
        assert image_digest(cv2.imread(path), gt) == image_digest(lq, gt)
    assert image_digest(np.asfortranarray(lq), gt) == image_digest(lq, gt)


def test_the_recipe_is_fixed():
    """Fingerprints are published; changing how they are made would orphan them all."""
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    digest = hashlib.sha256(b"(2, 3, 3)" + bytes(range(18))).hexdigest()
    assert image_digest(image) == digest
    assert dataset_fingerprint(["b", "a"]) == hashlib.sha256(b"a\nb").hexdigest()
