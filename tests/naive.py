"""What should the kernels do? The same, as plainly as Python can say it: the twins that tests compare with."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import regex

Pair = tuple[bytes, bytes]


def split_specials(data: bytes, special_tokens: Sequence[str]) -> list[bytes]:
    """The texts between special tokens; of several at one place the longest counts."""
    if not special_tokens:
        return [data]
    longest_first = sorted((token.encode() for token in special_tokens), key=len, reverse=True)
    return regex.split(b"|".join(map(regex.escape, longest_first)), data)


def pretokens(data: bytes, pattern: str, special_tokens: Sequence[str] = ()) -> list[bytes]:
    """Every pre-token of the text, in order; bytes that are not UTF-8 are kept."""
    return [
        match.group().encode("utf-8", "surrogateescape")
        for part in split_specials(data, special_tokens)
        for match in regex.finditer(pattern, part.decode("utf-8", "surrogateescape"))
    ]


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
            for pair in zip(pieces, pieces[1:], strict=False):
                counts[pair] += words[word]
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], tie(pair, ids)))
        made.setdefault(best, counts[best])
        ids.setdefault(best[0] + best[1], len(ids))
        cut = {word: merge_word(pieces, best) for word, pieces in cut.items()}
    return list(made.items())
