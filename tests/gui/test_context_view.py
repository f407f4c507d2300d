"""Does the tab "Context what-if" say the exact figures, and do marker, play, limits and copies do what they promise?"""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.pages.shape.context import ContextView, exporting, stacks
from app.pages.shape.context.kinds import KINDS, Kind, kind_of
from app.pages.shape.context.outlook import Choices, Outlook, axis_for
from app.theme import Theme
from app.widgets.marked_chart import MarkedChart
from app.widgets.menu import Menu
from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.inverses import largest_context, largest_context_in, largest_inference_context
from lmcore.accounting.kinds import Activations, Attention, AttentionCount, Position, Precision, Recomputation
from lmcore.generators import result_of
from tests.gui.shots import ALLOWED, Shot

XL = Shape(vocab_size=50_257, context_length=16_384, num_layers=48, d_model=1600, num_heads=25, d_ff=6400)
LLAMA = Shape(
    vocab_size=128_256, context_length=8192, num_layers=32, d_model=4096, num_heads=32, num_kv_heads=8, d_ff=14_336
)
MIXTURE = replace(LLAMA, num_experts=8, active_experts=2, shared_experts=1)
A100 = Gpu("A100 80 GB", 80 * 10**9, 2_039 * 10**9, {"fp32": 19_500 * 10**9, "bf16": 312 * 10**12})

OURS = Setup(activations=Activations.MEASURED)

Show = Callable[..., ContextView]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def shown(shape: Shape = XL, setup: Setup | None = None, size: tuple[int, int] = (984, 771)) -> ContextView:
        view = result_of(ContextView.making())
        qtbot.addWidget(view)
        view.resize(*size)
        with qtbot.waitExposed(view):
            view.show()
        view.show_shape(shape, setup or OURS)
        return view

    return shown


def outlook(shape: Shape = XL, setup: Setup | None = None, **choices: Any) -> Outlook:
    return Outlook(shape, setup or OURS, replace(Choices(), **choices), axis_for(shape.context_length))


def chosen(view: ContextView) -> tuple[Kind, int]:
    composition = view.parts.composition
    return composition.chosen_kind, composition.window_size.value()


def figures_of(view: ContextView) -> list[str]:
    return [cell.figure for cell in view.parts.strip.cells]


def at(view: ContextView, count: float) -> QPoint:
    chart = view.parts.composition.chart
    return QPoint(round(chart.x_of(count)), round(chart.plot().center().y()))


def table(view: ContextView) -> list[list[str]]:
    return [[cell.words for cell in row] for row in view.parts.table.rows]


# The figures.


def test_gpt_2_xl_has_the_figures_of_the_reference(show: Show) -> None:
    view = show()
    assert figures_of(view) == ["× 33.13", "149.5 TFLOP", "7.1 → 55.2 %", "4.69 GiB", "2,394 · 6,054"]
    lines = [cell.lines for cell in view.parts.strip.cells]
    assert lines == [
        ("the FLOPs of 1,024 tokens", "for × 16 the tokens"),
        ("one forward", "149,522,795,724,800"),
        ("attention, from 1,024", "to 16,384 tokens"),
        ("KV cache in fp16", "307,200 bytes a token"),
        ("tokens fit in 80 GB with", "manual · flash attention"),
    ]


def test_its_composition_and_its_crossings(show: Show) -> None:
    chart = show().parts.composition.chart
    card = chart.marker_card(16_384)
    assert card is not None
    rows = [(row.name, row.written) for row in card.rows]
    assert rows == [
        ("Attention", "55.2 %"),
        ("Feed-forward", "32.3 %"),
        ("Projections", "10.8 %"),
        ("LM head", "1.8 %"),
    ]
    assert [area.beside for area in chart.stack.areas] == ["71 %", "24 %", "4 %", "2 %"]
    assert [(one.written, one.words) for one in chart.stack.crossings] == [
        ("3,200", "attention = projections"),
        ("9,600", "attention = feed-forward"),
    ]
    assert chart.accessibleDescription().startswith("16,384 tokens: Attention 55.2 %, Feed-forward 32.3 %")


def test_the_longest_contexts_are_those_that_the_account_finds() -> None:
    for shape in (XL, LLAMA, MIXTURE, replace(XL, position=Position.LEARNED, context_length=1024)):
        setup = Setup(activations=Activations.MEASURED, gpu=A100)
        known = outlook(shape, setup, memory_bytes=300 * 10**9, seconds=30)
        for kind in KINDS:
            counted = kind.setup(setup, 4096)
            found = known.reach[kind]
            assert found.training == largest_context(shape, counted, 300 * 10**9)
            assert found.step == largest_context_in(shape, counted, Fraction(30))
        assert known.reach[Kind.FULL].serving == largest_inference_context(shape, setup, 300 * 10**9)


def test_weights_shared_among_devices_may_round_up() -> None:
    shape = replace(XL, position=Position.LEARNED)
    setup = Setup(activations=Activations.MEASURED, devices=7, zero_stage=3)
    found = outlook(shape, setup).reach[Kind.FLASH].training
    assert found == largest_context(shape, setup, 80 * 10**9, Attention.FLASH)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([XL, LLAMA, MIXTURE]),
    st.sampled_from(KINDS),
    st.sampled_from(Recomputation),
    st.integers(1, 1 << 20),
    st.integers(1, 8),
)
def test_one_context_agrees_with_the_account(
    shape: Shape, kind: Kind, recomputation: Recomputation, context: int, batch: int
) -> None:
    setup = Setup(batch=batch, gpu=A100, recomputation=recomputation, activations=Activations.MEASURED)
    known = outlook(shape, setup, kind=kind)
    exact = account(replace(shape, context_length=context), kind.setup(setup, 4096))
    assert known.forward(context) == exact.forward.amount
    assert {key: known.part(key, context) for key in ("ffn", "attention")} == {
        key: exact.forward.child(key).amount for key in ("ffn", "attention")
    }
    assert known.step(context, kind) == exact.training.amount
    assert known.kept_by(kind).at(context) + known.static(context) == exact.training_memory.amount
    assert known.cache(context, kind) == exact.inference_memory.child("kv_cache").amount
    assert exact.timing.step_seconds is not None
    assert known.seconds(context, kind) == pytest.approx(float(exact.timing.step_seconds))


@pytest.mark.parametrize("kind", KINDS)
def test_curves_agree_with_single_contexts(kind: Kind) -> None:
    known = outlook(LLAMA, Setup(gpu=A100, recomputation=Recomputation.SELECTIVE), kind=kind)
    for place in (0, 20, 70, -1):
        context = int(known.contexts[place])
        assert sum(values[place] for values in known.parts.values()) == pytest.approx(known.forward(context))
        assert known.seconds_along(kind)[place] == pytest.approx(known.seconds(context, kind))
        assert known.cache_along()[place] == known.cache(context, kind)


def test_curves_have_all_powers_of_two_and_room_for_the_shape() -> None:
    contexts = outlook().contexts
    assert set(2.0 ** np.arange(8, 21)) <= set(contexts.tolist())
    assert (axis_for(128).low, axis_for(100).low, axis_for(256).low) == (128, 64, 256)
    assert (axis_for(1 << 20).high, axis_for((1 << 20) + 1).high) == (1 << 20, 1 << 21)


# Crossings that there are not.


def test_a_window_says_which_crossing_there_is_not() -> None:
    stack = stacks.share_stack(outlook(kind=Kind.WINDOW))
    assert [(one.written, one.words) for one in stack.crossings] == [("9,360", "attention = projections")]
    assert stack.remark == "in a window of 4,096 attention stays below feed-forward"
    narrow = stacks.share_stack(outlook(kind=Kind.WINDOW, window=1024))
    assert narrow.crossings == ()
    assert "projections" in narrow.remark


def test_crossings_are_exact_for_grouped_heads_and_experts() -> None:
    for shape in (LLAMA, MIXTURE):
        known = outlook(shape, kind=Kind.CAUSAL)
        for key in ("projections", "ffn"):
            place = known.crossovers[key].context
            assert place is not None
            before, after = int(place), int(place) + 1
            assert known.part("attention", before) <= known.part(key, before)
            assert known.part("attention", after) > known.part(key, after)


def test_a_crossing_beyond_the_axis_is_told() -> None:
    wide = replace(MIXTURE, d_ff=1_000_000)
    assert stacks.remark(outlook(wide)).startswith("attention = feed-forward at ")


# The marker.


@pytest.mark.qt_log_ignore("not accepted by receiving widget")
def test_dragging_the_marker_moves_all_charts_and_says_where(qtbot: QtBot, show: Show) -> None:
    view = show()
    moved: list[int] = []
    view.context_moved.connect(moved.append)
    chart = view.parts.composition.chart
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=at(view, 4096))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=at(view, 4096))
    qtbot.keyClick(chart, Qt.Key.Key_PageUp)
    assert moved == [4096, 8192]
    assert {one.marker for one in view.parts.charts} == {8192}
    assert view.parts.strip.cells[1].lines[1] == f"{account(replace(XL, context_length=8192)).forward.amount:,}"
    assert view.parts.table_title.text() == "At 8,192 tokens"


def test_another_context_moves_the_marker_and_draws_nothing_anew(show: Show) -> None:
    view = show()
    before, stack = view.outlook, view.parts.composition.chart.stack
    moved: list[int] = []
    view.context_moved.connect(moved.append)
    view.show_shape(replace(XL, context_length=2048), OURS)
    assert view.outlook is before
    assert view.parts.composition.chart.stack is stack
    assert view.parts.composition.chart.marker == 2048
    assert moved == []
    view.show_shape(replace(XL, context_length=2048, d_ff=4288), OURS)
    assert view.outlook is not before


def test_amounts_have_a_scale_that_follows_the_marker(qtbot: QtBot, show: Show) -> None:
    view = show()
    composition = view.parts.composition
    qtbot.keyClick(composition.mode, Qt.Key.Key_Right)
    assert composition.chart.stack.top == 200e12
    assert [tick.label for tick in composition.chart.stack.ticks] == [
        *("0", "50 TFLOP", "100 TFLOP", "150 TFLOP", "200 TFLOP")
    ]
    card = composition.chart.marker_card(16_384)
    assert card is not None
    assert card.rows[0].amount == "82,463,372,083,200"
    view.show_shape(replace(XL, context_length=1024), OURS)
    assert composition.chart.stack.top == 5e12
    assert composition.title.text() == "Forward FLOPs"


# The play.


def test_the_play_goes_from_the_baseline_to_the_context(show: Show) -> None:
    view = show()
    view.reduced_motion = False
    moved: list[int] = []
    view.context_moved.connect(moved.append)
    seen: list[int] = []
    view.playing.moved.connect(seen.append)
    view.parts.composition.play.click()
    view.playing.motion.setCurrentTime(200)
    halfway = view.parts.composition.chart.marker
    assert halfway is not None
    assert 1024 < halfway < 16_384
    assert figures_of(view)[1] != "149.5 TFLOP"
    view.playing.motion.setCurrentTime(view.playing.motion.duration())
    assert (seen[0], seen[-1]) == (1024, 16_384)
    assert seen == sorted(seen)
    assert figures_of(view)[0] == "× 33.13"
    assert not view.playing.running
    assert moved == []


def test_little_context_is_told_in_small_figures(show: Show) -> None:
    cells = show(replace(XL, context_length=1)).parts.strip.cells
    assert cells[0].figure == "× 0.000907"
    assert [cell.lines for cell in cells[:3]] == [
        ("the FLOPs of 1,024 tokens", "for 1/1,024 of the tokens"),
        ("one forward", "4,093,289,600"),
        ("attention, from 1,024", "to 1 token"),
    ]
    assert show(replace(XL, context_length=1536)).parts.strip.cells[0].lines[1] == "for × 1.50 the tokens"


def test_the_play_can_be_stopped_where_it_is(show: Show) -> None:
    view = show()
    view.reduced_motion = False
    moved: list[int] = []
    view.context_moved.connect(moved.append)
    view.parts.composition.play.click()
    view.playing.motion.setCurrentTime(300)
    view.parts.composition.play.click()
    assert not view.playing.running
    assert moved == [view.context]
    assert 1024 < view.context < 16_384


def test_a_key_or_another_shape_takes_the_marker_from_the_play(qtbot: QtBot, show: Show) -> None:
    view = show()
    view.reduced_motion = False
    view.play()
    view.playing.motion.setCurrentTime(100)
    qtbot.keyClick(view.parts.composition.chart, Qt.Key.Key_End)
    assert not view.playing.running
    assert view.context == 1 << 20
    view.play()
    view.show_shape(XL, OURS)
    assert not view.playing.running
    assert view.parts.composition.chart.marker == 16_384


def test_without_motion_the_play_is_at_its_end(show: Show) -> None:
    view = show(replace(XL, context_length=1024))
    view.reduced_motion = True
    assert view.parts.composition.play.accessibleName() == "Play from 1,024 to 16,384 tokens"
    moved: list[int] = []
    view.context_moved.connect(moved.append)
    view.parts.composition.play.click()
    assert not view.playing.running
    assert moved == [16_384]
    assert figures_of(view)[2] == "7.1 → 55.2 %"


def test_the_play_keeps_within_the_axis(show: Show) -> None:
    view = show(replace(XL, context_length=1024))
    composition = view.parts.composition
    composition.baseline.setValue(100_000)
    assert composition.play.accessibleName() == "Play from 100,000 to 1,048,576 tokens"
    composition.baseline.setValue(16)
    assert composition.play.accessibleName() == "Play from 256 to 1,024 tokens"
    composition.baseline.setValue(1 << 20)
    assert not composition.play.isEnabled()


def test_leaving_the_tab_ends_the_play(show: Show) -> None:
    view = show()
    view.reduced_motion = False
    view.play()
    view.hide()
    assert not view.playing.running
    assert view.parts.composition.chart.marker == 16_384


# What is chosen.


def test_baseline_and_memory_can_be_changed(show: Show) -> None:
    view = show()
    view.parts.composition.baseline.setValue(2048)
    ratio = account(XL).forward.amount / account(replace(XL, context_length=2048)).forward.amount
    assert figures_of(view)[0] == f"× {ratio:.2f}"
    assert view.parts.strip.cells[0].lines == ("the FLOPs of 2,048 tokens", "for × 8 the tokens")
    view.parts.memory_size.setValue(34)
    assert figures_of(view)[4] == "none · none"
    assert view.parts.memory.chart.curves.limit is None
    assert view.parts.memory.caption.whole_text.startswith("no room in 34 GB beside 34.03 GB")


def test_activations_are_counted_as_everywhere_on_the_page(show: Show) -> None:
    view = show()
    asked: list[Activations] = []
    view.activations_chosen.connect(asked.append)
    view.parts.activations.activated.emit(0)
    assert asked == [Activations.HANDOUT]
    assert "our block" in view.parts.memory.caption.whole_text, "the page decides"
    setup = Setup(activations=Activations.HANDOUT)
    view.show_shape(XL, setup)
    assert view.parts.activations.currentText() == "the handout"
    expected = [largest_context(XL, setup, 80 * 10**9, attention) for attention in Attention]
    assert figures_of(view)[4] == f"{expected[0]:,} · {expected[1]:,}"
    assert "handout" in view.parts.memory.caption.whole_text


def test_kinds_of_attention_stand_side_by_side(show: Show) -> None:
    view = show(setup=replace(OURS, gpu=A100))
    rows = table(view)
    assert [row[0] for row in rows] == ["Full attention", "Exact causal", "Sliding window, 4,096", "Flash attention"]
    assert [row[1] for row in rows] == [
        *("82,463,372,083,200", "41,234,202,624,000", "18,039,491,788,800", "82,463,372,083,200")
    ]
    assert rows[2][6] == "any"
    assert rows[3][5] == "6,054"
    view.parts.composition.kind.setCurrentIndex(KINDS.index(Kind.CAUSAL))
    assert figures_of(view)[1] == "108.3 TFLOP"
    assert not view.parts.composition.window_size.isVisible()
    view.parts.composition.kind.setCurrentIndex(KINDS.index(Kind.WINDOW))
    assert view.parts.composition.window_size.isVisible()


def test_the_setup_decides_until_the_user_does(show: Show) -> None:
    causal = Setup(attention_count=AttentionCount.CAUSAL)
    view = show(setup=causal)
    assert chosen(view) == (Kind.CAUSAL, 4096)
    view.parts.composition.kind.setCurrentIndex(0)
    view.show_shape(replace(XL, d_ff=4288), causal)
    assert chosen(view) == (Kind.FULL, 4096)
    view.show_shape(XL, Setup(attention_count=AttentionCount.WINDOW, window=512, gpu=replace(A100, memory=24 * 10**9)))
    assert chosen(view) == (Kind.WINDOW, 512)
    assert view.parts.memory_size.value() == 24


def test_what_a_setup_means_by_attention() -> None:
    for kind in KINDS:
        assert kind_of(kind.setup(OURS, 99)) is kind


def test_times_are_shown_only_where_the_peak_is_known(qtbot: QtBot, show: Show) -> None:
    view = show()
    chart = view.parts.time.chart
    assert curve_names(view) == []
    assert "unknown" in chart.curves.empty
    assert table(view)[0][7] == "–"
    view.show_shape(XL, Setup(gpu=A100))
    assert curve_names(view) == ["full, flash", "causal", "window"]
    seconds = account(XL, Setup(gpu=A100)).timing.step_seconds
    assert seconds is not None
    place = int(np.searchsorted(chart.curves.counts, 16_384))
    assert chart.curves.curves[0].values[place] == pytest.approx(float(seconds))
    qtbot.keyClick(view.parts.pace, Qt.Key.Key_Right)
    assert chart.curves.curves[0].values[place] == pytest.approx(16_384 / float(seconds))


@pytest.mark.parametrize(
    ("recomputation", "words", "weights"),
    [(Recomputation.NONE, "3 forwards a step", "fp16"), (Recomputation.FULL, "4 forwards a step", "bf16")],
)
def test_captions_say_by_what_is_counted(show: Show, recomputation: Recomputation, words: str, weights: str) -> None:
    precision = Precision.FP16 if weights == "fp16" else Precision.AUTOCAST
    gpu = replace(A100, peaks={"fp16": 312 * 10**12, "bf16": 312 * 10**12})
    view = show(setup=replace(OURS, gpu=gpu, precision=precision, recomputation=recomputation, batch=4))
    assert view.parts.time.caption.whole_text == f"A100 80 GB, {precision} 312 TFLOP/s dense, 50 % MFU; {words}"
    assert f"weights in {weights} and KV cache" in view.parts.table_caption.whole_text
    assert f"our block, {precision}, batch 4" in view.parts.memory.caption.whole_text
    assert view.parts.strip.cells[1].lines[0] == "one forward of 4 sequences"


def curve_names(view: ContextView) -> list[str]:
    return [curve.name for curve in view.parts.time.chart.curves.curves]


def test_huge_shapes_are_counted_without_overflow(show: Show) -> None:
    huge = Shape(vocab_size=10**9, context_length=10**9, num_layers=10**5, d_model=10**6, num_heads=1, d_ff=10**7)
    view = show(huge)
    assert view.parts.strip.cells[1].lines[1] == f"{account(huge).forward.amount:,}"
    assert figures_of(view)[4] == "none · none"


# Cards and copies.


def test_cards_have_exact_figures_and_formulas(qtbot: QtBot, show: Show) -> None:
    view = show()
    card = view.parts.composition.chart.hover_card(4096)
    assert card is not None
    exact = account(replace(XL, context_length=4096)).forward
    assert card.rows[0].amount == f"{exact.child('attention').amount:,}"
    assert f"Attention: {exact.child('attention').formula}" in card.notes
    chart = view.parts.flops.chart
    qtbot.mouseMove(chart, QPoint(round(chart.x_of(4096)), 60))
    assert chart.card is not None
    assert chart.card.details.rows[-1].value == f"{exact.amount:,}"
    view.verticalScrollBar().setValue(50)
    qtbot.mouseMove(chart, QPoint(1, 1))
    assert chart.card is None


def test_the_card_of_memory_has_both_units_and_the_polynomial(show: Show) -> None:
    details = show().parts.memory.chart.details(1024)
    assert details is not None
    assert details.rows[2].value == "314.6 MB   300.0 MiB"
    assert "manual 4,848·T² + 7,587,032·T + 4 bytes" in details.notes
    assert "KV cache 4·T·d·L = 307,200·T bytes" in details.notes


def test_curves_are_copied_as_exact_numbers(show: Show) -> None:
    view = show()
    said: list[str] = []
    view.said.connect(said.append)
    menu = next(iter(menus(view, "Activation memory")))
    next(action for action in menu.actions() if action.text() == "Copy as CSV").trigger()
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    row = next(row for row in rows if row["context"] == "1024")
    setup = Setup(activations=Activations.MEASURED)
    exact = account(replace(XL, context_length=1024), setup).training_memory.child("activations").amount
    assert int(row["manual_activation_bytes"]) == exact
    assert said == ["Copied Activation memory as CSV, 97 contexts"]
    next(action for action in menu.actions() if action.text() == "Copy as PNG").trigger()
    chart = view.parts.memory.chart
    assert QGuiApplication.clipboard().image().size() == chart.size() * 2


def menus(view: ContextView, title: str) -> list[Menu]:
    pane = next(pane for pane in view.parts.panes if pane.title == title)
    pane.copy.click()
    found = view.findChildren(Menu)
    for menu in found:
        menu.hide()
    return found


@pytest.mark.parametrize(
    ("rows", "column", "value"),
    [
        (exporting.part_rows, "attention_flops", "82463372083200"),
        (exporting.kind_rows, "causal_attention_flops", "41234202624000"),
        (exporting.time_rows, "full_seconds_a_step", ""),
    ],
)
def test_each_chart_has_its_table(rows: Callable[[Outlook], exporting.Rows], column: str, value: str) -> None:
    read = csv.DictReader(io.StringIO(exporting.csv_text(rows(outlook()))))
    assert next(row[column] for row in read if row["context"] == "16384") == value


def test_files_are_written_whole_or_refused_in_a_sentence(tmp_path: Path, show: Show) -> None:
    view = show()
    said: list[str] = []
    failed: list[str] = []
    export = exporting.Exporting(view, said.append, failed.append)
    chart = view.parts.flops.chart
    export.save(tmp_path / "a.png", lambda path: export.write_picture(chart, path))
    assert QImage(str(tmp_path / "a.png")).size() == chart.size() * 2
    (tmp_path / "file").write_text("")
    export.save(tmp_path / "file" / "a.csv", lambda path: export.write_rows(lambda: [["a"], [1]], path))
    assert said == [f"Saved {tmp_path / 'a.png'}"]
    assert len(failed) == 1
    assert failed[0].startswith(f"{tmp_path / 'file' / 'a.csv'} cannot be written")


# How it stands.


@pytest.mark.parametrize("size", [(968, 671), (984, 771), (1416, 951)])
def test_the_first_screen_has_the_chart_the_figures_and_two_charts(show: Show, size: tuple[int, int]) -> None:
    view = show(size=size)
    bottom = view.parts.memory.mapTo(view.parts, QPoint(0, view.parts.memory.height())).y()
    assert bottom == view.viewport().height()
    assert view.parts.width() == view.viewport().width()


def test_all_that_takes_the_focus_has_a_name(show: Show) -> None:
    view = show()
    inputs = (QAbstractButton, QAbstractSpinBox, QComboBox, MarkedChart)
    reached = [w for w in view.parts.findChildren(QWidget) if isinstance(w, inputs)]
    assert len(reached) >= 13
    assert [w for w in reached if not w.accessibleName()] == []
    assert all(chart.accessibleDescription().startswith("16,384 tokens") for chart in view.parts.charts[:4])


def test_the_tab_looks_as_drawn(theme: Theme, show: Show, shot: Shot) -> None:
    view = show(setup=replace(OURS, gpu=A100))
    view.parts.composition.chart.setFocus()
    QApplication.processEvents()
    assert shot(view.parts, f"context-{theme.name}") < ALLOWED
