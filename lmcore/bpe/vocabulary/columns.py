"""What is there to know of each token? A `Vocabulary`: one array a column, made once from a tokenizer.

Rows are tokens by rising id, so that a row stays a row whatever is sorted or filtered. 200,000 tokens take about half
a second, in steps of less than 50 ms.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.vocabulary.characters import Bools, Bytes, FlagTable, Ints
from lmcore.bpe.vocabulary.kinds import Kind
from lmcore.bpe.vocabulary.scripts import Codes
from lmcore.bpe.vocabulary.searching import Haystack, Lines, fold
from lmcore.bpe.vocabulary.traits import Traits, find_traits, joined
from lmcore.bpe.vocabulary.variants import find_case_variants, find_space_pairs

if TYPE_CHECKING:
    from lmcore.bpe.merge_ranks import Ranks
    from lmcore.bpe.tokenizer import Tokenizer

NONE: Final = -1
"""In columns of rows, ranks and counts: there is none, or it is not known."""
STEP: Final = 8192  # tokens of a slice of Python's work, some 10 ms
Rows = npt.NDArray[np.int32]
Gains = npt.NDArray[np.float64]


class Making(NamedTuple):
    """What is known of the training, by token: `counts` of the pair when it was merged, and the `gains`.

    A gain is the share of the corpus's tokens that the merge saved: 0.01 is one in a hundred.
    """

    counts: Ints
    gains: Gains


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The columns, each of one entry a token, and what searches need.

    `special` are the tokens that are matched whole before anything is cut: special and added ones.
    `left` and `right` are the rows that the token was first merged from, `ranks` the number of that merge, from 1.
    """

    ids: Ints
    tokens: Sequence[bytes]
    texts: Sequence[str]
    data: Bytes
    offsets: Ints
    lengths: Ints
    characters: Ints
    scripts: Codes
    kinds: Codes
    ranks: Rows
    left: Rows
    right: Rows
    special: Bools
    runs: Bools
    has_letter: Bools
    mojibake: Bools
    space_pairs: Bools
    case_variants: Bools
    raw: Haystack
    folded: Haystack
    lines: Lines
    rows_by_token: Mapping[bytes, int]
    making: Making | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def row_of_id(self, token_id: int) -> int:
        """The row of an id, or -1 for an id that the vocabulary does not have."""
        place = int(np.searchsorted(self.ids, token_id))
        return place if place < len(self.ids) and self.ids[place] == token_id else NONE

    def rows_of_ids(self, ids: npt.NDArray[Any]) -> Ints:
        """The rows of many ids, all of which the vocabulary has."""
        return np.searchsorted(self.ids, ids)


def read_vocabulary(tokenizer: "Tokenizer", making: "MakingOf | None" = None) -> Generator[float, None, Vocabulary]:
    """The columns of a tokenizer; yields the share done. `making` finds what is known of the training, if anything."""
    ids, tokens = _by_id(tokenizer.vocab)
    yield 0.05
    special = np.isin(ids, [*tokenizer.special_ids.values(), *tokenizer.added_ids.values()])
    yield 0.07
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    data = np.frombuffer(b"".join(tokens), np.uint8)
    yield 0.1
    texts = yield from _collected(tokens, _texts, 0.1, 0.2)
    folds = yield from _collected(texts, fold, 0.2, 0.3)
    traits = yield from _all_traits(data, offsets, texts, special)
    rows_by_token = yield from _find_rows(tokens, special)
    ordinary = yield from _ordinary_rows(tokens, rows_by_token)
    ranks, left, right = _parents(tokenizer.encoder.ranks, ids, ordinary)
    yield 0.75
    space_pairs = yield from find_space_pairs(tokens, rows_by_token, STEP)
    case_variants = yield from find_case_variants(texts, folds, traits.kinds != Kind.BROKEN, STEP)
    raw = Haystack(data, offsets)
    yield 0.95
    folded = Haystack.of(folds)
    yield 0.97
    lines = Lines(texts)
    yield 0.98
    made = making(rows_by_token, len(tokens)) if making else None
    return Vocabulary(
        ids=ids,
        tokens=tokens,
        texts=texts,
        data=data,
        offsets=offsets,
        lengths=lengths,
        ranks=ranks,
        left=left,
        right=right,
        special=special,
        space_pairs=space_pairs,
        case_variants=case_variants,
        raw=raw,
        folded=folded,
        lines=lines,
        rows_by_token=rows_by_token,
        making=made,
        **traits._asdict(),
    )


def _by_id(vocab: Mapping[int, bytes]) -> tuple[Ints, list[bytes]]:
    """Ids and tokens by rising id; most vocabularies stand so already, and sorting all pairs would hold up the GUI."""
    ids = np.fromiter(vocab.keys(), np.int64, len(vocab))
    tokens = list(vocab.values())
    if np.all(ids[1:] > ids[:-1]):
        return ids, tokens
    order = np.argsort(ids)
    return ids[order], [tokens[place] for place in order.tolist()]


MakingOf = Callable[[Mapping[bytes, int], int], Making | None]
"""From the rows by token and their number to what is known of the training."""


def _texts(tokens: Sequence[bytes]) -> Iterable[str]:
    return [token.decode("utf-8", "replace") for token in tokens]


def _collected(
    given: Sequence[Any], work: Callable[[Sequence[Any]], Iterable[Any]], start: float, end: float
) -> Generator[float, None, list[Any]]:
    """What `work` makes of all that is given, slice by slice."""
    made: list[Any] = []
    for place in range(0, len(given), STEP):
        made.extend(work(given[place : place + STEP]))
        yield start + (end - start) * len(made) / len(given)
    return made


def _all_traits(data: Bytes, offsets: Ints, texts: Sequence[str], special: Bools) -> Generator[float, None, Traits]:
    table, parts = FlagTable(), []
    for place in range(0, len(texts), STEP):
        bounds = offsets[place : place + STEP + 1]
        chosen = slice(place, place + STEP)
        parts.append(find_traits(data, bounds, texts[chosen], special[chosen], table))
        yield 0.3 + 0.25 * place / len(texts)
    return joined(parts)


def _find_rows(tokens: Sequence[bytes], special: Bools) -> Generator[float, None, dict[bytes, int]]:
    """The row of each token; of equal bytes the first ordinary token, which is what merges make."""
    rows: dict[bytes, int] = {}
    is_special = special.tolist()
    for place in range(0, len(tokens), STEP):
        for row, token in enumerate(tokens[place : place + STEP], place):
            known = rows.setdefault(token, row)
            if known != row and is_special[known]:
                rows[token] = row
        yield 0.55
    return rows


def _parents(ranks: "Ranks", ids: Ints, ordinary: Ints | None) -> tuple[Rows, Rows, Rows]:
    """Rank, left and right by row, from the first merge that makes each token.

    `ordinary` says which row stands for the bytes of each row, where several have the same. Of a smaller vocabulary
    merges may be left whose sides are not: they never come about.
    """
    from lmcore.bpe.merge_ranks import first_merges  # loads numba, which the window's thread must not wait for

    merges, *found = first_merges(ranks)
    places = np.minimum(np.searchsorted(ids, found), len(ids) - 1)  # of product, left and right
    there = np.all(ids[places] == found, axis=0)
    rows, left_rows, right_rows = places[:, there] if ordinary is None else ordinary[places[:, there]]
    by_row, left, right = (np.full(len(ids), NONE, np.int32) for _ in range(3))
    by_row[rows], left[rows], right[rows] = merges[there] + 1, left_rows, right_rows
    return by_row, left, right


def _ordinary_rows(tokens: Sequence[bytes], rows: Mapping[bytes, int]) -> Generator[float, None, Ints | None]:
    """The row that `rows` has for each token's bytes; None where all bytes differ, so that it is each token's own."""
    if len(rows) == len(tokens):
        return None
    found = yield from _collected(tokens, lambda part: [rows[token] for token in part], 0.6, 0.7)
    return np.array(found, np.int64)
