"""Do packages come by the project's own set-up, and does what is started outlive the window that started it?"""

from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app import fetching
from app.fetching import BY_HAND, Fetching, missing
from app.launching import start_detached
from app.needing import Needing

PATIENCE = 30_000


class Heard:
    """What a fetching told, in order."""

    def __init__(self, fetching: Fetching) -> None:
        self.ends: list[str] = []
        self.words: list[str] = []
        fetching.told.connect(self.words.append)
        fetching.finished.connect(lambda: self.ends.append("finished"))
        fetching.failed.connect(lambda why: self.ends.append(f"failed: {why}"))


def set_up(root: Path, script: str) -> Path:
    """A project whose `main.py` does this."""
    (root / "main.py").write_text(f"import sys\n{script}\n", encoding="utf-8")
    return root


def fetched(qtbot: QtBot, root: Path) -> Heard:
    fetching = Fetching(root=root)
    heard = Heard(fetching)
    fetching.start()
    qtbot.waitUntil(lambda: bool(heard.ends), timeout=PATIENCE)
    assert not fetching.running
    return heard


def test_the_set_up_is_asked_for_what_training_needs(qtbot: QtBot, tmp_path: Path) -> None:
    script = "print('Downloading', *sys.argv[1:], file=sys.stderr)"
    heard = fetched(qtbot, set_up(tmp_path, script))
    assert heard.words == ["Downloading worker machine"]
    assert heard.ends == ["finished"]
    assert missing() == []


def test_why_it_failed_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    script = "sys.exit('The disk is full.\\nStart again when that is mended.')"
    assert fetched(qtbot, set_up(tmp_path, script)).ends == [
        "failed: The disk is full. Start again when that is mended."
    ]


def test_without_a_set_up_the_remedy_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    assert fetched(qtbot, tmp_path).ends == [f"failed: {BY_HAND}"]


def test_closing_ends_it(qtbot: QtBot, tmp_path: Path) -> None:
    fetching = Fetching(root=set_up(tmp_path, "print('Downloading', file=sys.stderr, flush=True); sys.stdin.read()"))
    with qtbot.waitSignal(fetching.told, timeout=PATIENCE):
        fetching.start()
    fetching.close()
    assert not fetching.running


def test_what_is_missing_is_looked_for_again_and_what_is_there_is_not(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone else may have fetched it meanwhile."""
    looks, done, told = [["torch"], []], list[str](), list[str]()
    monkeypatch.setattr(fetching, "missing", lambda: looks.pop(0))
    parent = QObject()
    needing = Needing("A model needs", parent)
    needing.told.connect(lambda _tone, sentence, _ways: told.append(sentence))
    needing.do(lambda: done.append("first"))
    assert (len(told), done) == (1, [])
    for wish in ("second", "third"):
        needing.do(lambda wish=wish: done.append(wish))  # type: ignore[misc]
    assert (len(told), done, looks) == (1, ["second", "third"], [])


def test_what_is_started_is_no_child_of_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    log = tmp_path / "queue.log"
    log.write_text("before\n", encoding="utf-8")
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    assert start_detached(["worker", "no-such-work"], log)
    qtbot.waitUntil(lambda: "invalid choice" in log.read_text(encoding="utf-8"), timeout=PATIENCE)
    assert log.read_text(encoding="utf-8").startswith("before\n")
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= own
