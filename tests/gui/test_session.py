"""Which tokenizer is the current one when several are asked for?"""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.session import BUNDLED_NAME, Session
from lmcore.bpe import Tokenizer

BYTES = {byte: bytes([byte]) for byte in range(256)}


def saved(folder: Path) -> Path:
    Tokenizer(BYTES | {256: b"th"}, [(b"t", b"h")]).save(folder)
    return folder


def test_the_one_asked_for_last_is_the_current_one(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first"), saved(tmp_path / "second")
    session.open_bundled_tokenizer()
    session.open_tokenizer(first)
    session.open_tokenizer(second)
    opened: list[str] = []
    session.tokenizer_opened.connect(lambda info: opened.append(info.name))
    qtbot.waitUntil(lambda: len(opened) == 3 and session.jobs.running == 0)
    assert opened == [BUNDLED_NAME, "first", "second"]
    assert [info.name for info in session.tokenizers] == ["second", "first", BUNDLED_NAME]
    assert session.tokenizer is session.tokenizers[0]


def test_the_bundled_one_never_takes_the_place_of_another(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    session.open_tokenizer(saved(tmp_path / "mine"))
    session.open_bundled_tokenizer()
    qtbot.waitUntil(lambda: session.tokenizer is not None and session.jobs.running == 0)
    session.open_bundled_tokenizer()
    assert session.jobs.running == 0
    assert [info.name for info in session.tokenizers] == ["mine"]


def test_a_file_that_cannot_be_opened_changes_nothing(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    with qtbot.waitSignal(session.tokenizer_not_opened):
        session.open_tokenizer(tmp_path / "missing.json")
    qtbot.waitUntil(lambda: session.jobs.running == 0)
    assert not any(session.tokenizers)
    session.open_bundled_tokenizer()
    qtbot.waitUntil(lambda: session.tokenizer is not None and session.jobs.running == 0)
    assert session.tokenizers[0].name == BUNDLED_NAME
