"""How much room does the merge loop have, and how does it get more? Making and growing the arrays of merge_state."""

from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from lmcore.bpe import merge_state, pair_kernels
from lmcore.bpe.machine import Ids, Ints, Words
from lmcore.bpe.merge_state import FREE, Pairs, Record, Scratch, Side, Tokens
from lmcore.bpe.token_kernels import add_token

_Number = TypeVar("_Number", bound=np.generic)
_FIRST_BLOB: Final = 1 << 12


def power_of_two(least: int) -> int:
    """The smallest power of two that is at least `least`. 5 -> 8"""
    return 1 << max(least - 1, 1).bit_length()


def empty_rows(rows: int) -> Words:
    """A hash table of pairs; `rows` is a power of two."""
    return np.full(2 * rows, FREE, np.uint64)


def hugging_face_order() -> list[int]:
    """For each byte, its place in the order in which Hugging Face `tokenizers` numbers the 256 bytes.

    That is the order of the characters that stand for them in GPT-2's vocabulary: '!' to '~', '¡' to '¬' and '®' to
    'ÿ' stand for themselves, the others for the characters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = sorted(set(range(256)) - set(printable))
    places = {byte: place for place, byte in enumerate([*printable, *others])}
    return [places[byte] for byte in range(256)]


def first_tokens(special_tokens: int, vocab_size: int, state: Ints) -> Tokens:
    """The 256 bytes, ids for special tokens (which no merge can make), and room for `vocab_size` tokens."""
    tokens = Tokens(
        blob=np.zeros(max(_FIRST_BLOB, 8 * vocab_size), np.uint8),
        offsets=np.zeros(vocab_size + 1, np.int64),
        prefixes=np.zeros(vocab_size, np.uint64),
        order=np.arange(vocab_size, dtype=np.int64),
    )
    tokens.blob[:256] = np.arange(256)
    for _ in range(256):
        add_token(tokens, state, 1)
    tokens.order[:256] = hugging_face_order()
    tokens.offsets[257 : 257 + special_tokens] = 256
    state[merge_state.TOKENS] += special_tokens
    return tokens


def first_scratch(vocab_size: int) -> Scratch:
    """What a merge needs, with room for no places yet."""
    return Scratch(_first_side(vocab_size), _first_side(vocab_size))


def _first_side(vocab_size: int) -> Side:
    return Side(
        weights=np.zeros(vocab_size, np.int64),
        sizes=np.zeros(vocab_size, np.int64),
        touched=np.zeros(vocab_size, np.int32),
        places=np.empty(0, np.int32),
    )


def first_record(vocab_size: int) -> Record:
    """Room for as many merges as there can be tokens."""
    return Record(
        left=np.zeros(vocab_size, np.int32),
        right=np.zeros(vocab_size, np.int32),
        counts=np.zeros(vocab_size, np.int64),
        corpus_tokens=np.zeros(vocab_size, np.int64),
    )


def empty_pairs(size: int) -> Pairs:
    """Room for `size` live pairs, a power of two."""
    return Pairs(
        left=np.zeros(size, np.int32),
        right=np.zeros(size, np.int32),
        counts=np.zeros(size, np.int64),
        starts=np.zeros(size, np.int64),
        sizes=np.zeros(size, np.int64),
        rows=empty_rows(2 * size),
        heap_counts=np.zeros(size, np.int64),
        heap_pairs=np.zeros(size, np.int32),
    )


def longer(array: npt.NDArray[_Number], size: int) -> npt.NDArray[_Number]:
    """A copy with zeros behind, `size` long."""
    copy = np.zeros(size, array.dtype)
    copy[: len(array)] = array
    return copy


def more_pairs(pairs: Pairs, needed: int) -> Pairs:
    """The same pairs with room for `needed` of them."""
    size = power_of_two(needed)
    rows = empty_rows(2 * size)
    pair_kernels.move_pairs(pairs.rows, rows)
    return Pairs(
        left=longer(pairs.left, size),
        right=longer(pairs.right, size),
        counts=longer(pairs.counts, size),
        starts=longer(pairs.starts, size),
        sizes=longer(pairs.sizes, size),
        rows=rows,
        heap_counts=longer(pairs.heap_counts, size),
        heap_pairs=longer(pairs.heap_pairs, size),
    )


def more_places(scratch: Scratch, needed: int) -> Scratch:
    """The same with room for `needed` places on either side."""
    return Scratch(*(side._replace(places=np.empty(2 * needed, np.int32)) for side in scratch))


def more_bytes(tokens: Tokens, needed: int) -> Tokens:
    """The same with room for `needed` bytes of tokens."""
    return tokens._replace(blob=longer(tokens.blob, max(2 * len(tokens.blob), needed)))


def more_pool(pairs: Pairs, state: Ints, pool: Ids, needed: int, threshold: int) -> Ids:
    """The places of the pairs that can still be merged, with room for `needed` more and half as many again."""
    alive = int(pairs.sizes[pairs.counts >= threshold].sum())
    fresh = np.empty(alive + needed + (alive + needed) // 2, np.int32)
    pair_kernels.compact_pool(pairs, state, pool, fresh, threshold)
    return fresh
