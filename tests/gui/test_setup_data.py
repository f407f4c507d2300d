"""Are the data of a set-up counted and the machine looked at, and is it said what is wrong with them?"""

import json
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.training.setup import SetupView
from app.pages.training.setup.data_block import TEXT, TOKENS
from app.session import Session, TokenizerInfo
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.paths import resource
from tests.core.trainings import token_file
from tests.gui.setup_view import CPU, PATIENCE, wait


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
    assert Tokenizer.load(setup_view.state.now.config.data.tokenizer).merges == tokenizer.merges


def test_the_machine_is_asked_and_kept(qtbot: QtBot, setup_view: SetupView, session: Session) -> None:
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    found = setup_view.state.machine
    assert found is not None
    assert found != CPU
    assert json.loads(session.settings.machine("auto")) == asdict(found)
    setup_view.state.set("training", device="cuda:77")
    assert setup_view.state.machine is None
    qtbot.waitUntil(lambda: setup_view.settled, timeout=PATIENCE)
    assert "cuda" in setup_view.reason.lower()
    assert not setup_view.bar.start.isEnabled()
    setup_view.state.set("training", device="auto")
    setup_view.state.settle()
    assert setup_view.reason == ""
