"""Can a run be set up and started at once, changed, taken from elsewhere, and is it told what hinders it?"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.training.setup import SetupView
from app.pages.training.setup.data_block import TEXT, TOKENS
from app.session import Session, TokenizerInfo
from app.widgets.buttons import Button
from lmcore.accounting.presets import find_preset
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.generators import result_of
from lmcore.paths import resource
from lmcore.training.config import config_of
from lmcore.training.creating import plan
from lmcore.training.machine import Machine
from lmcore.training.planning import forecast
from lmcore.training.sweeps import members
from tests.core.trainings import tables, token_file

PATIENCE = 60_000
CPU = Machine("cpu", "CPU, 2 cores", 25 * 10**9, 20 * 10**9, 2, 6e10, 1.4e12, "measured", 2, True)


class Asked:
    """What a view asked for."""

    def __init__(self, view: SetupView) -> None:
        self.starts: list[tuple[dict[str, Any], bool]] = []
        view.start_asked.connect(lambda tables, queue: self.starts.append((tables, queue)))


def shown(qtbot: QtBot, session: Session) -> SetupView:
    """A view on a machine that was looked at before, its data counted."""
    session.settings.set_machine("auto", json.dumps(asdict(CPU)))
    made = SetupView(session)
    qtbot.addWidget(made)
    made.resize(1256, 800)
    made.show()
    wait(qtbot, made)
    return made


def wait(qtbot: QtBot, view: SetupView) -> None:
    qtbot.waitUntil(lambda: view.state.facts is not None and view.state.rests, timeout=PATIENCE)


@pytest.fixture
def view(qtbot: QtBot, kernels: None, session: Session) -> Iterator[SetupView]:
    made = shown(qtbot, session)
    yield made
    made.close_jobs()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=PATIENCE)


def enter(edit: QLineEdit, text: str) -> None:
    """Type, and press Enter."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def click(button: Button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_new_user_can_start_at_once(view: SetupView) -> None:
    asked = Asked(view)
    assert view.reason == ""
    assert view.state.now.is_suggested
    click(view.bar.start)
    click(view.bar.queue)
    (first, now), (second, later) = asked.starts
    assert (now, later) == (False, True)
    assert first == second
    planned = result_of(plan(config_of(first)))
    assert planned.config.name.startswith("sample-")
    assert len(planned.data.train) == pytest.approx(view.state.outlook.train_tokens, rel=0.02)
    assert planned.data.tokenizer is not None


def test_the_forecast_is_that_of_planning(view: SetupView) -> None:
    chosen, outlook = view.state.now, view.state.outlook
    assert outlook.shape is not None
    assert outlook.forecast == forecast(outlook.shape, chosen.config, outlook.train_tokens, CPU)


def test_steps_tokens_and_time_are_computed_from_one_another(view: SetupView) -> None:
    context = view.state.now.config.model.context_length
    view.amount.batch.spin.setValue(8)
    enter(view.amount.steps, "500")
    view.state.settle()
    assert view.amount.tokens.text() == f"{500 * 8 * context:,}"
    enter(view.amount.tokens, "2M")
    view.state.settle()
    assert view.amount.steps.value == -(-2_000_000 // (8 * context))
    enter(view.amount.time, "10 min")
    view.state.settle()
    assert view.amount.time.text() == "10 min"
    assert view.state.outlook.forecast is not None
    assert view.state.outlook.forecast.seconds == pytest.approx(600, rel=0.01)
    view.amount.batch.spin.setValue(32)
    view.state.settle()
    assert view.state.outlook.forecast.seconds == pytest.approx(600, rel=0.01)


def test_a_shape_that_cannot_be_is_said_and_not_started(view: SetupView) -> None:
    asked = Asked(view)
    view.model.fields["d_model"].spin.setValue(128)
    view.model.fields["num_heads"].spin.setValue(7)
    view.state.settle()
    assert "does not divide d_model" in view.forecast.sentence.text()
    assert view.model.fields["num_heads"].spin.property("invalid")
    assert not view.bar.start.isEnabled()
    assert "num_heads is 7" in view.bar.start.toolTip()
    view.start(queue=False)
    assert asked.starts == []
    view.model.fields["d_model"].spin.setValue(192)
    view.state.settle()
    assert view.state.outlook.shape is not None
    assert view.bar.start.isEnabled()


def test_a_model_that_does_not_fit_is_said_before_the_start(view: SetupView) -> None:
    view.take_shape(find_preset("gpt2-xl").shape)
    view.state.settle()
    assert "20.0 GB are free" in view.reason
    assert not view.bar.start.isEnabled()
    assert any("learned positions" in told for told in view.messages.shown)
    view.state.suggest()
    view.state.settle()
    assert view.reason == ""


def test_another_width_brings_heads_and_d_ff_that_go_with_it(view: SetupView) -> None:
    view.model.fields["num_heads"].spin.setValue(4)
    view.model.fields["d_model"].spin.setValue(320)
    view.state.settle()
    assert view.state.outlook.shape is not None
    assert view.model.fields["d_ff"].value == 832  # 8/3 · 320 to the nearest 64
    click(view.model.lock)
    view.model.fields["d_model"].spin.setValue(640)
    view.state.settle()
    assert view.model.fields["d_ff"].value == 832


def test_a_sweep_makes_runs(view: SetupView) -> None:
    asked = Asked(view)
    click(view.sweep.add)
    enter(view.sweep.lines[0].values, "1e-4 to 1e-1 in 4")
    click(view.sweep.add)
    view.sweep.lines[1].key.setCurrentText("model.num_layers")
    enter(view.sweep.lines[1].values, "1, 2")
    view.state.settle()
    assert view.bar.start.text() == "Start 8 runs"
    view.start(queue=True)
    made = members(asked.starts[0][0])
    assert sorted({one.config.optimizer.learning_rate for one in made}) == [1e-4, 1e-3, 1e-2, 1e-1]
    assert {one.config.model.num_layers for one in made} == {1, 2}
    enter(view.sweep.lines[1].values, "1, two")
    view.state.settle()
    assert "model.num_layers" in view.reason
    click(view.sweep.lines[1].cross)
    view.state.settle()
    assert view.bar.start.text() == "Start 4 runs"


def test_a_set_up_goes_out_as_toml_and_comes_back(view: SetupView, tmp_path: Path) -> None:
    enter(view.learning.rate.edit, "3e-4")
    view.learning.schedule.chosen.emit(1)
    click(view.sweep.add)
    view.state.settle()
    out = tmp_path / "run.toml"
    view.transfer.write(out)
    before = view.state.now
    view.transfer.copy()
    assert QGuiApplication.clipboard().text() == out.read_text() == view.forecast.toml
    view.take(tables(tmp_path))
    assert view.state.now.config.name == "small"
    view.transfer.read(out)
    assert view.state.now.tables == before.tables
    assert view.messages.shown == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[data]\ntrain = 'x.bin'\n[training]\nstep = 3\n", "training.step is no setting. Did you mean steps?"),
        ("[data\n", "is no TOML"),
        ("[data]\ntrain = 'x.bin'\n[training]\nsteps = 0\n", "training.steps is 0"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_key(view: SetupView, tmp_path: Path, text: str, said: str) -> None:
    before = view.state.now
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    view.transfer.read(file)
    assert said in view.messages.shown[0]
    assert view.state.now == before


def test_a_token_file_is_learned_with_its_exact_number(qtbot: QtBot, view: SetupView, tmp_path: Path) -> None:
    click_kind(view, TOKENS)
    assert view.reason == "No token file is chosen yet."
    view.take_corpus([token_file(tmp_path, 50_000)])
    qtbot.waitUntil(lambda: view.state.now.config.data.train != "", timeout=PATIENCE)
    wait(qtbot, view)
    assert view.state.facts is not None
    assert (view.state.facts.tokens, view.state.facts.exact) == (50_000, True)
    assert view.state.outlook.shape is not None
    assert view.state.outlook.shape.vocab_size == 61
    assert view.state.now.config.data.tokenizer == ""
    click_kind(view, TEXT)
    wait(qtbot, view)
    assert view.reason == ""
    assert view.state.outlook.shape.vocab_size == 10_000


def click_kind(view: SetupView, kind: int) -> None:
    QTest.keyClick(view.data.kind, Qt.Key.Key_Right if kind == TOKENS else Qt.Key.Key_Left)


def test_data_that_cannot_be_read_hinder_the_start(qtbot: QtBot, view: SetupView, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txt"
    view.take_corpus([gone])
    qtbot.waitUntil(lambda: "no such file" in view.reason, timeout=PATIENCE)
    assert not view.bar.start.isEnabled()
    gone.write_text("Now there is a text, and it is long enough for a small model. " * 400)
    view.take_corpus([tmp_path])
    wait(qtbot, view)
    assert view.reason == ""


def test_a_tokenizer_that_is_nowhere_yet_is_written_down(qtbot: QtBot, view: SetupView, session: Session) -> None:
    tokenizer = Tokenizer.load(resource("sample/tokenizer")).prefix(100)
    session.set_tokenizer(TokenizerInfo("small", tokenizer.vocab_size, tokenizer))
    choice = view.data.tokenizer
    place = next(at for at in range(choice.count()) if choice.itemText(at).startswith("small"))
    choice.setCurrentIndex(place)
    choice.activated.emit(place)
    qtbot.waitUntil(lambda: view.state.now.config.data.tokenizer.endswith("small"), timeout=PATIENCE)
    wait(qtbot, view)
    assert view.state.facts is not None
    assert view.state.facts.vocab_size == tokenizer.vocab_size
    assert Tokenizer.load(view.state.now.config.data.tokenizer).merges == tokenizer.merges


def test_while_the_page_works_nothing_can_be_changed_but_cancelled(qtbot: QtBot, view: SetupView) -> None:
    asked = Asked(view)
    view.set_busy(True)
    view.show_progress("encode 1.2 of 1.75 MB", 0.66)
    assert not view.data.isEnabled()
    assert view.bar.words == "encode 1.2 of 1.75 MB"
    view.start(queue=False)
    assert asked.starts == []
    with qtbot.waitSignal(view.cancel_asked):
        click(view.bar.cancel)
    view.set_busy(False)
    view.show_refusal("data.corpus: it is gone; choose another.")
    assert view.data.isEnabled()
    assert view.messages.shown == ["error: data.corpus: it is gone. Choose another."]
    view.start(queue=False)
    assert len(asked.starts) == 1
    assert view.messages.shown == []


def test_the_last_set_up_is_shown_again(qtbot: QtBot, view: SetupView, session: Session) -> None:
    enter(view.learning.rate.edit, "7e-4")
    enter(view.bar.name, "mine")
    view.state.settle()
    with qtbot.waitSignal(view.left):
        click(view.bar.back)
    again = shown(qtbot, session)
    assert again.state.now.tables == view.state.now.tables
    assert again.bar.name.text() == "mine"
    again.close_jobs()


def test_toml_tables_are_what_the_file_holds(view: SetupView) -> None:
    asked = Asked(view)
    view.start(queue=False)
    assert tomllib.loads(view.forecast.toml) == asked.starts[0][0]


def test_the_machine_is_asked_and_kept(qtbot: QtBot, view: SetupView, session: Session) -> None:
    qtbot.waitUntil(lambda: view.settled, timeout=PATIENCE)
    found = view.state.machine
    assert found is not None
    assert found != CPU
    assert json.loads(session.settings.machine("auto")) == asdict(found)
    view.state.set("training", device="cuda:77")
    assert view.state.machine is None
    qtbot.waitUntil(lambda: view.reason != "", timeout=PATIENCE)
    assert "cuda" in view.reason.lower()
    assert not view.bar.start.isEnabled()
    view.state.set("training", device="auto")
    view.state.settle()
    assert view.reason == ""


@pytest.mark.parametrize(("width", "columns"), [(1256, 3), (1224, 3), (904, 2), (640, 1)])
def test_it_fits_into_any_window(qtbot: QtBot, view: SetupView, width: int, columns: int) -> None:
    view.resize(width, 508)
    qtbot.waitUntil(lambda: view._columns.across == columns)
    assert view._columns.minimumSizeHint().width() <= view._columns.width()
    for block in (view.data, view.model, view.learning, view.amount, view.keeping, view.sweep, view.device):
        assert block.x() >= 0
        assert block.geometry().right() < view._columns.width()
