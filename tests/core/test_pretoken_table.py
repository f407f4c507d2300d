"""Does the table count every pre-token once, whatever its length, however many there are, in whichever table?"""

import random
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.choices import WHITESPACE
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.rows import long_hash
from lmcore.bpe.specials import prepare_specials
from tests import naive
from tests.core.engine import as_counter, at_most, finish

_NONE = prepare_specials([])


def _count(table: PretokenTable, data: bytes, bounds: list[int] | None = None) -> int | None:
    places = np.array([0, len(data)] if bounds is None else bounds)
    return table.count(WHITESPACE, np.frombuffer(data, np.uint8), places, _NONE)


def _words(table: PretokenTable) -> Pretokens:
    return finish(table.export())[1]


def _exported(table: PretokenTable) -> Counter[bytes]:
    return as_counter(_words(table))


def _table(counts: Mapping[bytes, int]) -> PretokenTable:
    table = PretokenTable()
    table.add_counts(counts)
    return table


def _wanted(data: bytes) -> Counter[bytes]:
    return Counter(naive.pretokens(data, r"\S+|\s+"))


# Lengths around the two words of a row and around the border to long pre-tokens, zero bytes included: a key that is
# padded with zeros must not be taken for one that ends in them.
words = st.builds(
    lambda unit, size, tail: unit * size + tail,
    st.sampled_from([b"a", b"b", b"\0", b"\xff"]), st.integers(0, 40), st.sampled_from([b"", b"\0", b"\0\0", b"c"]),
)  # fmt: skip
texts = st.lists(words, max_size=60).map(b" ".join)


@given(texts)
def test_pretokens_of_every_length_are_told_apart(data: bytes) -> None:
    table = PretokenTable()
    _count(table, data)
    wanted = _wanted(data)
    assert _exported(table) == wanted
    assert (table.pretokens, table.pretoken_bytes, len(table)) == (wanted.total(), len(data), len(wanted))


@given(st.lists(texts, max_size=5))
def test_texts_are_counted_apart(parts: list[bytes]) -> None:
    """Two texts that lie one behind the other share no pre-token."""
    table = PretokenTable()
    _count(table, b"".join(parts), np.cumsum([0, *map(len, parts)]).tolist())
    assert _exported(table) == sum(map(_wanted, parts), Counter())


def test_a_table_grows_without_losing_a_count() -> None:
    numbers = random.Random(5)
    different = at_most(300_000, 9_000)
    data = b" ".join(b"%d" % numbers.randrange(different) * numbers.choice([1, 1, 1, 5]) for _ in range(different))
    table = PretokenTable()
    half = data.rindex(b" ", 0, len(data) // 2)
    _count(table, data[:half])
    _count(table, data[half:])
    assert _exported(table) == _wanted(data)


@pytest.mark.parametrize("size", [17, 4095, 4096, 4097, 32_769, at_most(5_000_000, 40_000)])
def test_one_huge_pretoken_is_counted_whole(size: int) -> None:
    table = PretokenTable()
    _count(table, b"x" * size + b" " + b"x" * size + b" " + b"x" * (size - 1))
    assert _exported(table) == {b"x" * size: 2, b"x" * (size - 1): 1, b" ": 2}


def _same_hash(length: int) -> tuple[bytes, bytes]:
    """Two long byte strings with equal hashes: the second word undoes what the first one changed in the state."""
    mask, multiplier = (1 << 64) - 1, 0x9E3779B97F4A7C15

    def step(state: int, word: int) -> int:
        product = (state ^ word) * multiplier & mask
        return product ^ product >> 29

    first, second, other = b"aaaaaaaa", b"bbbbbbbb", b"cccccccc"
    wanted = step(length, int.from_bytes(first, "little")) ^ int.from_bytes(second, "little")
    fitting = wanted ^ step(length, int.from_bytes(other, "little"))
    rest = b"d" * (length - 16)
    return first + second + rest, other + fitting.to_bytes(8, "little") + rest


@pytest.mark.parametrize("length", [17, 24, 31, 100])
def test_long_pretokens_with_equal_hashes_are_told_apart_by_their_bytes(length: int) -> None:
    one, other = _same_hash(length)
    hashes = {int(long_hash(np.frombuffer(word, np.uint8), 0, length)) for word in (one, other)}
    assert len(hashes) == 1, "the words were made to collide"
    assert not set(other) & set(b" \t\n\v\f\r\x85\xa0"), "and must stay whole under the pattern"
    table = PretokenTable()
    _count(table, b" ".join([one, other, one, one]))
    assert _exported(table) == {one: 3, other: 1, b" ": 3}
    more = _table({other: 10, one: 100})
    assert [*more.absorb(table)]
    assert _exported(more) == {one: 103, other: 11, b" ": 3}


def test_a_pretoken_that_looks_like_a_long_ones_hash_is_another_one() -> None:
    """A row of a short pre-token holds its bytes where a long one's hash would stand."""
    long = b"a rather long pre-token".replace(b" ", b"_")
    digest = int(long_hash(np.frombuffer(long, np.uint8), 0, len(long))).to_bytes(8, "little")
    table = _table({long: 1, digest: 2, digest + bytes(8): 4, digest + bytes(7): 8})
    assert _exported(table) == {long: 1, digest: 2, digest + bytes(8): 4, digest + bytes(7): 8}


@given(*[st.dictionaries(words.filter(bool), st.integers(1, 1 << 40), max_size=30)] * 2)
def test_tables_add_up(one: dict[bytes, int], other: dict[bytes, int]) -> None:
    table = _table(one)
    assert [*table.absorb(_table(other))]
    assert _exported(table) == Counter(one) + Counter(other)
    assert table.pretokens == sum(one.values()) + sum(other.values())


def test_large_tables_add_up() -> None:
    size = at_most(200_000, 8_000)
    one, other = (
        {b"%s%d" % (kind * 9, i): i + 1 for i in range(start, start + size)}
        for kind, start in ((b"a", 0), (b"a", size // 2))
    )
    table = _table(one)
    steps = [*table.absorb(_table(other))]
    assert _exported(table) == Counter(one) + Counter(other)
    assert len(steps) >= at_most(2, 1), "large tables must come up for air"


def test_the_first_new_pretoken_that_is_not_utf8_is_told() -> None:
    table = PretokenTable()
    assert _count(table, "all é well".encode()) is None
    assert _count(table, b"so it's bad\xff and \xfe worse") == 8
    assert _count(table, b"x" * 20 + b"\xe2\x82 end") == 0


def test_invalid_bytes_are_counted_as_often_as_they_occur() -> None:
    data = b"\xff ok \xff\xff \xc3\xa9 \xc3 " * 3 + b"z" * 30 + b"\x80"
    table = PretokenTable()
    _count(table, data)
    assert _words(table).invalid_bytes() == len(naive.invalid_bytes(data)) == 13
