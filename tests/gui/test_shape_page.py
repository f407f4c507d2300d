"""Does the Shape page answer its question, keep every shape valid, and stay as it was when an input is bad?"""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gpu_probe import FoundGpu
from app.main_window import MainWindow
from app.pages.shape import ShapePage
from app.pages.shape.chosen import FlopsOf, MemoryOf
from app.pages.shape.options import ACTIVATION_NAMES
from app.pages.shape.page import CONTEXT, SHAPE
from app.pages.shape.requests import request_of
from app.pages.shape.telling import FLOPS, MEMORY, PARAMETERS
from app.session import TokenizerInfo
from lmcore.accounting import Shape
from lmcore.accounting.config_writing import config_of
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.inverses import largest_context
from lmcore.accounting.kinds import Activations, FeedForward, Norm, NormPlace, Position, Precision
from lmcore.accounting.presets import find_preset
from lmcore.generators import result_of
from tests.gui.shape_page import drag, open_page, rest, type_in


def totals(page: ShapePage) -> list[str]:
    return [donut.total for donut in page.view.donuts.donuts]


def names(page: ShapePage) -> list[str]:
    sheet = page.view.table.sheet
    assert sheet is not None
    return [line.name for line in sheet.lines]


def figures_of(page: ShapePage) -> list[str]:
    return [answer.figure for answer in page.view.fit.answers]


# The questions of a new user.


def test_gpt2_xl_has_two_billion_parameters_and_needs_fifty_gigabytes(shape_page: ShapePage) -> None:
    assert totals(shape_page) == ["2.127 billion", "4.513 TFLOP", "49.55 GB"]
    legend = [part.name for part in shape_page.view.donuts.donuts[FLOPS].slices]
    assert legend == ["Feed-forward", "Projections", "Attention", "LM head"]
    assert shape_page.session.shape == "GPT-2 XL, course 2025"
    assert shape_page.session.model_shape == find_preset("course-2025-xl").shape


def test_the_table_lists_the_matrices_as_a_token_passes_them(shape_page: ShapePage) -> None:
    assert names(shape_page) == [
        *("Query, key, value", "Attention scores QKᵀ", "Weighted values AV", "Output projection"),
        *("Gate and up, W1, W3", "Down, W2", "LM head"),
    ]
    sheet = shape_page.view.table.sheet
    assert sheet is not None
    assert sheet.total == "4,513,336,524,800"
    assert sheet.lines[0].formula == "6·T·d²·L"
    assert sum(int(line.amount.replace(",", "")) for line in sheet.lines) == 4_513_336_524_800


def test_four_sizes_are_compared_from_the_start(shape_page: ShapePage) -> None:
    words = shape_page.view.compare.sentence.accessibleName()
    assert words == (
        "From small to XL, feed-forward and projections grow: 49.8 → 66.9 % and 16.6 → 22.3 %. "
        "Attention and head shrink: 11.1 → 7.1 % and 22.6 → 3.6 %."
    )


def test_fit_and_time_are_answered_for_a_gpu(qtbot: QtBot, shape_page: ShapePage) -> None:
    assert figures_of(shape_page)[:4] == ["49.55 GB", "–", "–", "–"]
    shape_page.fill_sample()
    rest(qtbot, shape_page)
    memory, batch, step, training = shape_page.view.fit.answers[:4]
    assert memory.lines[0].endswith(": it fits")
    assert batch.figure == "batch 2"
    assert step.figure == "1.4 s"
    assert training.lines[0] == "42.54 billion tokens, 20 a parameter"
    assert training.figure == "668 days"
    assert shape_page.fit_line.words.text.startswith("A100")


def test_an_unknown_peak_is_asked_for_and_never_guessed(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.view.fit.bar.show_found(FoundGpu("Some GPU 9000", 100 * 10**9))
    rest(qtbot, shape_page)
    answers = shape_page.view.fit.answers
    assert answers[1].figure == "batch 4"
    assert [answers[place].lines[1] for place in (2, 3)] == ["peak unknown, set it"] * 2
    assert shape_page.fit_line.words.text.endswith("peak unknown, set it")


def test_a_found_gpu_does_not_replace_a_chosen_one(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.fill_sample()
    before = shape_page.state.now.setup.gpu
    shape_page.view.fit.bar.show_found(FoundGpu("Some GPU 9000", 100 * 10**9))
    assert shape_page.state.now.setup.gpu == before


def test_own_figures_of_a_gpu_count_at_once(qtbot: QtBot, shape_page: ShapePage) -> None:
    bar = shape_page.view.fit.bar
    bar.gpu.setCurrentIndex(bar.gpu.count() - 1)
    bar.gpu.activated.emit(bar.gpu.count() - 1)
    rest(qtbot, shape_page)
    bar.memory.setValue(66)
    bar.peak.setValue(100)
    rest(qtbot, shape_page)
    assert figures_of(shape_page)[1] == "batch 2"
    gpu = shape_page.state.now.setup.gpu
    assert gpu is not None
    assert gpu.peak("fp32") == 100 * 10**12
    assert figures_of(shape_page)[2] == "0.3 s"


# Inputs.


def test_a_drag_is_one_step_of_undo_and_the_way_back_leads_to_the_same_shape(
    qtbot: QtBot, shape_page: ShapePage
) -> None:
    before = shape_page.state.now
    slider = shape_page.panel.fields["d_model"].slider
    begin = slider.value() / slider.maximum()
    drag(slider, [begin, 0.3, 0.4, 0.9, 0.2, 0.6])
    rest(qtbot, shape_page)
    moved = shape_page.state.now
    assert moved.shape.d_model != before.shape.d_model
    assert moved.shape.d_model % moved.shape.num_heads == 0
    assert shape_page.state.undo_stack.count() == 1
    shape_page.undo.click()
    rest(qtbot, shape_page)
    assert shape_page.state.now == before
    assert shape_page.panel.fields["d_model"].value == 1600
    shape_page.redo.click()
    assert shape_page.state.now == moved


def test_undo_and_redo_reach_the_shape_from_inside_of_a_number(
    qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow
) -> None:
    qtbot.waitUntil(shape_window.isActiveWindow)
    spin, control = shape_page.panel.fields["num_layers"].spin, Qt.KeyboardModifier.ControlModifier
    type_in(shape_page, "num_layers", "40")
    rest(qtbot, shape_page)
    QTest.keyClick(spin, Qt.Key.Key_Z, control)
    rest(qtbot, shape_page)
    assert (shape_page.state.now.shape.num_layers, spin.text()) == (48, "48")
    QTest.keyClick(spin, Qt.Key.Key_Y, control)
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.num_layers == 40
    spin.selectAll()
    QTest.keyClicks(spin, "77")
    QTest.keyClick(spin, Qt.Key.Key_Z, control)
    assert (spin.text(), shape_page.state.now.shape.num_layers) == ("40", 40), "first what is typed is taken back"
    QTest.keyClick(spin, Qt.Key.Key_Z, control)
    assert shape_page.state.now.shape.num_layers == 48


def test_undo_reaches_the_shape_from_inside_of_an_amount(
    qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow
) -> None:
    qtbot.waitUntil(shape_window.isActiveWindow)
    tokens = shape_page.view.fit.bar.tokens
    tokens.setFocus()
    tokens.selectAll()
    QTest.keyClicks(tokens, "300 B\r")
    rest(qtbot, shape_page)
    assert shape_page.state.now.rule == "own"
    QTest.keyClick(tokens, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    rest(qtbot, shape_page)
    assert (shape_page.state.now.rule, tokens.amount) == ("chinchilla", 42_541_152_000)


def test_two_drags_are_two_steps(qtbot: QtBot, shape_page: ShapePage) -> None:
    slider = shape_page.panel.fields["num_layers"].slider
    drag(slider, [0.3, 0.4])
    drag(slider, [0.5, 0.6])
    assert shape_page.state.undo_stack.count() == 2


def test_a_round_trip_of_a_slider_keeps_the_heads(qtbot: QtBot, shape_page: ShapePage) -> None:
    state = shape_page.state
    state.hold(True)
    for width in (1664, 2048, 1600):
        state.set_size("d_model", width)
    state.hold(False)
    assert (state.now.shape.d_model, state.now.shape.num_heads) == (1600, 25)


def test_heads_follow_d_model_and_it_is_said(qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow) -> None:
    type_in(shape_page, "d_model", "1664")
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.num_heads == 26
    assert shape_window._status.words == "Heads 25 → 26, so that they divide d_model 1,664"


def test_d_ff_follows_d_model_once_it_is_unlocked(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.panel.lock.click()
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.d_ff == 4288
    type_in(shape_page, "d_model", "768")
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.d_ff == 2048
    shape_page.panel.feed_forward.chosen.emit(1)
    rest(qtbot, shape_page)
    assert (shape_page.state.now.shape.feed_forward, shape_page.state.now.shape.d_ff) == (FeedForward.GELU, 3072)
    type_in(shape_page, "d_ff", "3000")
    rest(qtbot, shape_page)
    assert (shape_page.state.now.shape.d_ff, shape_page.state.now.follows) == (3000, False)


@pytest.mark.parametrize(
    ("key", "typed", "told"),
    [
        ("num_layers", "0", "Layers goes from 1 to 4,096. The last shape stays."),
        ("context_length", "-5", "Context goes from 1 to 4,194,304. The last shape stays."),
        ("vocab_size", "9999999999999999", "Vocabulary goes from 2 to 4,194,304. The last shape stays."),
        ("num_heads", "7", "7 heads do not divide d_model 1,600. Try 5 or 8."),
        ("d_model", "1601", "d_model 1,601 is odd, and RoPE turns pairs of channels. Try 1,600 or 1,602."),
    ],
)
def test_a_bad_size_is_told_in_a_sentence_and_the_last_shape_stays(
    qtbot: QtBot, shape_page: ShapePage, key: str, typed: str, told: str
) -> None:
    before, shown = shape_page.state.now, totals(shape_page)
    type_in(shape_page, key, typed)
    rest(qtbot, shape_page)
    assert shape_page.state.now == before
    assert totals(shape_page) == shown
    assert shape_page.messages.shown == [f"error: {told}"]
    assert shape_page.panel.fields[key].spin.property("invalid") is True


def test_what_is_offered_in_place_of_an_odd_width_can_be_had(qtbot: QtBot, shape_page: ShapePage) -> None:
    for width in (1_600, 1_602):
        type_in(shape_page, "d_model", "1601")
        type_in(shape_page, "d_model", str(width))
        rest(qtbot, shape_page)
        assert shape_page.state.now.shape.d_model == width
        assert shape_page.messages.shown == []


def test_a_good_input_takes_the_complaint_back(qtbot: QtBot, shape_page: ShapePage) -> None:
    type_in(shape_page, "num_heads", "7")
    type_in(shape_page, "num_heads", "20")
    rest(qtbot, shape_page)
    assert shape_page.messages.shown == []
    assert shape_page.panel.fields["num_heads"].spin.property("invalid") is False
    assert shape_page.state.now.shape.num_heads == 20


def test_grouped_heads_must_divide_the_heads(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.panel.more.numbers["num_kv_heads"].setValue(3)
    rest(qtbot, shape_page)
    assert "num_kv_heads is 3 and does not divide num_heads" in shape_page.messages.shown[0]
    assert shape_page.state.now.shape.num_kv_heads == 0
    shape_page.panel.more.numbers["num_kv_heads"].setValue(5)
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.kv_heads == 5
    assert "Key, value" in names(shape_page)


def test_a_quadrillion_parameters_are_counted_exactly(qtbot: QtBot, shape_page: ShapePage) -> None:
    huge = Shape(4_194_304, 1_048_576, 4096, 262_144, 2048, 1_048_576)
    shape_page.state.take(huge, "huge")
    rest(qtbot, shape_page)
    assert totals(shape_page)[0].endswith("quadrillion")
    held = 4 * 262_144**2 + 3 * 262_144 * 1_048_576 + 2 * 262_144
    exact = 2 * 4_194_304 * 262_144 + 4096 * held + 262_144
    assert shape_page.view.donuts.captions[PARAMETERS].text == f"{exact:,}"


def test_experts_begin_with_two_active_ones(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.panel.more.numbers["num_experts"].setValue(8)
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.active_experts == 2
    assert "Router" in names(shape_page)
    shape_page.panel.more.numbers["num_experts"].setValue(0)
    rest(qtbot, shape_page)
    assert (shape_page.state.now.shape.active_experts, shape_page.messages.shown) == (0, [])


def test_of_a_mixture_of_experts_the_active_parameters_are_shown(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.state.take(find_preset("mixtral-8x7b").shape, "Mixtral 8×7B")
    shape_page.show_quantity(PARAMETERS)
    rest(qtbot, shape_page)
    assert totals(shape_page)[PARAMETERS] == "46.70 billion"
    assert shape_page.view.donuts.captions[PARAMETERS].text == "12.88 billion active a token"
    assert shape_page.view.table.caption.text.startswith("12,879,925,248 active a token")
    assert shape_page.view.fit.answers[3].lines[0] == "934.1 billion tokens, 20 for all"
    shape_page.state.undo_stack.undo()
    rest(qtbot, shape_page)
    assert shape_page.view.donuts.captions[PARAMETERS].text == "2,127,057,600"


def test_switches_reach_the_figures(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.panel.head.chosen.emit(1)
    shape_page.panel.precision.chosen.emit(1)
    rest(qtbot, shape_page)
    assert shape_page.state.now.setup.precision is Precision.BF16
    assert totals(shape_page)[0] == "2.047 billion"
    more = shape_page.panel.more
    for key, words in (("position", "learned"), ("flops_of", "training step"), ("memory_of", "inference")):
        more.choices[key].activated.emit(more.choices[key].findText(words))
    rest(qtbot, shape_page)
    now = shape_page.state.now
    assert (now.shape.position, now.flops_of, now.memory_of) == (Position.LEARNED, FlopsOf.TRAINING, MemoryOf.INFERENCE)
    legends = [[part.name for part in donut.slices] for donut in shape_page.view.donuts.donuts[1:]]
    assert legends == [["Backward", "Forward"], ["Weights", "KV cache"]]


def test_tokens_and_budget_are_typed_as_people_write_them(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.fill_sample()
    bar = shape_page.view.fit.bar
    bar.tokens.setText("300 B")
    bar.tokens.editingFinished.emit()
    shape_page.panel.more.budget.setText("1e22")
    shape_page.panel.more.budget.editingFinished.emit()
    rest(qtbot, shape_page)
    assert shape_page.state.now.setup.tokens == 300 * 10**9
    assert shape_page.view.fit.answers[3].lines[0] == "300.0 billion tokens, as you set"
    assert shape_page.view.fit.answers[5].lines[0] == "tokens for a budget of 10.00 ZFLOP"
    bar.tokens.setText("many")
    bar.tokens.editingFinished.emit()
    assert "“many” is no number of tokens" in shape_page.messages.shown[0]
    assert shape_page.state.now.setup.tokens == 300 * 10**9


def test_the_vocabulary_can_be_the_tokenizers(qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow) -> None:
    shape_page.use_tokenizer()
    assert shape_window._status.words == "There is no tokenizer yet; train or open one first."
    shape_page.session.tokenizer = TokenizerInfo("TinyStories 10,000", 10_000, None)  # type: ignore[arg-type]
    shape_page.panel.use_tokenizer.click()
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.vocab_size == 10_000
    assert shape_page.session.shape == "GPT-2 XL, course 2025, changed"


# Tables and pins.


def test_a_part_of_a_donut_opens_its_matrices_and_back(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.view.donuts.donuts[PARAMETERS].chosen.emit(0)
    assert shape_page.view.table.choice.current == PARAMETERS
    assert names(shape_page) == ["Gate and up, W1, W3", "Down, W2"]
    sheet = shape_page.view.table.sheet
    assert sheet is not None
    assert sheet.path == ("Feed-forward",)
    assert "in each of 48 blocks" in sheet.caption
    shape_page.view.table.back.click()
    assert len(names(shape_page)) > 4


def test_memory_opens_by_layers_down_to_each_list(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.view.table.quantity_chosen.emit(MEMORY)
    assert names(shape_page) == ["Weights", "Gradients", "Optimizer", "Activations"]
    table = shape_page.view.table.table
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(40, 28 * 4 + 10))
    assert "Layers" in names(shape_page)
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(40, 28 + 10))
    assert "Queries" in names(shape_page)
    shape_page.view.table.back.click()
    shape_page.view.table.back.click()
    assert names(shape_page)[0] == "Weights"


def test_a_part_that_is_gone_closes(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.show_quantity(PARAMETERS)
    shape_page.open_path(("lm_head",))
    shape_page.panel.head.chosen.emit(1)
    rest(qtbot, shape_page)
    sheet = shape_page.view.table.sheet
    assert sheet is not None
    assert (sheet.path, "LM head" in names(shape_page)) == ((), False)


def test_pins_are_added_used_and_taken_away(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.pins.pin_current()
    assert len(shape_page.pins.all) == 4, "it is pinned already"
    type_in(shape_page, "num_layers", "50")
    rest(qtbot, shape_page)
    shape_page.view.compare.pin.click()
    rest(qtbot, shape_page)
    assert shape_page.pins.all[-1].name == "GPT-2 XL, course 2025 with 50 layers"
    shape_page.view.compare.used.emit(0)
    rest(qtbot, shape_page)
    assert shape_page.state.now.name == "GPT-2 small, course 2025"
    shape_page.view.compare.removed.emit(0)
    assert [pin.short for pin in shape_page.pins.all[:3]] == ["Medium", "Large", "XL"]
    lines = [action.text() for action in shape_page.pins.menu().actions() if action.text()]
    assert "Unpin all" in lines
    assert sum(line.startswith("Unpin GPT-2") for line in lines) == 4


def test_pins_of_changed_shapes_are_called_by_what_was_changed(qtbot: QtBot, shape_page: ShapePage) -> None:
    for layers in ("21", "22"):
        type_in(shape_page, "num_layers", layers)
        shape_page.pins.pin_current()
    type_in(shape_page, "d_model", "2048")
    shape_page.pins.pin_current()
    rest(qtbot, shape_page)
    assert [pin.name for pin in shape_page.pins.all[4:]] == [
        "GPT-2 XL, course 2025 with 21 layers",
        "GPT-2 XL, course 2025 with 22 layers",
        "GPT-2 XL, course 2025 with 22 layers, d_model 2,048 and 32 heads",
    ]
    rows = [row[0].words for row in shape_page.view.compare.table.rows[4:]]
    assert rows == [
        "GPT-2 XL with 21 layers",
        "GPT-2 XL with 22 layers",
        "GPT-2 XL with 22 layers, d_model 2,048 and 32 heads",
    ]
    actions = [action.text() for action in shape_page.pins.menu().actions()]
    assert "Unpin GPT-2 XL, course 2025 with 22 layers" in actions


def test_where_nothing_is_pinned_four_sizes_are_one_click_away(qtbot: QtBot, shape_page: ShapePage) -> None:
    pane = shape_page.view.compare
    assert not pane.four.isVisible()
    shape_page.pins.set_pins(())
    rest(qtbot, shape_page)
    assert pane.four.isVisible()
    pane.four.click()
    rest(qtbot, shape_page)
    assert [pin.short for pin in shape_page.pins.all] == ["Small", "Medium", "Large", "XL"]
    assert not pane.four.isVisible()


def test_the_table_and_the_shape_are_copied(shape_page: ShapePage) -> None:
    shape_page.exporting.copy_markdown()
    assert QGuiApplication.clipboard().text().endswith("| Total |  |  | 4,513,336,524,800 | 100.0 % |\n")
    shape_page.exporting.copy_csv()
    assert "Attention scores QKᵀ,[T×d]·[d×T],2·T²·d·L,161061273600,3.6 %" in QGuiApplication.clipboard().text()
    shape_page.exporting.copy_toml()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[:3] == ["# GPT-2 XL, course 2025", "[model]", "vocab_size = 50257"]
    assert 'feed_forward = "swiglu"' in lines


def test_a_shape_comes_back_from_its_config_json(qtbot: QtBot, shape_page: ShapePage, tmp_path: Path) -> None:
    shape = find_preset("llama-3-8b").shape
    shape_page.state.take(shape, "Llama 3 8B")
    path = tmp_path / "mine" / "config.json"
    shape_page.exporting.save_config(path)
    assert json.loads(path.read_text(encoding="utf-8"))["model_type"] == "llama"
    shape_page.state.take(find_preset("course-2025-xl").shape, "other")
    assert shape_page.accepts([path])
    shape_page.open_paths([path])
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape == shape
    assert shape_page.state.now.title == "mine"


@pytest.mark.parametrize("content", ["{", "[]", '{"model_type": "bert"}'])
def test_a_foreign_file_is_refused_in_a_sentence(
    qtbot: QtBot, shape_page: ShapePage, tmp_path: Path, content: str
) -> None:
    before = shape_page.state.now
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    shape_page.open_paths([path])
    (said,) = shape_page.messages.shown
    assert said.startswith("error: ")
    assert shape_page.state.now == before
    assert not shape_page.accepts([tmp_path / "tokenizer.json"])


# Tabs, and what is remembered.


def test_both_tabs_show_one_shape(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.tabs.setCurrentIndex(CONTEXT)
    shape_page.context.context_moved.emit(16_384)
    rest(qtbot, shape_page)
    assert shape_page.panel.fields["context_length"].value == 16_384
    shape_page.tabs.setCurrentIndex(SHAPE)
    assert totals(shape_page)[1] == "149.5 TFLOP"
    assert shape_page.session.shape == "GPT-2 XL, course 2025", "another context is no other model"


def test_one_list_of_activations_answers_on_both_tabs(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.fill_sample()
    shape_page.tabs.setCurrentIndex(CONTEXT)
    rest(qtbot, shape_page)
    now = shape_page.state.now
    handout = largest_context(now.shape, now.setup, 80 * 10**9)
    assert shape_page.context.parts.strip.cells[4].figure.startswith(f"{handout:,} · ")
    shape_page.context.parts.activations.activated.emit(tuple(ACTIVATION_NAMES).index(Activations.MEASURED))
    rest(qtbot, shape_page)
    ours = largest_context(now.shape, replace(now.setup, activations=Activations.MEASURED), 80 * 10**9)
    assert shape_page.context.parts.strip.cells[4].figure.startswith(f"{ours:,} · ")
    shape_page.tabs.setCurrentIndex(SHAPE)
    rest(qtbot, shape_page)
    assert shape_page.view.fit.bar.activations.currentText() == "our block"
    assert totals(shape_page)[MEMORY] == "46.89 GB"
    shape_page.view.fit.bar.activations.activated.emit(0)
    rest(qtbot, shape_page)
    assert totals(shape_page)[MEMORY] == "49.55 GB"


def test_the_slider_follows_the_play_and_goes_back_where_it_is_left(qtbot: QtBot, shape_page: ShapePage) -> None:
    shape_page.tabs.setCurrentIndex(CONTEXT)
    shape_page.context.reduced_motion = False
    shape_page.context.play()
    shape_page.context.playing.motion.setCurrentTime(400)
    field = shape_page.panel.fields["context_length"]
    assert 1_024 < field.value < 16_384
    assert field.value == shape_page.context.parts.composition.chart.marker
    assert shape_page.state.now.shape.context_length == 1_024, "nothing to undo yet"
    shape_page.tabs.setCurrentIndex(SHAPE)
    rest(qtbot, shape_page)
    assert field.value == 1_024


def test_inputs_and_pins_are_remembered(qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow) -> None:
    gpu = Gpu("mine", 10**10)
    shape_page.state.put(
        replace(shape_page.state.now, setup=replace(shape_page.state.now.setup, gpu=gpu, mfu=Fraction(2, 5)))
    )
    type_in(shape_page, "num_layers", "12")
    shape_page.pins.remove(0)
    rest(qtbot, shape_page)
    now, pins = shape_page.state.now, shape_page.pins.all
    shape_page.close_jobs()
    again = result_of(ShapePage.making(shape_page.session))
    qtbot.addWidget(again)
    assert again.state.now == now
    assert again.pins.all == pins


@pytest.mark.parametrize("kept", ["", "nonsense", "{}", '{"shape": {"d_model": 0}}'])
def test_what_cannot_be_read_is_forgotten(qtbot: QtBot, shape_window: MainWindow, kept: str) -> None:
    shape_window.session.settings.shape = kept
    page = open_page(shape_window)
    rest(qtbot, page)
    assert page.state.now.name == "GPT-2 XL, course 2025"
    assert len(page.pins.all) == 4


def test_what_the_module_lacks_is_named_before_it_is_measured(shape_page: ShapePage) -> None:
    shape_page.state.take(find_preset("gpt2").shape, "GPT-2 small, OpenAI")
    shape_page.measure()
    assert not shape_page.measuring.running
    assert "has no LayerNorm, no learned positions, no biases" in shape_page.messages.shown[0]


def test_what_cannot_be_measured_says_so_before_it_is_asked_for(qtbot: QtBot, shape_page: ShapePage) -> None:
    note, button = shape_page.measure_control.note, shape_page.measure_control.button
    assert (note.isVisible(), button.isEnabled()) == (False, True)
    shape_page.state.take(find_preset("gpt2").shape, "GPT-2 small, OpenAI")
    rest(qtbot, shape_page)
    assert (note.isVisible(), button.isEnabled()) == (True, False)
    assert note.text() == "Not to be measured here: LayerNorm and 2 more"
    assert "no LayerNorm, no learned positions, no biases" in shape_page.view.measured.caption.whole_text
    shape_page.state.undo_stack.undo()
    rest(qtbot, shape_page)
    assert (note.isVisible(), button.isEnabled()) == (False, True)
    assert shape_page.view.measured.caption.whole_text.startswith("Measure builds the real module")


def test_a_shape_without_norms_can_be_measured_whatever_they_would_be(shape_page: ShapePage) -> None:
    now = shape_page.state.now
    bare = replace(now.shape, norm=Norm.LAYER, norm_place=NormPlace.NONE)
    assert request_of(replace(now, shape=bare))[1]["architecture"]["norm"] == "none"


def test_a_measurement_stands_beside_its_prediction_or_says_what_is_missing(
    qtbot: QtBot, shape_page: ShapePage
) -> None:
    small = Shape(1000, 64, 2, 64, 4, 192)
    shape_page.state.take(small, "tiny")
    shape_page.measure_control.button.click()
    assert shape_page.measuring.running
    assert not shape_page.measure_control.button.isEnabled()
    rest(qtbot, shape_page)
    assert shape_page.measure_control.button.isEnabled()
    rows = {row[0]: row for row in shape_page.view.measured.rows}
    if shape_page.messages.shown:
        assert "pip install" in shape_page.messages.shown[0]
    else:
        for name in ("Parameters", "FLOPs of a forward pass", "FLOPs of a training step", "Activations kept, bytes"):
            assert rows[name][1] == rows[name][2], name
            assert rows[name][3] == "none"


def test_the_first_visit_names_the_quantity_that_it_shows(shape_page: ShapePage) -> None:
    assert shape_page.view.table.choice.current == shape_page.quantity == FLOPS


def test_a_copy_that_cannot_be_made_is_told(qtbot: QtBot, shape_page: ShapePage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shape_page.exporting.save_sheet(tmp_path / "file" / "sheet.csv")
    assert "sheet.csv" in shape_page.messages.shown[0]


def test_the_status_bar_says_nothing_of_a_former_shape(
    qtbot: QtBot, shape_page: ShapePage, shape_window: MainWindow
) -> None:
    assert "6,400" in shape_window.status_text
    shape_page.state.take(find_preset("course-tinystories").shape, "Course TinyStories")
    rest(qtbot, shape_page)
    assert "6,400" not in shape_window.status_text
    assert "1,344" in shape_window.status_text


def test_arrows_lead_from_one_possible_shape_to_the_next(qtbot: QtBot, shape_page: ShapePage) -> None:
    def press(key: str, arrow: Qt.Key) -> None:
        QTest.keyClick(shape_page.panel.fields[key].spin, arrow)
        rest(qtbot, shape_page)

    press("num_heads", Qt.Key.Key_Up)
    assert shape_page.state.now.shape.num_heads == 32
    press("num_heads", Qt.Key.Key_Down)
    press("num_heads", Qt.Key.Key_Down)
    assert shape_page.state.now.shape.num_heads == 20
    press("d_model", Qt.Key.Key_Up)
    assert shape_page.state.now.shape.d_model == 1_664
    shape_page.panel.more.numbers["num_kv_heads"].stepUp()
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.num_kv_heads == 1
    assert shape_page.messages.shown == []


@pytest.mark.parametrize(("typed", "value"), [("16k", 16_000), ("1e4", 10_000), ("1 M", 1_000_000), ("2,048", 2_048)])
def test_sizes_are_typed_as_people_write_them(qtbot: QtBot, shape_page: ShapePage, typed: str, value: int) -> None:
    type_in(shape_page, "context_length", typed)
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape.context_length == value


def test_the_greatest_size_has_room_in_its_spin_box(shape_page: ShapePage) -> None:
    spins = [field.spin for field in shape_page.panel.fields.values()]
    shape_page.panel.fields["vocab_size"].set_value(4_194_304)
    assert len({spin.width() for spin in spins}) == 1
    edit = shape_page.panel.fields["vocab_size"].spin.lineEdit()
    assert edit.fontMetrics().horizontalAdvance("4,194,304") <= edit.width() - 4


def test_a_models_folder_can_be_dropped(qtbot: QtBot, shape_page: ShapePage, tmp_path: Path) -> None:
    folder = tmp_path / "llama"
    folder.mkdir()
    assert not shape_page.accepts([folder])
    (folder / "config.json").write_text(json.dumps(config_of(find_preset("llama-3-8b").shape)), encoding="utf-8")
    assert shape_page.accepts([folder])
    shape_page.open_paths([folder])
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape == find_preset("llama-3-8b").shape
    assert shape_page.session.shape == "llama"


def test_what_a_config_json_says_beyond_its_shape_is_told(qtbot: QtBot, shape_page: ShapePage, tmp_path: Path) -> None:
    config = config_of(find_preset("mistral-7b").shape) | {"model_type": "mistral", "sliding_window": 4096}
    config["quantization_config"] = {"bits": 4}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shape_page.open_paths([tmp_path])
    rest(qtbot, shape_page)
    (told,) = shape_page.messages.shown
    assert told.startswith(f"info: {tmp_path.name}: Its layers look through a window of 4,096 tokens")
    assert "Its weights are quantized" in told
    type_in(shape_page, "num_layers", "12")
    rest(qtbot, shape_page)
    assert shape_page.messages.shown == []


def test_what_a_preset_says_beyond_its_shape_is_told(qtbot: QtBot, shape_page: ShapePage) -> None:
    choice = shape_page.panel.presets
    choice.activated.emit(choice.findText("Gemma 2 2B"))
    rest(qtbot, shape_page)
    assert shape_page.state.now.shape == find_preset("gemma-2-2b").shape
    assert "13 of its 26 layers look through a window of 4,096 tokens" in shape_page.messages.shown[0]


def test_what_is_measured_otherwise_than_it_is_counted_is_said(shape_page: ShapePage) -> None:
    now = shape_page.state.now
    title = request_of(now)[0].title
    assert title == "GPT-2 XL, course 2025, batch 1, fp32 (activations as our block keeps them)"
    measured = replace(now, setup=replace(now.setup, activations=Activations.MEASURED))
    assert request_of(measured)[0].title == "GPT-2 XL, course 2025, batch 1, fp32"
