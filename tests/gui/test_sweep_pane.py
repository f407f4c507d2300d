"""Does the pane of sweeps show final losses at the values that gave them, and what did not finish as such?"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.training.sweep_figures import VALIDATION, figure_of, groups_of, side_by_side, state_of
from app.pages.training.sweep_pane import BY_HAND, SweepPane
from app.widgets.run_marks import mark_of
from app.widgets.sweep_chart import TOP, SweepFigure, SweepLine, SweepPoint
from lmcore.figures import MINUS
from lmcore.training.overview import Overview

LR, BATCH, NORM = "optimizer.learning_rate", "training.batch_size", "model.norm_place"


def run(
    name: str,
    loss: float | None = None,
    *,
    values: Mapping[str, Any] | None = None,
    group: str = "a",
    standing: Any = "finished",
    reason: Any = "",
    step: int = 500,
    created: float = 0.0,
) -> Overview:
    words = "" if values is None else " " + ", ".join(f"{key.rpartition('.')[2]} {of}" for key, of in values.items())
    last = {} if loss is None else {"loss": loss - 0.1, "validation": loss}
    about = None if values is None else {"id": group, "keys": list(values), "values": dict(values)}
    path = Path("/runs") / f"{name}{words}"
    return Overview(
        path,
        f"{name}{words}",
        created,
        standing,
        reason,
        "",
        step,
        500,
        1,
        0.0,
        (),
        "",
        {},
        {},
        last,
        (),
        (),
        None,
        about,
    )


def rates() -> list[Overview]:
    return [
        run("tiny", 2.0, values={LR: 1e-3}),
        run("tiny", 2.4, values={LR: 3e-4}, standing="running", step=200),
        run("tiny", None, values={LR: 1e-1}, standing="failed", reason="diverged", step=12),
    ]


@pytest.fixture
def pane(qtbot: QtBot) -> SweepPane:
    made = SweepPane()
    qtbot.addWidget(made)
    made.resize(1_000, 460)
    with qtbot.waitExposed(made):
        made.show()
    return made


def cells(pane: SweepPane) -> list[list[str]]:
    return [[cell.words for cell in row] for row in pane.table.rows]


def test_losses_stand_over_their_learning_rates_on_a_logarithmic_axis(pane: SweepPane) -> None:
    pane.show_runs(rates())
    assert pane.groups.currentText() == "tiny: learning_rate, 3 runs"
    figure = pane.chart.figure
    assert figure.logarithmic
    points = figure.lines[0].points
    assert [(point.x, point.loss, point.state) for point in points] == [
        (3e-4, 2.4, "open"),
        (1e-3, 2.0, "done"),
        (1e-1, None, "diverged"),
    ]
    low, middle, high = (pane.chart.place_of(point) for point in points)
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low.y() < middle.y()
    assert high.y() < low.y()
    ratio = (high.x() - middle.x()) / (middle.x() - low.x())
    assert np.isclose(ratio, np.log(100) / np.log(10 / 3), rtol=1e-6)


def test_the_table_says_the_values_and_how_runs_stand(pane: SweepPane) -> None:
    pane.show_runs(rates())
    assert cells(pane) == [
        ["3e-4", "2.4000", "+0.4000", "200", "running"],
        ["1e-3", "2.0000", "", "500", "done"],
        ["0.1", "–", "–", "12", "diverged at step 12"],
    ]
    assert pane.table.rows[1][1].runs[0].face == "strong"
    assert pane.caption.text().count("1 of 3 has not finished (○).") == 1


def choose_outcome(pane: SweepPane, title: str) -> None:
    place = pane.outcome.findText(title)
    pane.outcome.setCurrentIndex(place)
    pane.outcome.activated.emit(place)


def test_what_is_compared_can_be_chosen_and_the_best_stays_that_of_unseen_text(pane: SweepPane) -> None:
    low, high = run("tiny", 2.0, values={LR: 1e-3}), run("tiny", 2.4, values={LR: 3e-4})
    last_steps = {"seconds": 10.0, "tokens_per_second": 500.0}
    faster = {**high.last, **last_steps, "loss": 1.0, "tokens": 120_000.0}
    pane.show_runs([replace(low, last={**low.last, **last_steps, "tokens": 90_000.0}), replace(high, last=faster)])
    choose_outcome(pane, "Train")
    assert pane.chart.figure.y_name.startswith("train loss")
    assert [row[1:3] for row in cells(pane)] == [["1.0000", f"{MINUS}0.9000"], ["1.9000", ""]]
    choose_outcome(pane, "Tokens a second")
    assert [row[1:3] for row in cells(pane)] == [["12,000", "+3,000"], ["9,000", ""]]
    assert [row[1].runs[0].face for row in pane.table.rows] == ["plain", "strong"]
    choose_outcome(pane, "Bits a byte")
    assert [row[1] for row in cells(pane)] == ["–", "–"]
    assert "2 have no such figure yet" in pane.caption.text()


def test_a_sweep_is_saved_and_copied(pane: SweepPane, tmp_path: Path) -> None:
    pane.show_runs(rates())
    pane.export_button.painted.connect(lambda path, content: path.write_bytes(content()))
    for name in ("a.png", "a.svg"):
        pane.export_button.save(tmp_path / name)
    assert QImage(str(tmp_path / "a.png")).size().width() == 2_000
    assert "tiny: learning_rate, 3 runs" in (tmp_path / "a.svg").read_text()
    header, first, *_ = pane.exported.as_csv().splitlines()
    assert header == 'run,optimizer.learning_rate,"validation loss, nats a token",steps,state'
    assert first == "tiny learning_rate 0.0003,0.0003,2.4,200,running"
    assert "| tiny learning_rate 0.0003 | 3e-4 | 2.4000 | +0.4000 | 200 | running |" in pane.exported.as_markdown()
    assert {action.text() for action in pane.export_button.made_menu().actions()} >= {"Save as SVG …", "Copy as CSV"}


def test_two_settings_make_a_line_for_each_value_of_the_other(pane: SweepPane) -> None:
    runs = [
        run("grid", 2.0 + batch / 100 + rate, values={BATCH: batch, LR: rate})
        for batch in (16, 32)
        for rate in (1e-3, 1e-2)
    ]
    pane.show_runs(runs)
    figure = pane.chart.figure
    assert figure.x_name == "learning_rate"
    assert [line.name for line in figure.lines] == ["batch_size 16", "batch_size 32"]
    assert [[point.x for point in line.points] for line in figure.lines] == [[1e-3, 1e-2]] * 2
    assert len({line.mark for line in figure.lines}) == 2
    pane.keys.setCurrentIndex(0)
    pane.keys.activated.emit(0)
    assert pane.chart.figure.x_name == "batch_size"
    assert [line.name for line in pane.chart.figure.lines] == ["learning_rate 1e-3", "learning_rate 1e-2"]
    assert not pane.chart.figure.logarithmic


def test_values_that_are_no_numbers_are_places_with_names(pane: SweepPane) -> None:
    runs = [run("norm", 1.5 + place, values={NORM: name}) for place, name in enumerate(("pre", "post", "none"))]
    pane.show_runs(runs)
    figure = pane.chart.figure
    assert figure.categories == ("pre", "post", "none")
    assert [point.x for point in figure.lines[0].points] == [0.0, 1.0, 2.0]
    assert not figure.joined
    assert pane.scale.isHidden()
    flags = groups_of([run("flag", 1.0, values={"model.tied": flag}) for flag in (True, False)])[0]
    assert figure_of(flags, "model.tied", VALIDATION, logarithmic=True).categories == ("true", "false")


def test_groups_are_found_by_their_id_and_the_newest_comes_first() -> None:
    runs = [
        run("old", 2.0, values={LR: 1e-3}, group="a", created=1.0),
        run("single", 2.0, created=2.0),
        run("new", 2.0, values={LR: 1e-3}, group="b", created=3.0),
        run("old", 2.0, values={LR: 1e-2}, group="a", created=2.0),
    ]
    assert [(group.name, len(group.runs)) for group in groups_of(runs)] == [("new", 1), ("old", 2)]


def test_what_was_chosen_stays_while_runs_go_on(pane: SweepPane) -> None:
    others = [run("other", 2.0, values={LR: 1e-3}, group="z", created=9.0)]
    pane.show_runs([*rates(), *others])
    pane.groups.setCurrentIndex(1)
    pane.groups.activated.emit(1)
    assert pane.chart.figure.lines[0].points[0].x == 3e-4
    further = [run("tiny", 2.3, values={LR: 3e-4}, standing="running", step=300), *rates()[::2], *others]
    pane.show_runs(further)
    assert pane.groups.currentText().startswith("tiny")
    assert cells(pane)[0][:3] == ["3e-4", "2.3000", "+0.3000"]
    pane.show_runs(others)
    assert pane.groups.currentText().startswith("other")


def test_runs_picked_by_hand_stand_side_by_side(qtbot: QtBot, pane: SweepPane) -> None:
    base, bare, short = run("base", 1.5), run("bare", 1.6), run("short", 2.4, standing="stopped", step=100)
    pane.show_runs([base, bare, short])
    assert pane.groups.currentText() == BY_HAND
    assert pane.picked == (bare.path, short.path)
    assert "Sweep" in pane.caption.text()
    pane.table.chosen.emit(2)
    pane.table.chosen.emit(0)
    assert pane.picked == (bare.path, base.path)
    assert pane.chart.figure == side_by_side([bare, base], VALIDATION)
    assert pane.chart.figure.categories == ("bare", "base")
    assert [row[3] for row in cells(pane)] == ["+0.8000", "", f"{MINUS}0.1000"]
    assert "Differences are from bare, the first one." in pane.caption.text()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(pane.table, key)
    assert list(pane.picked) == [base.path]
    assert pane.table.row_under == 1, "the next key goes on from there"
    QTest.keyClick(pane.table, Qt.Key.Key_Return)
    assert list(pane.picked) == [base.path, bare.path]


def test_names_that_begin_alike_are_told_apart(pane: SweepPane) -> None:
    pane.show_runs([run(f"a-rather-long-name rate {rate}", 2.0) for rate in ("0.001", "0.003")])
    assert [row[1] for row in cells(pane)] == ["0.003", "0.001"]
    assert pane.table.rows[0][1].told == "a-rather-long-name rate 0.003"


def test_marks_say_their_run_and_lead_to_it(qtbot: QtBot, pane: SweepPane) -> None:
    runs = rates()
    pane.show_runs(runs)
    place = QPoint()

    def is_told() -> bool:
        nonlocal place
        mark = pane.chart.place_of(pane.chart.figure.lines[0].points[1])
        assert mark is not None
        place = mark.toPoint()
        qtbot.mouseMove(pane.chart, place)
        return pane.chart.card is not None

    qtbot.waitUntil(is_told)  # the pane is laid out meanwhile
    assert pane.chart.card is not None
    assert pane.chart.card.lines[:2] == ("tiny learning_rate 0.001", "validation loss, nats a token: 2.0000")
    with qtbot.waitSignal(pane.run_chosen) as clicked:
        qtbot.mouseClick(pane.chart, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [runs[0].path]


def test_where_there_is_no_sweep_it_is_said_how_one_is_made(pane: SweepPane) -> None:
    pane.show_runs([])
    assert pane.empty.isVisible()
    assert "New run" in pane.empty.accessibleName()
    pane.show_runs(rates())
    assert not pane.empty.isVisible()


def test_a_run_that_finished_with_a_loss_beyond_all_reason_counts_as_diverged() -> None:
    blown, sound = (
        replace(run("tiny", loss, values={LR: rate}), about={"vocab_size": 10_000})
        for loss, rate in ((9_012.0, 100.0), (9.2, 1e-9))
    )
    assert (state_of(blown), state_of(sound)) == ("diverged", "done")


def test_runs_that_diverged_at_one_value_are_all_seen(pane: SweepPane) -> None:
    points = [SweepPoint(number, 1.0, None, "diverged", (f"run {number}",)) for number in range(3)]
    lines = tuple(SweepLine(f"batch {point.key}", mark_of(place), (point,)) for place, point in enumerate(points))
    pane.chart.show_figure(SweepFigure("learning_rate", "validation loss, nats a token", lines))
    places = [pane.chart.place_of(point) for point in points]
    assert all(place is not None for place in places)
    across = [place.x() for place in places if place is not None]
    assert [round(b - a) for a, b in pairwise(across)] == [11, 11]
    assert min(place.y() for place in places if place is not None) > TOP


def test_runs_made_one_by_one_stand_over_a_setting_in_which_they_differ(pane: SweepPane) -> None:
    runs = [
        replace(run(f"made {rate}", loss), config={"name": f"made {rate}", LR: rate}, path=Path(f"/runs/{rate}"))
        for rate, loss in ((1e-3, 3.0), (1e-1, 2.0))
    ]
    runs = [replace(one, group=None) for one in runs]
    pane.show_runs(runs)
    assert [pane.keys.itemText(place) for place in range(pane.keys.count())] == ["by name", "learning_rate"]
    assert len(pane.chart.figure.categories) == 2
    pane.keys.activated.emit(1)
    figure = pane.chart.figure
    assert (figure.x_name, figure.logarithmic, figure.categories) == ("learning_rate", True, ())
    assert sorted((point.x, point.loss) for line in figure.lines for point in line.points) == [(1e-3, 3.0), (1e-1, 2.0)]
