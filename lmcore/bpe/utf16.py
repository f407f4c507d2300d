"""At which byte is this place of a text, counted as Qt counts? UTF-16 units to bytes of UTF-8 and back."""

from typing import Final

import numpy as np

from lmcore.bpe.machine import Bytes, kernel, signed

_BLOCK: Final = 4096


@kernel
def walk(data: Bytes, start: int, units: int) -> tuple[int, int]:
    """The byte that is so many UTF-16 units behind byte `start` (or the end), and the units that were left over."""
    place, size = start, len(data)
    while units > _BLOCK and place + _BLOCK <= size:  # many bytes at a time: none has more than one unit
        for i in range(place, place + _BLOCK):
            byte = signed(data[i])
            units -= int(byte & 0xC0 != 0x80) + int(byte >= 0xF0)
        place += _BLOCK
        while place < size and data[place] & 0xC0 == 0x80:
            place += 1
    while units > 0 and place < size:
        first = signed(data[place])
        if first >= 0xF0:
            units -= 2
            place += 4
        else:
            units -= 1
            place += 1 if first < 0x80 else 2 if first < 0xE0 else 3
    return min(place, size), units


@kernel
def walk_back(data: Bytes, start: int, units: int) -> int:
    """The byte of the character that begins so many UTF-16 units before byte `start`, or in which they end."""
    place = start
    while units > 0 and place > 0:
        place -= 1
        while place > 0 and data[place] & 0xC0 == 0x80:
            place -= 1
        units -= 2 if data[place] >= 0xF0 else 1
    return place if units == 0 else -1


class Places:
    """Finds places of a text in UTF-8 by their UTF-16 offsets; fast where edits follow one another closely."""

    def __init__(self) -> None:
        self._byte = self._unit = 0

    def reset(self) -> None:
        """The text is another."""
        self._byte = self._unit = 0

    def span(self, data: Bytes, unit: int, length: int) -> tuple[int, int] | None:
        """The bytes of `length` units from `unit` on, which are about to be edited: start and end.

        None where one of them is inside a character or behind the text. What stands before the span that was asked
        for last must be as it was.
        """
        back = self._unit - unit
        if back > unit:
            self.reset()
        elif back > 0:
            found = walk_back(data, self._byte, back)
            if found < 0:
                return None
            self._byte, self._unit = int(found), unit
        start, over = walk(data, self._byte, unit - self._unit)
        stop, left = walk(data, start, length)
        if over or left:
            return None
        self._byte, self._unit = start, unit
        return int(start), int(stop)


def units(data: Bytes) -> int:
    """How many UTF-16 units a text in UTF-8 has."""
    return int(np.count_nonzero((data & 0xC0) != 0x80) + np.count_nonzero(data >= 0xF0))
