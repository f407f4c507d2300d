"""Is what is typed looked for at once where that is quick, and without holding up the window where it is not?"""

import pytest
import regex
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.pages.vocabulary import searches
from app.pages.vocabulary.searches import Search
from lmcore.bpe.vocabulary import filters
from lmcore.bpe.vocabulary.filters import Mode
from tests.core.sample_vocabularies import of_tokens, sample


@pytest.mark.parametrize("expression", ["^", "at", "[A-Z]", r"^\s+$", "(?=a)"])
def test_an_expression_that_is_quick_is_found_before_the_call_returns(qtbot: QtBot, expression: str) -> None:
    search, found = Search(Jobs()), list[list[bool]]()
    search.found.connect(lambda rows: found.append(rows.tolist()))
    search.look(sample(), Mode.REGEX, expression)
    assert not search.running
    compiled = regex.compile(expression)
    assert found == [[compiled.search(text) is not None for text in sample().texts]]


def test_an_expression_that_takes_long_goes_on_behind_the_window(qtbot: QtBot) -> None:
    search, found = Search(Jobs()), list[list[bool]]()
    search.found.connect(lambda rows: found.append(rows.tolist()))
    begun = list[list[bool]]()
    search.begun.connect(lambda rows: begun.append(rows.tolist()))
    search.look(of_tokens([b"ab" * 18 + b"d", b"abc"]), Mode.REGEX, "(a|b|ab)+c")
    assert search.running
    assert not found
    assert len(begun) == 1
    qtbot.waitUntil(lambda: not search.running, timeout=10_000)
    assert found == [[False, True]]


def test_the_first_rows_of_a_long_search_are_there_before_the_call_returns(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "AT_ONCE", 0.0)
    monkeypatch.setattr(searches, "GLANCE", 0.0)
    monkeypatch.setattr(searches, "AGAIN", 0.0)
    monkeypatch.setattr(filters, "_SLICE", 50)
    search, told = Search(Jobs()), list[tuple[str, int]]()
    search.begun.connect(lambda rows: told.append(("begun", int(rows.sum()))))
    search.found.connect(lambda rows: told.append(("found", int(rows.sum()))))
    search.look(sample(), Mode.REGEX, "(?=e)")
    compiled = regex.compile("e")
    fits = [compiled.search(text) is not None for text in sample().texts]
    assert told == [("begun", sum(fits[:50]))]
    qtbot.waitUntil(lambda: not search.running)
    counts = [count for _, count in told]
    assert counts == sorted(counts)
    assert told[-1] == ("found", sum(fits))


def test_what_is_no_expression_is_refused_at_once(qtbot: QtBot) -> None:
    search, refused = Search(Jobs()), list[str]()
    search.refused.connect(refused.append)
    search.look(sample(), Mode.REGEX, "(")
    assert not search.running
    assert refused[0].startswith("Not a regular expression")
