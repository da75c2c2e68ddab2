"""Stages of work in threads: bounded, in order, and ended with their errors."""

import threading
import time

import pytest

from restorekit.io.threads import Background, ahead


def test_items_come_in_order_and_no_more_than_asked_are_made_ahead():
    made = []

    def items():
        for number in range(20):
            made.append(number)
            yield number

    got = []
    for number in ahead(items(), 3):
        got.append(number)
        time.sleep(0.002)
        # Three wait, one is being handed over, one is here.
        assert len(made) - len(got) <= 4
    assert got == list(range(20))


def test_an_error_of_the_thread_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"):
        got.extend(ahead(items(), 2))
    assert got == [1]


def test_closing_ends_the_thread_and_the_generator():
    closed = []

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    before = threading.active_count()
    stream = ahead(items(), 1)
    assert next(stream) == 0
    stream.close()
    assert closed == [True]
    assert threading.active_count() == before


def test_a_background_takes_items_in_order_and_waits_when_full():
    seen, release = [], threading.Event()

    def take(number):
        release.wait()
        seen.append(number)

    work = Background(take, 2)
    blocked = threading.Thread(target=lambda: [work.put(n) for n in range(6)])
    blocked.start()
    time.sleep(0.05)
    assert blocked.is_alive()
    release.set()
    blocked.join()
    work.finish()
    assert seen == list(range(6))


def test_the_error_of_an_item_is_raised_where_the_next_is_put():
    def fail(number):
        raise OSError(f"item {number}")

    work = Background(fail, 1)
    work.put(0)
    time.sleep(0.05)
    with pytest.raises(OSError, match="item 0"):
        work.put(1)
    with pytest.raises(OSError, match="item 0"):
        work.finish()
