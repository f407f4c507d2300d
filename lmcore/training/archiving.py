"""How is a run taken elsewhere? Its folder as a zip, its curves as a table; while a worker goes on writing, too.

Both are generators that tell how far they are, and are written aside and renamed.
"""

import os
import time
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from lmcore import figures
from lmcore.atomic import writing_aside
from lmcore.bpe.events import Notice
from lmcore.errors import UsageError
from lmcore.training.checkpoint_files import FILES, Checkpoint, checkpoints_in, has_its_files
from lmcore.training.curves import TRAIN, Column, Columns, empty
from lmcore.training.run_folder import RunFolder

Which = Literal["newest", "all", "none"]
_PACKED: Final = (".json", ".jsonl", ".log", ".txt", ".toml")  # endings of what gets smaller; weights do not
_GROWS: Final = (".jsonl", ".log")
_PIECE: Final = 1 << 18  # bytes that are packed within some 10 ms
_CHECKED: Final = ("loss", "perplexity", "bits_per_byte")  # of a validation
_ROWS: Final = 5_000  # of a table that are written within some 10 ms
_OLDEST: Final = 315_532_800  # seconds since 1970: no zip knows a time before 1980


@dataclass(frozen=True)
class Written:
    """How far it is: so many of all bytes of a folder, or rows of a table."""

    done: int
    total: int
    unit: Literal["bytes", "rows"] = "bytes"


def zip_run(
    run: RunFolder, place: Path, checkpoints: Which = "newest"
) -> Generator[Written | Notice, None, tuple[str, ...]]:
    """Pack a run's folder with some of its checkpoints into a zip; gives back what was passed over, in sentences.

    What grows meanwhile is packed as long as it was at the beginning, what is replaced as it is when its turn comes. A
    checkpoint that is damaged, or removed meanwhile, is passed over, which is said; where only the newest was wanted,
    the newest by then that is whole is taken. Locks, requests to the worker and what is half-written stay out. Raises
    `UsageError` for a folder that is no run, and `OSError` where the zip cannot be written.
    """
    if not run.is_run:
        raise UsageError(f"{run.path}: is no run of a training; it holds no config.json of one.")
    lengths, there = _lengths(run, place), checkpoints_in(run.checkpoints)
    done, total = 0, sum(lengths.values()) + _size_of_those(there, checkpoints)
    passed_over: list[str] = []
    with writing_aside(place, "wb") as aside, zipfile.ZipFile(aside, "w") as archive:
        for packed in _pack_files(archive, run, lengths):
            done += packed
            yield Written(min(done, total), total)
        for one in {"newest": _newest_first(run), "all": there, "none": ()}[checkpoints]:
            found = yield from _pack_checkpoint(archive, run, one, done, total)
            if found is None:
                passed_over.append(_passed_over(one))
                yield Notice(passed_over[-1])
            else:
                done = found
                if checkpoints == "newest":
                    break
    yield Written(total, total)
    return tuple(passed_over)


def csv_of(runs: Mapping[str, Columns], place: Path) -> Generator[Written, None, None]:
    """Write the steps of runs, by their names, as one table: a row a step, the runs below one another.

    The columns are "run", those of `curves.TRAIN`, and "validation_loss", "validation_perplexity" and
    "validation_bits_per_byte"; a validation is in the row of its step. Losses are in nats a token, memory in bytes; a
    cell is empty where nothing was measured, and "nan" where a loss was no number. Raises `OSError` where it cannot be
    written.
    """
    import pyarrow as pa
    from pyarrow.csv import CSVWriter, WriteOptions

    names = ["run", *TRAIN, *(f"validation_{name}" for name in _CHECKED)]
    kinds = [pa.int64() if column.dtype == np.int64 else pa.float64() for column in empty(TRAIN).values()]
    schema = pa.schema(list(zip(names, [pa.string(), *kinds, *([pa.float64()] * len(_CHECKED))], strict=True)))
    steps = {name: _steps(columns) for name, columns in runs.items()}
    done, total = 0, sum(map(len, steps.values()))
    with writing_aside(place, "wb") as file:
        file.write(f"{','.join(names)}\n".encode())
        yield Written(0, total, "rows")
        options = WriteOptions(include_header=False, quoting_style="needed")
        with CSVWriter(file, schema, write_options=options) as table:
            for name, columns in runs.items():
                for begin in range(0, len(steps[name]), _ROWS):
                    piece = steps[name][begin : begin + _ROWS]
                    arrays = [pa.array(values, mask=missing) for values, missing in _cells(columns, piece)]
                    table.write_batch(pa.record_batch([pa.array([name] * len(piece)), *arrays], schema=schema))
                    done += len(piece)
                    yield Written(done, total, "rows")


def _steps(columns: Columns) -> Column:
    """All steps of which there is a row, each once."""
    train, unseen = columns.train["step"], columns.validation["step"]
    return train if _places(train, unseen)[1].all() else np.union1d(train, unseen)


def _cells(columns: Columns, steps: Column) -> Iterator[tuple[Column, NDArray[np.bool_]]]:
    """The values of some steps, a column after the other, and which of them nobody measured.

    What was not measured is NaN or −1; but a loss that is NaN was measured as that.
    """
    places, there = _places(columns.train["step"], steps)
    yield steps, np.zeros(len(steps), bool)
    for name in TRAIN[1:]:
        values = _taken(columns.train[name], places)
        unmeasured = values == -1 if values.dtype == np.int64 else np.isnan(values) & (name != "loss")
        yield values, ~there | unmeasured
    places, there = _places(columns.validation["step"], steps)
    for name in _CHECKED:
        values = _taken(columns.validation[name], places)
        yield values, ~there | (np.isnan(values) & (name != "loss"))


def _places(sorted_steps: Column, steps: Column) -> tuple[Column, NDArray[np.bool_]]:
    """Where each of `steps` is among others, and whether it is; [steps] both."""
    places = np.minimum(np.searchsorted(sorted_steps, steps), max(0, len(sorted_steps) - 1))
    there = sorted_steps[places] == steps if len(sorted_steps) else np.zeros(len(steps), bool)
    return places, there


def _taken(values: Column, places: Column) -> Column:
    """The values at these places; anything where there are none at all."""
    return values[places] if len(values) else np.zeros(len(places), values.dtype)


def _lengths(run: RunFolder, place: Path) -> dict[Path, int]:
    """The files of a run but for its checkpoints, and how long they are now."""
    found: dict[Path, int] = {}
    own, left_out = place.resolve(), (run.control, run.checkpoints)
    for folder, names, files in os.walk(run.path):
        here = Path(folder)
        names[:] = sorted(name for name in names if not name.startswith(".") and here / name not in left_out)
        for name in sorted(files):
            path = here / name
            if not name.startswith(".") and path != run.lock and path.resolve() != own and path.is_file():
                found[path] = path.stat().st_size
    return found


def _newest_first(run: RunFolder) -> Iterator[Checkpoint]:
    """The checkpoint that is the newest by then, each time another is asked for; none twice."""
    tried = set[int]()
    while left := [one for one in checkpoints_in(run.checkpoints) if one.step not in tried]:
        tried.add(left[-1].step)
        yield left[-1]


def _passed_over(checkpoint: Checkpoint) -> str:
    what = "is damaged and was left out" if checkpoint.path.is_dir() else "was removed meanwhile"
    return f"The checkpoint of step {figures.count(checkpoint.step)} {what}."


def _size_of_those(there: Sequence[Checkpoint], which: Which) -> int:
    """The bytes of those that are to be packed, as far as can be known before."""
    whole = [] if which == "none" else [one for one in there if has_its_files(one)]
    return sum(map(_size_of, whole[-1:] if which == "newest" else whole))


def _size_of(checkpoint: Checkpoint) -> int:
    try:
        return checkpoint.size
    except OSError:
        return 0


def _pack_files(archive: zipfile.ZipFile, run: RunFolder, lengths: Mapping[Path, int]) -> Iterator[int]:
    for path, length in lengths.items():
        with ExitStack() as opened:
            if (file := _opened(path, opened)) is not None:
                yield from _pack(archive, file, _name(run, path), length if path.suffix in _GROWS else None)


def _pack_checkpoint(
    archive: zipfile.ZipFile, run: RunFolder, one: Checkpoint, done: int, total: int
) -> Generator[Written, None, int | None]:
    """Pack all files of a checkpoint, or none where one is missing or torn; the bytes done by then, None of none.

    All are opened before the first is read: what is removed from then on can still be read.
    """
    if not has_its_files(one):
        return None
    with ExitStack() as opened:
        files = [_opened(one.path / name, opened) for name in FILES]
        if None in files:
            return None
        for name, file in zip(FILES, files, strict=True):
            assert file is not None, "looked at above"
            for packed in _pack(archive, file, _name(run, one.path / name), None):
                done += packed
                yield Written(min(done, total), total)
    return done


def _opened(path: Path, stack: ExitStack) -> IO[bytes] | None:
    """The file, which is closed with the stack; None where it is gone."""
    try:
        return stack.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _pack(archive: zipfile.ZipFile, file: IO[bytes], name: str, length: int | None) -> Iterator[int]:
    """Add a file, of which at most `length` bytes; tells the bytes of each piece."""
    changed = max(os.fstat(file.fileno()).st_mtime, _OLDEST)
    about = zipfile.ZipInfo(name, time.localtime(changed)[:6])
    about.compress_type = zipfile.ZIP_DEFLATED if name.endswith(_PACKED) else zipfile.ZIP_STORED
    about.external_attr = 0o644 << 16
    with archive.open(about, "w", force_zip64=True) as part:
        left = length
        while piece := file.read(_PIECE if left is None else min(_PIECE, left)):
            part.write(piece)
            left = None if left is None else left - len(piece)
            yield len(piece)


def _name(run: RunFolder, path: Path) -> str:
    return f"{run.name}/{path.relative_to(run.path).as_posix()}"
