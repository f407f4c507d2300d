"""Does a new user get from an empty workspace to a trained model, and does the page stay truthful meanwhile?"""

import shutil
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import fetching
from app.main_window import MainWindow
from app.pages.training import TrainingPage, acting, requests
from app.pages.training.places import EMPTY, LISTED, SETUP, UNREAD
from app.widgets.buttons import Button
from app.widgets.dialogs import DeleteQuestion
from lmcore.accounting.presets import find_preset
from lmcore.paths import resource
from lmcore.training import locks
from lmcore.training.run_folder import Annotations, RunFolder, runs_dir, runs_in
from tests.core.trainings import new_run
from tests.gui.training_page import PATIENCE, page_of, reach, run_of, small

TRAIN = (
    "import sys; from pathlib import Path; from tests.core.trainings import new_run, worked; "
    "worked(new_run(Path(sys.argv[1]), training__steps=3))"
)
"""A run of three steps that is finished."""


@pytest.fixture
def finished(qtbot: QtBot, open_window: Callable[[], MainWindow], trained: Path) -> TrainingPage:
    """The page over a workspace with a finished run alone."""
    window = open_window()
    shutil.copytree(trained, runs_dir() / trained.name)
    page = page_of(window)
    reach(qtbot, page, "finished")
    return page


def test_an_empty_workspace_offers_two_ways(qtbot: QtBot, training_page: TrainingPage) -> None:
    qtbot.waitUntil(lambda: training_page.shown == EMPTY)
    training_page.set_up()
    assert training_page.shown == SETUP
    training_page.setup.left.emit()
    assert training_page.shown == EMPTY


def test_no_runs_are_told_before_it_is_known_that_there_are_none(
    qtbot: QtBot, open_window: Callable[[], MainWindow], trained: Path
) -> None:
    window = open_window()
    shutil.copytree(trained, runs_dir() / trained.name)
    page, seen = page_of(window), list[int]()
    page.places.currentChanged.connect(seen.append)
    assert page.shown == UNREAD
    qtbot.waitUntil(lambda: page.shown == LISTED)
    assert EMPTY not in seen


def test_a_run_is_made_trained_drawn_and_told(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    training_page.start(small(tmp_path), queue=True)
    reach(qtbot, training_page, "finished")
    assert training_page.shown == LISTED
    run = run_of(training_page)
    qtbot.waitUntil(lambda: run.path in training_page.known.columns, timeout=PATIENCE)
    qtbot.waitUntil(lambda: training_page.known.columns[run.path].train["step"].tolist() == [*range(1, 41)])
    assert training_page.runs.checked == (run.path,)
    assert training_page.known.runs[run.path].checkpoints[-1] == 40
    assert not training_page.running
    assert training_page.session.run == "small"


def test_what_cannot_be_is_said_and_leaves_no_run(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    tables = small(tmp_path)
    (tmp_path / "tokens-0.bin").unlink()
    training_page.set_up()
    training_page.start(tables, queue=True)
    qtbot.waitUntil(lambda: not training_page.acting.making, timeout=PATIENCE)
    assert any("tokens-0.bin" in said for said in training_page.setup.messages.shown)
    assert list(runs_in(training_page.acting.root)) == []
    assert training_page.shown == SETUP


def test_a_run_is_paused_and_goes_on(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    training_page.start(small(tmp_path, training__steps=100_000, checkpoint__every=100_000), queue=True)
    reach(qtbot, training_page, "running")
    qtbot.waitUntil(lambda: training_page.pause_button.text() == "Pause run")
    assert "is at step" in training_page.running
    training_page.pause_or_resume()
    reach(qtbot, training_page, "paused")
    paused = training_page.known.runs[run_of(training_page).path].step
    assert training_page.pause_button.text() == "Resume run"
    training_page.pause_or_resume()
    qtbot.waitUntil(lambda: training_page.known.runs[run_of(training_page).path].step > paused, timeout=PATIENCE)
    assert training_page.known.runs[run_of(training_page).path].attempt == 2


def test_runs_of_a_sweep_wait_for_their_turn(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    tables = small(tmp_path, training__steps=5) | {"sweep": {"optimizer.learning_rate": [1e-3, 1e-2, 1e4]}}
    training_page.start(tables, queue=True)
    qtbot.waitUntil(lambda: len(training_page.known.runs) == 3, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: all(run.standing in ("finished", "failed") for run in training_page.known.runs.values()),
        timeout=PATIENCE,
    )
    runs = sorted(training_page.known.runs.values(), key=lambda run: run.created)
    rates = [run.config["optimizer.learning_rate"] for run in runs]
    assert rates == [1e-3, 1e-2, 1e4]
    groups = {run.group["id"] for run in training_page.known.runs.values() if run.group}
    assert len(groups) == 1


def test_a_run_goes_to_the_bin(qtbot: QtBot, finished: TrainingPage) -> None:
    path = run_of(finished).path
    finished.act("delete")
    (question,) = finished.window().findChildren(DeleteQuestion)
    assert question.text() == "Move “small” to the bin?"
    QTest.mouseClick(question.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not finished.known.runs, timeout=PATIENCE)
    assert not path.exists()
    assert finished.shown == EMPTY


def test_a_run_that_is_removed_while_it_is_shown_is_no_longer_there(qtbot: QtBot, finished: TrainingPage) -> None:
    assert run_of(finished).path in finished.runs.checked
    assert finished.session.run == "small"
    shutil.rmtree(run_of(finished).path)
    qtbot.waitUntil(lambda: not finished.known.runs, timeout=PATIENCE)
    assert finished.runs.checked == ()
    assert finished.session.run == ""


def test_a_run_whose_folder_was_away_is_drawn_again(qtbot: QtBot, finished: TrainingPage, tmp_path: Path) -> None:
    path = run_of(finished).path
    lines = finished.listed.curves.chart
    qtbot.waitUntil(lambda: [len(line.data.x) > 0 for line in lines.lines] == [True], timeout=PATIENCE)
    away = path.rename(tmp_path / path.name)
    qtbot.waitUntil(lambda: not finished.known.runs and not lines.lines, timeout=PATIENCE)
    away.rename(path)
    qtbot.waitUntil(lambda: [len(line.data.x) > 0 for line in lines.lines] == [True], timeout=PATIENCE)
    assert finished.runs.checked == (path,)


def test_a_run_is_duplicated_with_changes(qtbot: QtBot, finished: TrainingPage) -> None:
    first = run_of(finished)
    finished.act("duplicate")
    qtbot.waitUntil(lambda: finished.shown == SETUP, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not finished.setup.reason, timeout=PATIENCE)
    finished.setup.start(queue=True)
    qtbot.waitUntil(lambda: len(finished.known.runs) == 2, timeout=PATIENCE)
    reach(qtbot, finished, "finished")
    second = run_of(finished)
    assert second.about()["parent"] == first.name
    assert second.config().model == first.config().model
    assert second.config().name != first.config().name, "it is told apart from the run that it was made of"
    assert replace(second.config(), name=first.config().name) == first.config()
    assert second.digest() == first.digest()


def test_of_a_duplicate_that_is_long_in_coming_it_is_said_that_it_comes(
    qtbot: QtBot, finished: TrainingPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, waits = requests._tables, [threading.Event(), threading.Event()]
    asked = iter(waits)

    def late(path: Path) -> Generator[None, None, dict[str, Any]]:
        wait = next(asked)
        while not wait.is_set():
            yield
            wait.wait(0.01)
        return (yield from read(path))

    monkeypatch.setattr(requests, "_tables", late)
    finished.act("duplicate")
    qtbot.waitUntil(lambda: finished.messages.shown != [], timeout=PATIENCE)
    assert finished.messages.shown[0].startswith("info: The settings of “small” are being read.")
    assert finished.shown == LISTED
    finished.act("duplicate")  # once more, since nothing seems to come
    for wait in waits:
        wait.set()
    opened: list[None] = []
    finished.requests.duplicated.connect(lambda *_: opened.append(None))
    qtbot.waitUntil(lambda: finished.shown == SETUP, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not finished.session.jobs.running, timeout=PATIENCE)
    assert opened == [None]
    assert finished.messages.shown == []


def test_the_set_up_needs_no_room_for_the_list_that_is_not_seen(training_page: TrainingPage) -> None:
    training_page.set_up()
    assert training_page.minimumSizeHint().width() == training_page.setup.minimumSizeHint().width()
    assert training_page.listed.minimumSizeHint().width() > training_page.setup.minimumSizeHint().width()


def test_a_shape_comes_over_from_its_page(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    shape = find_preset("gpt2").shape
    window.session.hand_over("training", shape)
    qtbot.waitUntil(lambda: window.stack.page("training") is not None, timeout=PATIENCE)
    page = window.stack.page("training")
    assert isinstance(page, TrainingPage)
    assert window.current == "training"
    assert page.shown == SETUP
    chosen = page.setup.state.now.tables["model"]
    assert (chosen["d_model"], chosen["num_layers"]) == (shape.d_model, shape.num_layers)


def test_a_file_of_settings_is_dropped(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('name = "mine"\n[data]\ntrain = "x.bin"\n[training]\nsteps = 7\n', encoding="utf-8")
    bad.write_text("name = ", encoding="utf-8")
    assert training_page.accepts([good])
    training_page.open_paths([bad])
    assert any("bad.toml" in said for said in training_page.messages.shown)
    training_page.open_paths([good])
    assert training_page.setup.state.now.tables["training"]["steps"] == 7


@pytest.mark.parametrize("kind", ["csv", "zip", "tensorboard"])
def test_a_run_is_saved(qtbot: QtBot, finished: TrainingPage, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "kept"
    if kind == "tensorboard":
        place.mkdir()
    with qtbot.waitSignal(
        finished.requests.saving.said, timeout=PATIENCE, check_params_cb=lambda said: said.startswith("Written")
    ):
        finished.requests.saving.save(kind, {run_of(finished).path: "small"}, place)
    written = next(place.glob("*/*")) if kind == "tensorboard" else place
    assert written.stat().st_size > 100


def test_two_windows_see_the_same(qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    one, other = page_of(open_window()), page_of(open_window())
    one.start(small(tmp_path, training__steps=3), queue=True)
    for page in (one, other):
        reach(qtbot, page, "finished")
    assert set(one.known.runs) == set(other.known.runs)
    RunFolder(max(one.known.runs)).annotate(["kept"], "the first")
    for page in (one, other):
        qtbot.waitUntil(lambda: page.known.runs[max(page.known.runs)].tags == ("kept",), timeout=PATIENCE)  # noqa: B023


def test_what_two_windows_say_of_a_run_is_kept(open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    one, other = page_of(open_window()), page_of(open_window())
    run = new_run(tmp_path)
    said: list[str] = []
    other.acting.said.connect(said.append)
    one.acting.annotate(run.path, Annotations(), Annotations(("first",), "The first."))
    other.acting.annotate(run.path, Annotations(), Annotations(("second",), "The second."))
    assert run.annotations() == Annotations(("first", "second"), "The first.\n\nThe second.")
    assert said == ["Tags or note were changed elsewhere meanwhile; both changes are kept."]
    (run.path / "notes.json").write_text("{")
    other.acting.annotate(run.path, Annotations(), Annotations((), "Anew."))
    assert run.annotations() == Annotations((), "Anew.")


def test_a_note_for_a_run_that_is_gone_is_refused(qtbot: QtBot, finished: TrainingPage, tmp_path: Path) -> None:
    run = run_of(finished)
    run.path.rename(tmp_path / run.name)
    finished.acting.annotate(run.path, Annotations(), Annotations(("first",), "The first."))
    assert finished.messages.shown == [f"error: “{run.name}” is gone. Its tags and note were not kept."]
    assert not run.path.exists()


def test_the_rail_names_the_run_of_the_page_that_is_seen(qtbot: QtBot, finished: TrainingPage) -> None:
    window = finished.window()
    assert isinstance(window, MainWindow)
    assert finished.session.run == finished.known.runs[max(finished.known.runs)].name
    window.show_page("bytes")
    finished.session.set_run("what another page is about")
    finished._show_list()
    assert finished.session.run == "what another page is about"
    window.show_page("training")
    assert finished.session.run == finished.known.runs[max(finished.known.runs)].name


def test_a_run_that_is_gone_is_not_moved_to_the_bin(open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    page = page_of(open_window())
    said, refused = list[str](), list[str]()
    page.acting.said.connect(said.append)
    page.acting.refused.connect(refused.append)
    run = new_run(tmp_path)
    page.acting.delete([tmp_path / "gone", run.path])
    assert (said, refused) == (["1 run was moved to the bin. 1 run was gone already."], [])
    assert not run.path.exists()


def test_all_that_went_wrong_with_an_action_is_told_at_once(training_page: TrainingPage, tmp_path: Path) -> None:
    one, other = new_run(tmp_path), new_run(tmp_path)
    with locks.holding(one.lock), locks.holding(other.lock):
        training_page.acting.delete([one.path, other.path])
    refusal = "“small” is being trained; stop it first."
    assert training_page.messages.shown == [f"error: {refusal} {refusal}"]
    shutil.rmtree(one.path)
    other.control.rmdir()
    other.control.write_bytes(b"no folder")
    training_page.acting.resume([one.path, other.path])
    (said,) = training_page.messages.shown
    assert said.startswith(f"error: “{one.name}” is gone already. {other.control} cannot be written: ")
    assert said.endswith("See that the folder may be written, or free some space.")
    assert "Errno" not in said
    training_page.acting.resume([tmp_path / str(number) for number in range(9)])
    (said,) = training_page.messages.shown
    assert said.count("is gone already") == 5
    assert said.endswith("Nor did it work for 4 more.")


def test_a_worker_that_does_not_start_is_told_behind_the_run_that_was_made(
    qtbot: QtBot, training_page: TrainingPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "start_detached", lambda *_: False)
    training_page.start(small(tmp_path), queue=True)
    qtbot.waitUntil(lambda: not training_page.acting.making, timeout=PATIENCE)
    assert ["The worker could not be started" in said for said in training_page.messages.shown] == [True]


def test_the_keys_go_along_from_view_to_view(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    page = page_of(open_window())
    page.set_up()
    assert page.window().focusWidget() is page.setup.data.kind
    page.start(small(tmp_path, training__steps=3), queue=True)
    reach(qtbot, page, "finished")
    assert page.window().focusWidget() is page.runs.table


def test_in_the_set_up_keys_do_nothing_to_runs_that_are_not_seen(
    qtbot: QtBot, open_window: Callable[[], MainWindow], trained: Path
) -> None:
    window = open_window()
    shutil.copytree(trained, runs_dir() / trained.name)
    page = page_of(window)
    qtbot.waitUntil(lambda: page.shown == LISTED and page.runs.current is not None)
    asked = list[str]()
    page.requests.resume_asked.connect(lambda _paths: asked.append("resume"))
    page.requests.duplicated.connect(lambda _tables, _path: asked.append("duplicate"))
    page.set_up()
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    page.pause_or_resume()
    assert (page.shown, asked) == (SETUP, [])
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.shown == LISTED
    assert window.focusWidget() is page.runs.search


def test_the_button_of_a_new_run_gives_the_keys_to_the_set_up(
    qtbot: QtBot, open_window: Callable[[], MainWindow], trained: Path
) -> None:
    window = open_window()
    shutil.copytree(trained, runs_dir() / trained.name)
    page = page_of(window)
    qtbot.waitUntil(lambda: page.shown == LISTED)
    page.new_button.setFocus()
    QTest.keyClick(page.new_button, Qt.Key.Key_Space)
    assert (page.shown, window.focusWidget()) == (SETUP, page.setup.data.kind)


@pytest.fixture
def without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training lacks its packages until they are fetched."""
    project = tmp_path / "project"
    project.mkdir()
    done = project / "done"
    (project / "main.py").write_text(f"import pathlib; pathlib.Path({str(done)!r}).touch()\n", encoding="utf-8")
    monkeypatch.setattr(fetching, "home", lambda: project)
    monkeypatch.setattr(fetching, "missing", lambda: [] if done.exists() else ["torch"])


def fetch(page: TrainingPage) -> None:
    (button,) = (button for button in page.messages.findChildren(Button) if button.text() == "Fetch torch")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.usefixtures("without_torch")
def test_what_training_needs_is_fetched_first(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    page = page_of(open_window())
    page.start(small(tmp_path, training__steps=2), queue=True)
    assert ["needs torch" in said for said in page.messages.shown] == [True]
    assert not page.acting.making
    fetch(page)
    assert ["Fetching torch" in said for said in page.messages.shown] == [True]
    reach(qtbot, page, "finished")
    assert page.messages.shown == []


@pytest.mark.usefixtures("without_torch", "kernels")
def test_who_sets_up_a_run_is_offered_what_training_needs(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    page = page_of(open_window())
    page.set_up()
    assert ["needs torch" in said for said in page.messages.shown] == [True]
    qtbot.waitUntil(lambda: page.setup.settled, timeout=PATIENCE)
    assert "needs torch" in page.setup.bar.start.toolTip()
    assert not page.setup.bar.start.isEnabled()
    fetch(page)
    qtbot.waitUntil(page.setup.bar.start.isEnabled, timeout=PATIENCE)
    assert page.messages.shown == []
    assert page.setup.state.machine is not None


def test_what_is_being_made_is_said_and_given_up(qtbot: QtBot, training_page: TrainingPage, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("Call me Ishmael. " * 3_000_000, encoding="utf-8")
    tables = small(tmp_path, training__steps=2)
    tables["data"] = {"corpus": [str(corpus)], "tokenizer": str(resource("sample/tokenizer"))}
    training_page.start(tables, queue=True)
    assert ["Making the run" in said for said in training_page.messages.shown] == [True]
    qtbot.waitUntil(lambda: "corpus" in training_page.setup.bar.words, timeout=PATIENCE)
    window = training_page.window()
    assert isinstance(window, MainWindow)
    assert window.status_text == training_page.setup.bar.words
    (cancel,) = (button for button in training_page.messages.findChildren(Button) if button.text() == "Cancel")
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not training_page.acting.making, timeout=PATIENCE)
    assert training_page.messages.shown == []
    assert training_page.known.runs == {}
    assert window.status_text == ""
