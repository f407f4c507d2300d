"""Which expressions cut text into pre-tokens? The published ones by name, most with a fast scanner, and any other.

A custom expression is matched by the `regex` package. What it leaves between its matches becomes a pre-token too, as
with `Split(..., "isolated")` of Hugging Face `tokenizers`: no byte of the text is lost. Several expressions in a row
cut one inside the other's pieces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lmcore.bpe import choices
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.expressions import differing_mark
from lmcore.errors import UsageError

if TYPE_CHECKING:
    import regex

    Compiled = tuple[regex.Pattern[str], ...]

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
"""The patterns with a scanner."""

_DEEPSEEK_WORDS: Final = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"""
    r" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SEQUENCES: Final = {
    "deepseek": (r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", _DEEPSEEK_WORDS),
}
"""Published patterns of several expressions, each applied inside the pieces of those before it."""

MOST: Final = 16  # expressions in a row
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
    """A pre-token pattern. `kind` is the scanner's number, or `CUSTOM`; `name` is the expression itself if custom.

    The expressions of `inner` cut the pieces that `expression` leaves, one after the other.
    """

    name: str
    expression: str
    kind: int
    inner: tuple[str, ...] = ()

    @property
    def expressions(self) -> tuple[str, ...]:
        """All expressions, the outermost first."""
        return (self.expression, *self.inner)

    def compile(self) -> "Compiled":
        """The expressions for the `regex` package, as `pieces` takes them."""
        import regex

        return tuple(regex.compile(expression) for expression in self.expressions)


def published_patterns() -> tuple[str, ...]:
    """The names of the patterns that tokenizers were published with."""
    return tuple(name for name in (*EXPRESSIONS, *SEQUENCES) if name != "whitespace")


def find_pattern(pattern: "str | Sequence[str] | Pattern") -> Pattern:
    """The pattern of that name, or the expression (or several in a row) as a custom pattern.

    An invalid one is refused with its place.
    """
    if isinstance(pattern, Pattern):
        return pattern
    if isinstance(pattern, str) and pattern in EXPRESSIONS:
        return Pattern(pattern, EXPRESSIONS[pattern], _KINDS[pattern])
    if isinstance(pattern, str) and pattern in SEQUENCES:
        return _sequence(pattern, SEQUENCES[pattern])
    expressions = (pattern,) if isinstance(pattern, str) else tuple(pattern)
    for expression in expressions:
        _check(expression)
    if not 1 <= len(expressions) <= MOST:
        raise UsageError(f"A pre-token pattern has 1 to {MOST} expressions in a row, not {len(expressions)}.")
    known = next((name for name, sequence in SEQUENCES.items() if sequence == expressions), None)
    return _sequence(known or " → ".join(expressions), expressions)


def _sequence(name: str, expressions: Sequence[str]) -> Pattern:
    return Pattern(name, expressions[0], CUSTOM, tuple(expressions[1:]))


def _check(expression: str) -> None:
    import regex

    try:
        compiled = regex.compile(expression)
    except (regex.error, OverflowError, RecursionError) as error:
        names = ", ".join((*EXPRESSIONS, *SEQUENCES))
        raise UsageError(
            f"The pre-token pattern {expression!r} is neither a name ({names}) nor a valid expression: {error}."
        ) from error
    if not expression or compiled.fullmatch(""):
        raise UsageError("The pre-token pattern matches the empty text; make it match at least one character.")


def reads_otherwise(pattern: Pattern) -> str:
    """What in a custom pattern Hugging Face `tokenizers` (Oniguruma) refuses or means otherwise, or ""."""
    if pattern.kind != CUSTOM or pattern.name in SEQUENCES:
        return ""
    return next(filter(None, map(differing_mark, pattern.expressions)), "")


def pieces(compiled: "Compiled", text: str, timeout: float | None = None) -> Iterator[str]:
    """The matches and what lies between them, in order; joined they are the text.

    Raises `TimeoutError` where an expression tries so many ways that it takes unduly long.
    """
    limit = timeout if timeout is not None else SECONDS + len(text) / CHARACTERS_A_SECOND
    found = _isolate(compiled[0], text, limit)
    for expression in compiled[1:]:
        found = _isolate_each(expression, found, limit)
    return found


def _isolate_each(expression: "regex.Pattern[str]", parts: Iterator[str], limit: float) -> Iterator[str]:
    for part in parts:
        yield from _isolate(expression, part, limit)


def _isolate(expression: "regex.Pattern[str]", text: str, limit: float) -> Iterator[str]:
    reached = 0
    for match in expression.finditer(text, timeout=limit):
        start, end = match.span()
        if start > reached:
            yield text[reached:start]
        if end > start:
            yield text[start:end]
        reached = end
    if reached < len(text):
        yield text[reached:]
