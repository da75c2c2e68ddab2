"""`restorekit figure` from end to end."""

import pytest
from figure_samples import ERRORS, sample, write_training

from restorekit.cli import main
from restorekit.evaluation.results import write_results


def figure(capsys, *arguments, status=0):
    """Return what a call printed; of a failing one, the sentence."""
    assert main(["figure", *arguments]) == status
    captured = capsys.readouterr()
    return captured.out if status == 0 else captured.err.splitlines()[-1]


def test_comparison_is_written_and_described(images, tmp_path, capsys):
    labelled = [f"{label}={folder}" for label, folder in images.items()]
    options = ["--gt", "gt", "--pick", "worst", "--crop", "1,2,30,20", "--width", "84"]
    text = figure(
        capsys, "compare", "--images", *labelled, *options, "-o", "out/f.png", "out/f.pdf"
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"f.png", "f.pdf"}
    row = next(line for line in text.splitlines() if list(ERRORS)[1] in line)
    assert row.split()[:2] == ["rain-1", "1,2,30,20"]
    assert "psnr/rgb_u8" in text


def test_curves_group_by_label(tmp_path, capsys):
    runs = [str(write_training(tmp_path / name, [1, 2])) for name in ("a", "b", "c")]
    options = ["--key", "psnr/rgb_float", "-o", str(tmp_path / "f.svg")]
    text = figure(capsys, "curves", *runs, "--labels", "A", "A", "B", *options)
    assert "f.svg" in text
    assert (tmp_path / "f.svg").stat().st_size > 1000


def test_results_files_become_points(tmp_path, capsys):
    for number, method in enumerate(["A", "B"]):
        write_results(tmp_path / f"{method}.json", sample(method, 30.0 + number, 100))
    files = [str(tmp_path / name) for name in ("A.json", "B.json")]
    options = ["--key", "psnr/rgb_float", "--against", "parameters", "-o", str(tmp_path / "f.pdf")]
    assert "f.pdf" in figure(capsys, "scatter", *files, *options)
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["compare", "--images", "gt", "-o", "f.png"], "LABEL=FOLDER"),
        (["compare", "--images", "A=gt", "A=lq", "-o", "f.png"], "'A' twice"),
        (["compare", "--images", "A=gt", "--protocol", "rgb_u8", "-o", "f.png"], "--gt"),
        (["compare", "--images", "A=gt", "-o", "f.jpg"], ".jpg"),
        (["curves", "Plain", "gt", "--key", "loss", "--labels", "A", "-o", "f.png"], "1 labels"),
        (["curves", "a/run", "b/run", "--key", "loss", "-o", "f.png"], "'run'"),
    ],
)
def test_wrong_calls_end_in_one_sentence(images, tmp_path, capsys, arguments, expected):
    assert expected in figure(capsys, *arguments, status=2)
    assert not (tmp_path / "f.png").exists()
