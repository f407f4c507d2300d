"""What do the tests of the Generation page share? A worker's answers as they were recorded, and a dialogue of them.

`python -m tests.gui.generation CHECKPOINT` asks a real worker and records its answers anew.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.jobs import Jobs
from app.main_window import MainWindow
from app.pages import PageSpec
from app.pages.generation.page import GenerationPage
from app.pages.generation.work import Model
from app.pages.page import Page
from app.session import Session
from app.widgets.alternatives_card import AlternativesCard

RECORDED: Final = Path(__file__).parents[1] / "golden" / "generation-events.jsonl"
SAMPLING: Final = {
    "temperature": 0.8,
    "top_k": 40,
    "top_p": 0.95,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "seed": 1337,
}
PROMPT: Final = "The whale"
SCORED: Final = "The whale is a large fish.\n"
MOST: Final = 24
ASKED: Final[tuple[dict[str, Any], ...]] = (
    {"do": "open"},
    {"do": "generate", "prompt": PROMPT, "sampling": SAMPLING, "max_new_tokens": MOST, "alternatives": 10},
    {"do": "score", "text": SCORED},
    {"do": "speed"},
    {"do": "generate", "prompt": "word " * 400, "max_new_tokens": 4},
)
LAST: Final = ("opened", "done", "scored", "speed", "refused")


def answers(number: int) -> list[dict[str, Any]]:
    """What the worker answered to one of `ASKED`."""
    found = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return [event for event in found if event["id"] == number]


class RecordedDialogue(QObject):
    """Has the signals and methods of a `Dialogue`; answers what was recorded, when the test says so."""

    line = Signal(dict)
    failed = Signal(str)
    killed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Mapping[str, Any]] = []
        self.stops = 0
        self.closed = False

    def ask(self, request: Mapping[str, Any]) -> None:
        self.requests.append(request)

    def stop(self) -> None:
        self.stops += 1

    def close(self) -> None:
        self.closed = True

    def of(self, do: str) -> Mapping[str, Any]:
        """The newest request of a kind."""
        return next(request for request in reversed(self.requests) if request["do"] == do)

    def answer(self, do: str, recorded: int, first: int = 0, last: int | None = None) -> None:
        """Tell what was recorded, as the answer to the newest request of a kind; some of it if that is said."""
        number = self.of(do)["id"]
        for event in answers(recorded)[first:last]:
            self.line.emit({**event, "id": number})


OPEN, GENERATE, SCORE, SPEED, TOO_LONG = range(len(ASKED))


def model_of(folder: Path, steps: tuple[int, ...] = (250, 500, 600)) -> Model:
    """A run as the page lists it; no files of it have to be there."""
    return Model(folder, "sample", tuple((step, folder / "ckpt" / f"step-{step:08d}") for step in steps))


class RecordedPage:
    """The page in a window, over recorded answers."""

    def __init__(self, window: MainWindow, dialogue: RecordedDialogue) -> None:
        window.show_page("generation")
        page = window.stack.page("generation")
        assert isinstance(page, GenerationPage)
        self.window, self.page, self.dialogue = window, page, dialogue

    def generate(self, prompt: str = PROMPT) -> None:
        """Have the model speak, and answer it all."""
        self.page.prompt.setPlainText(prompt)
        self.page.acting.generate()
        if self.dialogue.requests[-2:-1] and self.dialogue.requests[-2]["do"] == "open":
            self.dialogue.answer("open", OPEN)
        self.dialogue.answer("generate", GENERATE)


Opens = Callable[..., RecordedPage]


@pytest.fixture
def open_recorded(qtbot: QtBot, dressed: QApplication, session: Session, tmp_path: Path) -> Iterator[Opens]:
    """Opens windows on the same settings, with a run of three checkpoints unless they look for models themselves; what
    the windows before left has come back by then.
    """
    opened: list[RecordedPage] = []

    def open_window(*, looking: bool = False) -> RecordedPage:
        dialogue = RecordedDialogue()

        class Spec(PageSpec):
            def making(self, session: Session, parent: QWidget) -> Generator[None, None, Page]:
                return (yield from GenerationPage.making(session, parent, dialogue))  # type: ignore[arg-type]

        spec = Spec("generation", "Generation", "", "Model", "message-square-text", "", "")
        appearance = Appearance(dressed, session.settings)
        window = MainWindow(Session(session.settings, Jobs()), appearance, (spec,), tmp_path / "log")
        qtbot.addWidget(window)
        window.resize(1440, 900)
        window.show()
        made = RecordedPage(window, dialogue)
        opened.append(made)
        qtbot.waitUntil(lambda: made.page.voice.models.known and made.page.returning.settled)
        if not looking:
            model = model_of(tmp_path / "run")
            for _, folder in model.steps:
                folder.mkdir(parents=True, exist_ok=True)
            made.page.voice.models.fix(model, 600)
        return made

    session.settings.theme = "light"
    yield open_window
    for made in opened:
        made.window.leave()
    qtbot.waitUntil(lambda: not any(made.page.session.jobs.running for made in opened))


@pytest.fixture
def recorded(open_recorded: Opens) -> RecordedPage:
    """The page with a run of three checkpoints, and nothing said yet."""
    made = open_recorded()
    made.page.panel.most.set_value(MOST)
    return made


def rest(qtbot: QtBot, page: RecordedPage) -> None:
    """Wait until what was said is on the screen."""
    qtbot.waitUntil(lambda: page.page.showing.rests and page.page.views.text.settled)


def card_of(page: RecordedPage) -> AlternativesCard:
    card = page.page.views.cards.card
    assert card is not None
    return card


def choose_of_ten(page: RecordedPage) -> None:
    """Have a token in question whose distribution is shown in ten rows."""
    assert page.page.voice.conversation is not None
    at = next(n for n, one in enumerate(page.page.voice.conversation.said) if one.is_listed)
    page.page.views.choose(2 + at)
    assert len(page.page.views.table.lines) == 10


def click_token(page: RecordedPage, number: int) -> None:
    port = page.page.views.text.viewport()
    centre = page.page.views.text.box_of(number).center()
    QTest.mouseMove(port, centre)
    page.page.views.text._go_to(number)
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=centre)


def main(checkpoint: Path) -> None:
    """Ask a worker, and write what it answers."""
    command = [sys.executable, "-m", "lmcore.cli", "worker", "generate"]
    lines = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin
        assert worker.stdout
        for number, asked in enumerate(ASKED):
            worker.stdin.write(json.dumps({**asked, "id": number, "model": str(checkpoint)}) + "\n")
            worker.stdin.flush()
            for line in worker.stdout:
                event = json.loads(line)
                lines.append(line.replace(str(checkpoint.parents[1]), "/runs/sample"))
                if event["event"] in LAST:
                    break
        worker.stdin.close()
    RECORDED.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
