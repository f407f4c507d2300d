"""Do the masks of 64 bytes say what a look at each byte says, and do sums and runs cross from block to block?"""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.characters import LETTER, LOWER, NUMBER, SPACE, UPPER, character, class_table
from lmcore.bpe.cut_masks import BLOCK, NONE, Masks, add, read_block, shift_in, span_mask, write_starts
from lmcore.bpe.cut_rules import thirds
from tests.core.engine import at_most
from tests.core.hostile import hostile_text

words = st.integers(0, 2**64 - 1)
runs = st.builds(
    lambda start, end: (1 << max(start, end)) - (1 << min(start, end)), st.integers(0, 64), st.integers(0, 64)
)


@given(first=st.one_of(words, runs), second=st.one_of(words, runs))
def test_sums_carry_over(first: int, second: int) -> None:
    total, carry = add(np.uint64(first), np.uint64(second))
    assert int(total) + (int(carry) << 64) == first + second


@given(mask=words, before=words)
def test_the_top_bit_of_a_block_comes_before_the_lowest_of_the_next(mask: int, before: int) -> None:
    assert int(shift_in(np.uint64(mask), np.uint64(before))) == (mask << 1 & 2**64 - 1 | before >> 63)


@pytest.mark.parametrize("length", [-3, 0, 1, 5, 63, 64, 65, 10**9])
def test_spans_end_with_the_block(length: int) -> None:
    for start in (0, 1, 40, 62, 63, 64, 70):
        assert int(span_mask(start, length)) == sum(1 << i for i in range(start, min(start + max(length, 0), BLOCK)))


def _read(data: bytes, limit: int) -> list[Masks]:
    array, spill, read = np.frombuffer(data, np.uint8), 0, []
    for block in range(0, limit, BLOCK):
        read.append(read_block(array, block, limit, class_table(), spill))
        spill = read[-1].spill
    return read


def _bits(read: list[Masks], field: str) -> int:
    return sum((int(getattr(masks, field)) & int(masks.valid)) << BLOCK * i for i, masks in enumerate(read))


def test_every_byte_has_the_class_of_its_character() -> None:
    numbers = random.Random(5)
    for _ in range(at_most(2000, 60)):
        data = hostile_text(numbers) + hostile_text(numbers)
        limit = numbers.randint(1, len(data))
        wanted = dict.fromkeys(["letters", "numbers", "spaces", "uppers", "lowers", "accents", "inner"], 0)
        place = 0
        while place < limit:
            found = character(np.frombuffer(data, np.uint8), place, limit, class_table())
            length, cases = found >> 8, found & (LETTER | UPPER | LOWER)
            span = ((1 << length) - 1) << place
            wanted["letters"] |= span if found & LETTER else 0
            wanted["numbers"] |= span if found & NUMBER else 0
            wanted["spaces"] |= span if found & SPACE else 0
            wanted["uppers"] |= span if cases == LETTER | UPPER else 0
            wanted["lowers"] |= span if cases == LETTER | LOWER else 0
            wanted["accents"] |= span if cases == UPPER | LOWER else 0
            wanted["inner"] |= span & span << 1
            place += length
        read = _read(data + bytes(BLOCK), limit)
        assert {field: _bits(read, field) for field in wanted} == wanted, (data, limit)


def test_digits_are_counted_in_threes_over_the_borders_of_blocks() -> None:
    numbers = random.Random(6)
    for _ in range(at_most(2000, 100)):
        kinds = numbers.choices(["77a", "77777a", "7\u0663\u0663a", "77\U0001d7d8a"], [2, 2, 1, 1], k=6)
        data = "".join("".join(numbers.choices(kind, k=32)) for kind in kinds).encode()
        wanted, place, since = [], 0, 0
        while place < len(data):
            found = character(np.frombuffer(data, np.uint8), place, len(data), class_table())
            if found & NUMBER and since % 3 == 0:
                wanted.append(place)
            since = since + 1 if found & NUMBER else 0
            place += found >> 8
        starts, count, before, phase = np.empty(1000, np.int64), 0, NONE, 0
        for i, masks in enumerate(_read(data + bytes(BLOCK), len(data))):
            digits = np.uint64(masks.numbers)  # what a compiled function gives back is an int
            marks, phase = thirds(digits, before, np.uint64(masks.inner), phase)
            count, before = write_starts(starts, count, BLOCK * i, np.uint64(marks)), digits
        assert starts[:count].tolist() == wanted, data
