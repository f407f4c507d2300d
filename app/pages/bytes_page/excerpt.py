"""Which part of a long text stands in the field? The whole of a short one, else some lines around what is selected."""

from typing import Final

from lmcore.text.lanes import Span, lanes

WHOLE: Final = 2048
"""Bytes up to which the field holds all."""
PART: Final = 480


def excerpt(data: bytes, around: int, present: Span) -> Span:
    """The bytes for the field: those it holds, while the place is well inside them; cut where graphemes end."""
    if len(data) <= WHOLE:
        return Span(0, len(data))
    inside = present.start <= around <= present.end <= len(data) and present.end - present.start <= WHOLE
    if inside and present.end - present.start >= PART // 2:
        return present
    start = max(0, min(around - PART // 2, len(data) - PART))
    return Span(_snapped(data, start), _snapped(data, min(start + PART, len(data))))


def _snapped(data: bytes, place: int) -> int:
    """The end of the grapheme that holds a place, unless it is too long."""
    if place in (0, len(data)):
        return place
    cluster = lanes(data, place, place + 1).clusters[0]
    return cluster.start if place - cluster.start < PART // 4 else place
