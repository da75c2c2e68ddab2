"""A batch of files: broken ones do not end it, a stop leaves whole files, memory is bounded."""

import errno
import os
import threading

import numpy as np
import PIL.Image
import pytest

from restorekit.errors import DataError, OutputError
from restorekit.inference import VideoResult, restore_files, restore_video
from restorekit.inference import files as files_module
from restorekit.inference.files import Options, run_jobs
from restorekit.inference.sources import find_sources
from restorekit.inference.targets import plan_jobs


class Darker:
    """In place of a network: takes 10 levels from the colours."""

    def __init__(self):
        self.calls = 0

    def __call__(self, pixels):
        self.calls += 1
        alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
        restored = pixels.copy()
        colours = restored[..., :-1] if alpha else restored
        colours -= np.minimum(colours, 10)
        return restored

    def restore_video(self, source, out, **options):
        return restore_video(self, source, out, **options)


def photograph(path, seed=0, size=(24, 31), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (*size, 4), dtype=np.uint8)
    PIL.Image.fromarray(noise).convert(mode).save(path)
    return np.asarray(PIL.Image.open(path))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    for index in range(6):
        photograph(folder / f"{index}.png", index)
    photograph(folder / "sub" / "grey.png", mode="LA")
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:-50])
    (folder / "text.jpg").write_text("no image")
    return folder


def test_broken_files_are_reported_and_the_rest_is_restored(photos, tmp_path):
    outcomes = restore_files(Darker(), [photos], tmp_path / "out")
    assert len(outcomes) == 9
    failed = {outcome.source.name: outcome.error for outcome in outcomes if outcome.error}
    assert set(failed) == {"broken.png", "text.jpg"}
    assert all(str(photos / name) in error for name, error in failed.items())
    for index in range(6):
        before = np.asarray(PIL.Image.open(photos / f"{index}.png")).astype(int)
        after = np.asarray(PIL.Image.open(tmp_path / "out" / f"{index}.png"))
        np.testing.assert_array_equal(after, np.maximum(before - 10, 0))
    grey = PIL.Image.open(tmp_path / "out" / "sub" / "grey.png")
    assert grey.mode == "LA"
    written = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {*(f"{index}.png" for index in range(6)), "grey.png"}


def test_a_second_run_restores_no_results(photos):
    (photos / "broken.png").unlink()
    (photos / "text.jpg").unlink()
    restorer = Darker()
    first = restore_files(restorer, [photos])
    second = restore_files(restorer, [photos])
    assert [o.target for o in first] == [o.target for o in second]
    assert restorer.calls == 14
    third = restore_files(restorer, [photos], skip_existing=True)
    assert all(outcome.skipped for outcome in third)
    assert restorer.calls == 14


def test_comparison_is_before_and_after(tmp_path):
    before = photograph(tmp_path / "a.png")
    (outcome,) = restore_files(Darker(), [tmp_path / "a.png"], compare=True)
    after = np.asarray(PIL.Image.open(outcome.target))
    both = np.asarray(PIL.Image.open(tmp_path / "a_compare.png"))
    np.testing.assert_array_equal(both, np.hstack([before, after]))


def test_what_a_killed_run_left_is_removed_and_nothing_of_the_user_s(tmp_path):
    photograph(tmp_path / "a.png")
    leftover = tmp_path / ".a_restored.0a1b2c3d.tmp.png"
    mine = [tmp_path / ".notes.tmp", tmp_path / ".x.tmp.png"]
    for path in (leftover, *mine):
        path.write_bytes(b"half")
    restore_files(Darker(), [tmp_path / "a.png"])
    assert not leftover.exists()
    assert all(path.exists() for path in mine)


def jobs_of(folder, out):
    return plan_jobs(find_sources([folder], out).files, out)


def test_an_interrupt_leaves_whole_files_and_says_which(photos, tmp_path):
    class Interrupted(Darker):
        def __call__(self, pixels):
            if self.calls == 4:
                raise KeyboardInterrupt
            return super().__call__(pixels)

    finished = []
    with pytest.raises(KeyboardInterrupt):
        list(
            run_jobs(Interrupted(), jobs_of(photos, tmp_path / "out"), on_finished=finished.append)
        )
    whole = {outcome.target for outcome in finished if outcome.error is None}
    assert len(whole) == 4
    assert {path for path in (tmp_path / "out").rglob("*") if path.is_file()} == whole
    for path in whole:
        PIL.Image.open(path).load()
    again = Darker()
    options = Options(skip_existing=True)
    rest = list(run_jobs(again, jobs_of(photos, tmp_path / "out"), options))
    assert again.calls == 3
    assert sum(outcome.skipped for outcome in rest) == 4


def test_a_full_disk_ends_the_batch_and_a_long_name_does_not(photos, tmp_path, monkeypatch):
    def fails(number):
        def write(path, photo, quality):
            try:
                raise OSError(number, os.strerror(number))
            except OSError as error:
                raise OutputError(f"{path} cannot be written") from error

        return write

    monkeypatch.setattr(files_module, "write_photo", fails(errno.ENAMETOOLONG))
    outcomes = restore_files(Darker(), [photos], tmp_path / "out")
    assert all("cannot be written" in o.error or "broken" in o.error for o in outcomes[:3])
    monkeypatch.setattr(files_module, "write_photo", fails(errno.ENOSPC))
    with pytest.raises(OutputError):
        restore_files(Darker(), [photos], tmp_path / "out")


def test_memory_errors_fail_one_file(photos, tmp_path):
    class Hungry(Darker):
        def __call__(self, pixels):
            if pixels.shape[2] == 2:
                raise MemoryError
            return super().__call__(pixels)

    failed = [o for o in restore_files(Hungry(), [photos], tmp_path / "out") if o.error]
    assert any("grey.png: there is not enough memory" in outcome.error for outcome in failed)


def test_photographs_do_not_pile_up(tmp_path, monkeypatch):
    """However slow writing is, few photographs are in memory at a time."""
    for index in range(12):
        photograph(tmp_path / "in" / f"{index:02}.png", size=(100, 100))
    monkeypatch.setattr(files_module, "_WAITING_BYTES", 3 * 100 * 100 * 3)
    alive, most, lock = set(), [], threading.Lock()
    read, write = files_module.read_photo, files_module.write_photo

    def counted_read(path):
        with lock:
            alive.add(path.name)
            most.append(len(alive))
        return read(path)

    def counted_write(path, photo, quality):
        threading.Event().wait(0.02)
        write(path, photo, quality)
        with lock:
            alive.discard(path.name)

    monkeypatch.setattr(files_module, "read_photo", counted_read)
    monkeypatch.setattr(files_module, "write_photo", counted_write)
    outcomes = restore_files(Darker(), [tmp_path / "in"], tmp_path / "out")
    assert not any(outcome.error for outcome in outcomes)
    assert 2 <= max(most) <= 3


def test_reading_and_writing_overlap_with_the_network(tmp_path, monkeypatch):
    """The second file is read while the first is restored, which is written during the second."""
    for index in range(3):
        photograph(tmp_path / "in" / f"{index}.png")
    second_is_read, second_is_in_work = threading.Event(), threading.Event()
    read, write = files_module.read_photo, files_module.write_photo

    def noted_read(path):
        photo = read(path)
        if path.name == "1.png":
            second_is_read.set()
        return photo

    def waiting_write(path, photo, quality):
        if path.name == "0.png":
            assert second_is_in_work.wait(10)
        write(path, photo, quality)

    class Waiting(Darker):
        def __call__(self, pixels):
            assert second_is_read.wait(10)
            if self.calls == 1:
                second_is_in_work.set()
            return super().__call__(pixels)

    monkeypatch.setattr(files_module, "read_photo", noted_read)
    monkeypatch.setattr(files_module, "write_photo", waiting_write)
    outcomes = restore_files(Waiting(), [tmp_path / "in"], tmp_path / "out")
    assert [outcome.error for outcome in outcomes] == [None] * 3


def test_the_output_is_checked_before_the_work(tmp_path):
    photograph(tmp_path / "a.png")
    (tmp_path / "file").touch()
    restorer = Darker()
    with pytest.raises(OutputError):
        restore_files(restorer, [tmp_path / "a.png"], tmp_path / "file")
    assert restorer.calls == 0


def test_videos_go_to_the_restorer_s_own_method(tmp_path):
    photograph(tmp_path / "a.png")
    (tmp_path / "clip.mp4").touch()
    outcomes = {o.source.name: o for o in restore_files(Darker(), [tmp_path], tmp_path / "out")}
    assert outcomes["a.png"].error is None
    assert "video" in outcomes["clip.mp4"].error

    class Videos(Darker):
        def restore_video(self, source, out, **options):
            out.write_bytes(b"video")
            if options != {"crf": 3}:
                raise DataError("options are lost")
            return VideoResult(out, 1, ("not kept",))

    options = Options(video={"crf": 3})
    outcomes = list(run_jobs(Videos(), jobs_of(tmp_path, tmp_path / "out"), options))
    assert not any(outcome.error for outcome in outcomes)
    assert (tmp_path / "out" / "clip.mp4").read_bytes() == b"video"
