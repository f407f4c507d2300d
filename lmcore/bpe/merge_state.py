"""What does the merge loop work on? The arrays that its kernels share, and how words lie in them.

Words (the different pre-tokens of two bytes and more, the most frequent first) lie one after another in `cells`, two
numbers a byte: a symbol, and how often the word occurs (or, where that is beyond 31 bits, minus one minus its place in
`weights`). Between words stands a separator. The symbol is

- at a token's first byte: its id;
- at its last byte, if it has more than one: minus its length, so that a neighbour to the right finds its start;
- at bytes between: `INTERIOR`.

A merge therefore rewrites four numbers that lie close together, and neither reads nor moves the rest of the word,
however long that is.

Only pairs that count at least `threshold` are kept ("live"), with the places where they occur: a count never rises
after the merge that made the pair, so others cannot be chosen before the threshold is lowered and pairs are counted
anew. Few pairs are live at a time, and their table stays in the processor's cache.

Every merge makes a token that was not there before: inside of a stretch of text merges go as they do for the stretch
alone unless one reaches across its border, so the same bytes always become a token in the same merge.
"""

from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.machine import Bytes, Ids, Ints, Words

SEPARATOR: Final = -(1 << 30)
INTERIOR: Final = -(1 << 30) - 1

# Places in `state`.
TOKENS: Final = 0  # token ids given so far: bytes, special tokens, merges
TOKEN_BYTES: Final = 1  # bytes used in `token_blob`
MERGES: Final = 2
PAIRS: Final = 3
HEAP: Final = 4
POOL: Final = 5
CORPUS_TOKENS: Final = 6  # tokens that the corpus has now
CURRENT: Final = 7  # the pair being merged, or -1
CURSOR: Final = 8  # how many of its places are done
NEW_TOKEN: Final = 9  # the id that it becomes
LEFT_FOUND: Final = 10  # places recorded of pairs that end in the new token
RIGHT_FOUND: Final = 11  # places recorded of pairs that begin with it
LEFT_TOUCHED: Final = 12
RIGHT_TOUCHED: Final = 13
STATE_SIZE: Final = 14

# Why the merge loop came back.
BUDGET_SPENT: Final = 0
ENOUGH: Final = 1  # the vocabulary is full
RECOUNT: Final = 2  # no live pair is left above the threshold
MORE_PAIRS: Final = 3
MORE_POOL: Final = 4
MORE_PLACES: Final = 5
MORE_BYTES: Final = 6

GREATER_BYTES: Final = 0
LOWEST_IDS: Final = 1

FREE: Final = np.uint64(0xFFFFFFFFFFFFFFFF)  # no pair: the key of a free row


class Corpus(NamedTuple):
    """The words, laid out."""

    cells: Ids  # (2 * bytes + separators,), see above
    weights: Ints  # how often the words occur that occur too often for a cell


class Tokens(NamedTuple):
    """The vocabulary; ids are places."""

    blob: Bytes
    offsets: Ints  # (vocab_size + 1,)
    prefixes: Words  # the first eight bytes of each, big-endian: comparing them compares the bytes
    order: Ints  # what "lowest ids first" goes by


class Pairs(NamedTuple):
    """The live pairs."""

    left: Ids
    right: Ids
    counts: Ints
    starts: Ints  # their places are pool[start : start + size]
    sizes: Ints
    rows: Words  # hash table of 2-word rows: pair -> number
    heap_counts: Ints  # at least the pair's count
    heap_pairs: Ids


class Side(NamedTuple):
    """What one merge finds on one side of the new token, by the neighbouring token."""

    weights: Ints  # (vocab_size,): counts of the pairs of the two
    sizes: Ints  # how many places they have
    touched: Ids  # the neighbours that are not zero
    places: Ids  # rows of (place, neighbour)


class Scratch(NamedTuple):
    """What one merge finds: pairs that end in the new token, and pairs that begin with it."""

    left: Side
    right: Side


class Record(NamedTuple):
    """The merges made, in order."""

    left: Ids
    right: Ids
    counts: Ints
    corpus_tokens: Ints  # after the merge
