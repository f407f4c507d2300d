"""Are the data of a set-up counted and the machine looked at, and is it said what is wrong with them?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.training.setup import SetupView
from app.pages.training.setup.data_block import TEXT, TOKENS
from app.pages.training.setup.looking import KEPT, MEASURED
from app.pages.training.setup.tokenizer_choice import _save
from app.session import Session, TokenizerInfo
from lmcore.bpe.token_file import TokenFile, tokenizer_digest
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.generators import result_of
from lmcore.paths import HOME_VARIABLE, resource
from lmcore.training import locks
from lmcore.training.creating import create, plan
from lmcore.training.machine import machine_from
from lmcore.training.run_folder import runs_dir
from tests.core.trainings import config, token_file
from tests.gui.setup_view import CPU, PATIENCE, Asked, click, wait


def test_a_token_file_is_learned_with_its_exact_number(qtbot: QtBot, setup_view: SetupView, tmp_path: Path) -> None:
    click_kind(setup_view, TOKENS)
    assert setup_view.reason == "No token file is chosen yet."
    setup_view.take_corpus([token_file(tmp_path, 50_000)])
    qtbot.waitUntil(lambda: setup_view.state.now.config.data.train != "", timeout=PATIENCE)
    wait(qtbot, setup_view)
    assert setup_view.state.facts is not None
    assert (setup_view.state.facts.tokens, setup_view.state.facts.exact) == (50_000, True)
    assert setup_view.state.outlook.shape is not None
    assert setup_view.state.outlook.shape.vocab_size == 61
    assert setup_view.state.now.config.data.tokenizer == ""
    click_kind(setup_view, TEXT)
    wait(qtbot, setup_view)
    assert setup_view.reason == ""
    assert setup_view.state.outlook.shape.vocab_size == 10_000


def click_kind(view: SetupView, kind: int) -> None:
    QTest.keyClick(view.data.kind, Qt.Key.Key_Right if kind == TOKENS else Qt.Key.Key_Left)


def test_data_that_cannot_be_read_hinder_the_start(qtbot: QtBot, setup_view: SetupView, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txt"
    setup_view.take_corpus([gone])
    qtbot.waitUntil(lambda: "no such file" in setup_view.reason, timeout=PATIENCE)
    assert not setup_view.bar.start.isEnabled()
    gone.write_text("Now there is a text, and it is long enough for a small model. " * 400)
    setup_view.take_corpus([tmp_path])
    wait(qtbot, setup_view)
    assert setup_view.reason == ""


def test_a_tokenizer_that_is_nowhere_yet_is_written_down(qtbot: QtBot, setup_view: SetupView, session: Session) -> None:
    tokenizer = Tokenizer.load(resource("sample/tokenizer")).prefix(100)
    session.set_tokenizer(TokenizerInfo("small", tokenizer.vocab_size, tokenizer))
    choice = setup_view.data.tokenizer
    place = next(at for at in range(choice.count()) if choice.itemText(at).startswith("small"))
    choice.setCurrentIndex(place)
    choice.activated.emit(place)
    qtbot.waitUntil(lambda: setup_view.state.now.config.data.tokenizer.endswith("small"), timeout=PATIENCE)
    wait(qtbot, setup_view)
    assert setup_view.state.facts is not None
    assert setup_view.state.facts.vocab_size == tokenizer.vocab_size
    kept = setup_view.state.now.config.data.tokenizer
    assert Tokenizer.load(kept).merges == tokenizer.merges
    other = Tokenizer.load(resource("sample/tokenizer")).prefix(200)
    path = result_of(_save(TokenizerInfo("small", other.vocab_size, other)))
    assert str(path) != kept, "one of the same name takes no other's place"
    assert Tokenizer.load(kept).merges == tokenizer.merges


def test_a_validation_file_of_another_tokenizer_is_said_at_once(
    qtbot: QtBot, setup_view: SetupView, tmp_path: Path
) -> None:
    setup_view.state.set("data", validation=str(token_file(tmp_path)))
    qtbot.waitUntil(lambda: "another tokenizer" in setup_view.reason, timeout=PATIENCE)


def test_a_kind_without_a_file_is_no_forecast_of_the_text(setup_view: SetupView) -> None:
    click_kind(setup_view, TOKENS)
    assert setup_view.forecast.sentence.accessibleName() == "No token file is chosen yet."


def test_the_machine_is_asked_and_kept(qtbot: QtBot, setup_view: SetupView, session: Session) -> None:
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    found = setup_view.state.machine
    assert found is not None
    assert found != CPU
    kept = machine_from(json.loads(session.settings.machine("auto")))
    assert replace(kept, free=found.free) == found
    setup_view.state.set("training", device="cuda:77")
    assert setup_view.state.machine is None
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert "cuda" in setup_view.reason.lower()
    assert not setup_view.bar.start.isEnabled()
    setup_view.state.set("training", device="auto")
    setup_view.state.settle()
    assert setup_view.reason == ""


def test_the_start_waits_for_a_token_file_that_was_dropped(qtbot: QtBot, setup_view: SetupView, tmp_path: Path) -> None:
    asked = Asked(setup_view)
    file = token_file(tmp_path, 50_000)
    setup_view.take_corpus([file])
    assert setup_view.state.now.config.data.train == str(file), "what was dropped is shown at once"
    assert not setup_view.settled
    setup_view.start(queue=False)
    assert asked.starts == []
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    setup_view.start(queue=False)
    assert asked.starts[0][0]["data"]["train"] == str(file)


def test_the_tokenizer_of_a_token_file_is_found(qtbot: QtBot, setup_view: SetupView, tmp_path: Path) -> None:
    path = encoded(tmp_path, Tokenizer.load(resource("sample/tokenizer")))
    setup_view.take_corpus([path])
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    data = setup_view.state.now.config.data
    assert (data.train, data.tokenizer) == (str(path), str(resource("sample/tokenizer")))


def test_of_data_that_are_chosen_in_a_row_the_last_are_taken(
    qtbot: QtBot, setup_view: SetupView, tmp_path: Path
) -> None:
    text = tmp_path / "later.txt"
    text.write_text("The later choice is the one that is meant. " * 900)
    setup_view.take_corpus([encoded(tmp_path, Tokenizer.load(resource("sample/tokenizer")))])
    setup_view.take_corpus([text])
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert setup_view.state.now.config.data.train == ""
    assert setup_view.state.now.config.data.corpus == (str(text),)
    other = tmp_path / "other"
    Tokenizer.load(resource("sample/tokenizer")).prefix(300).save(other)
    setup_view.take_corpus([token_file(tmp_path)])
    setup_view.data.tokenizer.path_chosen.emit(str(other))
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert setup_view.state.now.config.data.tokenizer == str(other)


def encoded(folder: Path, tokenizer: Tokenizer) -> Path:
    """A token file of this tokenizer."""
    ids = tokenizer.encode_array(b"Call me Ishmael. Some years ago, never mind how long precisely. " * 900)
    path = folder / "encoded.bin"
    ids.astype("uint16").tofile(path)
    digest = tokenizer_digest(tokenizer)
    TokenFile(path, "uint16", len(ids), 1, 57_600, None, digest, tokenizer.vocab_size).write_sidecar()
    return path


def test_what_is_wrong_with_the_data_is_said_where_they_are(
    qtbot: QtBot, setup_view: SetupView, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    setup_view.take_corpus([tmp_path / "gone.txt"])
    qtbot.waitUntil(setup_view.data.strip.isVisible, timeout=PATIENCE)
    assert setup_view.data.strip.accessibleName().startswith("error: ")
    assert "gone.txt: no such file" in setup_view.data.strip.accessibleName()
    assert setup_view.forecast.sentence.accessibleName() == "Nothing can be foretold before the data can be used."
    assert setup_view.state.outlook.shape is not None
    assert setup_view.state.outlook.shape.vocab_size == 10_000, "the tokenizer is known all the same"
    setup_view.take_corpus([])
    wait(qtbot, setup_view)
    assert not setup_view.data.strip.isVisible()


def test_peaks_are_not_taken_from_a_measurement_beside_a_run(
    qtbot: QtBot, setup_view: SetupView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    rested = setup_view.state.machine
    assert rested is not None
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    run = create(result_of(plan(config(tmp_path))), runs_dir())
    with locks.holding(run.lock):
        click(setup_view.device.measure)
        qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
        assert setup_view.device.origin == KEPT
    beside = setup_view.state.machine
    assert beside is not None
    assert replace(beside, free=rested.free) == rested
    assert machine_from(json.loads(session.settings.machine("auto"))) == rested
    setup_view.hide()
    setup_view.show()  # the run is done: it is measured again by itself
    qtbot.waitUntil(lambda: setup_view.settled and setup_view.device.origin == MEASURED, timeout=PATIENCE)
    after = setup_view.state.machine
    assert after is not None
    assert machine_from(json.loads(session.settings.machine("auto"))) == after


def test_what_is_free_is_read_anew_when_the_set_up_is_shown_again(qtbot: QtBot, setup_view: SetupView) -> None:
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert setup_view.state.machine is not None
    setup_view.state.know_machine(replace(setup_view.state.machine, free=7))
    setup_view.hide()
    setup_view.show()
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert setup_view.state.machine.free > 7
    assert setup_view.state.around is not None
    assert setup_view.state.around.disk
    assert setup_view.reason == ""
