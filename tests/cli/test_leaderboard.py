import numpy as np
import pytest

from restorekit.cli import main
from restorekit.io.images import write_image
from restorekit.leaderboard import RAINY_INPUT, build_results, write_results

DATASET = {"name": "rain12", "fingerprint": "1" * 64, "num_images": 2}


@pytest.fixture
def files(tmp_path):
    """Write results of two methods and of the rainy input; return their paths."""
    paths = []
    for method, psnr in (("PReNet", 30.0), (RAINY_INPUT, 25.0), ("DCSFN", 31.0)):
        measures = {"psnr": {"a": psnr - 1, "b": psnr + 1}, "ssim": {"a": 0.9, "b": 0.8}}
        values = {"rgb_u8": measures, "basicsr_y": measures}
        paths.append(str(tmp_path / f"{method}.json"))
        write_results(paths[-1], build_results(method, DATASET, values))
    return paths


def test_tables_are_shown_and_written(files, tmp_path, capsys):
    assert main(["leaderboard", *files, "--out", str(tmp_path / "board")]) == 0
    shown = capsys.readouterr().out
    for text in (shown, (tmp_path / "board/leaderboard.md").read_text()):
        assert "## rain12, protocol rgb_u8" in text
        assert "## rain12, protocol basicsr_y" in text
        assert text.index("DCSFN") < text.index("PReNet") < text.index(RAINY_INPUT)
    rows = (tmp_path / "board/leaderboard.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 3


def test_one_protocol_can_be_chosen(files, capsys):
    assert main(["leaderboard", *files, "--protocol", "basicsr_y"]) == 0
    shown = capsys.readouterr().out
    assert "basicsr_y" in shown
    assert "rgb_u8" not in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--protocol", "rgb_u9"], "Did you mean 'rgb_u8'"),
        (["absent.json"], "absent.json cannot be read"),
    ],
)
def test_mistakes_are_explained(files, tmp_path, capsys, arguments, sentence):
    out = tmp_path / "board"
    assert main(["leaderboard", *files, *arguments, "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("restorekit leaderboard: ")
    assert sentence in message
    assert not out.exists()


def test_with_references_and_pages(tmp_path, capsys):
    psnr = {str(number): 28.0 + number / 100 for number in range(200)}
    measures = {"psnr": psnr, "ssim": dict.fromkeys(psnr, 0.9)}
    dataset = {"name": "rain200h", "fingerprint": "1" * 64, "num_images": 200}
    path = tmp_path / "dcsfn.json"
    write_results(path, build_results("DCSFN", dataset, {"rgb_float": measures}))
    out = tmp_path / "board"
    command = ["leaderboard", str(path), "--references", "--out", str(out)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert shown.count("28.81 / 0.9040") == 1
    assert {file.name for file in out.iterdir()} == {
        f"leaderboard.{suffix}" for suffix in ("md", "csv", "tex", "html")
    }


def test_pictures_go_into_the_page(files, tmp_path, capsys):
    for method in ("PReNet", "DCSFN"):
        for name in ("a", "b"):
            picture = np.full((8, 8, 3), 99, np.uint8)
            write_image(tmp_path / f"images/{method}/{name}.png", picture)
    out = tmp_path / "board"
    images = [f"--images={m}={tmp_path / 'images' / m}" for m in ("PReNet", "DCSFN")]
    assert main(["leaderboard", *files, *images, "--max-images", "1", "--out", str(out)]) == 0
    assert (out / "leaderboard.html").read_text().count("data:image/webp") == 2
    assert main(["leaderboard", *files, *images]) == 2
    assert "--images needs --out" in capsys.readouterr().err
