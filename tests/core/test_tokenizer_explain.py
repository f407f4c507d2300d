"""Do the explained steps lead from the bytes of each pre-token to its ids, one merge at a time?"""

from itertools import pairwise

from hypothesis import given, settings

from lmcore.bpe.explaining import Join
from lmcore.bpe.tokenizer import Tokenizer
from tests.core.engine import at_most
from tests.core.small_tokenizers import BYTES, made_of, texts, trained


@settings(max_examples=at_most(100, 20))
@given(text=texts)
def test_every_step_is_a_merge_of_two_neighbours(text: str) -> None:
    tokenizer = trained()
    ranks = {pair: rank for rank, pair in enumerate(tokenizer.merges)}
    explained = tokenizer.explain(text)
    assert [token_id for one in explained for token_id in one.ids] == tokenizer.encode(text)
    assert [one.data for one in explained] == tokenizer.pretokens(text.encode())
    place = 0
    for one in explained:
        assert one.start == place
        place += len(one.data)
        assert one.pieces(len(one.joins)) == [tokenizer.vocab[token_id] for token_id in one.ids]
        for number, join in enumerate(one.joins):
            before, after = one.pieces(number), one.pieces(number + 1)
            at = len(before) - len(after) and next(i for i in range(len(after)) if before[i] != after[i])
            assert before[at : at + 2] == [join.left, join.right]
            assert join.start == sum(map(len, before[:at]))
            assert after[at] == tokenizer.vocab[join.id]
            possible = [ranks[pair] for pair in pairwise(before) if pair in ranks]
            assert join.rank == min(possible) == ranks[join.left, join.right]


def test_the_steps_of_a_word() -> None:
    one = made_of([(b"n", b"a"), (b"a", b"na"), (b"b", b"ana")]).explain("banana")[0]
    assert one.joins == (
        Join(0, b"n", b"a", 2, 256),
        Join(0, b"n", b"a", 4, 256),
        Join(1, b"a", b"na", 1, 257),
        Join(2, b"b", b"ana", 0, 258),
    )
    assert one.pieces(0) == [b"b", b"a", b"n", b"a", b"n", b"a"]
    assert one.pieces(2) == [b"b", b"a", b"na", b"na"]
    assert one.ids == (258, 256)


def test_special_and_whole_tokens_have_no_steps() -> None:
    tokenizer = Tokenizer(BYTES | {256: b"abc"}, [], ["<s>"], ignore_merges=True)
    special, whole, merged = tokenizer.explain("<s>abc ab")
    assert (special.split_off, special.ids, special.pieces(0)) == (True, (257,), [b"<s>"])
    assert (whole.whole, whole.ids, whole.pieces(0)) == (True, (256,), [b"abc"])
    assert (merged.whole, merged.start, merged.pieces(0)) == (False, 6, [b" ", b"a", b"b"])
