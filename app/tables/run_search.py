"""Which runs are meant by what is typed? Words of names, tags and notes, and comparisons such as lr>1e-3.

All that is typed has to fit, divided by blanks. A comparison is a key, one of = != < > <= >=, and a value. A key is
that of a column ("optimizer.learning_rate", "last.loss"), what stands behind its last dot ("d_model"), or one of
`SHORT`. Numbers are compared as numbers, all else as text without regard to case. What names no key is a word.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from app.tables.run_columns import STATE, RunColumn, keys_of, raw, text_of
from lmcore.training.overview import Overview

Test = Callable[[Overview], bool]
HINT: Final = "Search runs, tags, notes"
TOLD: Final = (
    "Words of a run’s name, tags and note, or of what its columns show; comparisons of any setting or figure, by its "
    "name or its column’s heading: lr>1e-3, model.d_model=256, "
    "validation<=1.5, state=done. All of them have to fit."
)
SHORT: Final = {
    "lr": "optimizer.learning_rate",
    "batch": "training.batch_size",
    "train": "last.loss",
    "loss": "last.loss",
    "name": "run",
    "tag": "tags",
}
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
    return re.sub(r"(?<=[\w])\s*(!=|<=|>=|=|<|>)\s*", r"\1", typed)


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
    try:
        return float(value.replace(",", ""))
    except ValueError:
        return None
