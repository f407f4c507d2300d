"""Is a difference as small as it can be, and does it lead from one text to the other?"""

from hypothesis import given
from hypothesis import strategies as st

from lmcore.text.changes import common, difference

TEXT = st.lists(st.sampled_from(b"ab"), max_size=12).map(bytes)


@given(TEXT, TEXT)
def test_what_is_in_common_is_all_of_it(one: bytes, other: bytes) -> None:
    found = common(one, other)
    assert one[:found] == other[:found]
    assert one[found : found + 1] != other[found : found + 1] or found == min(len(one), len(other))


@given(TEXT, TEXT)
def test_the_ends_do_not_overlap(one: bytes, other: bytes) -> None:
    head, tail = difference(one, other)
    assert head + tail <= min(len(one), len(other))
    assert one[:head] + other[head : len(other) - tail] + one[len(one) - tail :] == other
