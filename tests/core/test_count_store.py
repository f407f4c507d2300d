"""Are kept counts found again whole, and is anything else taken for no counts at all?"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lmcore.bpe import count_store
from lmcore.bpe.count_store import COUNTS_NAME, CountStore, write_counts
from lmcore.bpe.counting import Counts
from tests.core.engine import as_counter, as_pretokens

_WORDS = {b"one": 5, b" two": 1 << 40, b"x" * 1000: 1, b"\xff": 2}
_KEY = "0123456789abcdef" * 4


def _counts(words: dict[bytes, int] | None = None) -> Counts:
    return Counts(as_pretokens(words or _WORDS), 12, 345, 300, 3, 2, (Path("/corpus/a.txt"), 17))


def _same(found: Counts | None, kept: Counts) -> bool:
    """Whether all is equal, the words in whatever order."""
    if found is None or as_counter(found.words) != as_counter(kept.words):
        return False
    return replace(found, words=kept.words) == kept


def test_counts_are_found_as_they_were_kept(tmp_path: Path) -> None:
    store = CountStore(tmp_path / "new")
    store.save(_KEY, _counts())
    assert _same(CountStore(tmp_path / "new").find(_KEY), _counts())
    assert store.find("f" * 64) is None


def test_counts_beside_a_result_are_found(tmp_path: Path) -> None:
    write_counts(tmp_path / COUNTS_NAME, _KEY, _counts())
    assert _same(CountStore(tmp_path / "empty", beside=tmp_path).find(_KEY), _counts())
    assert CountStore(tmp_path / "empty", beside=tmp_path).find("f" * 64) is None


def _cut_off(data: bytes) -> bytes:
    return data[:-60]


def _flip_content(data: bytes) -> bytes:
    place = data.index(b"xxxxxxxx")
    return data[:place] + b"y" + data[place + 1 :]


def _flip_beginning(data: bytes) -> bytes:
    return data[:90] + bytes([data[90] ^ 0xFF]) + data[91:]


@pytest.mark.parametrize(
    "damage", [_cut_off, _flip_content, _flip_beginning, lambda data: b"", lambda data: b"not an archive" * 9]
)
def test_a_damaged_file_is_no_counts_and_can_be_replaced(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    store = CountStore(tmp_path)
    store.save(_KEY, _counts())
    path = store.path(_KEY)
    path.write_bytes(damage(path.read_bytes()))
    assert store.find(_KEY) is None
    store.save(_KEY, _counts())
    assert _same(store.find(_KEY), _counts())


def test_a_damaged_file_does_not_hide_the_one_beside_the_result(tmp_path: Path) -> None:
    store = CountStore(tmp_path / "kept", beside=tmp_path)
    store.save(_KEY, _counts())
    store.path(_KEY).write_bytes(b"PK\x03\x04 damaged")
    write_counts(tmp_path / COUNTS_NAME, _KEY, _counts())
    assert _same(store.find(_KEY), _counts())


def test_counts_of_another_corpus_with_the_same_name_are_refused(tmp_path: Path) -> None:
    """The name of the file is only half of the key."""
    store = CountStore(tmp_path)
    store.save(_KEY, _counts())
    assert store.path(_KEY) == store.path(_KEY[:32] + "f" * 32)
    assert store.find(_KEY[:32] + "f" * 32) is None


def test_the_oldest_counts_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CountStore(tmp_path)
    keys = [f"{number}" * 64 for number in range(4)]
    for age, key in enumerate(keys):
        store.save(key, _counts())
        os.utime(store.path(key), (1000 + age, 1000 + age))
    monkeypatch.setattr(count_store, "_KEPT", 2 * store.path(keys[0]).stat().st_size)
    store.save("f" * 64, _counts())
    assert [store.find(key) is not None for key in [*keys, "f" * 64]] == [False, False, False, True, True]


def test_counts_larger_than_all_room_are_kept_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_store, "_KEPT", 1)
    store = CountStore(tmp_path)
    store.save(_KEY, _counts())
    assert store.find(_KEY) is not None
