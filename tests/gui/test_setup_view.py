"""Can a run be set up and started at once, changed, taken from elsewhere, and is it told what hinders it?"""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.pages.training.setup import SetupView
from app.pages.training.setup.chosen import first, with_time
from app.pages.training.setup.forecast_pane import amounts, made_of, pane_width
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.labels import ElidedLabel
from lmcore.accounting import account
from lmcore.accounting.presets import find_preset
from lmcore.generators import result_of
from lmcore.training.config import config_of
from lmcore.training.creating import plan
from lmcore.training.planning import forecast
from lmcore.training.sweeps import members
from tests.core.trainings import tables
from tests.gui.setup_view import CPU, PATIENCE, Asked, click, enter, shown, wait


def test_a_new_user_can_start_at_once(setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    assert setup_view.reason == ""
    assert setup_view.state.now.is_suggested
    click(setup_view.bar.start)
    click(setup_view.bar.queue)
    (first, now), (second, later) = asked.starts
    assert (now, later) == (False, True)
    assert first == second
    planned = result_of(plan(config_of(first)))
    assert planned.config.name.startswith("sample-")
    assert len(planned.data.train) == pytest.approx(setup_view.state.outlook.train_tokens, rel=0.02)
    assert planned.data.tokenizer is not None


def test_the_inputs_of_a_sweep_are_where_tab_looks_for_them(qtbot: QtBot, setup_view: SetupView) -> None:
    block = setup_view.sweep
    for _ in range(2):
        click(block.add)
    found: list[QWidget] = [block.lines[0].key]
    while found[-1] is not block.add:
        behind = found[-1].nextInFocusChain()
        assert behind is not None
        found.append(behind)
    tabs = [one for one in found[:-1] if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert tabs == [part for line in block.lines for part in (line.key, line.cross, line.values)]
    block.lines[1].cross.setFocus()
    click(block.lines[1].cross)
    assert setup_view.window().focusWidget() is block.add


def test_nothing_is_said_of_values_that_are_being_replaced(qtbot: QtBot, setup_view: SetupView) -> None:
    block = setup_view.sweep
    click(block.add)
    wait(qtbot, setup_view)
    assert makes(setup_view) == ["makes 3 runs"]
    QTest.keyClicks(block.lines[0].values, ", 1")
    assert makes(setup_view) == []
    qtbot.waitUntil(lambda: makes(setup_view) == ["makes 4 runs"], timeout=PATIENCE)
    assert block.lines[0].values.text().endswith(", 1"), "nobody writes into what is being typed"
    assert setup_view.bar.start.text() == "Start 4 runs"


def test_a_sweep_is_over_when_its_runs_are_made(qtbot: QtBot, setup_view: SetupView) -> None:
    asked, state = Asked(setup_view), setup_view.state
    click(setup_view.sweep.add)
    wait(qtbot, setup_view)
    swept = state.now.sweep
    setup_view.was_made()
    assert state.now.sweep == swept != {}, "the runs of somebody else"
    setup_view.start(queue=True)
    assert len(asked.starts) == 1
    for busy in (True, False):
        setup_view.set_busy(busy)
    setup_view.was_made()
    assert state.now.sweep == swept, "they were not made"
    setup_view.start(queue=True)
    setup_view.was_made()
    assert (state.now.sweep, json.loads(setup_view._session.settings.training)["tables"].get("sweep")) == ({}, None)
    state.undo()
    assert state.now.sweep == swept
    state.redo()
    assert state.now.sweep == {}
    state.redo()
    state.undo()
    state.set("model", d_model=state.now.config.model.d_model * 2)
    state.redo()
    assert state.now.sweep == swept, "something else was set since"


def test_what_is_set_while_a_suggestion_is_looked_for_stays(qtbot: QtBot, setup_view: SetupView) -> None:
    state, facts = setup_view.state, setup_view.state.facts
    assert facts is not None
    d_model = state.now.config.model.d_model
    state.know_data(replace(facts, tokens=10**9))
    assert not state.rests
    state.set("model", d_model=d_model * 2)
    wait(qtbot, setup_view)
    assert state.now.config.model.d_model == d_model * 2
    state.suggest()
    wait(qtbot, setup_view)
    assert state.now.is_suggested, "it was asked for"


def test_the_start_waits_for_what_it_suggests(qtbot: QtBot, kernels: None, session: Session) -> None:
    view = result_of(SetupView.making(session))
    qtbot.addWidget(view)
    asked, said = Asked(view), list[str]()
    session.status.connect(said.append)
    view.show()
    assert view.bar.start.toolTip() == "The data are being counted …"
    view.start(queue=False)
    assert (asked.starts, said) == ([], ["The data are being counted …"])
    qtbot.waitUntil(view.bar.start.isEnabled, timeout=PATIENCE)
    assert view.state.outlook.forecast is not None
    assert view.state.now.config != first().config
    view.close_jobs()


def test_the_forecast_is_that_of_planning(setup_view: SetupView) -> None:
    chosen, outlook = setup_view.state.now, setup_view.state.outlook
    assert outlook.shape is not None
    machine = setup_view.state.machine
    assert machine is not None
    assert outlook.forecast == forecast(outlook.shape, chosen.config, outlook.train_tokens, machine)


def test_steps_tokens_and_time_are_computed_from_one_another(setup_view: SetupView) -> None:
    context = setup_view.state.now.config.model.context_length
    setup_view.amount.batch.spin.setValue(8)
    enter(setup_view.amount.steps, "500")
    setup_view.state.settle()
    assert setup_view.amount.tokens.text() == f"{500 * 8 * context:,}"
    enter(setup_view.amount.tokens, "2M")
    setup_view.state.settle()
    assert setup_view.amount.steps.value == -(-2_000_000 // (8 * context))
    enter(setup_view.amount.time, "10 min")
    setup_view.state.settle()
    assert setup_view.amount.time.text() == "10 min"
    assert setup_view.state.outlook.forecast is not None
    assert setup_view.state.outlook.forecast.seconds == pytest.approx(600, rel=0.01)
    setup_view.amount.batch.spin.setValue(32)
    setup_view.state.settle()
    assert setup_view.state.outlook.forecast.seconds == pytest.approx(600, rel=0.01)


def test_a_shape_that_cannot_be_is_said_and_not_started(setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    setup_view.model.fields["d_model"].spin.setValue(128)
    setup_view.model.fields["num_heads"].spin.setValue(7)
    setup_view.state.settle()
    assert "does not divide d_model" in setup_view.forecast.sentence.text()
    assert setup_view.model.fields["num_heads"].spin.property("invalid")
    assert not setup_view.bar.start.isEnabled()
    assert "num_heads is 7" in setup_view.bar.start.toolTip()
    setup_view.start(queue=False)
    assert asked.starts == []
    setup_view.model.fields["d_model"].spin.setValue(192)
    setup_view.state.settle()
    assert setup_view.state.outlook.shape is not None
    assert setup_view.bar.start.isEnabled()


def test_a_model_that_does_not_fit_is_said_before_the_start(setup_view: SetupView) -> None:
    setup_view.take_shape(find_preset("gpt2-xl").shape)
    setup_view.state.settle()
    assert "20.0 GB are free" in setup_view.reason
    assert not setup_view.bar.start.isEnabled()
    assert any("learned positions" in told for told in setup_view.messages.shown)
    setup_view.state.suggest()
    setup_view.state.hurry()
    assert setup_view.reason == ""


def test_another_width_brings_heads_and_d_ff_that_go_with_it(setup_view: SetupView) -> None:
    setup_view.model.fields["num_heads"].spin.setValue(4)
    setup_view.model.fields["d_model"].spin.setValue(320)
    setup_view.state.settle()
    assert setup_view.state.outlook.shape is not None
    assert setup_view.model.fields["d_ff"].value == 832  # 8/3 · 320 to the nearest 64
    click(setup_view.model.lock)
    setup_view.model.fields["d_model"].spin.setValue(640)
    setup_view.state.settle()
    assert setup_view.model.fields["d_ff"].value == 832


def test_a_sweep_makes_runs(qtbot: QtBot, setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    click(setup_view.sweep.add)
    enter(setup_view.sweep.lines[0].values, "1e-4 to 1e-1 in 4")
    click(setup_view.sweep.add)
    choose(setup_view, 1, "model.num_layers")
    enter(setup_view.sweep.lines[1].values, "1, 2")
    setup_view.state.settle()
    wait(qtbot, setup_view)
    assert setup_view.bar.start.text() == "Start 8 runs"
    setup_view.start(queue=True)
    made = members(asked.starts[0][0])
    assert sorted({one.config.optimizer.learning_rate for one in made}) == [1e-4, 1e-3, 1e-2, 1e-1]
    assert {one.config.model.num_layers for one in made} == {1, 2}
    enter(setup_view.sweep.lines[1].values, "1, two")
    setup_view.state.settle()
    wait(qtbot, setup_view)
    assert "model.num_layers" in setup_view.reason
    assert setup_view.sweep.lines[1].values.property("invalid")
    assert not makes(setup_view)
    click(setup_view.sweep.lines[1].cross)
    wait(qtbot, setup_view)
    assert setup_view.bar.start.text() == "Start 4 runs"
    assert makes(setup_view) == ["makes 4 runs"]
    assert setup_view.reason == ""


def test_an_input_whose_setting_is_swept_counts_for_nothing(qtbot: QtBot, setup_view: SetupView) -> None:
    rate, layers = setup_view.learning.rate, setup_view.model.fields["num_layers"]
    rate.value_changed.emit(5e-3)
    click(setup_view.sweep.add)
    wait(qtbot, setup_view)
    assert setup_view.sweep.lines[0].values.text() == "1.5e-3, 5e-3, 1.5e-2"
    assert (rate.isEnabled(), layers.isEnabled()) == (False, True)
    assert "Sweep" in rate.toolTip()
    choose(setup_view, 0, "model.num_layers")
    wait(qtbot, setup_view)
    assert (rate.isEnabled(), layers.isEnabled()) == (True, False)
    click(setup_view.sweep.lines[0].cross)
    wait(qtbot, setup_view)
    assert (rate.isEnabled(), layers.isEnabled()) == (True, True)
    assert rate.toolTip() == ""


def makes(view: SetupView) -> list[str]:
    """What the title of the sweep says of the number of runs."""
    said = [one.whole_text for one in view.sweep.findChildren(ElidedLabel)]
    return [words for words in said if words.startswith("makes")]


def choose(view: SetupView, line: int, key: str) -> None:
    """Choose a key to sweep, as the list does it."""
    field = view.sweep.lines[line].key
    field.setCurrentText(key)
    field.activated.emit(field.currentIndex())


def test_what_is_swept_is_what_is_shown(qtbot: QtBot, setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    click(setup_view.sweep.add)
    enter(setup_view.sweep.lines[0].values, "1e-4, 1e-3, 3e-3")
    choose(setup_view, 0, "training.tokens")
    wait(qtbot, setup_view)
    tokens = setup_view.state.outlook.tokens
    assert setup_view.sweep.lines[0].values.text() == str(tokens)
    assert setup_view.state.now.sweep == {"training.tokens": [tokens]}
    enter(setup_view.sweep.lines[0].values, "1e6, 2M")
    wait(qtbot, setup_view)
    setup_view.start(queue=False)
    assert [one.config.training.tokens for one in members(asked.starts[0][0])] == [1_000_000, 2_000_000]
    choose(setup_view, 0, "training.micro_batch_size")
    wait(qtbot, setup_view)
    assert setup_view.messages.shown == [], "nothing was typed yet that could be wrong"
    assert setup_view.reason.startswith("training.micro_batch_size: give values")
    assert not setup_view.bar.start.isEnabled()
    click(setup_view.sweep.add)
    choose(setup_view, 1, "training.micro_batch_size")
    assert "swept already" in setup_view.messages.shown[0]
    assert [line.key.currentText() for line in setup_view.sweep.lines] == list(setup_view.state.now.sweep)


def test_many_runs_of_a_sweep_are_looked_at_without_holding_the_window_up(qtbot: QtBot, setup_view: SetupView) -> None:
    click(setup_view.sweep.add)
    click(setup_view.sweep.add)
    choose(setup_view, 1, "model.num_layers")
    enter(setup_view.sweep.lines[0].values, "1e-4 to 1e-1 in 16")
    enter(setup_view.sweep.lines[1].values, "1 to 16 in 16 linear")
    setup_view.state.hurry()
    assert setup_view.bar.start.text() == "Start 256 runs"
    assert setup_view.reason == "The runs of the sweep are being looked at …"
    assert not setup_view.settled
    wait(qtbot, setup_view)
    assert setup_view.state.outlook.total is not None
    assert setup_view.state.outlook.total.runs == 256
    enter(setup_view.sweep.lines[1].values, "1 to 17 in 17 linear")
    wait(qtbot, setup_view)
    assert "272 runs; 256 are the most" in setup_view.forecast.sentence.text()
    assert not setup_view.bar.start.isEnabled()


def test_a_refused_value_is_said_until_another_is_taken(setup_view: SetupView) -> None:
    steps = setup_view.amount.steps.value
    enter(setup_view.amount.steps, "0")
    assert "'0' cannot be. It takes a whole number from 1 to" in setup_view.messages.shown[0]
    assert setup_view.amount.steps.text() == f"{steps:,}", "what stays is shown"
    enter(setup_view.amount.seed, "7")
    assert setup_view.messages.shown == []


def test_a_bare_time_has_the_unit_that_is_shown(setup_view: SetupView) -> None:
    enter(setup_view.amount.time, "5 min")
    setup_view.state.settle()
    enter(setup_view.amount.time, "10")
    assert setup_view.state.now.seconds == 600


def test_a_set_up_goes_out_as_toml_and_comes_back(setup_view: SetupView, tmp_path: Path) -> None:
    enter(setup_view.learning.rate.edit, "3e-4")
    setup_view.learning.schedule.chosen.emit(1)
    click(setup_view.sweep.add)
    setup_view.state.settle()
    out = tmp_path / "run.toml"
    setup_view.transfer.write(out)
    before = setup_view.state.now
    setup_view.transfer.copy()
    assert QGuiApplication.clipboard().text() == out.read_text() == setup_view.forecast.toml
    setup_view.take(tables(tmp_path))
    assert setup_view.state.now.config.name == "small"
    setup_view.transfer.read(out)
    assert setup_view.state.now.tables == before.tables
    assert setup_view.messages.shown == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[data]\ntrain = 'x.bin'\n[training]\nstep = 3\n", "training.step is no setting. Did you mean steps?"),
        ("[data\n", "is no TOML"),
        ("[data]\ntrain = 'x.bin'\n[training]\nsteps = 0\n", "training.steps is 0"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_key(
    setup_view: SetupView, tmp_path: Path, text: str, said: str
) -> None:
    before = setup_view.state.now
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    setup_view.transfer.read(file)
    assert said in setup_view.messages.shown[0]
    assert setup_view.state.now == before


def test_while_the_page_works_nothing_can_be_changed_but_cancelled(qtbot: QtBot, setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    setup_view.set_busy(True)
    setup_view.show_progress("encode 1.2 of 1.75 MB", 0.66)
    assert not setup_view.data.isEnabled()
    assert setup_view.bar.words == "encode 1.2 of 1.75 MB"
    setup_view.start(queue=False)
    assert asked.starts == []
    with qtbot.waitSignal(setup_view.cancel_asked):
        click(setup_view.bar.cancel)
    setup_view.set_busy(False)
    setup_view.show_refusal("data.corpus: it is gone; choose another.")
    assert setup_view.data.isEnabled()
    assert setup_view.messages.shown == ["error: data.corpus: it is gone. Choose another."]
    setup_view.start(queue=False)
    assert len(asked.starts) == 1
    assert setup_view.messages.shown == []


def test_escape_leads_back_to_the_runs(qtbot: QtBot, setup_view: SetupView) -> None:
    setup_view.learning.rate.edit.setFocus()
    with qtbot.waitSignal(setup_view.left):
        QTest.keyClick(setup_view.learning.rate.edit, Qt.Key.Key_Escape)


def test_the_keys_stay_in_the_set_up_while_the_page_works(setup_view: SetupView) -> None:
    setup_view.learning.rate.edit.setFocus()
    setup_view.set_busy(True)
    assert setup_view.window().focusWidget() is setup_view.bar.cancel
    setup_view.set_busy(False)
    assert setup_view.window().focusWidget() is setup_view.learning.rate.edit


def test_the_last_set_up_is_shown_again(qtbot: QtBot, setup_view: SetupView, session: Session) -> None:
    enter(setup_view.learning.rate.edit, "7e-4")
    enter(setup_view.bar.name, "mine")
    setup_view.state.settle()
    with qtbot.waitSignal(setup_view.left):
        click(setup_view.bar.back)
    again = shown(qtbot, session)
    assert again.state.now.tables == setup_view.state.now.tables
    assert again.bar.name.text() == "mine"
    again.close_jobs()


def test_toml_tables_are_what_the_file_holds(setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    setup_view.start(queue=False)
    assert tomllib.loads(setup_view.forecast.toml) == asked.starts[0][0]


@pytest.mark.parametrize(("width", "columns"), [(1256, 3), (1224, 3), (904, 2), (640, 1)])
def test_it_fits_into_any_window(qtbot: QtBot, setup_view: SetupView, width: int, columns: int) -> None:
    setup_view.resize(width, 508)
    qtbot.waitUntil(lambda: setup_view._columns.across == columns)
    assert setup_view._columns.minimumSizeHint().width() <= setup_view._columns.width()
    for block in (
        setup_view.data,
        setup_view.model,
        setup_view.learning,
        setup_view.amount,
        setup_view.keeping,
        setup_view.sweep,
        setup_view.device,
    ):
        assert block.x() >= 0
        assert block.geometry().right() < setup_view._columns.width()


def test_ctrl_return_starts_with_what_is_being_typed(qtbot: QtBot, setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    for edit, text in ((setup_view.amount.steps, "77"), (setup_view.bar.name, "mine")):
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, text)
    QTest.keyClick(setup_view.bar.name, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(asked.starts))
    assert (asked.starts[0][0]["training"]["steps"], asked.starts[0][0]["name"]) == (77, "mine")


def test_a_click_that_ends_the_typing_of_what_cannot_be_starts_nothing(setup_view: SetupView) -> None:
    asked = Asked(setup_view)
    setup_view.amount.steps.setFocus()
    setup_view.amount.steps.selectAll()
    QTest.keyClicks(setup_view.amount.steps, "abc")
    setup_view.start(queue=False)
    assert asked.starts == []
    assert "Steps: 'abc' cannot be" in setup_view.messages.shown[0]
    enter(setup_view.amount.steps, "80")
    setup_view._refusing._input_at -= 10  # the next click is one that was thought about
    setup_view.start(queue=False)
    assert asked.starts[0][0]["training"]["steps"] == 80


def test_a_shape_of_the_shape_page_can_be_taken_at_once(setup_view: SetupView, session: Session) -> None:
    assert not setup_view.model._from_page.isEnabled()
    session.set_shape("course", find_preset("course-tinystories").shape)
    assert setup_view.model._from_page.isEnabled()


def test_a_duplicate_says_what_it_is_of_and_gives_back_what_was_there(setup_view: SetupView, tmp_path: Path) -> None:
    before = setup_view.state.now
    setup_view.duplicate(tables(tmp_path), "sw learning_rate 0.001")
    setup_view.state.settle()
    assert setup_view.bar.title == "Duplicate"
    assert setup_view.bar.name.text() == "tokens-0-16-lr0.01", "its name is not that of the run"
    assert setup_view.forecast.changes.accessibleName() == "Nothing is changed since sw learning_rate 0.001."
    enter(setup_view.learning.rate.edit, "3e-3")
    setup_view.state.settle()
    said = setup_view.forecast.changes.accessibleName()
    assert said == "Changed since sw learning_rate 0.001: learning_rate 0.01 → 0.003."
    assert setup_view.bar.name.text() == "tokens-0-16-lr3e-3"
    buttons = setup_view.messages.findChildren(Button)
    click(next(one for one in buttons if one.text() == "Back to what was set up before"))
    setup_view.state.settle()
    assert setup_view.state.now == before
    assert setup_view.bar.title == "New run"
    assert setup_view.forecast.changes.isHidden()
    setup_view.duplicate(tables(tmp_path), "small")
    out = tmp_path / "run.toml"
    setup_view.transfer.write(out)
    setup_view.transfer.read(out)
    setup_view.state.settle()
    assert setup_view.bar.title == "New run"


def test_a_preset_that_is_taken_in_part_is_called_so(setup_view: SetupView) -> None:
    setup_view.take_shape(find_preset("gpt2-xl").shape)
    setup_view.state.settle()
    assert setup_view.model.presets.placeholderText().endswith(", in part")
    assert setup_view.model.presets.currentIndex() == -1


def test_a_head_size_and_a_vocabulary_can_be_typed(setup_view: SetupView) -> None:
    enter(setup_view.model.vocabulary, "100")
    enter(setup_view.model.head_size, "24")
    setup_view.state.settle()
    assert setup_view.model.vocabulary.property("invalid")
    assert "make Vocabulary under More as large" in setup_view.reason
    enter(setup_view.model.vocabulary, "12k")
    setup_view.state.settle()
    shape = setup_view.state.outlook.shape
    assert shape is not None
    assert (shape.vocab_size, shape.d_head, setup_view.reason) == (12_000, 24, "")


def test_what_gets_the_focus_beside_the_columns_is_on_the_screen(qtbot: QtBot, setup_view: SetupView) -> None:
    setup_view.resize(904, 440)
    qtbot.waitUntil(lambda: setup_view.forecast.verticalScrollBar().maximum() > 0)
    head = setup_view.forecast._disclosure.findChild(Button)
    assert head is not None
    assert head.visibleRegion().isEmpty()
    setup_view.activateWindow()
    head.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: not head.visibleRegion().isEmpty())


def test_the_last_change_is_taken_back(qtbot: QtBot, setup_view: SetupView) -> None:
    first = setup_view.state.now
    enter(setup_view.amount.steps, "77")
    enter(setup_view.keeping.every, "11")
    assert setup_view.state.now.config.evaluation.every == 11
    QTest.keyClick(setup_view.keeping.every, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert setup_view.state.now.config.evaluation.every != 11
    assert setup_view.state.now.config.training.steps == 77
    setup_view.state.undo()
    assert setup_view.state.now.config == first.config
    setup_view.state.undo()
    assert setup_view.state.now.config == first.config, "what was suggested at first is nothing to take back"


def test_what_a_slider_passes_is_one_change(setup_view: SetupView) -> None:
    first = setup_view.state.now.config
    for batch in (3, 4, 6, 8):
        setup_view.state.set("training", batch_size=batch)
    setup_view.state.undo()
    assert setup_view.state.now.config.training.batch_size == first.training.batch_size


def test_devices_that_are_not_there_cannot_be_chosen(setup_view: SetupView) -> None:
    setup_view.state.know_machine(replace(CPU, kinds=("cpu",)))
    setup_view.state.settle()
    model = setup_view.device.device.model()
    flags = {model.index(row, 0).data(): model.index(row, 0).flags() for row in range(model.rowCount())}
    there = {name for name, flag in flags.items() if flag & Qt.ItemFlag.ItemIsEnabled}
    assert there == {"automatic", "CPU"}


def test_what_is_hardly_meant_is_said_where_it_stands(qtbot: QtBot, setup_view: SetupView) -> None:
    enter(setup_view.amount.steps, "600")
    setup_view.state.settle()
    assert not setup_view.learning.remark.isVisibleTo(setup_view)
    enter(setup_view.learning.warmup, "1000")
    enter(setup_view.keeping.every, "1M")
    setup_view.state.set("evaluation", windows=1_000_000)
    enter(setup_view.data.validation, "99.9 %")
    wait(qtbot, setup_view)
    setup_view.state.settle()
    assert "The rate only rises" in setup_view.learning.remark.text()
    assert "Only one look, at the end" in setup_view.keeping.seldom.text()
    assert "each look reads all of them" in setup_view.keeping.few.text()
    assert "are left to train on" in setup_view.data.remark.text()
    assert setup_view.reason == ""


def test_a_shape_for_another_vocabulary_is_told_with_both_sizes(setup_view: SetupView) -> None:
    shape = find_preset("course-2026-xl").shape
    setup_view.take_shape(shape)
    said = " ".join(setup_view.messages.shown)
    assert "10,000 tokens instead of 50,257" in said
    assert f"{account(shape).parameters.amount:,}" in said


def test_a_time_shorter_than_a_step_becomes_that_of_a_step(setup_view: SetupView) -> None:
    setup_view.state.change("training.steps", lambda now: with_time(now, 0.001))
    setup_view.state.settle()
    found = setup_view.state.outlook.forecast
    assert found is not None
    assert found.steps == 1
    assert setup_view.amount.time.value == pytest.approx(found.seconds)
    assert found.seconds > 0.001


def test_the_time_says_what_it_is_made_of(setup_view: SetupView) -> None:
    total = setup_view.state.outlook.total
    assert total is not None
    assert total.seconds > total.training > 0
    for words in ("Steps", "start", "validations", "texts", "checkpoints"):
        assert words in made_of(total)
    before = total.seconds
    enter(setup_view.keeping.every, "1")
    setup_view.state.settle()
    assert setup_view.state.outlook.total is not None
    assert setup_view.state.outlook.total.seconds > before


def test_figures_are_whole_in_a_narrow_pane_and_it_is_come_to_at_its_top(qtbot: QtBot, setup_view: SetupView) -> None:
    setup_view.resize(904, 508)
    area = setup_view.forecast
    area.setFixedWidth(pane_width(960))
    setup_view.state.set("model", d_model=1600, num_heads=25, num_layers=48)
    setup_view.state.settle()
    QApplication.processEvents()
    for figure in ("Parameters", "Tokens/s", "Tokens/parameter"):
        found = area._amounts[figure]
        assert found.text() == found.whole_text == amounts(setup_view.state.outlook)[figure]
    area.verticalScrollBar().setValue(50)
    setup_view.begin()
    assert area.verticalScrollBar().value() == 0
