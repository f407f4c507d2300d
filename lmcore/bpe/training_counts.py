"""How often was a merge's pair seen in training? What `merges.csv` beside our tokenizers tells."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE_NAME: Final = "merges.csv"


def read_counts(tokenizer_path: Path) -> Mapping[int, int]:
    """The count of each merge by its rank from 0; empty where no readable table lies beside the tokenizer."""
    folder = tokenizer_path if tokenizer_path.is_dir() else tokenizer_path.parent
    try:
        with (folder / FILE_NAME).open(encoding="utf-8", newline="") as file:
            return {int(row["rank"]) - 1: int(row["count"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, TypeError, ValueError):
        return {}
