"""Does the page speak with a model that was really trained, through a real worker, and survive what happens to both?"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.jobs import Jobs
from app.main_window import MainWindow
from app.pages import PAGES
from app.pages.generation.page import GenerationPage
from app.session import Session
from lmcore.training.locks import holding
from lmcore.training.run_folder import RunFolder, runs_dir

PATIENCE = 90_000
TRAIN = (
    "import sys; from pathlib import Path; from tests.core.talking import talking_run; talking_run(Path(sys.argv[1]))"
)
"""A run with four checkpoints."""


@pytest.fixture
def run(trained: Path) -> Iterator[Path]:
    """A trained run among the user's runs, for one test."""
    place = runs_dir() / trained.name
    shutil.copytree(trained, place)
    yield place
    shutil.rmtree(runs_dir())


@pytest.fixture
def window(dressed: QApplication, session: Session, tmp_path: Path) -> MainWindow:
    session.settings.theme = "light"
    return MainWindow(session, Appearance(dressed, session.settings), PAGES, tmp_path / "log")


def page_of(qtbot: QtBot, window: MainWindow) -> GenerationPage:
    """The page of a window, on the screen, with a model."""
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    window.show_page("generation")
    made = window.stack.page("generation")
    assert isinstance(made, GenerationPage)
    qtbot.waitUntil(lambda: made.voice.models.folder is not None, timeout=PATIENCE)
    return made


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow, session: Session, run: Path) -> Iterator[GenerationPage]:
    made = page_of(qtbot, window)
    made.panel.most.set_value(12)
    made.prompt.setPlainText("The whale")
    yield made
    window.leave()
    qtbot.waitUntil(lambda: session.jobs.running == 0, timeout=PATIENCE)


def speak(qtbot: QtBot, page: GenerationPage) -> tuple[int, ...]:
    """Have it speak to the end; the ids that it said."""
    page.acting.generate()
    ended(qtbot, page)
    return tuple(one.token for one in page.voice.conversation.said) if page.voice.conversation else ()


def ended(qtbot: QtBot, page: GenerationPage) -> None:
    qtbot.waitUntil(lambda: not page.voice.works, timeout=PATIENCE)


def test_a_run_speaks_branches_and_speaks_from_its_first_checkpoint(qtbot: QtBot, page: GenerationPage) -> None:
    assert page.panel.checkpoint.steps == (10, 20, 30, 40)
    said = speak(qtbot, page)
    assert len(said) == 12
    assert page.voice.conversation is not None
    qtbot.waitUntil(lambda: page.panel.speeds["With cache"].text() != "–", timeout=PATIENCE)
    token = page.voice.conversation.said[4]
    place = next(n for n, one in enumerate(token.alternatives) if one.token != token.token)
    page.voice.speaking.branch(4, place)
    ended(qtbot, page)
    branched = [one.token for one in page.voice.conversation.said]
    assert branched[:5] == [*said[:4], token.alternatives[place].token]
    assert len(branched) == 5 + 12
    page.acting.remove_shown()
    assert tuple(one.token for one in page.voice.conversation.said) == said
    page.panel.checkpoint.go_to(10)
    qtbot.waitUntil(lambda: not page.acting.waits, timeout=PATIENCE)
    ended(qtbot, page)
    assert page.voice.conversation.model.endswith("step-00000010")
    assert tuple(one.token for one in page.voice.conversation.said) != said


def test_a_killed_worker_is_told_and_the_next_says_the_same(qtbot: QtBot, page: GenerationPage) -> None:
    said = speak(qtbot, page)
    page.panel.seed.setValue(4)
    page.acting.generate()
    page.voice.talking._dialogue._process.kill()
    qtbot.waitUntil(lambda: bool(page.messages.shown), timeout=PATIENCE)
    assert page.messages.shown[0].startswith("error: The worker was ended from outside")
    other = speak(qtbot, page)
    assert page.messages.shown == []
    assert len(other) == 12
    page.panel.seed.setValue(1337)
    assert speak(qtbot, page) == said


def turn_a_bit(checkpoint: Path) -> None:
    """Damage it so that only reading it all tells."""
    weights = bytearray((checkpoint / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (checkpoint / "model.safetensors").write_bytes(weights)


def test_a_checkpoint_that_is_not_whole_is_left_out_and_told(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    said = speak(qtbot, page)
    (run / "ckpt" / "step-00000225").mkdir()
    (run / "ckpt" / "step-00000225" / "model.safetensors").write_bytes(b"abc")
    weights = run / "ckpt" / "step-00000040" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: page.voice.models.step == 30, timeout=PATIENCE)
    assert page.panel.checkpoint.steps == (10, 20, 30)
    assert page.messages.shown == ["info: Step 40 is damaged; what it said stays. Step 30 speaks next."]
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
    assert page.voice.conversation is not None
    assert tuple(one.token for one in page.voice.conversation.said) == said
    assert "2 more are damaged and left out" in page.panel.checkpoint._caption.text()


def test_a_play_passes_over_what_cannot_be_opened(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    speak(qtbot, page)
    turn_a_bit(run / "ckpt" / "step-00000020")
    page.acting.play()
    qtbot.waitUntil(lambda: page.voice.models.step == 40 and not page.voice.works, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not page.acting.waits, timeout=PATIENCE)
    ended(qtbot, page)
    assert page.voice.conversation is not None
    assert page.voice.conversation.model.endswith("step-00000040")
    said = [page.voice.talking.all.find(str(folder), "The whale") for _, folder in page.voice.models.all[0].steps]
    assert [len(one.said) if one is not None else 0 for one in said] == [12, 0, 12, 12]
    qtbot.waitUntil(lambda: bool(page.messages.shown), timeout=PATIENCE)
    assert page.messages.shown == ["warning: Passed over, since it cannot be opened: step 20."]


def test_a_damaged_checkpoint_is_told_and_another_speaks(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    turn_a_bit(run / "ckpt" / "step-00000040")
    assert speak(qtbot, page) == ()
    (message,) = page.messages.shown
    assert message.startswith("error: ")
    assert "step-00000040" in message
    page.panel.checkpoint.go_to(30)
    page.acting.rest()
    assert len(speak(qtbot, page)) == 12
    assert page.messages.shown == []


def test_a_run_that_is_deleted_leaves_what_it_said(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    said = speak(qtbot, page)
    qtbot.waitUntil(lambda: not page.voice.talking.under_way, timeout=PATIENCE)
    shutil.rmtree(run)
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: bool(page.messages.shown), timeout=PATIENCE)
    assert "is no longer there" in page.messages.shown[0]
    assert page.voice.conversation is not None
    assert tuple(one.token for one in page.voice.conversation.said) == said
    page.panel.seed.setValue(3)
    page.acting.generate()
    assert page.messages.shown == ["error: There is no model to speak. Choose one at the left."]


def test_runs_of_one_name_are_told_apart_and_new_checkpoints_seen(
    qtbot: QtBot, page: GenerationPage, run: Path
) -> None:
    other = run.with_name(run.name.replace(run.name[:8], "20990615"))
    shutil.copytree(run, other)
    newer = run / "ckpt" / "step-00000050"
    shutil.copytree(run / "ckpt" / "step-00000040", newer)
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: len(page.voice.models.all) == 2, timeout=PATIENCE)
    names = [model.name for model in page.voice.models.all]
    assert names[0].startswith("run, 15 Jun 2099 ")
    assert len(set(names)) == 2
    assert page.panel.checkpoint.steps == (10, 20, 30, 40, 50)
    assert page.panel.checkpoint.step == 40


def test_only_a_look_that_finds_something_else_is_told(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    models, told = page.voice.models, list[int]()

    def looked() -> None:
        models.refresh()
        qtbot.waitUntil(lambda: models._job is None, timeout=PATIENCE)

    looked()
    models.listed.connect(lambda: told.append(len(models.all[0].steps) if models.all else 0))
    looked()
    assert told == []
    shutil.copytree(run / "ckpt" / "step-00000040", run / "ckpt" / "step-00000050")
    looked()
    assert told == [5]
    shutil.rmtree(run)
    looked()
    assert told == [5, 0]
    looked()
    assert told == [5, 0, 0], "a run may be on its way to its first checkpoint"


def test_a_text_stays_when_its_checkpoint_goes(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    said = speak(qtbot, page)
    shutil.rmtree(run / "ckpt" / "step-00000040")
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: page.voice.models.step == 30, timeout=PATIENCE)
    assert "keeps step 40 no longer" in page.messages.shown[0]
    assert page.panel.checkpoint.step == 30
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
    assert page.voice.conversation is not None
    assert tuple(one.token for one in page.voice.conversation.said) == said


def test_saved_branches_go_on_where_their_model_is_there(
    qtbot: QtBot, page: GenerationPage, run: Path, tmp_path: Path
) -> None:
    said = speak(qtbot, page)
    assert page.voice.conversation is not None
    page.exporting.save(page.voice.conversation, tmp_path / "tree.json")
    qtbot.waitUntil((tmp_path / "tree.json").exists, timeout=PATIENCE)
    page.voice.models.go_to(10)
    assert page.prompt.text == "The whale"
    page.voice.speaking.conversation = None
    page.open_paths([tmp_path / "tree.json"])
    qtbot.waitUntil(lambda: page.voice.models.step == 40, timeout=PATIENCE)
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
    assert page.voice.conversation is not None
    assert tuple(one.token for one in page.voice.conversation.said) == said
    assert len(page.voice.conversation.tree) == 1
    page.voice.speaking.branch(3, 1)
    ended(qtbot, page)
    assert len(page.voice.conversation.tree) == 2
    assert len(page.voice.conversation.said) == 4 + 12


def test_what_was_said_comes_back_with_the_window(
    qtbot: QtBot, dressed: QApplication, page: GenerationPage, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    page.panel.seed.setValue(99)
    page.voice.models.go_to(20)
    said = speak(qtbot, page)
    window.leave()
    again = MainWindow(Session(session.settings, Jobs()), Appearance(dressed, session.settings), PAGES, tmp_path / "l")
    back = page_of(qtbot, again)
    qtbot.waitUntil(lambda: back.voice.conversation is not None and back.voice.models.step == 20, timeout=PATIENCE)
    qtbot.waitUntil(back.settled, timeout=PATIENCE)
    assert back.voice.conversation is not None
    assert tuple(one.token for one in back.voice.conversation.said) == said
    assert (back.prompt.text, back.panel.seed.value()) == ("The whale", 99)
    back.acting.remove_shown()
    again.leave()


def test_a_model_that_was_replaced_does_not_go_on_with_what_the_other_said(
    qtbot: QtBot, page: GenerationPage, run: Path
) -> None:
    early, late = run / "ckpt" / "step-00000010", run / "ckpt" / "step-00000040"
    said = speak(qtbot, page)
    page.voice.models.go_to(10)
    qtbot.waitUntil(
        lambda: page.voice.conversation is not None and page.voice.conversation.step == 10, timeout=PATIENCE
    )
    ended(qtbot, page)
    shutil.copytree(late, early, dirs_exist_ok=True)
    page.voice.speaking.branch(2, 1)
    assert "were replaced since" in page.messages.shown[-1]
    assert speak(qtbot, page) == said
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 1


def test_a_run_that_was_copied_back_is_the_same_model(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    """As after unpacking a zip or a backup: the times of its files are others."""
    said = speak(qtbot, page)
    aside = run.with_name("aside")
    run.rename(aside)
    shutil.copytree(aside, run, copy_function=shutil.copyfile)
    shutil.rmtree(aside)
    page.panel.seed.setValue(8)
    speak(qtbot, page)
    assert page.messages.shown == []
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 2
    page.panel.seed.setValue(1337)
    assert speak(qtbot, page) == said


def test_a_folder_that_is_no_model_is_refused(qtbot: QtBot, page: GenerationPage, tmp_path: Path) -> None:
    page.open_paths([tmp_path])
    qtbot.waitUntil(lambda: bool(page.messages.shown), timeout=PATIENCE)
    assert "holds no model" in page.messages.shown[0]


def test_a_run_is_handed_over_by_another_page(qtbot: QtBot, page: GenerationPage, run: Path, tmp_path: Path) -> None:
    """One that is kept elsewhere stays in the list, and is there the next time."""
    elsewhere = tmp_path / "elsewhere" / run.name
    shutil.copytree(run, elsewhere)
    page.session.hand_over("generation", elsewhere)
    qtbot.waitUntil(lambda: page.voice.models.folder == elsewhere / "ckpt" / "step-00000040", timeout=PATIENCE)
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: page.voice.models._job is None, timeout=PATIENCE)
    assert [model.path for model in page.voice.models.all] == [run, elsewhere]
    assert page.session.settings.recent("models") == [elsewhere]
    assert page.panel.models.currentText() == page.voice.models.all[1].name


def test_a_checkpoint_s_folder_is_opened_at_its_step(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    page.open_paths([run / "ckpt" / "step-00000020"])
    qtbot.waitUntil(lambda: page.voice.models.step == 20, timeout=PATIENCE)
    assert page.panel.checkpoint.step == 20


def test_the_best_checkpoint_speaks_first_where_it_is_known(qtbot: QtBot, page: GenerationPage, run: Path) -> None:
    state = json.loads((run / "state.json").read_text(encoding="utf-8"))
    (run / "state.json").write_text(json.dumps(state | {"best_step": 20}), encoding="utf-8")
    page.open_paths([run])
    qtbot.waitUntil(lambda: page.voice.models.step == 20, timeout=PATIENCE)
    assert ", 20 is the best" in page.panel.checkpoint.words
    (run / "state.json").write_text("{", encoding="utf-8")
    page.open_paths([run])
    qtbot.waitUntil(lambda: page.voice.models.step == 40, timeout=PATIENCE)


def test_a_run_on_its_way_to_its_first_checkpoint_is_told_and_the_sample_not_offered(
    qtbot: QtBot, window: MainWindow, session: Session, run: Path
) -> None:
    checkpoints = RunFolder(run).checkpoints
    aside = checkpoints.rename(run.parent.parent / "aside")
    qtbot.addWidget(window)
    window.show()
    with holding(RunFolder(run).lock):
        window.show_page("generation")
        page = window.stack.page("generation")
        assert isinstance(page, GenerationPage)
        qtbot.waitUntil(page.places.train_button.isHidden, timeout=PATIENCE)
        assert page.places.train_button.parentWidget() is page.places.empty
        assert "is being trained. It can speak here from its first checkpoint on." in page.places.empty.accessibleName()
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: not page.places.train_button.isHidden(), timeout=PATIENCE)
    assert "is being trained" not in page.places.empty.accessibleName()
    aside.rename(checkpoints)
    page.voice.models.refresh()
    qtbot.waitUntil(lambda: page.voice.models.folder is not None, timeout=PATIENCE)
    window.leave()
    qtbot.waitUntil(lambda: session.jobs.running == 0, timeout=PATIENCE)
