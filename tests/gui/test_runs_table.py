"""Does the table of runs say, sort and find what is there, and keep what was chosen while runs come, go and change?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.tables.run_checks import RunChecks
from app.tables.run_columns import DEFAULT, keys_of, text_of
from app.tables.run_search import test_of as fits
from app.tables.run_states import clock, stand_of
from app.tables.run_writing import amount, power
from app.tables.runs import RunsModel
from app.tables.runs_view import RunsTable
from app.widgets.run_marks import mark_of
from lmcore.training.overview import Overview
from tests.gui.overviews import NOW, many, of_the_picture, overview


def filled(runs: list[Overview]) -> RunsModel:
    model = RunsModel()
    model.show_runs(runs)
    return model


def names(model: RunsModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def cells(model: RunsModel, row: int) -> list[str]:
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_rows_say_what_the_picture_says(qtmodeltester: ModelTester) -> None:
    model = filled(of_the_picture())
    assert cells(model, 0) == [
        *("ts-512-lr1e-3", "running", "3,180", "1e-3", "32", "1.503", "1.535", "26.1 M", "21 min"),
    ]
    assert cells(model, 3) == [
        "ts-512-lr1e-2",
        "diverged at step 412",
        "412",
        "1e-2",
        "32",
        "–",
        "–",
        "3.38 M",
        "3 min",
    ]
    assert cells(model, 4) == ["ts-512-nope", "queued, next", "–", "1e-3", "32", "–", "–", "–", "–"]
    qtmodeltester.check(model)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"standing": "waiting", "place": 1}, "queued, 2nd"),
        ({"standing": "waiting", "place": 10}, "queued, 11th"),
        ({"standing": "waiting", "place": 21}, "queued, 22nd"),
        ({"standing": "paused", "reason": "disk"}, "disk full"),
        ({"standing": "paused"}, "paused at step 3,180"),
        ({"standing": "failed", "reason": "memory"}, "out of memory"),
        ({"standing": "failed", "reason": "error"}, "failed at step 3,180"),
        ({"standing": "damaged"}, "damaged"),
        ({"standing": "finished", "last": {"validation": 9_012.0}}, "done, blew up"),
        ({"standing": "finished", "last": {"validation": 6.0}}, "done"),
        ({"standing": "created"}, "not started"),
        ({"standing": "lost"}, f"lost since {clock(NOW, NOW)}"),
        ({"standing": "lost", "heartbeat": NOW + 90_000}, "lost"),
    ],
)
def test_a_run_stands_as_it_does(changes: dict[str, Any], words: str) -> None:
    assert stand_of(overview(**changes), NOW).words == words


def test_a_run_diverged_at_the_step_whose_loss_was_no_number() -> None:
    run = overview(standing="failed", reason="diverged", step=3, last={"step": 4, "loss": None})
    assert stand_of(run).words == "diverged at step 4"


def test_a_loss_of_long_ago_names_its_day_and_a_mad_clock_none() -> None:
    assert len(clock(NOW, NOW)) == 5
    assert clock(NOW - 90_000, NOW).endswith(clock(NOW - 90_000, NOW - 90_000))
    assert "20" in clock(NOW - 90_000, NOW).split(",")[0]
    assert clock(1e30, NOW) == "–"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("key", ["last.loss", "optimizer.learning_rate", "run", "state", "model.position"])
def test_runs_that_have_nothing_there_are_last(key: str, descending: bool) -> None:
    model = filled(of_the_picture())
    model.show_columns([*DEFAULT, "model.position"])
    model.sort_by(key, descending)
    place = [column.key for column in model.columns].index(key)
    shown = [model.index(row, place).data() for row in range(6)]
    missing = shown.count("–")
    assert shown[6 - missing :] == ["–"] * missing
    assert missing == {"last.loss": 2, "model.position": 5}.get(key, 0)


def test_numbers_are_sorted_as_numbers_also_those_in_names() -> None:
    model = filled([overview(f"run {number}", step=number) for number in (9, 100, 20)])
    model.sort_by("run", descending=False)
    assert names(model) == ["run 9", "run 20", "run 100"]
    model.sort_by("step", descending=True)
    assert names(model) == ["run 100", "run 20", "run 9"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lr>1e-3", {"ts-512-lr1e-2", "ts-512-lr3e-3"}),
        ("lr>=0.001 state=done", {"ts-512-lr3e-3"}),
        ("optimizer.learning_rate=3e-4", {"ts-512-lr3e-4"}),
        ("model.d_model=256", {"ts-256-first-try"}),
        ("d_model!=512", {"ts-256-first-try"}),
        ("validation<1.5", {"ts-512-lr3e-3"}),
        ("state=diverged", {"ts-512-lr1e-2"}),
        ("tag=OLD", {"ts-256-first-try"}),
        ("SMALL batch", {"ts-256-first-try"}),
        ("first-try nope", set()),
        ("lr>", {run.name for run in of_the_picture()}),
        ("lr>many", set()),
        ("no=such", set()),
        ("position=none", {"ts-512-nope"}),
    ],
)
def test_what_is_typed_finds_exactly_what_fits(typed: str, found: set[str]) -> None:
    model = filled(of_the_picture())
    model.look_for(typed)
    assert set(names(model)) == found


def test_a_word_with_a_sign_that_is_no_key_is_looked_for_in_names() -> None:
    runs = [overview("x=3 again"), overview("another")]
    test = fits("x=3", runs, ())
    assert test is not None
    assert [test(run) for run in runs] == [True, False]


def test_what_is_chosen_stays_while_runs_come_go_and_change(qtmodeltester: ModelTester) -> None:
    runs = of_the_picture()
    model = filled(runs)
    qtmodeltester.check(model)
    model.set_checked([runs[3].path], True)
    kept = QPersistentModelIndex(model.index(model.row_of(runs[3].path), 0))
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    model.show_runs([*runs[1:], overview("newer"), overview("newest")])
    model.sort_by("last.loss", descending=False)
    model.show_runs([*runs[2:5], replace(runs[5], step=3200)])
    qtmodeltester.check(model)
    assert kept.isValid()
    assert kept.data() == "ts-512-lr3e-4"
    assert model.checks.paths == (runs[3].path,)
    assert names(model) == ["ts-512-lr3e-3", "ts-512-lr1e-3", "ts-512-lr3e-4", "ts-512-lr1e-2"]
    assert resets == []


@given(st.lists(st.lists(st.integers(0, 12), unique=True), min_size=2, max_size=6))
def test_rows_are_always_those_wanted(steps: list[list[int]]) -> None:
    made = {number: overview(f"run {number}", step=number, attempt=1) for number in range(13)}
    model = RunsModel()
    model.sort_by("step", descending=True)
    for numbers in steps:
        model.show_runs([made[number] for number in numbers])
        assert names(model) == [f"run {number}" for number in sorted(numbers, reverse=True)]


def test_only_rows_that_changed_are_painted_anew() -> None:
    runs = many(50)
    model = filled(runs)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, *_: told.append((first.row(), last.row())))
    changed = [replace(run, step=run.step + 1) if place in (10, 11, 40) else run for place, run in enumerate(runs)]
    model.show_runs(changed)
    rows = sorted(model.row_of(runs[place].path) for place in (10, 11, 40))
    assert sorted(told) == [(rows[0], rows[0]), (rows[1], rows[2])]
    model.show_runs(list(changed))
    assert len(told) == 2
    assert model.index(rows[0], 2).data() == "5,001"


def test_a_run_keeps_its_mark_and_a_new_one_takes_the_first_that_is_free() -> None:
    checks, paths = RunChecks(most=4), [Path(str(number)) for number in range(6)]
    for path in paths[:4]:
        assert checks.set(path, True)
    marks = dict(checks.marks)
    assert not checks.set(paths[4], True)
    checks.set(paths[1], False)
    assert checks.set(paths[5], True)
    assert checks.mark(paths[5]) == marks[paths[1]]
    assert [checks.mark(paths[place]) for place in (0, 2, 3)] == [marks[paths[place]] for place in (0, 2, 3)]
    assert checks.paths == (paths[0], paths[5], paths[2], paths[3])


def test_a_run_whose_folder_was_away_is_drawn_again_as_it_was() -> None:
    runs = of_the_picture()
    first, away, other = (run.path for run in runs[:3])
    model, told = filled(runs), list[tuple[Path, ...]]()
    model.set_checked([first, away], True)
    mark = model.checks.mark(away)
    model.checks_changed.connect(lambda: told.append(model.checks.paths))
    model.show_runs([runs[0], *runs[2:]])
    model.show_runs([runs[0], *runs[2:]])
    model.show_runs(runs)
    assert told == [(first,), (first, away)]
    assert model.checks.mark(away) == mark
    model.show_runs([runs[0], *runs[2:]])
    model.set_checked([other], True)  # which has the mark now
    model.show_runs(runs)
    assert list(model.checks.paths) == [first, other, away]
    model.set_checked([away], False)
    model.show_runs(runs[2:])
    model.show_runs(runs)
    assert list(model.checks.paths) == [first, other], "what somebody unchecked stays so"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("diverged", ["ts-512-lr1e-2"]),
        ("done 3e-4", ["ts-512-lr3e-4"]),
        ("1.425", ["ts-512-lr3e-3"]),
        ("Learning rate<0.001", ["ts-512-lr3e-4"]),
        ("learning rate >= 0.01", ["ts-512-lr1e-2"]),
        ("Validation < 1.5", ["ts-512-lr3e-3"]),
        ("State=done Train>1.5", ["ts-512-lr3e-4"]),
    ],
)
def test_words_and_headings_of_the_columns_are_found(typed: str, expected: list[str]) -> None:
    model = filled(of_the_picture())
    model.look_for(typed)
    assert [model.runs[path].name for path in model.rows] == expected


def test_marks_of_one_colour_have_different_dashes() -> None:
    marks = [mark_of(place) for place in range(28)]
    assert len(set(marks)) == 28
    assert [mark.dash for mark in marks[:4]] == [0, 1, 2, 3]


def test_boxes_are_checked_by_the_role_that_qt_has_for_it() -> None:
    model = filled(of_the_picture())
    changes: list[None] = []
    model.checks_changed.connect(lambda: changes.append(None))
    assert model.setData(model.index(2, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert model.index(2, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    assert not model.setData(model.index(2, 1), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert len(changes) == 1


def test_more_curves_than_can_be_told_apart_are_refused_with_a_reason() -> None:
    model, told = filled(many(130)), list[str]()
    model.refused.connect(told.append)
    model.set_checked(model.rows, True)
    assert len(model.checks.paths) == 100
    assert len(set(model.checks.marks.values())) == 28
    assert told == ["100 curves are drawn at most; uncheck a run before you check another."]


def test_every_setting_and_figure_can_be_a_column() -> None:
    runs = of_the_picture()
    model = filled(runs)
    keys = keys_of(runs)
    assert {"model.position", "last.mfu", "about.device_name", "tags", "note", "created"} <= set(keys)
    model.show_columns(keys)
    assert model.columns[0].key == "run"
    by_key = dict(zip((column.key for column in model.columns), cells(model, 0), strict=True))
    assert by_key["training.seed"] == "20261129"
    assert by_key["last.mfu"] == "38 %"
    assert by_key["data.document_masking"] == "false"
    assert by_key["evaluation.prompts"] == "Once upon a time"
    assert by_key["optimizer.eps"] == "1e-8"
    assert by_key["about.device_name"] == "CPU, 16 cores"
    right = [column.title for column in model.columns if column.is_number]
    assert {"Step", "model.d_model", "MFU"} <= set(right)
    assert "data.order" not in right


def test_columns_share_the_width_and_none_is_cut(qtbot: QtBot) -> None:
    table = RunsTable(filled(of_the_picture()))
    qtbot.addWidget(table)
    table.resize(1224, 190)
    table.show()
    header = table.horizontalHeader()
    assert header.length() == table.viewport().width()
    table.resize(400, 190)
    assert header.length() > table.viewport().width()
    assert min(header.sectionSize(place) for place in range(header.count())) > 40


@pytest.mark.parametrize(("rate", "written"), [(1e-3, "1e-3"), (3.73e-4, "3.73e-4"), (0.0, "0"), (9.99999e-4, "1e-3"),
                                               (0.5, "0.5"), (2.0, "2"), (100.0, "100"), (2e4, "2e4")])  # fmt: skip
def test_learning_rates_are_powers_of_ten(rate: float, written: str) -> None:
    assert power(rate) == written


def test_amounts_have_the_unit_that_fits() -> None:
    assert [amount(number) for number in (950, 999_600, 26_050_560, 3e9)] == ["950", "1.00 M", "26.1 M", "3.00 B"]


def test_a_value_that_is_no_number_is_no_number() -> None:
    assert text_of(overview(last={"loss": float("nan")}), "last.loss") == "–"
    assert text_of(overview(last={"grad_norm": 0.0}), "last.grad_norm") == "0"
