"""How is text encoded that arrives in chunks? What no later chunk can change is encoded, the rest is held back.

Cuts between chunks never change an id. What is held back reaches from the last place where the text may be divided
(`safe_cuts`), in most languages a few words; a pre-token without end is all kept, since its last letter may change it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

import numpy as np

from lmcore.bpe.encoder import Encoder
from lmcore.bpe.encoding import encode_list
from lmcore.bpe.safe_cuts import last_cut
from lmcore.bpe.texts import to_bytes

_ENOUGH: Final = 1 << 16  # bytes that are encoded together
_REACH: Final = 8  # bytes before a place that its being a cut depends on, special tokens aside


def stream_ids(
    encoder: Encoder, chunks: Iterable[str], specials: bool, normalized: Callable[[bytes, bool], bytes]
) -> Iterator[int]:
    """The ids of all chunks as if they were one text, as they become certain.

    `normalized` may put characters together, as NFC does: none of those that it joins meet where a text is divided.
    """

    def encode(data: bytes) -> list[int]:
        return encode_list(encoder, np.frombuffer(normalized(data, specials), np.uint8), specials, 1)

    reach = _REACH + int(np.diff(encoder.split_off(specials).offsets).max(initial=0))
    parts: list[bytes] = []
    size, searched, goal = 0, 0, _ENOUGH
    for chunk in _whole_characters(chunks):
        parts.append(to_bytes(chunk))
        size += len(parts[-1])
        if size < goal:
            continue
        data = np.frombuffer(b"".join(parts), np.uint8)
        end = last_cut(encoder.pattern.kind, data, max(0, searched - reach), encoder.split_off(specials))
        if end > 0:
            yield from encode(data[:end].tobytes())
        rest = data[max(end, 0) :]
        parts, size, searched = [rest.tobytes()], len(rest), len(rest)
        goal = max(_ENOUGH, 2 * size)  # so that what has no cut is not searched over and over
    yield from encode(b"".join(parts))


def _whole_characters(chunks: Iterable[str]) -> Iterator[str]:
    """The same text; a high surrogate comes together with what follows it."""
    held = ""
    for chunk in chain(chunks, [""]):
        text = held + chunk
        held = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        yield text[: len(text) - len(held)]
    yield held
