"""How soon do long runs open, and what does it cost to look at many? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.run_curves [--runs 10] [--rows 1000000] [--listed 1000]

Writes runs with so many rows into a temporary folder, as a training does, and opens them as the window does: in a new
process, which has the kernels to load (and before that once, so that they are compiled), and again in the same; then
copies of their columns are written, and the runs are opened from these in a new process and in the same. Then
what was appended is read, piece by piece and after an attempt that hides half of the rows; a thousand runs are looked
at; a million values are smoothed. "own" is the time of the processors, "gap" the longest between two events. Beside it
stands the naive way, one JSON object after the other, on one run.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from lmcore.training.config import config_of
from lmcore.training.curves import CurveReader
from lmcore.training.drawing import Drawn
from lmcore.training.line_reading import compile_kernels
from lmcore.training.listing import Listing
from lmcore.training.metrics import NAME, read_rows
from lmcore.training.row_store import RowStore
from lmcore.training.run_folder import RunFolder, State
from lmcore.training.smoothing import smoothed

_EVERY: Final = 1_000  # steps between two validations


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure how runs are read.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--listed", type=int, default=1_000)
    parser.add_argument("--opened", type=Path, nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.opened:
        measure_opening(asked.opened, "in a new process", RowStore(asked.kept) if asked.kept else None)
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = written(Path(folder), asked.runs, asked.rows)
        size = sum((path / NAME).stat().st_size for path in paths)
        print(f"{asked.runs} runs of {asked.rows:,} rows, {size / 1e6:,.0f} MB\n")
        print(f"{'':44} {'s':>8} {'own s':>8} {'gap ms':>8}", flush=True)
        compile_kernels()
        command = [sys.executable, "-m", "tests.benchmarks.run_curves", "--opened", *map(str, paths)]
        subprocess.run(command, check=True)
        measure_opening(paths, "again, kernels loaded")
        kept = Path(folder) / "kept"
        measure_copying(paths, RowStore(kept))
        subprocess.run([*command, "--kept", str(kept)], check=True)
        measure_opening(paths, "again", RowStore(kept))
        measure_growth(paths[0])
        measure_naive(paths[0])
        measure_listing(Path(folder) / "listed", asked.listed)
        measure_smoothing()


def written(folder: Path, runs: int, rows: int) -> list[Path]:
    """Folders with rows like those of a training."""
    lines = list(lines_of(rows))
    paths = [folder / f"run-{number}" for number in range(runs)]
    for path in paths:
        path.mkdir()
        with (path / NAME).open("wb") as file:
            file.writelines(lines)
    return paths


def lines_of(rows: int, begin: int = 0) -> Iterable[bytes]:
    random = np.random.default_rng(begin)
    yield _line({"kind": "attempt", "step": begin, "attempt": 1, "time": time.time()})
    for step in range(begin + 1, begin + rows + 1):
        loss, norm = (float(np.float32(value)) for value in (2 + 8 / step**0.3, random.random()))
        rate = 3e-4 * (0.55 + 0.45 * np.cos(3.14 * step / (begin + rows)))
        speed, seconds = 1e5 * (1 + random.random()), step * 0.16384 + 0.1 * random.random()
        row = {"kind": "train", "step": step, "tokens": step * 16_384, "seconds": seconds}
        row |= {"loss": loss, "learning_rate": float(rate), "grad_norm": norm, "tokens_per_second": float(speed)}
        yield _line(row | {"mfu": float(speed / 2.7e5), "memory": 8_123_456_789})
        if step % _EVERY == 0:
            about = {"loss": loss, "perplexity": float(np.exp(loss)), "bits_per_byte": loss / 3, "tokens": 65_536}
            when = {"seconds": row["seconds"], "time": time.time(), "seen": row["tokens"]}
            yield _line({"kind": "validation", "step": step, **about, **when})


def _line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row) + b"\n"


def measure_opening(paths: list[Path], what: str, store: RowStore | None = None) -> None:
    """All runs, as the window opens them."""
    curves = Drawn(store)
    show(f"open {len(paths)} runs{' from copies' if store else ''}, {what}", lambda: curves.look(paths))
    rows = [len(curves.columns(path).train["step"]) for path in paths]
    print(f"{'':4}{sum(rows):,} rows of steps", flush=True)


def measure_copying(paths: list[Path], store: RowStore) -> None:
    """What a window does on a thread of its own once it has read the runs."""
    readers = [(path / NAME, CurveReader(path / NAME)) for path in paths]
    for _, reader in readers:
        for _ in reader.update():
            pass

    def keep() -> Generator[None, None, None]:
        for path, reader in readers:
            if copy := reader.copy():
                store.save(path, copy)
            yield

    show("copies of all columns written", keep)


def measure_growth(path: Path) -> None:
    """What a training appends in a fifth of a second, many times; then an attempt that begins anew in the middle."""
    reader = CurveReader(path / NAME)
    for _ in reader.update():
        pass
    rows = len(reader.columns.train["step"])
    pieces = [b"".join(list(lines_of(20, rows + 20 * number))[1:]) for number in range(50)]

    def grow() -> Generator[None, None, None]:
        for piece in pieces:
            with (path / NAME).open("ab") as file:
                file.write(piece)
            yield from reader.update()

    show("50 times 20 rows more", grow)
    with (path / NAME).open("ab") as file:
        file.write(_line({"kind": "attempt", "step": rows // 2, "attempt": 2, "time": time.time()}))
    show("an attempt that hides half of the rows", reader.update)
    show("a look at what has not changed", reader.update)


def measure_naive(path: Path) -> None:
    """The rows of one run as objects."""

    def read() -> Generator[None, None, None]:
        read_rows(path / NAME)
        yield

    show("1 run as objects, one line after the other", read)


def measure_listing(folder: Path, runs: int) -> None:
    """Runs that are made, looked at first, and looked at again."""
    tables = {"name": "a run", "data": {"train": "tokens.bin"}, "training": {"steps": 1_000}}
    for _ in range(runs):
        run = RunFolder.create(folder, config_of(tables), "", {"steps": 1_000, "data": {}})
        run.write_state(State("stopped"))
        run.metrics.write_bytes(b"".join(lines_of(100)))
    listing = Listing(folder)
    show(f"{runs:,} runs looked at first", listing.look)
    show("none of them changed", listing.look)
    show("none of them changed", listing.look)


def measure_smoothing() -> None:
    """A million values."""
    values = np.random.default_rng(0).random(1_000_000)
    for weight in (0.5, 0.9, 0.99, 0.999):

        def smooth() -> Generator[None, None, None]:
            smoothed(values, weight)  # noqa: B023
            yield

        show(f"1,000,000 values smoothed with {weight}", smooth)


def show(what: str, work: Callable[[], Generator[Any, None, Any]]) -> None:
    """A line of the table."""
    begun = last = time.perf_counter()
    own, gap = time.process_time(), 0.0
    for _ in work():
        gap, last = max(gap, time.perf_counter() - last), time.perf_counter()
    seconds = time.perf_counter() - begun
    gap = max(gap, time.perf_counter() - last)
    print(f"{what:44} {seconds:8.3f} {time.process_time() - own:8.3f} {1000 * gap:8.1f}", flush=True)


if __name__ == "__main__":
    main()
