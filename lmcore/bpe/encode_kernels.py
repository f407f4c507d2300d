"""How do texts become ids? Special tokens are split off, the rest is cut into pre-tokens, and these are looked up."""

from typing import Final

import numpy as np

from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.cuts import CAPACITY, cut
from lmcore.bpe.id_table import CROWDED, MERGED, IdTable, bare_table, look_up
from lmcore.bpe.machine import Bytes, Ints, Words, inlined, kernel, pointer, signed
from lmcore.bpe.merge_ranks import Ranks, Tokens, bare_ranks
from lmcore.bpe.special_ids import SpecialIds, next_special, special_at
from lmcore.bpe.word_merging import Parts, bare_parts

# Places in the state of an encoding.
TEXT: Final = 0  # the number of the text at hand
POSITION: Final = 1  # where in the data it is
MADE: Final = 2  # ids written
SPECIAL_AT: Final = 3  # the next special token of the text, or its end; -1 where that is not known
LONG_END: Final = 4  # where a pre-token ends that is too long to be merged here
GIVEN: Final = 5  # boundaries used of those that were given
ENCODE_STATE: Final = 6
# What a call ends with.
DONE: Final = 0
AGAIN: Final = 1  # there is more to do
LONG: Final = 2  # the next pre-token is too long: `POSITION` to `LONG_END`

_BYTES_A_CALL: Final = 1 << 22
_MERGED_A_CALL: Final = 1 << 18  # bytes of new pre-tokens; merging takes some 50 ns a byte


@inlined
def take_given(given: Ints, position: int, end: int, starts: Ints, state: Ints, total: int) -> int:
    """Copies boundaries that were found elsewhere, from `position` to `end` at the most; how many."""
    starts[0] = position
    count, used = 1, state[GIVEN]
    while used < total and given[used] <= end and count < CAPACITY:
        starts[count] = given[used]
        count += 1
        used += 1
    state[GIVEN] = used
    return count


@kernel
def encode_texts(
    kind: int,
    data: Bytes,
    bounds: Ints,
    given: Ints,
    classes: Bytes,
    specials: SpecialIds,
    ranks: Ranks,
    table: IdTable,
    parts: Parts,
    starts: Ints,
    masks: Words,
    out: Tokens,
    ends: Ints,
    state: Ints,
) -> int:
    """Goes on encoding texts `data[bounds[i] : bounds[i + 1]]` from where `state` says, for some milliseconds.

    `ends[i]` becomes the number of ids up to the end of text i. Custom patterns (kind `CUSTOM`) have the ends of their
    pre-tokens in `given`. `out` has room for an id a byte and one more. `DONE`, `AGAIN` or `LONG`.
    """
    size = len(data)
    there, known, places, bits, ids = pointer(data), pointer(classes), pointer(starts), pointer(masks), pointer(out)
    own_ranks, own_table, own_parts, found = bare_ranks(ranks), bare_table(table), bare_parts(parts), pointer(given)
    text, position, made = state[TEXT], state[POSITION], state[MADE]
    stop, result = position + _BYTES_A_CALL, DONE
    while text < len(bounds) - 1 and result == DONE:
        limit = bounds[text + 1]
        while position < limit:
            if position >= stop or table.state[CROWDED] or table.state[MERGED] > _MERGED_A_CALL:
                result = AGAIN
                break
            if state[SPECIAL_AT] < position:
                state[SPECIAL_AT] = next_special(there, size, position, limit, specials)
            end = state[SPECIAL_AT]
            if position == end:
                token = special_at(there, position, limit, specials)
                ids[made] = specials.ids[token]
                made += 1
                position += specials.offsets[token + 1] - specials.offsets[token]
                continue
            if kind == CUSTOM:
                count = take_given(found, position, end, places, state, len(given))
            else:
                count = cut(kind, there, size, position, end, known, places, bits)
            done, made = look_up(there, size, places, count, own_ranks, own_table, own_parts, ids, made)
            position = places[done]
            if done < count - 1:
                state[LONG_END] = places[done + 1]
                if kind == CUSTOM:
                    state[GIVEN] -= count - 2 - done
                result = LONG
                break
        if result == DONE:
            ends[text] = made
            text += 1
            state[SPECIAL_AT] = -1
    state[TEXT], state[POSITION], state[MADE] = signed(text), signed(position), signed(made)
    return result


def fresh_state() -> Ints:
    """The state before the first call."""
    state = np.zeros(ENCODE_STATE, np.int64)
    state[SPECIAL_AT] = -1
    return state
