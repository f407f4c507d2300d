"""Do the small painted parts of the Playground show what they are given?"""

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.theme import Theme
from app.widgets.chips import Token
from app.widgets.dumbbell import Dumbbell, DumbbellRow, apart
from app.widgets.live_figure import LiveFigure
from app.widgets.merge_line import MergeLine, MergeWords
from app.widgets.series_mark import SeriesMark
from tests.gui.shots import ALLOWED, Shot

SERIES = ("first", "second", "third", "fourth")
ROWS = (DumbbellRow("Stories", (3.94, 4.07, 1.0, 2.5)), DumbbellRow("Emoji", (1.02, None, 1.0, 5.25)))


def on_surface(widget: QWidget, width: int, height: int) -> QWidget:
    """The widget on a pane of the window's colour."""
    pane = QWidget()
    pane.setLayout(QHBoxLayout())
    pane.layout().addWidget(widget)  # type: ignore[union-attr]
    pane.resize(width, height)
    return pane


def test_a_dumbbell_says_its_figures(qtbot: QtBot) -> None:
    chart = Dumbbell("Bytes per token")
    qtbot.addWidget(chart)
    before = chart.sizeHint().height()
    chart.show_rows(ROWS, SERIES)
    assert chart.accessibleDescription() == (
        "Stories: first 3.94, second 4.07, third 1.00, fourth 2.50; Emoji: first 1.02, third 1.00, fourth 5.25"
    )
    assert chart.sizeHint().height() > before


def test_dumbbells_look_as_they_did(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    chart = Dumbbell("Bytes per token")
    chart.show_rows(ROWS, SERIES)
    pane = on_surface(chart, 320, 140)
    qtbot.addWidget(pane)
    assert shot(pane, f"dumbbell-{theme.name}") < ALLOWED


@pytest.mark.parametrize(
    ("places", "shifts"),
    [([1.0, 1.0], [-2, 2]), ([1.0, 50.0], [0, 0]), ([7.0, 30.0, 8.0], [-2, 0, 2]), ([], [])],
)
def test_no_sign_hides_another(places: list[float], shifts: list[float]) -> None:
    assert apart(places) == shifts


def test_each_series_has_a_sign_of_its_own(qtbot: QtBot, theme: Theme) -> None:
    signs = [SeriesMark(number) for number in range(4)]
    for sign in signs:
        qtbot.addWidget(sign)
    pictures = [sign.grab().toImage() for sign in signs]
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[:place])
    signs[0].set_number(2)
    assert signs[0].grab().toImage() == pictures[2]


def test_a_merge_is_told_in_words_and_chips(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    line = MergeLine()
    line.resize(460, 24)
    qtbot.addWidget(line)
    merge = MergeWords("Last merge:", Token(b" re", 302), Token(b"sp", 419), Token(b" resp", 4873), "merge 4,617")
    line.show_merge(merge)
    assert line.text == "Last merge: ·re + sp → ·resp merge 4,617"
    assert shot(line, f"merge-line-{theme.name}") < ALLOWED
    line.show_words("Nothing is merged yet.")
    assert line.accessibleName() == "Nothing is merged yet."


@pytest.mark.parametrize(("figure", "wider"), [("1,234,567,890", True), ("7", False)])
def test_only_a_wider_figure_needs_more_room(qtbot: QtBot, figure: str, wider: bool) -> None:
    shown = LiveFigure("tokens")
    qtbot.addWidget(shown)
    shown.set_text("190")
    before = shown.sizeHint().width()
    shown.set_text(figure)
    assert (shown.sizeHint().width() > before) is wider
    assert shown.accessibleName() == f"{figure} tokens"
