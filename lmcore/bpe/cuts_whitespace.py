"""How are texts cut for `whitespace`, 64 bytes at a time as bit masks? Only where white space begins or ends."""

from lmcore.bpe.cut_masks import BLOCK, NONE, read_block, shift_in, write_starts
from lmcore.bpe.machine import ONE, Bytes, Ints, kernel


@kernel
def mark_whitespace(
    data: Bytes, size: int, position: int, limit: int, stop: int, classes: Bytes, starts: Ints
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends past `stop`, or before the last bytes of the buffer. The last start's pre-token may reach on.
    """
    count, block, spill = 0, position, 0
    before = NONE
    while block < stop and block + BLOCK <= size:
        masks = read_block(data, block, limit, classes, spill)
        marks = masks.spaces ^ shift_in(masks.spaces, before)
        if block == position:
            marks |= ONE
        count = write_starts(starts, count, block, marks & masks.valid)
        before, spill = masks.spaces, masks.spill
        block += BLOCK
    return count, block
