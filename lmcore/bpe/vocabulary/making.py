"""What is known of how a vocabulary was trained? The pair's count and the gain of each merge, from the training.

Our own folders hold `merges.csv` beside `tokenizer.json`; a training of this session hands on its merges.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lmcore.bpe.events import Merge
from lmcore.bpe.spelling import unspell
from lmcore.bpe.vocabulary.columns import NONE, Making, MakingOf
from lmcore.errors import LmError

NAME: Final = "merges.csv"


def making_of_merges(merges: Sequence[Merge]) -> MakingOf:
    """From the merges of a training."""

    def find(rows: Mapping[bytes, int], tokens: int) -> Making:
        places = [rows.get(merge.token, NONE) for merge in merges]
        return _made(places, [merge.count for merge in merges], [merge.bytes_per_token for merge in merges], tokens)

    return find


def making_beside(path: Path | None) -> MakingOf | None:
    """From the `merges.csv` beside a `tokenizer.json`, or in the folder with one; None where there is none."""
    if path is None:
        return None
    file = (path if path.is_dir() else path.parent) / NAME
    if not file.is_file() or (not path.is_dir() and path.name != "tokenizer.json"):
        return None

    def find(rows: Mapping[bytes, int], tokens: int) -> Making:
        return _read(file, rows, tokens)

    return find


def _read(file: Path, rows: Mapping[bytes, int], tokens: int) -> Making:
    places: list[int] = []
    counts: list[int] = []
    sizes: list[float] = []
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                places.append(rows.get(unspell(line["left"]) + unspell(line["right"]), NONE))
                counts.append(int(line["count"]))
                sizes.append(float(line["bytes_per_token"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LmError(
            f"{file}: not the account of a training ({error}); remove it or save the tokenizer anew."
        ) from error
    return _made(places, counts, sizes, tokens)


def _made(places: Sequence[int], counts: Sequence[int], sizes: Sequence[float], tokens: int) -> Making:
    """By row: the count, and the gain 1 - before / after in bytes per token, 1.0 before the first merge."""
    where = np.array(places, np.int64)
    bytes_per_token = np.concatenate([[1.0], np.array(sizes, np.float64)])
    gains = 1.0 - bytes_per_token[:-1] / bytes_per_token[1:]
    by_row = Making(np.full(tokens, NONE, np.int64), np.full(tokens, np.nan))
    known = np.flatnonzero(where != NONE)[::-1]  # backwards: the first merge that made a token stays
    by_row.counts[where[known]] = np.array(counts, np.int64)[known]
    by_row.gains[where[known]] = gains[known]
    return by_row
