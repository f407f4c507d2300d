"""Are rows that were kept those of the file as it is now, whatever became of the file or of the copy meanwhile?"""

import hashlib
import json
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.generators import result_of
from lmcore.training.curves import Columns, CurveReader
from lmcore.training.drawing import COPYING, Drawn
from lmcore.training.metrics import NAME
from lmcore.training.row_store import RowStore

_HEAD = struct.Struct("<8sQ32s")


def _line(step: int, **more: Any) -> bytes:
    return orjson.dumps({"kind": "train", "step": step, "tokens": 8 * step, "loss": step / 7} | more) + b"\n"


def _lines(*steps: int) -> bytes:
    return b"".join(map(_line, steps))


def _attempt(step: int) -> bytes:
    return orjson.dumps({"kind": "attempt", "step": step, "attempt": 2, "time": 5.5}) + b"\n"


def _validation(step: int) -> bytes:
    return orjson.dumps({"kind": "validation", "step": step, "loss": step / 3, "tokens": 1, "seen": 8 * step}) + b"\n"


def _read(path: Path, store: RowStore | None) -> CurveReader:
    """A reader as that of a new window; what it has read is kept."""
    reader = CurveReader(path, 1, store)
    result_of(reader.update())
    return reader


def _keep(path: Path, store: RowStore) -> None:
    copy = _read(path, store).copy()
    assert copy is not None
    store.save(path, copy)
    assert store.path(path).exists()


def _same(found: Columns, wanted: Columns) -> None:
    for kind in ("train", "validation", "attempts"):
        one, other = getattr(found, kind), getattr(wanted, kind)
        assert list(one) == list(other)
        for name, column in other.items():
            assert one[name].dtype == column.dtype
            np.testing.assert_array_equal(one[name], column, err_msg=f"{kind}: {name}")
    assert found.rising == wanted.rising


def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path: Path) -> None:
    path, store = tmp_path / "metrics.jsonl", RowStore(tmp_path / "store")
    path.write_bytes(_attempt(0) + _lines(*range(1, 500)) + _validation(400) + b'{"kind":"train","st')
    _keep(path, store)
    again = _read(path, store)
    assert again.copy() is None, "all of it is from the copy"
    _same(again.columns, _read(path, None).columns)
    with pytest.raises(ValueError, match="read-only"):
        again.columns.train["loss"][0] = 0


_rows = st.one_of(
    st.integers(0, 40).map(_line),
    st.integers(0, 40).map(_attempt),
    st.integers(0, 40).map(_validation),
    st.integers(0, 40).map(lambda step: _line(step, loss=None, memory=1)),
    st.sampled_from([b"\n", b"\xff\n", b'{"kind":"train"}\n']),
)


@settings(max_examples=60)
@given(rows=st.lists(_rows, min_size=1, max_size=60), cut=st.integers(1, 4000), more=st.lists(_rows, max_size=3))
def test_a_file_that_has_grown_is_what_it_would_be_read_anew(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], cut: int, more: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    path, store, content = folder / "metrics.jsonl", RowStore(folder / "store"), b"".join(rows)
    path.write_bytes(content[:cut])
    _keep(path, store)
    kept = store.path(path).read_bytes()
    for piece in (content[cut:], *more):
        with path.open("ab") as file:
            file.write(piece)
        reader = _read(path, store)
        _same(reader.columns, _read(path, None).columns)
    assert store.path(path).read_bytes() == kept, "what is mapped is not written to"


@pytest.mark.parametrize(
    "how", ["replaced", "edited in place", "edited in place, and grown", "shortened", "rewritten", "emptied"]
)
def test_a_file_that_became_another_is_read_anew(tmp_path: Path, how: str) -> None:
    path, store = tmp_path / "metrics.jsonl", RowStore(tmp_path / "store")
    path.write_bytes(_lines(*range(100, 900)))
    _keep(path, store)
    size, changed = path.stat().st_size, path.stat().st_mtime_ns
    if how == "replaced":  # by one of the same size and age
        content = path.read_bytes().replace(b'"step":500,', b'"step":499,')
        (tmp_path / "other").write_bytes(content)
        (tmp_path / "other").replace(path)
        os.utime(path, ns=(changed, changed))
        assert path.stat().st_size == size
    elif how.startswith("edited in place"):
        place = b'"step":101,' if "grown" in how else b'"step":500,'
        content = path.read_bytes().replace(place, b'"step":777,')
        with path.open("r+b") as file:
            file.write(content + (_lines(900) if "grown" in how else b""))
        os.utime(path, ns=(changed + 1, changed + 1))
    elif how == "shortened":
        os.truncate(path, size // 2)
    elif how == "rewritten":
        path.write_bytes(_lines(*range(200, 1900)))
    else:
        path.write_bytes(b"")
    reader = _read(path, store)
    _same(reader.columns, _read(path, None).columns)


def test_the_copy_of_a_file_is_not_that_of_one_in_another_place(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "store")
    for number, name in enumerate(("one", "other")):
        (tmp_path / name).write_bytes(_lines(*range(number, 100 + number)))
        _keep(tmp_path / name, store)
    for number, name in enumerate(("one", "other")):
        assert _read(tmp_path / name, store).columns.train["step"][0] == number


def _described(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """A damage that a wrong program would do: the description is another, and its digest fits."""

    def damage(data: bytes) -> bytes:
        mark, length, _ = _HEAD.unpack(data[: _HEAD.size])
        about = json.loads(data[_HEAD.size : _HEAD.size + length])
        change(about)
        written = json.dumps(about).encode()
        head = _HEAD.pack(mark, len(written), hashlib.sha256(written).digest()) + written
        return head + bytes(-len(head) % 4096) + data[4096:]

    return damage


def _renamed(about: dict[str, Any]) -> None:
    about["tables"][0]["about"]["names"][3:5] = reversed(about["tables"][0]["about"]["names"][3:5])


_DAMAGES = {
    "empty": lambda data: b"",
    "another kind of file": lambda data: b"no copy at all " * 500,
    "torn": lambda data: data[:-8],
    "torn in the description": lambda data: data[:100],
    "longer": lambda data: data + bytes(8),
    "another version": lambda data: data[:7] + b"0" + data[8:],
    "a flipped bit": lambda data: data[:90] + bytes([data[90] ^ 1]) + data[91:],
    "another order of bytes": _described(lambda about: about.update(order="middle")),
    "other columns": _described(_renamed),
    "a table less": _described(lambda about: about["tables"].pop()),
    "no table": _described(lambda about: about.update(tables=None)),
    "nothing of the file": _described(lambda about: about.update(about={})),
    "no numbers": _described(lambda about: about["about"].update(file=["a"])),
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_damaged_copy_is_none_and_is_replaced(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path, store = tmp_path / "metrics.jsonl", RowStore(tmp_path / "store")
    path.write_bytes(_lines(*range(300)))
    _keep(path, store)
    copy = store.path(path)
    copy.write_bytes(damage(copy.read_bytes()))
    _same(_read(path, store).columns, _read(path, None).columns)
    _keep(path, store)
    assert _read(path, store).copy() is None


def test_without_a_folder_or_room_there_is_no_copy_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(_lines(*range(300)))
    (tmp_path / "file").write_text("in the way")
    for store in (
        RowStore(tmp_path / "file"),
        RowStore(tmp_path / "file" / "below"),
        RowStore(tmp_path / "full", spare=1 << 62),
        RowStore(tmp_path / "small", kept=1000),
    ):
        copy = _read(path, store).copy()
        assert copy is not None
        store.save(path, copy)
        assert store.find(path) is None
        _same(_read(path, store).columns, _read(path, None).columns)
    assert not list(tmp_path.glob("*/*"))


def test_what_was_not_asked_for_longest_makes_room(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = RowStore(folder)
    paths = [tmp_path / f"{number}" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(_lines(*range(300)))
        _keep(path, store)
        os.utime(store.path(path), (number, number))
    left = folder / ".some.rows.abcdef-1-00000000"
    left.write_bytes(bytes(100_000))
    os.utime(left, (0, 0))
    _read(paths[0], store)
    size = store.path(paths[0]).stat().st_size
    store.path(paths[3]).unlink()
    _keep(paths[3], RowStore(folder, kept=3 * size))
    kept = {path.name for path in paths if store.path(path).exists()}
    assert kept == {"0", "2", "3"}
    assert not left.exists()


def test_windows_that_write_at_once_leave_one_whole_copy(tmp_path: Path) -> None:
    path, folder = tmp_path / "metrics.jsonl", tmp_path / "store"
    path.write_bytes(_lines(*range(3000)))
    copy = _read(path, None).copy()
    assert copy is not None
    found: list[bool] = []

    def work() -> None:
        store = RowStore(folder)
        for _ in range(20):
            store.save(path, copy)
            found.append(store.find(path) is not None)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80
    assert [one.name for one in folder.iterdir()] == [RowStore(folder).path(path).name]
    assert _read(path, RowStore(folder)).copy() is None


def test_rows_stay_as_they_were_when_their_copy_is_replaced_or_removed(tmp_path: Path) -> None:
    path, store = tmp_path / "metrics.jsonl", RowStore(tmp_path / "store")
    path.write_bytes(_lines(*range(3000)))
    _keep(path, store)
    shown = _read(path, store).columns
    path.write_bytes(_lines(*range(5000, 9000)))
    _keep(path, store)
    store.path(path).unlink()
    assert shown.train["step"].tolist() == list(range(3000))


def test_a_copy_is_worth_writing_once_enough_is_new(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(_lines(*range(1000)))
    reader = CurveReader(path, 2000)
    result_of(reader.update())
    assert reader.copy() is not None
    assert reader.copy() is None
    with path.open("ab") as file:
        file.write(_lines(*range(1000, 1020)))
    result_of(reader.update())
    assert reader.copy() is None, "a few rows more"
    with path.open("ab") as file:
        file.write(_lines(*range(1020, 1200)))
    result_of(reader.update())
    assert reader.copy() is not None
    path.unlink()
    result_of(reader.update())
    assert reader.copy() is None, "what is gone is not kept"


def test_who_draws_runs_keeps_the_long_ones_for_the_next(tmp_path: Path) -> None:
    paths, store = [tmp_path / "long", tmp_path / "short"], RowStore(tmp_path / "store")
    for path, rows in zip(paths, (20_000, 200), strict=True):
        path.mkdir()
        (path / NAME).write_bytes(_lines(*range(rows)))
    drawn = Drawn(store, rest=0)
    for _ in range(2):  # when all are there, those that took long are kept
        result_of(drawn.look(paths))
    for thread in threading.enumerate():
        if thread.name == COPYING:
            thread.join()
    assert [store.path(path / NAME).exists() for path in paths] == [True, False]
    assert _read(paths[0] / NAME, store).copy() is None, "all of it is from the copy"
    again = Drawn(store)
    result_of(again.look(paths))
    for path in paths:
        _same(again.columns(path), drawn.columns(path))
