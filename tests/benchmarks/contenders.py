"""Contenders that a benchmark's own processes can import."""

from __future__ import annotations

import os
import time

from restorekit.errors import DataError


def sleeps(seconds):
    """Take long to set up, and then as long as asked for."""
    time.sleep(0.2)
    return lambda: time.sleep(seconds)


def allocates(megabytes):
    """Hold 50 MB from the setup on, and take the given ones for a moment in each round."""
    held = bytearray(os.urandom(2**20) * 50)

    def work():
        return len(held) + len(bytearray(os.urandom(2**20) * megabytes))

    return work


def counts_threads(expected):
    import cv2
    import torch

    def work():
        assert torch.get_num_threads() == cv2.getNumThreads() == expected

    return work


def refuses():
    raise DataError("There is nothing to be measured.")


def refuses_later():
    def work():
        raise DataError("The round went wrong.")

    return work


def dies():
    return lambda: os._exit(7)
