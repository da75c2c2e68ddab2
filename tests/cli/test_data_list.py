"""``restorekit data list``."""

from restorekit.cli import main


def test_a_table_of_all(capsys):
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("rain1400-mspfn"))
    assert row.split()[1:3] == ["11,200", "2,800"]
    assert "matlab_y_u8" in row
    rain12 = next(line for line in lines if line.startswith("rain12 "))
    assert rain12.split()[1:4] == ["–", "12", "rain100l-old"]


def test_everything_about_one(capsys):
    assert main(["data", "list", "rain1200"]) == 0
    text = capsys.readouterr().out
    for fact in (
        "CVPR 2018",
        "https://drive.google.com/",
        "licence:      not stated",
        "12,000 of 512×512",
        "DID-MDN-training/ with files side by side, the rainy image on the left",
        "4,000 pairs each",
    ):
        assert fact in text


def test_an_unknown_name_is_answered_with_the_nearest(capsys):
    assert main(["data", "list", "rain13"]) == 2
    error = capsys.readouterr().err
    assert "Did you mean 'rain13k'" in error
    assert error.count("\n") == 1
