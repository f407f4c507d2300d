"""How does a whole text become tokens, merge by merge? Every step of it, each read off at once.

A step is one merge of the vocabulary, done wherever it is done in the text; steps go in the order of the merges. So
the text after n steps is the text cut by those merges, of all that it needs, which were learned first. As in
`sample_text`, cuts are nested: for every boundary between bytes it is enough to know the step at which it vanished,
which token begins before it then, and what that token's id is.

A vocabulary may do a merge of lower rank after one of higher rank within one pre-token, since the lower one had not
been possible before; it counts with the higher one then, so that each step leads to the next.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from lmcore.bpe.characters import class_table
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.cuts import CAPACITY, cut
from lmcore.bpe.encode_worker import merged_long
from lmcore.bpe.id_table import LONGEST
from lmcore.bpe.live_text import Cut
from lmcore.bpe.machine import Bytes, Ids, Ints, Words, kernel, pointer, signed
from lmcore.bpe.merge_ranks import Ranks, Tokens, bare_ranks, whole_token
from lmcore.bpe.word_merging import STEPS, Parts, bare_parts, begin_heap, merge_heap, reset

if TYPE_CHECKING:
    from lmcore.bpe.encoder import Encoder

NEVER: Final = np.iinfo(np.int32).max
_WHOLE: Final = -1  # the rank of what is no merge: special tokens, and words that are looked up
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_PRETOKENS_A_CALL: Final = 4096


class Joins(NamedTuple):
    """What happens to each byte of a text. `ids` is of the byte alone, `made` of the token when its boundary goes."""

    vanished: Ids  # the rank (later the step) of the merge that takes the boundary before the byte away, or `NEVER`
    lefts: Ids  # where the token that this merge makes begins
    made: Tokens
    ids: Tokens

    @classmethod
    def of_bytes(cls, data: Bytes, byte_ids: Tokens) -> "Joins":
        """Before any merge."""
        size = len(data)
        return cls(np.full(size, NEVER, np.int32), np.zeros(size, np.int32), np.zeros(size, np.uint32), byte_ids[data])


@kernel
def replay(position: int, length: int, ranks: Ranks, parts: Parts, joins: Joins) -> None:
    """Enters the merges that `parts.steps` lists of the pre-token at `position`; `parts.nexts` is spoiled by it."""
    ends, highest = parts.nexts, _WHOLE
    for i in range(length):
        ends[i] = i + 1
    for step in range(parts.state[STEPS]):
        rank, place = signed(parts.steps[step] >> _HALF), signed(parts.steps[step] & _LOW)
        highest = max(highest, rank)
        gone = signed(ends[place])
        ends[place] = ends[gone]
        joins.vanished[position + gone] = highest
        joins.lefts[position + gone] = position + place
        joins.made[position + gone] = ranks.ids[ranks.joined[rank]]


@kernel
def keep_whole(position: int, length: int, token_id: int, joins: Joins) -> None:
    """Enters a token that no merge makes: it is there from the beginning."""
    joins.ids[position] = token_id
    for place in range(position + 1, position + length):
        joins.vanished[place] = _WHOLE
        joins.lefts[place] = position
        joins.made[place] = token_id


@kernel
def follow(data: Bytes, bounds: Ints, first: int, ranks: Ranks, parts: Parts, joins: Joins) -> int:
    """Enters the pre-tokens between consecutive boundaries, from number `first` on; the number of one too long."""
    there, own_ranks, own_parts = pointer(data), bare_ranks(ranks), bare_parts(parts)
    for number in range(first, len(bounds) - 1):
        position = bounds[number]
        length = bounds[number + 1] - position
        whole = whole_token(own_ranks, there, position, length)
        if whole >= 0:
            keep_whole(position, length, signed(ranks.ids[whole]), joins)
        elif length > LONGEST:
            return number
        else:
            reset(own_parts.state)
            begin_heap(there, position, length, own_ranks, own_parts, length)
            merge_heap(length, own_ranks, own_parts, 4 * length)
            replay(position, length, ranks, parts, joins)
    return len(bounds) - 1


@kernel
def cut_batch(kind: int, data: Bytes, position: int, limit: int, classes: Bytes, starts: Ints, masks: Words) -> int:
    """`cuts.cut` as the encoder compiles it: with bare pointers."""
    there, known, places, bits = pointer(data), pointer(classes), pointer(starts), pointer(masks)
    return int(cut(kind, there, len(data), position, limit, known, places, bits))


@kernel
def cut_after(step: int, joins: Joins, ids: Tokens, starts: Ints) -> int:
    """Writes the tokens that there are after so many steps; how many. A token only ever grows at its end."""
    count = 0
    for place in range(len(joins.vanished)):
        if joins.vanished[place] > step:
            ids[count] = joins.ids[place]
            starts[count] = place
            count += 1
        elif joins.lefts[place] == starts[count - 1]:
            ids[count - 1] = joins.made[place]
    return count


class TextSteps:
    """The steps of a text. `ranks[n - 1]` is the rank (from 0) of the merge that step n does; shape (steps,)."""

    def __init__(self, joins: Joins) -> None:
        merged = (joins.vanished != NEVER) & (joins.vanished != _WHOLE)
        self.ranks: Ids = np.unique(joins.vanished[merged])
        steps = joins.vanished.copy()
        steps[joins.vanished == _WHOLE] = 0
        steps[merged] = np.searchsorted(self.ranks, joins.vanished[merged]) + 1
        self._joins = joins._replace(vanished=steps)

    def __len__(self) -> int:
        return len(self.ranks)

    def cut(self, step: int) -> Cut:
        """The text after so many steps, 0 to all of them."""
        size = len(self._joins.vanished)
        ids, starts = np.empty(size, np.uint32), np.empty(size + 1, np.int64)
        count = cut_after(step, self._joins, ids, starts)
        starts[count] = size
        return Cut(ids[:count].copy(), starts[: count + 1].copy())

    def times(self, step: int) -> int:
        """At how many places of the text a step joins two tokens, 1 to all steps."""
        return int(np.count_nonzero(self._joins.vanished == step))


def follow_text(encoder: "Encoder", data: Bytes, specials: bool) -> Generator[float, None, TextSteps]:
    """The steps of a text; yields the share of it that is done, every few milliseconds."""
    joins, parts = Joins.of_bytes(data, encoder.ranks.ids[:256]), Parts.room(LONGEST)
    for start, end, token_id in encoder.segments(data, 0, len(data), specials):
        if token_id >= 0:
            keep_whole(start, end - start, token_id, joins)
            continue
        for bounds in _boundaries(encoder, data, start, end):
            number = follow(data, bounds, 0, encoder.ranks, parts, joins)
            while number < len(bounds) - 1:
                _follow_long(encoder, data, int(bounds[number]), int(bounds[number + 1]), joins)
                number = follow(data, bounds, number + 1, encoder.ranks, parts, joins)
            yield int(bounds[-1]) / len(data)
    return TextSteps(joins)


def _boundaries(encoder: "Encoder", data: Bytes, start: int, end: int) -> Iterator[Ints]:
    """The boundaries of the pre-tokens of `data[start:end]`, some thousand bytes at a time; each begins the next."""
    kind = encoder.pattern.kind
    if kind == CUSTOM:
        bounds = np.concatenate([np.array([start]), encoder.ends(data, start, end)])
        for first in range(0, len(bounds) - 1, _PRETOKENS_A_CALL):
            yield bounds[first : first + _PRETOKENS_A_CALL + 1]
        return
    starts, masks = np.empty(CAPACITY, np.int64), np.empty(2, np.uint64)
    while start < end:
        count = cut_batch(kind, data, start, end, class_table(), starts, masks)
        yield starts[:count]
        start = int(starts[count - 1])


def _follow_long(encoder: "Encoder", data: Bytes, start: int, end: int, joins: Joins) -> None:
    parts, _ = merged_long(data, start, end, encoder.ranks)
    replay(start, end - start, encoder.ranks, parts, joins)
