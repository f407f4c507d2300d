"""How soon does the Vocabulary page answer over a vocabulary of any size? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.vocabulary_page [TOKENIZER] [--jumps 100]

For opening the tokenizer, and for all that is found out about it afterwards, the longest gap between two ticks of a
16 ms timer; then the time from an action to the end of the paint that follows it: a click on each column's header, a
key stroke in the filter (of an expression that takes long, until its first rows are seen), another view, another token.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.pages.vocabulary.page import VocabularyPage
from app.tables.vocabulary import COLUMNS, HEADERS
from lmcore.bpe.vocabulary.filters import Mode
from lmcore.bpe.vocabulary.views import View
from tests.benchmarks.stage import Spent, opened_window, summary, timed, until
from tests.gui.pulse import Pulse

TYPED: Final = {
    Mode.TEXT: ("tion", "the", "ПРИВ", "你好", "zzzz"),
    Mode.HEX: ("E2 80", "20 74 68", "FF"),
    Mode.REGEX: ("tion$", "^[A-Z]+$", r"^\s+$", "ing|ed", r"\d{3}", "^[^a-z]+ing"),
}


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the Vocabulary page.")
    parser.add_argument("tokenizer", nargs="?", type=Path, help="the bundled one unless given")
    parser.add_argument("--jumps", type=int, default=100)
    asked = parser.parse_args()
    with opened_window() as (app, window):
        window.show_page("vocabulary")
        page = window.stack.page("vocabulary")
        assert isinstance(page, VocabularyPage)
        until(app, page.settled)
        if asked.tokenizer:
            measure_opening(window, page, asked.tokenizer)
        print(f"{len(page.browse.rows):,} tokens")
        print(f"\n{'ms until painted':24} {'median':>9} {'99 %':>9} {'worst':>9} {'work':>9}")
        measure_sorting(app, page)
        measure_typing(app, page)
        measure_views(app, page)
        measure_jumps(app, page, asked.jumps)


def measure_opening(window: MainWindow, page: VocabularyPage, path: Path) -> None:
    """Gaps while a tokenizer is opened, and while its page is completed."""
    pulse, before = Pulse(), page.knowledge.shown
    page.open_tokenizer(path.absolute())
    opening = pulse.during(lambda: page.knowledge.shown not in (None, before))
    counting = pulse.during(page.settled, 300)
    print(f"longest gap, by the clock and own: opening {opening.wall:.0f} / {opening.own:.0f} ms, ", end="")
    print(f"counting and reach {counting.wall:.0f} / {counting.own:.0f} ms; {window.status_text}")


def measure_sorting(app: QApplication, page: VocabularyPage) -> None:
    """Every column, both ways."""
    page.browse.choose_view(View.ALL)
    for column in COLUMNS:
        show(f"sort by {HEADERS[column]}", [timed(app, lambda: page.browse.sort_by(column)) for _ in range(6)])  # noqa: B023


def measure_typing(app: QApplication, page: VocabularyPage) -> None:
    """Letter by letter, and out again."""
    browse = page.browse

    def found() -> bool:
        return browse.answered

    def all_found() -> bool:
        return not browse.search.running

    for mode, words in TYPED.items():
        browse.modes.set_current([*Mode].index(mode))
        browse.modes.chosen.emit(browse.modes.current)
        times = []
        for word in words:
            browse.filter.setFocus()
            times += [timed(app, lambda: browse.filter.insert(letter), found) for letter in word]  # noqa: B023
            times.append(timed(app, browse.filter.clear))
            until(app, all_found)
        show(f"filter by {mode.value.lower()}", times)


def measure_views(app: QApplication, page: VocabularyPage) -> None:
    """Each view, one after the other."""
    show("another view", [timed(app, lambda: page.browse.choose_view(view)) for view in View])  # noqa: B023
    page.browse.choose_view(View.ALL)


def measure_jumps(app: QApplication, page: VocabularyPage, jumps: int) -> None:
    """Tokens from all over the table."""
    lines = random.Random(1).sample(range(len(page.browse.rows)), jumps)
    show("another token", [timed(app, lambda: page.browse.table.go_to(line)) for line in lines])  # noqa: B023


def show(name: str, times: Sequence[Spent]) -> None:
    """A line of the table."""
    print(f"{name:24} {summary(times)}", flush=True)


if __name__ == "__main__":
    main()
