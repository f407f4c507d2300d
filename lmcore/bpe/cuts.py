"""How is a text cut into pre-tokens fast? 64 bytes at a time as bit masks, one bit a byte.

`cut_masks` tells the classes of 64 bytes; a module for each family of patterns turns them into pre-token starts.
What masks cannot say, and the last bytes of a buffer, is left to `scanner.next_end`, which is exact everywhere.

A pre-token start needs nothing of what stood before it, so each call begins afresh at one.
"""

from typing import Final

from lmcore.bpe.choices import CL100K, GPT2, O200K, QWEN, WHITESPACE
from lmcore.bpe.cut_masks import BLOCK
from lmcore.bpe.cuts_cl100k import mark_cl100k
from lmcore.bpe.cuts_gpt2 import mark_gpt2
from lmcore.bpe.cuts_o200k import mark_o200k
from lmcore.bpe.cuts_whitespace import mark_whitespace
from lmcore.bpe.machine import Bytes, Ints, Words, kernel
from lmcore.bpe.scanner import next_end

BATCH: Final = 4096  # bytes cut in one call
CAPACITY: Final = 2 * BATCH  # boundaries that one call can give


@kernel
def mark(kind: int, data: Bytes, size: int, position: int, limit: int, classes: Bytes, starts: Ints) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends before a block that needs `next_end`, after `BATCH` bytes, or past `limit`. The last start's pre-token may
    reach on.
    """
    stop = min(limit, position + BATCH)
    if kind == GPT2:
        return mark_gpt2(data, size, position, limit, stop, classes, starts)
    if kind == O200K:
        return mark_o200k(data, size, position, limit, stop, classes, starts)
    if kind == WHITESPACE:
        return mark_whitespace(data, size, position, limit, stop, classes, starts)
    return mark_cl100k(data, size, position, limit, stop, classes, starts, kind != QWEN, kind == CL100K)


@kernel
def cut(
    kind: int, data: Bytes, size: int, position: int, limit: int, classes: Bytes, starts: Ints, masks: Words
) -> int:
    """Writes boundaries of consecutive pre-tokens to `starts`; how many (at least two, since `position < limit`).

    The first boundary is `position`, the last is where to go on: `limit` at the end of the text. `data` has
    `size` bytes, `starts` holds `CAPACITY` numbers; `masks` is not used.
    """
    starts[0] = position
    marked, block = mark(kind, data, size, position, limit, classes, starts)
    if block >= limit:
        starts[marked] = limit
        return marked + 1
    if marked > 1 and block >= position + BATCH:
        return marked
    count = max(marked, 1)
    end, goal = starts[count - 1], block + BLOCK
    while end < limit and (end < goal or count < 2) and count < CAPACITY:
        end = next_end(kind, data, end, limit, classes)
        starts[count] = end
        count += 1
    return count
