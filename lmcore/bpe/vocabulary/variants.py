"""Which tokens say the same in another way? With and without a space in front, in capitals and in small letters."""

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools


def find_space_pairs(tokens: Sequence[bytes], rows: Mapping[bytes, int], step: int) -> Generator[float, None, Bools]:
    """Tokens that are there both with one space in front and without it; shape (tokens,)."""
    pairs: list[int] = []
    for place in range(0, len(tokens), step):
        for row, token in enumerate(tokens[place : place + step], place):
            if token[:1] == b" " and (other := rows.get(token[1:])) is not None:
                pairs += (row, other)
        yield 0.8
    return _marked(pairs, len(tokens))


def find_case_variants(
    texts: Sequence[str], folded: Sequence[bytes], whole: Bools, step: int
) -> Generator[float, None, Bools]:
    """Tokens of which another one differs by case alone; `whole` are those that are UTF-8. Shape (tokens,)."""
    pairs: list[int] = []
    first: dict[bytes, int] = {}
    for place in range(0, len(texts), step):
        kept = whole[place : place + step].tolist()
        for row, (is_whole, key) in enumerate(zip(kept, folded[place : place + step], strict=True), place):
            if is_whole:
                other = first.setdefault(key, row)
                if other != row and texts[other] != texts[row]:
                    pairs += (row, other)
        yield 0.85
    return _marked(pairs, len(texts))


def _marked(rows: Sequence[int], size: int) -> Bools:
    marked = np.zeros(size, bool)
    marked[rows] = True
    return marked
