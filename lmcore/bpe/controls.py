"""How many characters of a text can nobody see, being controls? Counted over megabytes in a few milliseconds."""

from lmcore.bpe.machine import Bytes, kernel, signed


@kernel
def control_characters(data: Bytes) -> int:
    """The controls of a text in UTF-8, U+0000 to U+001F and U+007F to U+009F, but for tab and line end."""
    found, before = 0, 0
    for i in range(len(data)):
        byte = signed(data[i])
        small = byte < 0x20 and byte != 0x09 and byte != 0x0A
        if small or byte == 0x7F or (before == 0xC2 and byte < 0xA0):
            found += 1
        before = byte
    return found
