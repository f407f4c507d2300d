"""Do runs stand beside one another with just what differs, held against the base, and can that be copied?"""

import csv
import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.pages.training.differences_pane import DifferencesPane
from app.tables.run_columns import text_of
from app.tables.run_differences import Line, as_markdown, compared
from app.widgets.run_marks import mark_of
from tests.gui.overviews import of_the_picture, overview

RUNS = of_the_picture()[::-1]


@pytest.fixture
def pane(qtbot: QtBot) -> DifferencesPane:
    made = DifferencesPane()
    qtbot.addWidget(made)
    made.resize(1256, 500)
    made.show()
    made.show_runs(RUNS, {run.path: mark_of(place) for place, run in enumerate(RUNS)})
    return made


def line(pane: DifferencesPane, title: str) -> Line:
    return next(line for line in pane.model.lines if line.title == title)


def titles(pane: DifferencesPane) -> list[str]:
    found = [line.title for line in pane.model.lines]
    return found[1 : found.index("Results")]


def test_only_settings_that_differ_are_shown(pane: DifferencesPane, qtmodeltester: ModelTester) -> None:
    expected = {"model.d_model", "model.position", "optimizer.learning_rate", "training.batch_size"}
    assert set(titles(pane)) == expected
    assert pane.counted.whole_text.startswith("4 of 20 settings differ among 6 runs")
    qtmodeltester.check(pane.model)


def test_all_settings_are_shown_when_asked_for(pane: DifferencesPane) -> None:
    pane.all_settings.setChecked(True)
    assert set(titles(pane)) == set(RUNS[1].config) - {"name"} | {"model.position"}
    assert line(pane, "training.seed").texts == ("20261129",) * 6
    assert not any(line(pane, "training.seed").differs)


def test_a_setting_that_one_run_lacks_differs(pane: DifferencesPane) -> None:
    found = line(pane, "model.position")
    assert found.texts == ("–", "–", "–", "–", "none", "–")
    assert found.differs == (False, False, False, False, True, False)


def test_losses_are_told_against_the_base(pane: DifferencesPane) -> None:
    assert line(pane, "Validation loss").gaps == ("", "−0.110", "+0.127", "", "", "+0.912")
    assert line(pane, "optimizer.learning_rate").differs == (False, True, True, True, False, False)


def test_heads_say_what_tells_runs_apart(pane: DifferencesPane) -> None:
    pane.show_runs([overview("sample-128 learning_rate 0.001"), overview("sample-128 learning_rate 0.003")])
    assert pane.model.short_names == ("0.001", "0.003")
    assert pane.model.headerData(0, Qt.Orientation.Horizontal) == "sample-128 learning_rate 0.001"


def test_a_loss_far_from_the_base_is_told_like_any_other(pane: DifferencesPane) -> None:
    pane.show_runs([RUNS[-1], overview("wild", last={"loss": 9495.622})])
    assert line(pane, "Train loss").texts[1] == "9,496"
    assert line(pane, "Train loss").gaps[1] == "+9,493.210"


def test_another_base_is_chosen_by_its_head_and_kept(pane: DifferencesPane) -> None:
    pane.table.header.sectionClicked.emit(1)
    assert line(pane, "optimizer.learning_rate").differs == (True, False, True, True, True, True)
    assert line(pane, "Validation loss").gaps[0] == "+0.110"
    pane.show_runs(RUNS[1:])
    assert pane.base == 0
    assert line(pane, "Validation loss").gaps[0] == ""
    pane.show_runs(RUNS[2:])
    assert pane.base == 0
    assert line(pane, "optimizer.learning_rate").texts[0] == "3e-4"


def test_updates_do_not_reset_what_is_seen(pane: DifferencesPane) -> None:
    resets: list[None] = []
    pane.model.modelReset.connect(lambda: resets.append(None))
    pane.show_runs([overview("ts-512-lr1e-3", last={"loss": 1.4}), *RUNS[1:]])
    assert resets == []
    assert line(pane, "Train loss").texts[0] == "1.400"


def test_the_same_settings_are_told_as_that(qtbot: QtBot) -> None:
    pane = DifferencesPane()
    qtbot.addWidget(pane)
    pane.show_runs([overview("one"), overview("two")])
    assert titles(pane) == ["none"]
    assert pane.counted.whole_text.startswith("None of 19 settings differ")


def test_fewer_than_two_runs_are_nothing_to_compare(pane: DifferencesPane) -> None:
    pane.show_runs(RUNS[:1])
    assert not pane.table.isVisible()
    pane.show_runs(RUNS[:2])
    assert pane.table.isVisible()


def test_csv_keeps_the_numbers_and_markdown_the_words(pane: DifferencesPane) -> None:
    rows = list(csv.reader(io.StringIO(pane.as_csv())))
    by_title = {row[0]: row[1:] for row in rows}
    assert rows[0][1:] == [run.name for run in RUNS]
    assert by_title["optimizer.learning_rate"] == ["0.001", "0.003", "0.0003", "0.01", "0.001", "0.001"]
    assert by_title["Validation loss (nats a token)"][:5] == ["1.5349", "1.425", "1.662", "", ""]
    assert by_title["Parameters"] == ["22696448"] * 5 + ["8333568"]
    pane.copy_menu().actions()[0].trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert "| optimizer.learning_rate | 1e-3 | 3e-3 | 3e-4 | 1e-2 | 1e-3 | 1e-3 |" in copied


def test_a_bar_in_a_name_does_not_break_the_markdown() -> None:
    found = compared([overview("a|b", config={"training.seed": 1}), overview("c")])
    written = as_markdown(["a|b", "c"], found.lines)
    assert written.splitlines()[0] == "|  | a\\|b | c |"


def test_many_runs_scroll_sideways_under_lines_that_stay(qtbot: QtBot, pane: DifferencesPane) -> None:
    pane.show_runs([overview(f"run {place}", config={"training.seed": place}) for place in range(20)])
    bar = pane.table.horizontalScrollBar()
    assert bar.maximum() > 0
    before = pane.table.line_header.width()
    bar.setValue(bar.maximum())
    assert pane.table.line_header.isVisible()
    assert pane.table.line_header.width() == before > 100


def test_speeds_are_told_over_all_steps_not_of_the_last_moment() -> None:
    """A run that was disturbed at its end is not slower than one that was disturbed all the time."""
    late = overview("late", last={"tokens": 76_800, "seconds": 289, "tokens_per_second": 53.0, "mfu": 0.0058})
    early = overview("early", last={"tokens": 76_800, "seconds": 359, "tokens_per_second": 256.0, "mfu": 0.028})
    lines = {line.title: line.texts for line in compared([late, early]).lines}
    assert lines["Tokens a second"] == ("266", "214")
    assert lines["MFU"] == ("2.9 %", "2.3 %")
    fresh = overview("fresh", last={"tokens": 0, "seconds": 0.0, "tokens_per_second": None, "mfu": None})
    assert text_of(fresh, "mean_rate") == text_of(fresh, "mean_mfu") == "–"
