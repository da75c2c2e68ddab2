"""Which files are restored, and where results go."""

import os

import pytest

from restorekit.errors import ConfigError, DataError
from restorekit.inference.sources import find_sources
from restorekit.inference.targets import plan_jobs, shard_of


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder as people have them; the files are empty."""
    monkeypatch.chdir(tmp_path)
    for name in (
        *("a.jpg", "b.PNG", "c.tiff", "clip.mp4", "notes.txt", "Thumbs.db", "desktop.ini"),
        *(".hidden.jpg", ".git/x.png", "__MACOSX/a.jpg", "d.heic", "sub/a.jpg", "sub/deep/e.webp"),
        *("a_restored.jpg", "a_compare.png", "alone_restored.jpg", "clip_restored.partial.mp4"),
        "clip_restored.rest.mp4",
    ):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "photos"


def names(sources):
    return [source.name for source in sources]


def test_folders_are_searched_as_datasets_are(photos):
    found = find_sources([photos])
    assert names(found.files) == [
        *("a.jpg", "alone_restored.jpg", "b.PNG", "c.tiff", "clip.mp4"),
        *("sub/a.jpg", "sub/deep/e.webp"),
    ]
    left_out = {
        *("a_restored.jpg", "a_compare.png"),
        *("clip_restored.partial.mp4", "clip_restored.rest.mp4"),
    }
    assert {path.name for path in found.results} == left_out
    assert [path.name for path in found.unread] == ["d.heic"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("photos/*.jpg", ["a.jpg", "alone_restored.jpg"]),
        ("photos/**/a.jpg", ["a.jpg", "sub/a.jpg"]),
        ("photos/**", ["a.jpg", "sub/deep/e.webp"]),
        ("photos/s*/deep/*", ["sub/deep/e.webp"]),
        ("photos/[ab].*", ["a.jpg", "b.PNG"]),
    ],
)
def test_patterns_keep_the_folders_after_the_first_wildcard(photos, pattern, expected):
    found = names(find_sources([pattern]).files)
    assert set(expected) <= set(found)
    assert len(found) == (7 if pattern == "photos/**" else len(expected))
    assert not {"notes.txt", "Thumbs.db", ".hidden.jpg"} & set(found)


def test_a_file_whose_name_looks_like_a_pattern(photos):
    (photos / "x[1].jpg").touch()
    assert names(find_sources([photos / "x[1].jpg"]).files) == ["x[1].jpg"]


def test_a_name_that_begins_with_a_tilde(photos, monkeypatch):
    monkeypatch.chdir(photos)
    (photos / "~a.jpg").touch()
    assert names(find_sources(["~a.jpg"]).files) == ["~a.jpg"]
    with pytest.raises(DataError, match="no file or folder ~nobody"):
        find_sources(["~nobody.jpg"])
    monkeypatch.setenv("HOME", str(photos.parent))
    assert names(find_sources(["~/photos/a.jpg"]).files) == ["a.jpg"]


def test_each_file_once_and_any_file_that_is_named(photos):
    inputs = [photos / "a.jpg", photos, photos / "sub" / ".." / "a.jpg", photos / "notes.txt"]
    found = names(find_sources(inputs).files)
    assert found.count("a.jpg") == 1
    assert "notes.txt" in found
    assert names(find_sources([photos / "d.heic"]).files) == ["d.heic"]


def test_what_is_not_there(photos):
    with pytest.raises(DataError, match=r"b\.png.*Did you mean 'b\.PNG'"):
        find_sources([photos / "b.png"])
    with pytest.raises(DataError, match=r"No file matches .*\.bmp"):
        find_sources([photos / "*.bmp"])
    (photos / "empty").mkdir()
    with pytest.raises(DataError, match="holds no image"):
        find_sources([photos / "empty"])
    with pytest.raises(DataError, match="empty"):
        find_sources([""])  # an unset variable of the shell, not this folder


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_pipes_are_not_waited_for(photos):
    os.mkfifo(photos / "pipe.png")
    assert "pipe.png" not in names(find_sources([photos, photos / "*"]).files)
    with pytest.raises(DataError, match=r"pipe\.png"):
        find_sources([photos / "pipe.png"])


def test_an_output_folder_inside_is_not_an_input(photos):
    (photos / "out").mkdir()
    (photos / "out" / "a.jpg").touch()
    assert "out/a.jpg" in names(find_sources([photos]).files)
    assert "out/a.jpg" not in names(find_sources([photos], photos / "out").files)
    assert "out/a.jpg" not in names(find_sources(["photos/**"], photos / "out").files)
    # One around the inputs leaves out nothing.
    assert len(find_sources([photos / "sub"], photos).files) == 2


def targets(photos, *inputs, out=None, **options):
    jobs = plan_jobs(find_sources(inputs or [photos], out).files, out, **options)
    return {job.source.name: job.target.as_posix() for job in jobs}


def test_results_stand_beside_their_inputs_or_under_the_output(photos, tmp_path):
    beside = targets(photos)
    assert beside["b.PNG"] == (photos / "b_restored.PNG").as_posix()
    assert beside["sub/deep/e.webp"] == (photos / "sub/deep/e_restored.webp").as_posix()
    below = targets(photos, out="out")
    assert below["b.PNG"] == "out/b.PNG"
    assert below["sub/deep/e.webp"] == "out/sub/deep/e.webp"
    png = targets(photos, out="out", format="png")
    assert png["sub/deep/e.webp"] == "out/sub/deep/e.png"
    assert png["clip.mp4"] == "out/clip.mp4"
    assert targets(photos, photos / "a.jpg", out="result.png")["a.jpg"] == "result.png"


def test_names_with_several_dots_and_without(photos):
    for name in ("v1.2.jpg", "plain"):
        (photos / name).touch()
    found = targets(photos, photos / "v1.2.jpg", photos / "plain", out="out")
    assert found == {"v1.2.jpg": "out/v1.2.jpg", "plain": "out/plain.png"}


def test_comparisons(photos):
    jobs = plan_jobs(find_sources([photos]).files, "out", format="jpg", compare=True)
    compared = {job.source.name: job.comparison for job in jobs}
    assert compared["b.PNG"].as_posix() == "out/b_compare.jpg"
    assert compared["clip.mp4"] is None


def test_nothing_is_written_over_an_input_or_another_result(photos, tmp_path):
    with pytest.raises(DataError, match=r"over the input .*a\.jpg"):
        targets(photos, out=photos)
    (tmp_path / "link").symlink_to(photos)
    with pytest.raises(DataError, match="over the input"):
        targets(photos, out=tmp_path / "link")
    with pytest.raises(DataError, match=r"would both be written to out/a\.jpg"):
        targets(photos, photos / "a.jpg", photos / "sub" / "a.jpg", out="out")
    (photos / "sub" / "A.JPG").touch()
    with pytest.raises(DataError, match="would both be written"):
        targets(photos, photos / "sub", out="out")
    with pytest.raises(ConfigError, match="several inputs"):
        targets(photos, out="one.png")
    with pytest.raises(ConfigError, match=r"\.heic is not a format"):
        targets(photos, photos / "a.jpg", out="one.heic")


def test_shards_are_disjoint_and_complete(photos):
    jobs = plan_jobs(find_sources([photos]).files, "out")
    for count in (1, 2, 3, 11):
        parts = [shard_of(jobs, (index, count)) for index in range(1, count + 1)]
        together = [job for part in parts for job in part]
        assert sorted(together, key=jobs.index) == jobs
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
