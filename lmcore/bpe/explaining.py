"""Why is a text cut into these tokens? Every merge of every pre-token, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lmcore.bpe.encode_worker import merged_long
from lmcore.bpe.encoder import Encoder
from lmcore.bpe.machine import Bytes
from lmcore.bpe.merge_ranks import Pair, whole_token
from lmcore.bpe.word_merging import STEPS


@dataclass(frozen=True)
class Join:
    """One merge: `left` and `right`, which stand side by side from byte `start` of the pre-token on, become `id`."""

    rank: int  # place in the list of merges, from 0
    left: bytes
    right: bytes
    start: int
    id: int


@dataclass(frozen=True)
class Explanation:
    """How one pre-token became ids. `start` is its place in the text in bytes.

    `split_off`: a special or added token, which is never merged. `whole`: looked up without merging, as vocabularies
    with `ignore_merges` do.
    """

    start: int
    data: bytes
    ids: tuple[int, ...]
    joins: tuple[Join, ...] = ()
    split_off: bool = False
    whole: bool = False

    def pieces(self, joins: int) -> list[bytes]:
        """What the pre-token is cut into after so many merges: at first single bytes."""
        if self.split_off or self.whole:
            return [self.data]
        inside = {join.start + len(join.left) for join in self.joins[:joins]}
        cuts = [place for place in range(len(self.data)) if place not in inside]
        return [self.data[start:end] for start, end in zip(cuts, [*cuts[1:], len(self.data)], strict=True)]


def explain(encoder: Encoder, merges: Sequence[Pair], data: Bytes, specials: bool) -> Iterator[Explanation]:
    """What happens to each pre-token of a text, in order."""
    known: dict[bytes, Explanation] = {}
    for start, end, token_id in encoder.segments(data, 0, len(data), specials):
        if token_id >= 0:
            yield Explanation(start, data[start:end].tobytes(), (token_id,), split_off=True)
            continue
        place = start
        for stop in encoder.ends(data, start, end).tolist():
            key = data[place:stop].tobytes()
            if key not in known:
                known[key] = _explain_word(encoder, merges, data, place, stop)
            found = known[key]
            yield Explanation(place, key, found.ids, found.joins, whole=found.whole)
            place = stop


def _explain_word(encoder: Encoder, merges: Sequence[Pair], data: Bytes, start: int, end: int) -> Explanation:
    ranks, word = encoder.ranks, data[start:end].tobytes()
    number = whole_token(ranks, data, start, end - start)
    if number >= 0:
        return Explanation(start, word, (int(ranks.ids[number]),), whole=True)
    parts, count = merged_long(data, start, end, ranks)
    joins = []
    for entry in parts.steps[: parts.state[STEPS]].tolist():
        rank, place = entry >> 32, entry & 0xFFFFFFFF
        left, right = merges[rank]
        joins.append(Join(rank, left, right, place, int(ranks.ids[ranks.joined[rank]])))
    return Explanation(start, word, tuple(ranks.ids[parts.numbers[:count]].tolist()), tuple(joins))
