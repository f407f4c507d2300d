"""A file has the ending of what is in it, whatever dots its name has, and no file is replaced that was not named."""

from pathlib import Path

import pytest

from app.widgets.save_place import with_ending

SHEETS = "CSV (*.csv);;Markdown (*.md)"


@pytest.mark.parametrize(
    ("typed", "chosen", "saved"),
    [
        ("curves", "", "curves.csv"),
        ("curves", "Markdown (*.md)", "curves.md"),
        ("loss lr 0.01", "", "loss lr 0.01.csv"),
        ("curves.md", "CSV (*.csv)", "curves.md"),
        ("curves.CSV", "", "curves.CSV"),
        ("curves.png", "", "curves.png.csv"),
        (".hidden", "", ".hidden.csv"),
    ],
)
def test_the_ending_is_that_of_what_is_written(tmp_path: Path, typed: str, chosen: str, saved: str) -> None:
    assert with_ending(tmp_path / typed, SHEETS, chosen) == tmp_path / saved


def test_a_file_that_was_not_named_is_not_replaced(tmp_path: Path) -> None:
    for name in ("lr 0.01.csv", "lr 0.01 (2).csv"):
        (tmp_path / name).touch()
    assert with_ending(tmp_path / "lr 0.01", SHEETS) == tmp_path / "lr 0.01 (3).csv"
    assert with_ending(tmp_path / "lr 0.01.csv", SHEETS) == tmp_path / "lr 0.01.csv"
