"""How much of a text fits into so many pixels? Found by halves, since each part that is measured has to be shaped."""

from app.widgets.glyphs import GlyphCache


def fitting(cache: GlyphCache, text: str, room: float) -> int:
    """How many characters of a text fit from its beginning; a text never becomes narrower by another character."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cache.width(text[:middle]) <= room else (low, middle - 1)
    return low
