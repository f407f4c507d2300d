"""Which expressions cut text into pre-tokens? The published ones by name, with a fast scanner each, and any other.

A custom expression is matched by the `regex` package. What it leaves between its matches becomes a pre-token too, as
with `Split(..., "isolated")` of Hugging Face `tokenizers`: no byte of the text is lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lmcore.bpe import choices
from lmcore.bpe.choices import CUSTOM
from lmcore.errors import UsageError

if TYPE_CHECKING:
    import regex

_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER: Final = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER: Final = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_LLAMA: Final = (
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

EXPRESSIONS: Final = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|"
    r"\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}?|"
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama3": _LLAMA.replace("DIGITS", "3"),
    "qwen": _LLAMA.replace("{1,DIGITS}", ""),
    "whitespace": r"\S+|\s+",
}
_READ_OTHERWISE: Final = ("(?P<", "(?|", "Script=", "--", "&&", "||", "^", "$", "\\h", "\\X", "++", "*+", "?+")
SECONDS: Final = 2.0  # that a custom expression has for any text ...
CHARACTERS_A_SECOND: Final = 100_000  # ... and for a long one at this pace: a tenth of what is usual
_KINDS: Final = {
    "gpt2": choices.GPT2,
    "cl100k": choices.CL100K,
    "o200k": choices.O200K,
    "llama3": choices.LLAMA3,
    "qwen": choices.QWEN,
    "whitespace": choices.WHITESPACE,
}


@dataclass(frozen=True)
class Pattern:
    """A pre-token pattern. `kind` is the scanner's number, or `CUSTOM`; `name` is the expression itself if custom."""

    name: str
    expression: str
    kind: int

    def compile(self) -> "regex.Pattern[str]":
        """The expression for the `regex` package."""
        import regex

        return regex.compile(self.expression)


def find_pattern(name_or_expression: str) -> Pattern:
    """The pattern of that name, or the expression as a custom pattern; an invalid one is refused with its place."""
    if name_or_expression in EXPRESSIONS:
        return Pattern(name_or_expression, EXPRESSIONS[name_or_expression], _KINDS[name_or_expression])
    import regex

    try:
        compiled = regex.compile(name_or_expression)
    except regex.error as error:
        names = ", ".join(EXPRESSIONS)
        raise UsageError(
            f"The pre-token pattern {name_or_expression!r} is neither a name ({names}) nor a valid expression: {error}."
        ) from error
    if not name_or_expression or compiled.fullmatch(""):
        raise UsageError("The pre-token pattern matches the empty text; make it match at least one character.")
    return Pattern(name_or_expression, name_or_expression, CUSTOM)


def reads_otherwise(pattern: Pattern) -> str:
    """What in a custom expression Hugging Face `tokenizers` (Oniguruma) refuses or means otherwise, or "".

    There `^` and `$` are ends of lines, `\\h` is a hexadecimal digit, and names, sets and branch resets are written
    in other ways. What is found may stand in a set of characters, where it does no harm.
    """
    if pattern.kind != CUSTOM:
        return ""
    return next((mark for mark in _READ_OTHERWISE if mark in pattern.expression), "")


def pieces(compiled: "regex.Pattern[str]", text: str, timeout: float | None = None) -> Iterator[str]:
    """The matches and what lies between them, in order; joined they are the text.

    Raises `TimeoutError` where the expression tries so many ways that it takes unduly long.
    """
    reached = 0
    limit = timeout if timeout is not None else SECONDS + len(text) / CHARACTERS_A_SECOND
    for match in compiled.finditer(text, timeout=limit):
        start, end = match.span()
        if start > reached:
            yield text[reached:start]
        if end > start:
            yield text[start:end]
        reached = end
    if reached < len(text):
        yield text[reached:]
