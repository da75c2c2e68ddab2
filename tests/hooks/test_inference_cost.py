"""What a test measures of time and memory."""

import sys

import torch

from restorekit.hooks import InferenceCostHook


def measured(seconds):
    hook = InferenceCostHook()
    hook.after_test_iter(None, 0, outputs=[{"seconds": one} for one in seconds])
    hook.after_test_epoch(None)
    return hook


def test_the_time_is_the_median_without_the_first_image():
    assert measured([9.0, 1.0, 4.0, 2.0, 3.0]).seconds_per_image == 2.5
    assert measured([9.0, 3.0, 1.0, 2.0]).seconds_per_image == 2.0
    assert measured([9.0]).seconds_per_image == 9.0
    assert measured([]).seconds_per_image == 0.0


def test_memory_is_unknown_where_the_system_does_not_say(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert measured([1.0]).peak_memory_mb > 10
    monkeypatch.setitem(sys.modules, "resource", None)
    assert measured([1.0]).peak_memory_mb == 0
