"""Are the merges those of counting every pair anew in each round, whatever the engine leaves out of sight?"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe import merging
from lmcore.bpe.choices import TieRule
from lmcore.bpe.events import Merge
from lmcore.bpe.merge_room import hugging_face_order
from lmcore.bpe.merging import Merger
from lmcore.bpe.options import Options
from lmcore.paths import resource
from tests import naive
from tests.core.engine import DECLARATION, as_pretokens, at_most, merge_words, merges_of, train_files

_RULES: dict[TieRule, Callable[[naive.Pair, Mapping[bytes, int]], tuple[object, ...]]] = {
    TieRule.GREATER_BYTES: naive.greater_bytes,
    TieRule.LOWEST_IDS: naive.lowest_ids,
}
_EXAMPLES = at_most(200, 40)

# Few letters, so that pairs repeat, overlap ("aaaa") and compete for the same bytes (ab+c, a+bc).
words = st.dictionaries(
    st.one_of(
        st.text("ab", min_size=1, max_size=12),
        st.text("abc", min_size=1, max_size=9),
        st.text("aéz\x00~", min_size=1, max_size=6),
    ).map(str.encode),
    st.one_of(st.integers(1, 3), st.integers(1, 40)),
    max_size=14,
)


def _listed(made: list[Merge]) -> list[tuple[naive.Pair, int]]:
    return [((merge.left, merge.right), merge.count) for merge in made]


def _wanted(counts: Mapping[bytes, int], merges: int, tie: TieRule) -> list[tuple[naive.Pair, int]]:
    order = range(256) if tie is TieRule.GREATER_BYTES else [place - 1000 for place in hugging_face_order()]
    return naive.train(counts, merges, _RULES[tie], order)


@pytest.mark.parametrize("tie", TieRule)
@settings(max_examples=_EXAMPLES)
@given(counts=words, merges=st.integers(0, 40), threshold=st.sampled_from([None, 1, 2, 3, 8, 50, 10**6]))
def test_merges_equal_those_of_counting_anew(
    tie: TieRule, counts: dict[bytes, int], merges: int, threshold: int | None
) -> None:
    """Whatever the threshold below which pairs are not followed, also where it must be lowered again and again."""
    assert _listed(merge_words(counts, merges, tie, threshold)) == _wanted(counts, merges, tie)


@pytest.mark.parametrize("budget", [1, 2, 130, 1000])
@settings(max_examples=at_most(60, 15))
@given(counts=words, tie=st.sampled_from(TieRule), threshold=st.sampled_from([1, 5]))
def test_a_merge_interrupted_anywhere_goes_on_rightly(
    budget: int, counts: dict[bytes, int], tie: TieRule, threshold: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_BUDGET", budget)
        patch.setattr(merging, "_RANGE", 16)
        assert _listed(merge_words(counts, 30, tie, threshold)) == _wanted(counts, 30, tie)


@settings(max_examples=_EXAMPLES)
@given(counts=words, merges=st.integers(1, 40), tie=st.sampled_from(TieRule))
def test_ids_and_bytes_per_token_are_those_of_the_words_after_each_merge(
    counts: dict[bytes, int], merges: int, tie: TieRule
) -> None:
    ids = {bytes([byte]): byte for byte in range(256)}
    cut = {word: [bytes([byte]) for byte in word] for word in counts}
    size = sum(len(word) * count for word, count in counts.items())
    made = merge_words(counts, merges, tie)
    for merge in made:
        cut = {word: naive.merge_word(pieces, (merge.left, merge.right)) for word, pieces in cut.items()}
        assert (merge.left_id, merge.right_id) == (ids[merge.left], ids[merge.right])
        assert merge.token not in ids, "a token has one pair of parts: inside of it merges go as they do for it alone"
        assert merge.token_id == ids.setdefault(merge.token, len(ids))
        tokens = sum(len(pieces) * counts[word] for word, pieces in cut.items())
        assert merge.bytes_per_token == pytest.approx(size / tokens)
    assert [merge.rank for merge in made] == list(range(1, len(made) + 1))


def test_the_worked_example_of_the_course(tmp_path: Path) -> None:
    text = "low low low low low lower lower widest widest widest newest newest newest newest newest newest"
    (tmp_path / "corpus.txt").write_text(text)
    options = Options(vocab_size=256 + 12, special_tokens=(), pattern="whitespace")
    events, training = train_files([tmp_path], options)
    wanted = "st est ow low west ne newest wi wid widest lowe lower"
    assert [merge.token.decode() for merge in training.merges] == wanted.split()
    assert merges_of(events) == list(training.merges)
    assert training.merges[0].count == 9


def test_the_greater_bytes_win_not_the_greater_ids() -> None:
    """("ab", "z") is below ("b", "a"): a later token may sort before an earlier one."""
    made = merge_words({b"ab": 9, b"abz": 3, b"ba": 3}, 3)
    assert [merge.token for merge in made] == [b"ab", b"ba", b"abz"]


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        (b"abcdefghizz", b"abcdefghja"),
        (b"abcdefghi", b"abcdefghij"),
        (b"abcdefgh", b"abcdefgh\0"),
        (b"\x7f" * 9, b"\xff"),
    ],
)
def test_long_tokens_are_compared_to_their_ends(lesser: bytes, greater: bytes) -> None:
    """Their first eight bytes are looked at together; what decides may stand behind them."""
    counts = {lesser: 50, greater: 40, lesser + b"!": 5, greater + b"!": 5}
    made = merge_words(counts, 40)
    assert _listed(made) == _wanted(counts, 40, TieRule.GREATER_BYTES)
    tokens = [merge.token for merge in made]
    assert tokens.index(greater + b"!") < tokens.index(lesser + b"!")


@pytest.mark.parametrize("size", [2, 3, 4, 5, 63, 64, 65, 1000])
def test_runs_of_one_letter_are_merged_from_the_left(size: int) -> None:
    counts = {b"a" * size: 3, b"b" + b"a" * size + b"c": 2}
    assert _listed(merge_words(counts, 20)) == _wanted(counts, 20, TieRule.GREATER_BYTES)


def test_a_vocabulary_larger_than_possible_ends_when_no_pair_is_left() -> None:
    made = merge_words({b"abcd": 2, b"xy": 1, b"z": 7}, 5000)
    assert [merge.token for merge in made][-1] == b"xy"
    assert len(made) == 4


@pytest.mark.parametrize("counts", [{}, {b"a": 5, b"b": 1}])
def test_words_without_pairs_give_no_merge(counts: dict[bytes, int]) -> None:
    assert merge_words(counts, 10) == []


def test_counts_beyond_32_bits_are_exact() -> None:
    made = merge_words({b"ab": 1 << 40, b"bc": (1 << 40) + 1}, 2)
    assert [(merge.token, merge.count) for merge in made] == [(b"bc", (1 << 40) + 1), (b"ab", 1 << 40)]


def test_special_tokens_take_their_ids_before_the_merges() -> None:
    merger = Merger(as_pretokens({b"abab": 3}), 256 + 3 + 2, 3, TieRule.GREATER_BYTES)
    assert [*merger.run()]
    assert [merge.token_id for merge in merger.new_merges()] == [259, 260]
    assert merger.made == 2


def test_merges_are_given_once_while_they_arrive() -> None:
    numbers = random.Random(7)
    counts = {bytes(numbers.choices(b"abcde", k=8)): numbers.randrange(1, 100) for _ in range(200)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_BUDGET", 300)
        merger = Merger(as_pretokens(counts), 256 + 60, 0, TieRule.GREATER_BYTES)
        batches = [merger.new_merges() for _ in merger.run()]
    given = [merge for batch in batches for merge in batch] + [*merger.new_merges()]
    assert len(batches) > 20
    assert [merge.rank for merge in given] == list(range(1, 61))
    assert merger.new_merges() == ()


def test_room_grows_in_the_middle_of_the_merges() -> None:
    """Many words with many different pairs: tables, heap, pool and the bytes of tokens outgrow what they begin with."""
    numbers = random.Random(8)
    letters = bytes(range(97, 123))
    counts = {
        bytes(numbers.choices(letters, k=numbers.randrange(2, 14))): numbers.randrange(1, 9)
        for _ in range(at_most(1500, 150))
    }
    merges = at_most(120, 40)
    for threshold in (1, 3, 10**9):
        assert _listed(merge_words(counts, merges, TieRule.GREATER_BYTES, threshold)) == _wanted(
            counts, merges, TieRule.GREATER_BYTES
        )


@pytest.mark.parametrize("tie", TieRule)
@pytest.mark.parametrize(
    "path", [resource("sample/moby-dick-and-speeches.txt"), DECLARATION], ids=["sample", "declaration"]
)
def test_merges_of_real_words_equal_those_of_counting_anew(path: Path, tie: TieRule) -> None:
    counts = Counter(path.read_bytes()[: at_most(60_000, 4_000)].split(b" "))
    counts.pop(b"", None)
    merges = at_most(60, 12)
    assert _listed(merge_words(counts, merges, tie)) == _wanted(counts, merges, tie)


def test_long_tokens_outgrow_their_first_room() -> None:
    word = b"ab" * 4000
    made = merge_words({word: 2}, 30)
    assert made[-1].token == word[: len(made[-1].token)]
    assert max(len(merge.token) for merge in made) >= 4096
