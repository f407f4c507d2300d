"""How are the bytes of a token written as text? In the alphabet of GPT-2, in which each byte is a printable character.

spell(b" the\\n") -> "ĠtheĊ"
"""

import functools
from collections.abc import Mapping
from typing import Final

from lmcore.errors import TokenizerError

_PRINTABLE: Final = frozenset((*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)))


@functools.cache
def alphabet() -> tuple[str, ...]:
    """The character that stands for each byte: itself where that is printable, else the next one from U+0100 on."""
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte) if byte in _PRINTABLE else chr(next(others)) for byte in range(256))


def spell(token: bytes) -> str:
    """A token in GPT-2's alphabet. b" the" -> "Ġthe" """
    return token.decode("latin-1").translate(_characters())


def unspell(spelled: str) -> bytes:
    """The bytes of a token spelled in GPT-2's alphabet. Raises `TokenizerError` for any other character."""
    foreign = not_in_alphabet(spelled)
    if foreign:
        raise TokenizerError(
            f"The token {spelled!r} has a character that stands for no byte ({foreign!r}): not a byte-level vocabulary."
        )
    return spelled.translate(_bytes()).encode("latin-1")


def not_in_alphabet(spelled: str) -> str:
    """The first character that stands for no byte, or ""."""
    table = _bytes()
    return next((character for character in spelled if ord(character) not in table), "")


@functools.cache
def _characters() -> Mapping[int, str]:
    return dict(enumerate(alphabet()))


@functools.cache
def _bytes() -> Mapping[int, int]:
    return {ord(character): byte for byte, character in enumerate(alphabet())}
