"""Which merges does a list of ranks stand for, and can a list of merges be written as ranks?

`.tiktoken` files number tokens; whatever two neighbours join to a token are joined, the lowest number first. A token
can only come about from the two parts that this rule leaves of its own bytes: its first and last byte are borders that
nothing crosses, so what lies between is merged as if it stood alone. Hence one merge a token says the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.errors import TokenizerError

if TYPE_CHECKING:
    from lmcore.bpe.merge_ranks import Pair

_NEVER: Final = 1 << 62


def last_pair(token: bytes, ranks: Mapping[bytes, int]) -> "Pair | None":
    """The two parts that merging by rank leaves of a token before it is whole, or None where more remain.

    Quadratic in the length of the token, which is short.
    """
    parts = [token[i : i + 1] for i in range(len(token))]
    rank = ranks.get
    joined = [rank(token[i : i + 2], _NEVER) for i in range(len(token) - 1)]
    while len(parts) > 2:
        best = min(joined)
        if best == _NEVER:
            return None
        place = joined.index(best)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
        del joined[place]
        if place < len(joined):
            joined[place] = rank(parts[place] + parts[place + 1], _NEVER)
        if place:
            joined[place - 1] = rank(parts[place - 1] + parts[place], _NEVER)
    return parts[0], parts[1]


def merges_of_ranks(ranks: Mapping[bytes, int]) -> tuple[list["Pair"], list[bytes]]:
    """The merges, the lowest rank first, and the tokens that no merge makes (found only as whole pre-tokens).

    Parts nearly always have lower ranks than the token that they make; where one has not, all tokens are taken apart
    step by step.
    """
    tokens = [token for token in _by_rank(ranks) if len(token) > 1]
    made: dict[bytes, Pair] = {}
    unmade: list[bytes] = []
    for token in tokens:
        pair = _quick_pair(token, ranks, made)
        if pair:
            made[token] = pair
        elif last_pair(token, ranks):
            return _step_by_step(tokens, ranks)
        else:
            unmade.append(token)
    return list(made.values()), unmade


def _by_rank(ranks: Mapping[bytes, int]) -> Iterable[bytes]:
    """The tokens, the lowest rank first; files have them so, and sorting would hold up other threads."""
    numbers = np.fromiter(ranks.values(), np.int64, len(ranks))
    return ranks if np.all(numbers[1:] > numbers[:-1]) else sorted(ranks, key=ranks.__getitem__)


def _step_by_step(tokens: Iterable[bytes], ranks: Mapping[bytes, int]) -> tuple[list["Pair"], list[bytes]]:
    pairs = [(token, last_pair(token, ranks)) for token in tokens]
    return [pair for _, pair in pairs if pair], [token for token, pair in pairs if not pair]


def _quick_pair(token: bytes, ranks: Mapping[bytes, int], made: Mapping[bytes, "Pair"]) -> "Pair | None":
    """The same as `last_pair` where both parts have lower ranks and are in `made`: the halves that stay apart."""
    if len(token) == 2:
        return token[:1], token[1:]
    for place in range(1, len(token)):
        left, right = token[:place], token[place:]
        if (
            (place == 1 or left in made)
            and (right in made or len(right) == 1)
            and _stay_apart(left, right, ranks, made)
        ):
            return left, right
    return None


def _stay_apart(left: bytes, right: bytes, ranks: Mapping[bytes, int], made: Mapping[bytes, "Pair"]) -> bool:
    """Whether merging the bytes of `left` and `right` by rank gives these two before anything joins across.

    Goes back in time along the border: the later made of the two tokens beside it is taken apart, and the pair that
    stood there before must not have been joined earlier than that. Of equal ranks the one further left is first.
    """
    rank = ranks.get
    left_rank = ranks[left] if len(left) > 1 else -1
    right_rank = ranks[right] if len(right) > 1 else -1
    while left_rank >= 0 or right_rank >= 0:
        if left_rank > right_rank:
            limit = left_rank
            left = made[left][1]
            left_rank = ranks[left] if len(left) > 1 else -1
        else:
            limit = right_rank + 1
            right = made[right][0]
            right_rank = ranks[right] if len(right) > 1 else -1
        if rank(left + right, _NEVER) < limit:
            return False
    return True


def check_ranks(ranks: Mapping[bytes, int], merges: Sequence["Pair"], ignore_merges: bool) -> None:
    """Refuses merges that ids as ranks would not repeat.

    Of the merges that ranks stand for, all must be there, in the order of their ids. Others never come about: the
    parts that they join are not those that are left of the token.
    """
    wanted, unmade = merges_of_ranks(ranks)
    if unmade and not ignore_merges:
        raise TokenizerError(
            f"no merge makes the token {_show(unmade[0])} ({len(unmade):,} such), which tiktoken would give to a "
            "pre-token of these bytes; save as tokenizer.json instead."
        )
    needed = set(wanted)
    found = [pair for pair in dict.fromkeys(merges) if pair in needed]
    if len(found) < len(wanted):
        left, right = next(pair for pair in wanted if pair not in set(found))
        raise TokenizerError(
            f"tiktoken would join {_show(left)} and {_show(right)}, which no merge does; save as tokenizer.json."
        )
    _check_order(found, ranks)


def _check_order(merges: Iterable["Pair"], ranks: Mapping[bytes, int]) -> None:
    last = -1
    for left, right in merges:
        rank = ranks[left + right]
        if rank < last:
            raise TokenizerError(
                f"its merges are not in the order of the ids (the one that makes {rank} comes after {last}), and a "
                ".tiktoken has no other order; save as tokenizer.json instead."
            )
        last = rank


def _show(token: bytes) -> str:
    return repr(token.decode(errors="backslashreplace"))
