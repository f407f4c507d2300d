"""What can the user do, and by which words or keys? One list feeds the palette, the shortcuts and the key list."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """Something to do: `title` is what the palette shows, `page` the title of the page it belongs to (or nothing).

    `shortcut` is written as Qt reads it, with "; " between chords that do the same ("Ctrl++; Ctrl+="); the first
    is the one shown. `words` are further words that find it.
    """

    title: str
    run: Callable[[], object] = field(repr=False)
    icon: str = "arrow-right"
    page: str = ""
    shortcut: str = ""
    words: str = ""

    @property
    def keys(self) -> str:
        """The chord that is shown."""
        return self.shortcut.split("; ")[0]


@dataclass(frozen=True)
class Match:
    """How well a command fits a query: greater is better; `places` are the letters of the title that were meant."""

    score: int
    places: tuple[int, ...]


def match(query: str, command: Command) -> Match | None:
    """How `command` fits `query`; None if it does not. Letters may be left out, their order may not change.

    >>> match("long", Command("Show the longest tokens", print)).places
    (9, 10, 11, 12)
    """
    wanted = query.strip().casefold()
    if not wanted:
        return Match(0, ())
    title = command.title.casefold()
    at = _word_start(title, wanted)
    if at >= 0:
        return Match(3000 - at, tuple(range(at, at + len(wanted))))
    at = title.find(wanted)
    if at >= 0:
        return Match(2000 - at, tuple(range(at, at + len(wanted))))
    if all(part in f"{title} {command.words} {command.page}".casefold() for part in wanted.split()):
        return Match(1500, _parts(title, wanted))
    letters = wanted.replace(" ", "")
    return _initials(title, letters) or _scattered(title, letters)


def _word_start(title: str, wanted: str) -> int:
    """Where a word of `title` begins with `wanted`; -1 if none does."""
    return f" {title}".find(f" {wanted}")


def _parts(title: str, wanted: str) -> tuple[int, ...]:
    places: set[int] = set()
    for part in wanted.split():
        at = title.find(part)
        places.update(range(at, at + len(part)) if at >= 0 else ())
    return tuple(sorted(places))


def _initials(title: str, wanted: str) -> Match | None:
    """`wanted` as first letters of neighbouring words: "tl" finds "Show the longest tokens"."""
    starts = [at for at, letter in enumerate(title) if letter != " " and (at == 0 or title[at - 1] == " ")]
    first = "".join(title[at] for at in starts).find(wanted)
    return Match(1200 - first, tuple(starts[first : first + len(wanted)])) if first >= 0 else None


def _scattered(title: str, wanted: str) -> Match | None:
    """Each letter of `wanted` in order with little between; letters spread wider score less."""
    places: list[int] = []
    for letter in wanted:
        at = title.find(letter, places[-1] + 1 if places else 0)
        if at < 0:
            return None
        places.append(at)
    spread = places[-1] - places[0] - len(wanted) + 1
    return Match(1000 - 10 * spread, tuple(places)) if spread <= 2 * len(wanted) else None
