"""Does a text, scrubbed through its merges, look after each step as the vocabulary of those merges cuts it?"""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from lmcore.bpe.edits import Edit
from lmcore.bpe.live_text import LiveText
from lmcore.bpe.text_steps import TextSteps, follow_text
from lmcore.bpe.tokenizer import Tokenizer
from tests.core.engine import at_most, finish
from tests.core.live import CUSTOM, as_bytes, edits, make_tokenizer, pieces, texts, view_of


def steps_of(tokenizer: Tokenizer, data: bytes, specials: bool = True) -> TextSteps:
    live = LiveText(tokenizer, view_of(tokenizer).lengths)
    return finish(follow_text(live.encoder, as_bytes(data), specials))[1]


def places(size: int, most: int) -> Sequence[int]:
    """Some numbers of steps, the first and the last among them."""
    return sorted({0, size, *range(0, size, max(1, size // most))})


@settings(max_examples=at_most(100, 20))
@given(data=texts)
def test_each_step_is_the_vocabulary_of_its_merges(data: bytes) -> None:
    tokenizer = make_tokenizer("gpt2")
    steps = steps_of(tokenizer, data)
    for step in places(len(steps), 6):
        merges = int(steps.ranks[step - 1]) + 1 if step else 0
        cut = steps.cut(step)
        assert cut.ids.tolist() == tokenizer.prefix(merges).encode_bytes(data)
        assert b"".join(pieces(cut, data)) == data
        assert [tokenizer.vocab[one] for one in cut.ids.tolist()] == pieces(cut, data)


@settings(max_examples=at_most(100, 20))
@given(data=texts)
def test_each_step_joins_its_pair_where_it_says(data: bytes) -> None:
    tokenizer = make_tokenizer("gpt2")
    steps = steps_of(tokenizer, data)
    for step in places(len(steps), 4)[1:]:
        before, after = len(steps.cut(step - 1)), len(steps.cut(step))
        assert before - after == steps.times(step) > 0


@pytest.mark.parametrize("pattern", ["gpt2", "o200k", CUSTOM])
def test_the_merges_are_those_that_explain_tells(pattern: str) -> None:
    tokenizer = make_tokenizer(pattern)
    text = "It's the best of times, the worst of times: 1234, où 人类. "
    ranks = {join.rank for word in tokenizer.explain(text) for join in word.joins}
    assert steps_of(tokenizer, text.encode()).ranks.tolist() == sorted(ranks)


def test_long_words_are_followed_to_their_end() -> None:
    tokenizer = make_tokenizer("gpt2")
    data = b"see " + b"the" * at_most(1500, 800) + b", " + b"o" * 100
    steps = steps_of(tokenizer, data)
    assert steps.cut(len(steps)).ids.tolist() == tokenizer.encode_bytes(data)


def test_special_tokens_are_there_from_the_beginning() -> None:
    tokenizer = make_tokenizer("gpt2")
    data = b"aq<|endoftext|>the"
    assert pieces(steps_of(tokenizer, data).cut(0), data) == [b"a", b"q", b"<|endoftext|>", b"t", b"h", b"e"]
    assert steps_of(tokenizer, data).cut(0).ids.tolist()[1] == tokenizer.special_ids["q"]
    assert len(steps_of(tokenizer, data, specials=False).cut(0)) == len(data)


def test_words_that_are_looked_up_are_never_merged() -> None:
    vocab = {**{byte: bytes([byte]) for byte in range(256)}, 256: b"he", 257: b"the", 258: b"th"}
    merges = [(b"h", b"e"), (b"t", b"he")]
    tokenizer = Tokenizer(vocab, merges, [], ignore_merges=True)
    data = b"the th hehe"
    steps = steps_of(tokenizer, data)
    assert pieces(steps.cut(0), data) == [b"the", b" ", b"t", b"h", b" ", b"h", b"e", b"h", b"e"]
    assert pieces(steps.cut(1), data) == [b"the", b" ", b"t", b"h", b" ", b"he", b"he"]
    assert len(steps) == 1


def test_a_merge_of_lower_rank_that_comes_later_counts_with_the_one_before() -> None:
    vocab = {**{byte: bytes([byte]) for byte in range(256)}, 256: b"ab", 257: b"abc", 258: b"cd"}
    tokenizer = Tokenizer(vocab, [(b"ab", b"c"), (b"a", b"b"), (b"c", b"d")], [])
    steps = steps_of(tokenizer, b"abc cd")
    assert steps.ranks.tolist() == [1, 2]
    assert [pieces(steps.cut(step), b"abc cd") for step in range(3)] == [
        [b"a", b"b", b"c", b" ", b"c", b"d"],
        [b"abc", b" ", b"c", b"d"],
        [b"abc", b" ", b"cd"],
    ]


def test_nothing_has_no_steps() -> None:
    steps = steps_of(make_tokenizer("gpt2"), b"")
    assert len(steps) == 0
    assert steps.cut(0).starts.tolist() == [0]


@settings(max_examples=at_most(60, 10))
@given(changed=edits())
def test_the_last_step_is_the_text_as_it_is_encoded(changed: tuple[bytes, list[Edit]]) -> None:
    for pattern in ("cl100k", "qwen"):
        tokenizer = make_tokenizer(pattern)
        steps = steps_of(tokenizer, changed[0])
        assert steps.cut(len(steps)).ids.tolist() == tokenizer.encode_bytes(changed[0])
