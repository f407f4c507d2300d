"""Which runs are meant by what is typed? Words of names, tags and notes, and comparisons such as lr>1e-3.

All that is typed has to fit, divided by blanks. A comparison is a key, one of = != < > <= >=, and a value. A key is
that of a column ("optimizer.learning_rate", "last.loss"), what stands behind its last dot ("d_model"), or one of
`SHORT`. Numbers are compared as numbers, all else as text without regard to case. What names no key is a word.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from app.tables.run_columns import STATE, RunColumn, keys_of, raw, text_of
from lmcore.training.overview import Overview

Test = Callable[[Overview], bool]
HINT: Final = "Search runs, tags, notes"
TOLD: Final = (
    "Words of a run’s name, tags and note, or of what its columns show; comparisons of any setting or figure, by its "
    "name or its column’s heading: lr>1e-3, model.d_model=256, "
    "validation<=1.5, params>1M, time<2min, created>2026-01-31, state=done. All of them have to fit."
)
SHORT: Final = {
    "lr": "optimizer.learning_rate",
    "batch": "training.batch_size",
    "train": "last.loss",
    "loss": "last.loss",
    "name": "run",
    "tag": "tags",
    "params": "parameters",
    "time": "last.seconds",
    "took": "last.wall",
    "bits": "last.bits_per_byte",
    "ppl": "last.perplexity",
    "device": "about.device",
}
UNITS: Final[Mapping[str, float]] = {
    "k": 1e3,
    "M": 1e6,
    "B": 1e9,
    "G": 1e9,
    "T": 1e12,
    "%": 0.01,
    "kB": 1e3,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}
"""What a number may be followed by: 1M, 2min, 4GB, 50%."""
_AMOUNT: Final = re.compile(rf"([-−+]?[\d.,]*\d(?:e[-−+]?\d+)?) ?({'|'.join(UNITS)})?")
_DAY: Final = re.compile(r"\d{4}-\d\d?-\d\d?")
_TERM: Final = re.compile(r"([A-Za-z_][\w.]*)(!=|<=|>=|=|<|>)(.*)")
_ORDER: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def test_of(typed: str, runs: Iterable[Overview], columns: Sequence[RunColumn]) -> Test | None:
    """Whether a run fits what is typed; None where nothing is. `runs` say which keys there are, and what `columns` show
    is looked through for words, and named by their headings.
    """
    typed = _with_keys(typed, columns)
    keys = keys_of(runs) if _TERM.search(typed) else []
    shown = tuple(column.key for column in columns)
    tests = [test for term in typed.split() if (test := _test(term, keys, shown)) is not None]
    return (lambda run: all(test(run) for test in tests)) if tests else None


def _with_keys(typed: str, columns: Sequence[RunColumn]) -> str:
    """What is typed with keys for headings before signs: "Learning rate < 0.01" -> "optimizer.learning_rate<0.01"."""
    for column in sorted(columns, key=lambda column: -len(column.title)):
        heading = rf"(?<![\w.]){re.escape(column.title)}\s*(?=!=|<=|>=|=|<|>)"
        typed = re.sub(heading, column.key, typed, flags=re.IGNORECASE)
    typed = re.sub(r"(?<=[\w])\s*(!=|<=|>=|=|<|>)\s*", r"\1", typed)
    return re.sub(rf"([=<>][\d.,e+−-]+) ({'|'.join(UNITS)})(?=\s|$)", r"\1\2", typed)


def not_understood(typed: str, runs: Iterable[Overview], columns: Sequence[RunColumn]) -> str:
    """Why a comparison finds nothing, in a sentence: its key is not known; nothing where all keys are."""
    compared = [found for term in _with_keys(typed, columns).split() if (found := _TERM.fullmatch(term))]
    keys = keys_of(runs) if compared else []
    for found in compared:
        if _key(found[1], keys) is None:
            return f"No setting and no figure of these runs is called “{found[1]}”."
    return ""


def _test(term: str, keys: list[str], shown: Sequence[str]) -> Test | None:
    found = _TERM.fullmatch(term)
    key = _key(found[1], keys) if found else None
    if found is None or key is None:
        word = term.casefold()
        return lambda run: (
            any(word in text.casefold() for text in (run.name, run.note, *run.tags))
            or any(word in text_of(run, key).casefold() for key in shown)
        )
    return _comparison(key, found[2], found[3]) if found[3] else None


def _key(written: str, keys: list[str]) -> str | None:
    """The key that is meant: as it is written, one of the short ones, or by what stands behind its last dot."""
    if written in keys:
        return written
    if written in SHORT:
        return SHORT[written]
    ends = [key for key in keys if key.rpartition(".")[2] == written]
    return min(ends, key=lambda key: key.startswith("about."), default=None)


def _comparison(key: str, sign: str, value: str) -> Test:
    wanted = _number(value)

    def test(run: Overview) -> bool:
        found = raw(run, key)
        if found is None:
            return False
        if isinstance(found, int | float) and not isinstance(found, bool):
            return wanted is not None and _ORDER[sign](float(found), wanted)
        if sign not in ("=", "!="):
            return False
        return (value.casefold() in _texts(run, key, found)) == (sign == "=")

    return test


def _texts(run: Overview, key: str, found: object) -> list[str]:
    """What a text may be called: each of a list; of a state its words, and the first of them."""
    if isinstance(found, list | tuple):
        return [str(one).casefold() for one in found]
    written = text_of(run, key).casefold()
    return [written, re.split(r"[ ,]", written)[0], run.standing] if key == STATE else [written]


def _number(value: str) -> float | None:
    """_number("1,000") -> 1000.0, _number("2min") -> 120.0; a day is the moment when it begins here."""
    if _DAY.fullmatch(value):
        year, month, day = map(int, value.split("-"))
        try:
            return datetime(year, month, day).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    found = _AMOUNT.fullmatch(value)
    try:
        return float(found[1].replace(",", "").replace("−", "-")) * UNITS.get(found[2] or "", 1.0) if found else None
    except ValueError:
        return None
