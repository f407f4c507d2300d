"""How does the page put it? Sentences made from figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.tables.vocabulary import gain_of, made_at_merge
from lmcore import figures
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary
from lmcore.bpe.vocabulary.difference import Difference, composition
from lmcore.bpe.vocabulary.kinds import KIND_NAMES, Kind
from lmcore.bpe.vocabulary.reach import REACH_WORDS, Reach
from lmcore.text.mojibake import misread

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary.characters import Ints
    from lmcore.bpe.vocabulary.prefixes import Prefixes
    from lmcore.bpe.vocabulary.usage import Usage


def figures_of(known: Vocabulary, row: int, usage: "Usage | None") -> Sequence[str]:
    """The figures of a token: id, uses, length, savings, rank, count at merge, gain and kind."""
    used = None if usage is None else int(usage.counts[row])
    merged = int(known.left[row]) != NONE
    return (
        str(int(known.ids[row])),
        "…" if used is None else _times(used),
        _plural(int(known.lengths[row]), "byte"),
        "–" if not merged else "…" if used is None else _plural(used, "token"),
        figures.count(int(known.ranks[row])) if merged else "–",
        made_at_merge(known, row),
        gain_of(known, row),
        KIND_NAMES[Kind(int(known.kinds[row]))],
    )


def remark(known: Vocabulary, row: int, reach: int | None) -> str:
    """What is odd about a token, or nothing."""
    found = misread(known.texts[row]) if known.mojibake[row] else None
    if found is not None:
        return _was(found.original, len(found.rounds), found.tail)
    if known.special[row]:
        return "A special token: given, not learned, and matched whole before anything else."
    return REACH_WORDS[Reach(reach)] if reach else ""


def _was(original: str, times: int, tail: bool) -> str:
    """What a token was before it was misread."""
    if not original:
        return (
            "Mojibake whose second bytes were lost: text that was misread as Windows-1252 again and again, until only "
            "its first bytes, Ã and Â, were left."
        )
    part = "The end of what" if tail else "What"
    often = "" if times == 1 else f", {times} times over"
    return f"{part} “{original}” becomes when its UTF-8 is read as Windows-1252{often}."


def corpus(usage: "Usage") -> str:
    """What the contexts come from."""
    documents = _plural(usage.documents, "document")
    return f"{documents} of {usage.name}"


def no_context(usage: "Usage", count: int) -> str:
    """Why no line of the corpus is shown."""
    if count:
        return f"It stands {_times(count)} further back than the {figures.size(len(usage.kept))} that are kept at hand."
    return "The corpus never has it."


def opened(name: str, tokens: int, seconds: float, usage: "Usage | None") -> str:
    """For the status bar."""
    words = f"{name} · {figures.count(tokens)} tokens read in {figures.duration(seconds)}"
    return words if usage is None else f"{words}, counted in {figures.size(usage.text_bytes)} of {usage.name}"


def counted(shown: int, total: int, *, so_far: bool = False) -> str:
    """How many rows there are of all, or were found by now."""
    return f"{figures.count(shown)} so far …" if so_far else f"{figures.count(shown)} of {figures.count(total)}"


def share(found: Difference, one: str, other: str) -> str:
    """What part of one vocabulary is in the other too."""
    return f"{figures.decimal(100 * found.share, 1)} % of {one} is also in {other}"


def made_of(known: Vocabulary, rows: "Ints") -> str:
    """What most of some tokens are: "62 % lower-case words, 20 % capitalised words"."""
    if not len(rows):
        return "nothing"
    parts = (f"{figures.decimal(100 * part, 0)} % {name.lower()}" for name, part in composition(known, rows, 2))
    return ", ".join(parts).replace("utf-8", "UTF-8")


def prefixes(found: "Prefixes", name: str) -> str:
    """What the curve of smaller vocabularies says."""
    merges, curve = len(found.tokens) - 1, found.bytes_per_token
    half = merges // 2
    gain = 100 * (curve[-1] / curve[half] - 1) if merges else 0.0
    return (
        f"On {figures.size(found.text_bytes)} of {name}: {figures.decimal(float(curve[-1]), 2)} bytes a token with all "
        f"merges. The second half of them gains {figures.decimal(gain, 1)} %."
    )


def lengths(known: Vocabulary) -> str:
    """What the lengths of the tokens say."""
    learned = known.lengths[~known.special]
    mean, longest = float(learned.mean()), int(learned.max())
    return f"{figures.decimal(mean, 1)} bytes on average; the longest has {figures.count(longest)}."


def _plural(number: int, word: str) -> str:
    return f"{figures.count(number)} {word}{'' if number == 1 else 's'}"


def _times(number: int) -> str:
    return "once" if number == 1 else "never" if number == 0 else f"{figures.count(number)} times"
