"""Does the text so far equal the plain algorithm, after every merge and for every earlier number of merges?"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.events import Merge
from lmcore.bpe.sample_text import PieceRef, SampleText

words = st.lists(st.text("ab c", min_size=1, max_size=9).map(str.encode), max_size=8)


def naive_ids(pretokens: Sequence[bytes], merges: Sequence[Merge]) -> list[int]:
    """The ids of the whole text: the merges one after another on every pre-token."""
    ids: list[int] = []
    for pretoken in pretokens:
        word = list(pretoken)
        for merge in merges:
            word = merged(word, merge)
        ids += word
    return ids


def merged(word: list[int], merge: Merge) -> list[int]:
    """One merge applied to one pre-token, from left to right."""
    out: list[int] = []
    place = 0
    while place < len(word):
        found = tuple(word[place : place + 2]) == (merge.left_id, merge.right_id)
        out.append(merge.token_id if found else word[place])
        place += 2 if found else 1
    return out


def trained(pretokens: Sequence[bytes], n_merges: int) -> list[Merge]:
    """Merges of the most frequent pairs of these pre-tokens, found the slow way."""
    vocab = {i: bytes([i]) for i in range(256)}
    merges: list[Merge] = []
    corpus = [list(pretoken) for pretoken in pretokens]
    for rank in range(1, n_merges + 1):
        pairs = Counter(pair for word in corpus for pair in pairwise(word))
        if not pairs:
            break
        (left, right), count = max(pairs.items(), key=lambda item: (item[1], item[0]))
        merge = Merge(rank, left, right, 255 + rank, vocab[left], vocab[right], count, 1.0)
        vocab[merge.token_id] = merge.token
        corpus = [merged(word, merge) for word in corpus]
        merges.append(merge)
    return merges


@given(words, words, st.integers(0, 12))
def test_every_prefix_equals_the_plain_algorithm(corpus: list[bytes], text: list[bytes], n_merges: int) -> None:
    merges = trained(corpus, n_merges)
    sample = SampleText(text)
    for merge in merges:
        sample.extend([merge])
    for n in range(len(merges) + 1):
        pieces = sample.pieces(n)
        assert [piece.token_id for piece in pieces] == naive_ids(text, merges[:n])
        assert b"".join(sample.text[piece.start : piece.end] for piece in pieces) == b"".join(text)


@given(words, st.integers(0, 12), st.integers(0, 12))
def test_batches_do_not_matter(corpus: list[bytes], n_merges: int, cut: int) -> None:
    merges = trained(corpus, n_merges)
    at_once, in_two = SampleText(corpus), SampleText(corpus)
    at_once.extend(merges)
    in_two.extend(merges[:cut])
    in_two.extend(merges[cut:])
    assert at_once.pieces(len(merges)) == in_two.pieces(len(merges))


def test_pieces_say_the_merge_that_made_them() -> None:
    sample = SampleText([b"low", b"low"])
    sample.extend(trained([b"low"], 2))
    assert sample.pieces(0)[0] == PieceRef(0, 1, ord("l"))
    assert sample.pieces(1) == (
        PieceRef(0, 1, ord("l")),
        PieceRef(1, 3, 256, 1),
        PieceRef(3, 4, ord("l")),
        PieceRef(4, 6, 256, 1),
    )
    assert sample.pieces(2) == (PieceRef(0, 3, 257, 2), PieceRef(3, 6, 257, 2))


def test_runs_of_one_byte_join_from_the_left() -> None:
    sample = SampleText([b"aaaaa"])
    sample.extend([Merge(1, 97, 97, 256, b"a", b"a", 4, 1.0)])
    assert [piece[:3] for piece in sample.pieces(1)] == [(0, 2, 256), (2, 4, 256), (4, 5, 97)]


def test_a_special_token_is_one_piece_from_the_start_and_stays_alone() -> None:
    sample = SampleText([b"a", b"<|end|>", b"b<"], {b"<|end|>": 256})
    sample.extend([Merge(1, ord("e"), ord("n"), 257, b"e", b"n", 9, 1.0), Merge(2, 98, 60, 258, b"b", b"<", 1, 1.0)])
    assert sample.pieces(0)[1] == PieceRef(1, 8, 256)
    assert sample.pieces(2) == (PieceRef(0, 1, 97), PieceRef(1, 8, 256), PieceRef(8, 10, 258, 2))


def test_an_id_that_comes_back_can_be_joined_by_a_later_merge() -> None:
    """Two merges may make the same bytes and share an id; the pair that such an id stands in is found again."""
    merges = [
        Merge(1, 97, 98, 256, b"a", b"b", 3, 1.0),
        Merge(2, 256, 99, 257, b"ab", b"c", 2, 1.0),
        Merge(3, 98, 99, 258, b"b", b"c", 2, 1.0),
        Merge(4, 97, 258, 257, b"a", b"bc", 1, 1.0),
        Merge(5, 257, 100, 259, b"abc", b"d", 1, 1.0),
    ]
    sample = SampleText([b"abcd", b"bcd"])
    sample.extend(merges)
    assert [piece.token_id for piece in sample.pieces(5)] == naive_ids([b"abcd", b"bcd"], merges)


def test_an_empty_text_has_no_pieces() -> None:
    assert SampleText([]).pieces(0) == ()
    assert SampleText([b"", b"a", b""]).pieces(0) == (PieceRef(0, 1, 97),)
