"""What should the kernels do? The same, as plainly as Python can say it: the twins that tests compare with."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import regex

Pair = tuple[bytes, bytes]


def split_specials(data: bytes, special_tokens: Sequence[str]) -> list[bytes]:
    """The texts between special tokens; of several at one place the longest counts."""
    if not special_tokens:
        return [data]
    longest_first = sorted((token.encode() for token in special_tokens), key=len, reverse=True)
    parts: list[bytes] = regex.split(b"|".join(map(regex.escape, longest_first)), data)
    return parts


def cut_text(text: str, pattern: str) -> list[str]:
    """The matches and what lies between them, as "isolated" splitting keeps it. "a-b" cut by "[a-z]" -> a, -, b"""
    cuts = {0, len(text)}
    for match in regex.finditer(pattern, text):
        cuts |= {match.start(), match.end()}
    places = sorted(cuts)
    return [text[start:end] for start, end in pairwise(places)]


def pretokens(data: bytes, pattern: str, special_tokens: Sequence[str] = ()) -> list[bytes]:
    """Every pre-token of the text, in order; bytes that are not UTF-8 are kept."""
    return [
        piece.encode("utf-8", "surrogateescape")
        for part in split_specials(data, special_tokens)
        for piece in cut_text(part.decode("utf-8", "surrogateescape"), pattern)
    ]


def invalid_bytes(data: bytes) -> list[int]:
    """The places of all bytes that belong to no UTF-8 character."""
    text = data.decode("utf-8", "surrogateescape")
    places, place = [], 0
    for character in text:
        if 0xDC80 <= ord(character) < 0xDD00:
            places.append(place)
        place += len(character.encode("utf-8", "surrogateescape"))
    return places


def merge_word(word: list[bytes], pair: Pair) -> list[bytes]:
    """Joins every occurrence of the pair, from the left. [a, b, a, b] with (a, b) -> [ab, ab]"""
    joined: list[bytes] = []
    place = 0
    while place < len(word):
        if tuple(word[place : place + 2]) == pair:
            joined.append(pair[0] + pair[1])
            place += 2
        else:
            joined.append(word[place])
            place += 1
    return joined


def greater_bytes(pair: Pair, ids: Mapping[bytes, int]) -> tuple[object, ...]:
    """The course's tie rule as a sort key: the greatest is merged."""
    return pair


def lowest_ids(pair: Pair, ids: Mapping[bytes, int]) -> tuple[object, ...]:
    """The tie rule of Hugging Face `tokenizers` as a sort key."""
    return -ids[pair[0]], -ids[pair[1]]


def train(
    words: Mapping[bytes, int],
    merges: int,
    tie: Callable[[Pair, Mapping[bytes, int]], tuple[object, ...]] = greater_bytes,
    byte_ids: Sequence[int] = range(256),
) -> list[tuple[Pair, int]]:
    """Up to so many new tokens: each merge with its pair's count, counted anew in each round."""
    ids = {bytes([byte]): byte_ids[byte] for byte in range(256)}
    cut = {word: [bytes([byte]) for byte in word] for word in words}
    made: dict[Pair, int] = {}
    while len(ids) < 256 + merges:
        counts: Counter[Pair] = Counter()
        for word, pieces in cut.items():
            for pair in pairwise(pieces):
                counts[pair] += words[word]
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], tie(pair, ids)))
        made.setdefault(best, counts[best])
        ids.setdefault(best[0] + best[1], len(ids))
        cut = {word: merge_word(pieces, best) for word, pieces in cut.items()}
    return list(made.items())


def encode(word: bytes, merges: Sequence[Pair]) -> list[bytes]:
    """The tokens of one pre-token: every merge, in order, wherever its pair stands."""
    pieces = [bytes([byte]) for byte in word]
    for pair in merges:
        pieces = merge_word(pieces, pair)
    return pieces


def encode_lowest(word: bytes, merges: Sequence[Pair]) -> list[bytes]:
    """The tokens of one pre-token: of all pairs in it the earliest merge, the leftmost of several, until none is left.

    Where each merge only needs what earlier ones made, that is the same as `encode`.
    """
    ranks: dict[Pair, int] = {}
    for rank, pair in enumerate(merges):
        ranks.setdefault(pair, rank)
    pieces = [bytes([byte]) for byte in word]
    while found := [(ranks[pair], place) for place, pair in enumerate(pairwise(pieces)) if pair in ranks]:
        place = min(found)[1]
        pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
    return pieces
