"""How is a regular expression looked for in all tokens at once? In one text, a token a line.

A token that matches alone also matches in its line, or a match that came from the line before has covered it. Most
expressions can be written so that they never match the end of a line; then no match reaches into another token.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regex import Pattern

_NO_CASE: Final = "(?i)"
_PROPERTY: Final = r"\\p\{(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Latin|Greek|Cyrillic|Han|Arabic|Hebrew)\}"
_ESCAPED: Final = rf"\\[dDsSwW!-/:-@\[-`{{-~]|{_PROPERTY}"
_PART: Final = re.compile(
    rf"""(?P<chosen>\[(?!\^)(?:[^\\\[\]\x00-\x1f]|{_ESCAPED})+\])
        |(?P<others>\[\^(?:[^\\\[\]\x00-\x1f]|{_ESCAPED})+\])
        |(?P<group_end>\))
        |(?P<repeats>(?:[*+]|\{{\d+(?:,\d*)?\}})[+?]?)
        |(?P<may_lack>\?[+?]?)
        |(?P<plain>\((?:\?:)?(?![*?+])|[.^$|]|\\b|{_ESCAPED}|[^\\^$.|?*+()\[\]{{}}\x00-\x1f])""",
    re.VERBOSE,
)
"""What expressions are made of that are understood here; in a line, others may match its end."""
_WITHIN_LINES: Final = {r"\s": r"[^\S\n]", r"\W": r"[^\w\n]", r"\D": r"[^\d\n]"}
_MOST_OPTIONAL: Final = 3


@dataclass(frozen=True)
class LineSearch:
    """An expression for lines, which takes the rest of the line as well, so that there is at most one match a line.

    `apart`: no match reaches over the end of a line. `calm`: none can take long, so that the time need not be watched.
    """

    pattern: "Pattern[str]"
    apart: bool
    calm: bool


def line_search(typed: str) -> LineSearch:
    """The expression for lines. It says nothing of what lies around a match, see `filters`."""
    import regex

    expression = typed.removeprefix(_NO_CASE)
    flags = regex.MULTILINE | (regex.IGNORECASE if typed.startswith(_NO_CASE) else 0)
    parts = _parts(expression)
    written = "".join(parts.written) if parts else expression
    return LineSearch(
        regex.compile(f"(?:{written})[^\n]*+", flags), parts is not None, parts is not None and parts.calm
    )


@dataclass(frozen=True)
class _Parts:
    written: list[str]
    calm: bool


def _parts(expression: str) -> _Parts | None:
    """The parts of an expression, written so that none matches the end of a line; None where that is not sure."""
    written, place, kinds, ended = list[str](), 0, list[str](), False
    calm = True
    while place < len(expression):
        part = _PART.match(expression, place)
        if part is None or (part["chosen"] and re.search(r"\\[sWD]", part[0])):
            return None
        kind = str(part.lastgroup)
        if kind in ("repeats", "may_lack") and ended:
            calm = False  # what is repeated may itself repeat
        ended = kind == "group_end"
        kinds.append(kind)
        written.append(f"[^\n{part[0][2:]}" if kind == "others" else _WITHIN_LINES.get(part[0], part[0]))
        place = part.end()
    calm = calm and kinds.count("repeats") <= 1 and kinds.count("may_lack") <= _MOST_OPTIONAL
    return _Parts(written, calm)
