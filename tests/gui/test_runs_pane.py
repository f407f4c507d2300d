"""Does the list of runs keep what is looked at and drawn, and ask for what the keys, clicks and menus mean?"""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.training.annotate_dialog import AnnotateDialog
from app.pages.training.columns_menu import ColumnsMenu
from app.pages.training.listed_view import ListedView
from app.pages.training.runs_pane import RunsPane
from app.settings import Settings
from app.tables.run_columns import DEFAULT
from app.tables.runs import NEWEST
from app.widgets.empty_state import EmptyState
from lmcore.generators import result_of
from lmcore.training.overview import Overview
from tests.gui.overviews import NOW, many, of_the_picture, overview


def path(name: str) -> Path:
    return Path("/runs") / name


@pytest.fixture
def pane(qtbot: QtBot) -> RunsPane:
    made = RunsPane()
    qtbot.addWidget(made)
    made.resize(1256, 190)
    made.show()
    made.show_runs(of_the_picture())
    return made


def test_at_first_what_goes_on_is_looked_at_and_the_newest_are_drawn(pane: RunsPane) -> None:
    assert pane.current == path("ts-512-lr1e-3")
    assert pane.checked == tuple(map(path, ("ts-512-lr1e-3", "ts-512-lr3e-3", "ts-512-lr3e-4", "ts-512-lr1e-2")))
    assert list(pane.marks) == list(pane.checked)
    assert len(set(pane.marks.values())) == 4


def test_a_run_that_begins_is_drawn_and_one_that_was_unchecked_stays_so(qtbot: QtBot, pane: RunsPane) -> None:
    runs = of_the_picture()
    pane.model.set_checked([path("ts-512-lr1e-3")], False)
    pane.show_runs([replace(run, step=run.step + 1) for run in runs])
    assert path("ts-512-lr1e-3") not in pane.checked
    with qtbot.waitSignal(pane.checked_changed) as told:
        pane.show_runs([replace(run, standing="running") if run.name == "ts-512-nope" else run for run in runs])
    assert path("ts-512-nope") in told.args[0]


def test_runs_just_made_are_drawn_and_shown_as_soon_as_they_are_listed(pane: RunsPane) -> None:
    made = overview("made", standing="waiting", place=1)
    pane.expect([made.path])
    assert pane.current == path("ts-512-lr1e-3")
    pane.show_runs([*of_the_picture(), made])
    assert pane.current == made.path
    assert made.path in pane.checked
    pane.set_current(path("ts-512-nope"))
    pane.show_runs([*of_the_picture(), replace(made, place=0)])
    assert pane.current == path("ts-512-nope")


def test_of_a_sweep_the_run_that_trains_first_is_shown_whenever_the_others_are_listed(pane: RunsPane) -> None:
    made = [overview(f"made {number}", standing="waiting", place=number) for number in range(3)]
    pane.expect([run.path for run in made])
    for known in (made[:2], made):
        pane.show_runs([*of_the_picture(), *known])
        assert pane.current == made[0].path
    assert {run.path for run in made} <= set(pane.checked)


def test_the_height_that_is_wanted_grows_with_each_of_the_first_rows(qtbot: QtBot) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    heights = [pane.sizeHint().height()]
    for number in (2, 3):
        with qtbot.waitSignal(pane.height_changed):
            pane.show_runs(many(number))
        heights.append(pane.sizeHint().height())
    assert heights == sorted(set(heights))


def test_what_is_chosen_and_the_place_stay_through_updates(qtbot: QtBot) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.resize(1256, 190)
    pane.show()
    runs = many(1000)
    pane.show_runs(runs)
    bar = pane.table.verticalScrollBar()
    pane.table.select([path("run-500"), path("run-501")])
    bar.setValue(4000)
    changes: list[Path | None] = []
    pane.current_changed.connect(changes.append)
    for step in range(5):
        runs = [*runs[:-1], replace(runs[-1], step=4000 + step)]
        pane.show_runs(runs)
    assert bar.value() == 4000
    assert set(pane.selected) == {path("run-500"), path("run-501")}
    assert pane.current == path("run-500")
    assert changes == []


def test_rows_in_view_stay_when_a_run_comes_in_above_them(qtbot: QtBot) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.resize(1256, 190)
    pane.show()
    runs = many(200)
    pane.show_runs(runs)
    pane.table.verticalScrollBar().setValue(2600)
    first = pane.model.rows[pane.table.rowAt(2)]
    pane.show_runs([*runs, overview("newest of all", created=NOW + 1)])
    assert pane.model.rows[0] == path("newest of all")
    assert pane.model.rows[pane.table.rowAt(2)] == first


def test_a_search_hides_the_current_run_without_leaving_it(pane: RunsPane) -> None:
    changes: list[Path | None] = []
    pane.current_changed.connect(changes.append)
    pane.search.setText("nope")
    assert pane.model.rows == [path("ts-512-nope")]
    assert pane.current == path("ts-512-lr1e-3")
    assert pane.selected == (path("ts-512-lr1e-3"),)
    pane.search.clear()
    assert pane.table.selected_paths() == (path("ts-512-lr1e-3"),)
    assert changes == []
    assert len(pane.checked) == 4


def test_where_nothing_fits_that_is_said(pane: RunsPane) -> None:
    pane.search.setText("lr>7")
    assert not pane.table.isVisible()
    pane.search.clear()
    assert pane.table.isVisible()


def test_when_the_current_run_is_gone_its_neighbour_is_looked_at(qtbot: QtBot, pane: RunsPane) -> None:
    pane.set_current(path("ts-512-lr3e-4"))
    with qtbot.waitSignal(pane.current_changed) as told:
        pane.show_runs([run for run in of_the_picture() if run.name != "ts-512-lr3e-4"])
    assert told.args == [path("ts-512-lr3e-3")]
    assert path("ts-512-lr3e-4") not in pane.checked
    with qtbot.waitSignal(pane.current_changed) as told:
        pane.show_runs([])
    assert told.args == [None]


def test_keys_check_delete_and_annotate_all_that_is_selected(qtbot: QtBot, pane: RunsPane) -> None:
    chosen = (path("ts-512-nope"), path("ts-256-first-try"))
    pane.table.select(chosen)
    qtbot.keyClick(pane.table, Qt.Key.Key_Space)
    assert set(chosen) <= set(pane.checked)
    qtbot.keyClick(pane.table, Qt.Key.Key_Space)
    assert not set(chosen) & set(pane.checked)
    assert pane.current == chosen[0]
    for key, action, paths in ((Qt.Key.Key_Delete, "delete", chosen), (Qt.Key.Key_F2, "annotate", chosen[:1])):
        with qtbot.waitSignal(pane.asked) as told:
            qtbot.keyClick(pane.table, key)
        assert told.args == [action, paths]


def test_what_is_acted_on_is_what_is_shown(qtbot: QtBot, pane: RunsPane) -> None:
    control, nothing = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
    for key, held in ((Qt.Key.Key_Home, control), (Qt.Key.Key_Down, control), (Qt.Key.Key_End, nothing)):
        qtbot.keyClick(pane.table, key, held)
        assert pane.selected == (pane.current,)
    first, second = (pane.table.visualRect(pane.model.index(row, 0)).center() for row in (0, 1))
    qtbot.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, nothing, first)
    for at in (second, second):
        qtbot.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, control, at)
        assert pane.current in pane.selected
    assert pane.selected == (pane.model.rows[0],)


def test_home_and_end_go_to_the_first_and_the_last_run(qtbot: QtBot, pane: RunsPane) -> None:
    rows = pane.table.model().rowCount()
    for key, row in ((Qt.Key.Key_End, rows - 1), (Qt.Key.Key_Home, 0)):
        qtbot.keyClick(pane.table, key)
        assert pane.table.currentIndex().row() == row
        assert pane.table.selected_paths() == (pane.current,)


def test_the_row_that_keys_are_for_is_marked(qtbot: QtBot, pane: RunsPane) -> None:
    pane.set_current(path("ts-512-lr1e-3"))
    pane.search.setText("nope")
    assert pane.table.selected_paths() == ()
    QApplication.sendEvent(pane.table, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert pane.table.selected_paths() == (path("ts-512-nope"),)
    assert pane.current == path("ts-512-nope")


def test_a_click_on_a_box_checks_and_leaves_the_selection(qtbot: QtBot, pane: RunsPane) -> None:
    row = pane.model.row_of(path("ts-512-nope"))
    area = pane.table.visualRect(pane.model.index(row, 0))
    qtbot.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(15, 13))
    assert path("ts-512-nope") in pane.checked
    assert pane.current == path("ts-512-lr1e-3")
    qtbot.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(120, 13))
    assert pane.current == path("ts-512-nope")


def test_rows_are_copied_with_the_columns_that_are_shown(qtbot: QtBot, pane: RunsPane) -> None:
    pane.set_columns(["state", "last.validation"])
    pane.table.select([path("ts-512-lr3e-3"), path("ts-512-nope")])
    qtbot.keyClick(pane.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "ts-512-lr3e-3\tdone\t1.425\nts-512-nope\tqueued, next\t–"


def test_a_heading_sorts_turns_round_and_lets_go(pane: RunsPane) -> None:
    place = pane.columns.index("last.validation")
    orders = []
    for _ in range(3):
        pane.table.header.sort_asked.emit(place)
        orders.append((pane.table.header.sorted_by, pane.model.rows[0].name))
    assert orders == [
        ((place, True), "ts-256-first-try"),
        ((place, False), "ts-512-lr3e-3"),
        ((-1, True), "ts-512-lr1e-3"),
    ]
    assert pane.current == path("ts-512-lr1e-3")


def test_the_order_is_that_of_the_window_before(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    before, after = (result_of(ListedView.making(settings)) for _ in range(2))
    qtbot.addWidget(before)
    qtbot.addWidget(after)
    assert after.runs.model.sorted_by == (NEWEST, True)
    before.runs.show_runs(of_the_picture())
    loss = DEFAULT.index("last.loss")
    for falls in (True, False):
        before.runs.table.header.sort_asked.emit(loss)
        settings.save()
        after = result_of(ListedView.making(Settings(tmp_path / "settings.ini")))
        qtbot.addWidget(after)
        after.runs.show_runs(of_the_picture())
        assert after.runs.model.sorted_by == ("last.loss", falls)
        assert after.runs.model.rows == before.runs.model.rows
        assert after.runs.table.header.sorted_by == (loss, falls)


def test_columns_are_told_and_nothing_chosen_is_lost(qtbot: QtBot, pane: RunsPane) -> None:
    pane.set_current(path("ts-512-nope"))
    with qtbot.waitSignal(pane.columns_changed) as told:
        pane.set_columns(["model.d_model", "last.mfu", "model.d_model"])
    assert told.args == [("run", "model.d_model", "last.mfu")]
    assert pane.table.selected_paths() == (path("ts-512-nope"),)
    assert len(pane.checked) == 4


def test_the_menu_of_columns_adds_and_takes_away(qtbot: QtBot, pane: RunsPane) -> None:
    menu = ColumnsMenu(pane, pane.model.runs.values(), pane.columns)
    menu.chosen.connect(pane.set_columns)
    menu.boxes["model.d_model"].trigger()
    menu.boxes["training.batch_size"].trigger()
    assert pane.columns == (*(key for key in DEFAULT if key != "training.batch_size"), "model.d_model")
    assert menu.boxes["model.d_model"].isChecked()
    assert "name" not in menu.boxes


@pytest.mark.parametrize(
    ("run", "possible"),
    [
        (overview(), {"Pause", "Stop"}),
        (overview(standing="lost"), {"Resume", "Delete …"}),
        (overview(standing="finished"), {"Delete …"}),
        (overview(standing="waiting", place=0), {"Pause", "Stop", "Delete …"}),
        (overview(standing="damaged", message="config.json: was changed; put back what it said."), {"Delete …"}),
        (overview(standing="damaged", message="state.json: is none. Resume the run."), {"Resume", "Delete …"}),
    ],
)
def test_the_menu_offers_what_can_be_done(qtbot: QtBot, run: Overview, possible: set[str]) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.show_runs([run])
    offered = {action.text() for action in pane.menu().actions() if action.isEnabled()}
    assert offered & {"Resume", "Pause", "Stop", "Delete …"} == possible


@pytest.mark.parametrize(
    ("place", "possible"),
    [
        (0, {"Move down in the queue"}),
        (1, {"Start next", "Move up in the queue", "Move down in the queue"}),
        (2, {"Start next", "Move up in the queue"}),
    ],
)
def test_a_run_that_waits_can_have_another_turn(qtbot: QtBot, pane: RunsPane, place: int, possible: set[str]) -> None:
    waiting = [overview(f"run {number}", standing="waiting", place=number) for number in range(3)]
    pane.show_runs([*of_the_picture(), *(replace(run, path=path(run.name)) for run in waiting)])
    pane.set_current(path(f"run {place}"))
    offered = {action.text() for action in pane.menu().actions() if action.isEnabled()}
    assert {words for words in offered if "queue" in words or words == "Start next"} == possible
    with qtbot.waitSignal(pane.asked) as told:
        QTest.keyClick(pane.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert told.args == ["earlier", (path(f"run {place}"),)]
    assert pane.current == path(f"run {place}")


def test_a_run_that_waits_alone_has_no_other_turn(qtbot: QtBot) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.show_runs([overview(), overview("waits", standing="waiting", place=0)])
    pane.set_current(path("waits"))
    assert not any("queue" in action.text() for action in pane.menu().actions())


def test_too_many_curves_are_refused_in_words(pane: RunsPane) -> None:
    pane.show_runs(many(130))
    pane.table.selectAll()
    pane.table.asked.emit("check")
    assert len(pane.checked) == 100
    assert pane.refusal.isVisible()
    assert "100 curves" in pane.refusal.accessibleName()


def test_tags_are_divided_by_commas_and_each_is_there_once(qtbot: QtBot) -> None:
    dialog = AnnotateDialog(None, overview(tags=("one", "two words"), note="first"))
    qtbot.addWidget(dialog)
    assert (dialog.tags, dialog.note) == (("one", "two words"), "first")
    dialog.tags_field.setText(" three,  two   words ,, three")
    dialog.note_field.setPlainText(" as the paper\nhas it \n")
    assert dialog.tags == ("three", "two words")
    assert dialog.note == "as the paper\nhas it"
    qtbot.keyClick(dialog.note_field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.result() == AnnotateDialog.DialogCode.Accepted


@pytest.mark.parametrize(
    ("sizes", "offered"),
    [
        ([()], ["Save as zip …"]),
        ([(4_000_000,)], ["Save as zip, with the newest checkpoint, 4.00 MB …"]),
        (
            [(3_000_000, 4_000_000)],
            [
                "Save as zip, with the newest checkpoint, 4.00 MB …",
                "Save as zip, with all 2 checkpoints, 7.00 MB …",
            ],
        ),
        (
            [(3_000_000, 4_000_000), (), (5_000_000,)],
            [
                "Save each as zip, with its newest checkpoint, 9.00 MB …",
                "Save each as zip, with all 3 checkpoints, 12.0 MB …",
            ],
        ),
    ],
)
def test_a_zip_says_which_checkpoints_come_along_and_what_they_take(
    qtbot: QtBot, sizes: list[tuple[int, ...]], offered: list[str]
) -> None:
    runs = [
        overview(f"run {place}", checkpoints=tuple(range(len(each))), checkpoint_bytes=each)
        for place, each in enumerate(sizes)
    ]
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.show_runs(runs)
    pane.table.select([run.path for run in runs])
    asked: list[str] = []
    pane.asked.connect(lambda action, _paths: asked.append(action))
    lines = [action for action in pane.menu().actions() if "zip" in action.text()]
    assert [line.text() for line in lines] == offered
    for line in lines:
        line.trigger()
    assert asked == ["zip", "zip-all"][: len(lines)]


def test_keys_alone_sort_the_table(qtbot: QtBot, pane: RunsPane) -> None:
    header = pane.table.header
    assert header.focusPolicy() & Qt.FocusPolicy.TabFocus
    keys = [column.key for column in pane.model.columns]
    for _ in range(3):
        qtbot.keyClick(header, Qt.Key.Key_Right)
    assert pane.model.sorted_by[0] == keys[2]
    before = pane.model.sorted_by[1]
    qtbot.keyClick(header, Qt.Key.Key_Space)
    assert pane.model.sorted_by == (keys[2], not before)


def test_columns_that_were_chosen_before_a_run_is_known_are_numbers_once_it_is(qtbot: QtBot) -> None:
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.set_columns(("model.d_model", "data.train"))
    assert not pane.model.columns[1].is_number
    pane.show_runs([overview("one"), overview("two")])
    assert [column.is_number for column in pane.model.columns[1:]] == [True, False]
    assert pane.current is not None
    chosen = pane.table.selected_paths()
    pane.set_columns(("model.d_model", "data.train", "data.new"))
    pane.show_runs([*pane.model.runs.values(), overview("three", config={"data.new": 7})])
    assert pane.model.columns[3].is_number
    assert pane.table.selected_paths() == chosen


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("params>1M", ["wide"]),
        ("parameters<1e6", ["narrow"]),
        ("time<2min", ["narrow"]),
        ("time < 2 min", ["narrow"]),
        ("took>=1h", ["wide"]),
        ("tokens>1M", ["wide"]),
        ("memory>1GB", ["wide"]),
        ("mfu<40%", ["narrow"]),
        ("bits<1.5", ["wide"]),
        ("ppl>10", ["narrow"]),
        ("flops>1e12", ["wide"]),
        ("created>2026-01-01", ["wide"]),
        ("device=cpu", ["narrow", "wide"]),
    ],
)
def test_what_runs_are_compared_by_is_found_with_peoples_names_and_units(
    qtbot: QtBot, typed: str, found: list[str]
) -> None:
    narrow = {"seconds": 90.0, "wall": 100.0, "tokens": 9e5, "memory": 9e8, "mfu": 0.3, "bits_per_byte": 1.9}
    wide = {"seconds": 3000.0, "wall": 3700.0, "tokens": 2e6, "memory": 2e9, "mfu": 0.5, "bits_per_byte": 1.4}
    runs = [
        overview(
            "narrow",
            created=1.7e9,
            last=narrow | {"perplexity": 20.0},
            config={"model.d_model": 16, "model.num_heads": 1, "model.num_layers": 1},
        ),
        overview("wide", created=1.79e9, last=wide | {"perplexity": 8.0}),
    ]
    pane = RunsPane()
    qtbot.addWidget(pane)
    pane.show_runs(runs)
    pane.search.setText(typed)
    assert sorted(pane.model.runs[path].name for path in pane.model.rows) == found


def test_a_key_that_is_not_known_is_said(qtbot: QtBot, pane: RunsPane) -> None:
    said = pane.findChildren(EmptyState)[0]
    pane.search.setText("parms>1e6")
    assert "No setting and no figure of these runs is called “parms”." in said.accessibleName()
    pane.search.setText("nothing of that name")
    assert "called" not in said.accessibleName()
