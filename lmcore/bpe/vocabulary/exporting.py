"""How do rows leave the page? As CSV or as a Markdown table, written aside and renamed."""

import csv
import io
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from lmcore.atomic import writing_aside
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary
from lmcore.bpe.vocabulary.kinds import KIND_NAMES, Kind
from lmcore.bpe.vocabulary.scripts import script_name
from lmcore.errors import LmError

HEADINGS: Final = (
    *("id", "token", "hex", "bytes", "characters", "script", "kind", "merge", "count_at_merge", "gain"),
    *("count_in_corpus", "left_id", "right_id"),
)
_STEP: Final = 2048


def cells_of(vocabulary: Vocabulary, row: int, used: Ints | None) -> tuple[str, ...]:
    """What is written of a row, in the order of `HEADINGS`; nothing where nothing is known."""
    making, left, right = vocabulary.making, int(vocabulary.left[row]), int(vocabulary.right[row])
    made = making is not None and making.counts[row] != NONE
    return (
        str(int(vocabulary.ids[row])),
        plain(vocabulary.tokens[row]),
        hex_bytes(vocabulary.tokens[row]),
        str(int(vocabulary.lengths[row])),
        str(int(vocabulary.characters[row])),
        script_name(int(vocabulary.scripts[row])),
        KIND_NAMES[Kind(int(vocabulary.kinds[row]))],
        str(int(vocabulary.ranks[row])) if left != NONE else "",
        str(int(making.counts[row])) if making is not None and made else "",
        f"{making.gains[row]:.6g}" if making is not None and made else "",
        str(int(used[row])) if used is not None else "",
        str(int(vocabulary.ids[left])) if left != NONE else "",
        str(int(vocabulary.ids[right])) if right != NONE else "",
    )


def csv_line(cells: Sequence[str]) -> str:
    """A line of CSV with its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def markdown_line(cells: Sequence[str]) -> str:
    """A line of a Markdown table with its end; what would be a border is written as a sign."""
    escaped = (cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def markdown_lines(vocabulary: Vocabulary, rows: Sequence[int], used: Ints | None) -> str:
    """A whole Markdown table, for the clipboard."""
    lines = [cells_of(vocabulary, row, used) for row in rows]
    return "".join([*_head(markdown_line), *map(markdown_line, lines)])


def export_rows(vocabulary: Vocabulary, rows: Ints, used: Ints | None, path: Path) -> Generator[float, None, Path]:
    """Writes the rows as a Markdown table if the name ends in `.md`, else as CSV; yields the share done.

    Raises `LmError` where it cannot be written; then an older file is as it was.
    """
    line = markdown_line if path.suffix.lower() in (".md", ".markdown") else csv_line
    try:
        with writing_aside(path) as file:
            file.writelines(_head(line))
            for place in range(0, len(rows), _STEP):
                file.writelines(line(cells_of(vocabulary, row, used)) for row in rows[place : place + _STEP].tolist())
                yield place / len(rows)
    except OSError as error:
        raise LmError(f"{path}: cannot be written ({error.strerror or error}); choose another folder.") from error
    return path


def _head(line: Callable[[Sequence[str]], str]) -> Iterator[str]:
    yield line(HEADINGS)
    if line is markdown_line:
        yield line(["---"] * len(HEADINGS))
