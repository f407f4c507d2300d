"""Which tokenizer is the current one when several are asked for?"""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.session import BUNDLED_NAME, Session, TokenizerInfo
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


def test_tokenizers_of_one_name_are_told_apart_and_keep_their_names(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    one, other = saved(tmp_path / "one" / "tales" / "models"), saved(tmp_path / "other" / "tales" / "models")
    names: list[str] = []
    session.tokenizer_opened.connect(lambda info: names.append(info.name))
    for path in (one, other, one):
        session.open_tokenizer(path / "tokenizer.json")
    qtbot.waitUntil(lambda: len(names) == 3 and session.jobs.running == 0)
    assert names == ["tales", "other/tales", "tales"]
    tokenizer = Tokenizer(BYTES, [])
    for _ in range(2):  # the same training, told twice, is one tokenizer
        session.set_tokenizer(TokenizerInfo("tales", 256, tokenizer))
        assert session.tokenizer is session.tokenizers[0]
        assert session.tokenizer.name == "tales (2)"
    third = session.remember(saved(tmp_path / "third" / "tales"), tokenizer.prefix(0))
    assert third.name == "third/tales"
    assert len({info.name for info in session.tokenizers}) == len(session.tokenizers) == 4
