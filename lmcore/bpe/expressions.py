"""Does an expression mean the same to Oniguruma, with which Hugging Face `tokenizers` matches, as to `regex` here?

`marks` finds what one of the two refuses or reads in another way, so that a pattern that crosses between a
`tokenizer.json` and this program is either the same one or named as another.
"""

from collections.abc import Iterator
from typing import Final

_ESCAPES: Final = frozenset("hHwWbBXKGkgyYNOzZ")
_GROUPS: Final = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?i)")
_IN_SETS: Final = ("&&", "||", "--", "~~")
_LONG_FOLDS: Final = ("ss", "ff", "fi", "fl", "st")  # one character of several letters: ß, ﬀ, ﬁ, ﬂ, ﬆ


def differing_mark(expression: str) -> str:
    """The first part of an expression that the two read otherwise, or "".

    To Oniguruma `^` and `$` are the ends of lines, `\\h` a hexadecimal digit, `\\w` another set of characters, `ss`
    without regard to case also ß; names, flags, counts that give nothing back and sets within sets are written in
    other ways. Characters in sets stand for themselves.
    """
    return next(marks(expression), "")


def marks(expression: str) -> Iterator[str]:
    """All such parts, in order."""
    position, folds = 0, "(?i" in expression
    while position < len(expression):
        length = 1
        if expression[position] == "\\":
            length = _escape_length(expression, position)
            yield from _escape(expression, position)
        elif expression[position] == "[":
            length = _set_length(expression, position)
            yield from _set(expression[position + 1 : position + length - 1])
        else:
            yield from _plain(expression, position)
            if folds and expression[position : position + 2].lower() in _LONG_FOLDS:
                yield expression[position : position + 2]
        position += length


def _plain(expression: str, position: int) -> Iterator[str]:
    if expression[position] in "^$":
        yield expression[position]
    elif expression.startswith("(?", position) and not expression.startswith(_GROUPS, position):
        yield expression[position : position + 4]
    elif expression.startswith("}+", position):
        yield "}+"


def _escape(text: str, position: int) -> Iterator[str]:
    following = text[position + 1 : position + 2]
    if following in _ESCAPES:
        yield text[position : position + 2]
    elif following in ("p", "P") and not _is_shared(_property(text, position)):
        yield f"\\{following}{{{_property(text, position)}}}"


def _escape_length(text: str, position: int) -> int:
    """How long the escape is that begins at `position`, with the name of a property."""
    name = _property(text, position) if text[position + 1 : position + 2] in ("p", "P") else ""
    return len(name) + 4 if name else 2


def _property(text: str, position: int) -> str:
    """The name in `\\p{name}`."""
    start, end = text.find("{", position), text.find("}", position)
    return text[start + 1 : end] if start == position + 2 and end > start else ""


def _is_shared(name: str) -> bool:
    """Whether both know a property by that name: the general categories and the names of scripts."""
    import regex

    bare = name.removeprefix("^")
    if bare in ("L", "M", "N", "P", "S", "Z", "C") or len(bare) == 2 and bare[1:].islower():
        return True
    try:
        regex.compile(rf"\p{{Script={bare}}}")
    except regex.error:
        return False
    return bare.isalpha()


def _set_length(expression: str, position: int) -> int:
    """How long the set of characters is that begins at `position`, both brackets counted."""
    end = position + 1
    if expression.startswith("^", end):
        end += 1
    if expression.startswith("]", end):
        end += 1
    while end < len(expression) and expression[end] != "]":
        end += 2 if expression[end] == "\\" else 1
    return end + 1 - position


def _set(inside: str) -> Iterator[str]:
    """What is read otherwise within a set: sets in it, operations on sets, some escapes."""
    position = 0
    while position < len(inside):
        pair = inside[position : position + 2]
        if inside[position] == "\\":
            yield from _escape(inside, position)
            position += _escape_length(inside, position)
            continue
        if inside[position] == "[" or pair in _IN_SETS:
            yield pair
        position += 1
