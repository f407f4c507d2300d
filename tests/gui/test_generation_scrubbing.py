"""Is a text said anew at every checkpoint that is gone to, once, and by none that was left again?"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.work import Model
from app.widgets.command_palette import CommandPalette
from app.widgets.dialogs import RemoveQuestion
from tests.gui.generation import (
    GENERATE,
    MOST,
    OPEN,
    PROMPT,
    SCORED,
    TOO_LONG,
    RecordedPage,
    model_of,
    rest,
)

LEFT = Qt.MouseButton.LeftButton


def test_the_scrubber_says_it_anew_and_comes_back_at_once(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    first = page.voice.conversation
    page.panel.checkpoint.slider.setValue(0)
    qtbot.waitUntil(lambda: str(dialogue.of("generate")["model"]).endswith("step-00000250"))
    assert dialogue.of("generate")["prompt"] == PROMPT
    assert dialogue.of("generate")["sampling"]["seed"] == 1337
    dialogue.answer("generate", GENERATE)
    asked = len(dialogue.requests)
    page.panel.checkpoint.spin.setValue(600)
    qtbot.waitUntil(lambda: page.voice.conversation is first)
    rest(qtbot, recorded)
    assert [request["do"] for request in dialogue.requests[asked:] if request["do"] != "speed"] == []
    assert len(page.views.text.words) == 2 + MOST


def test_the_scrubber_speaks_where_it_stands_however_soon_it_went_on(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Also while nothing has come yet of the checkpoint before, or it could not be opened."""
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    for step in (500, 250):
        page.panel.checkpoint.go_to(step)
        qtbot.waitUntil(lambda step=step: _asked_at(dialogue.requests, step))  # type: ignore[misc]
    dialogue.answer("generate", TOO_LONG)
    page.panel.checkpoint.go_to(500)
    assert page.acting.waits


def test_what_was_stopped_before_it_said_anything_is_not_said_by_the_next_checkpoint(recorded: RecordedPage) -> None:
    page = recorded.page
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    page.body.generate_button.click()
    page.panel.checkpoint.go_to(250)
    assert not page.acting.waits


def test_the_scrubber_rests_where_it_came_from(recorded: RecordedPage) -> None:
    page = recorded.page
    recorded.generate()
    page.panel.checkpoint.go_to(500)
    page.panel.checkpoint.go_to(600)
    assert not page.acting.waits


def test_a_text_is_scored_where_the_scrubber_stands_before_anything_was_answered(
    qtbot: QtBot, recorded: RecordedPage
) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.acting.toggle_scoring()
    page.prompt.setPlainText(SCORED)
    page.acting.score()
    page.panel.checkpoint.go_to(250)
    qtbot.waitUntil(lambda: str(dialogue.of("score")["model"]).endswith("step-00000250"))


def test_a_text_is_asked_for_once_where_the_checkpoint_was_just_changed(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    page.panel.checkpoint.go_to(250)
    page.body.generate_button.click()
    assert not page.acting.waits
    assert page.body.generate_button.text() == "Stop"
    page.acting.toggle_scoring()
    page.prompt.setPlainText(SCORED)
    page.acting.score()
    page.panel.checkpoint.go_to(500)
    page.body.generate_button.click()
    page.acting.score()
    assert not page.acting.waits
    assert [request["do"] for request in dialogue.requests].count("generate") == 2


def test_what_makes_way_for_another_text_ends_nothing(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Played checkpoints wait for their own texts, and the status bar tells of what was waited for."""
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    first = dialogue.of("generate")["id"]
    page.acting.play()
    qtbot.waitUntil(lambda: _asked_at(dialogue.requests, 250))
    dialogue.line.emit({"event": "done", "id": first, "tokens": 0, "seconds": 0.1, "ended": "asked"})
    assert not page.voice.playing._next.isActive()
    assert recorded.window.status_text == "sample, step 250"
    dialogue.answer("generate", GENERATE)
    assert page.voice.playing._next.isActive()
    page.acting.stop()


def test_all_checkpoints_are_played_in_order(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.voice.playing._next.setInterval(0)
    QTest.mouseClick(page.panel.checkpoint.play, LEFT)
    played = []
    for step in (250, 500, 600):
        qtbot.waitUntil(lambda step=step: _asked_at(dialogue.requests, step))  # type: ignore[misc]
        played.append(page.panel.checkpoint.step)
        dialogue.answer("open", OPEN)
        dialogue.answer("generate", GENERATE)
    assert played == [250, 500, 600]
    assert not page.voice.playing.running
    assert page.body.generate_button.text() == "Generate"


def test_playing_begins_anew_at_the_first_checkpoint(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Standing there already, no other checkpoint is chosen that would make it speak."""
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.panel.checkpoint.go_to(250)
    QTest.mouseClick(page.panel.checkpoint.play, LEFT)
    assert page.voice.playing.running
    assert _asked_at(list(dialogue.requests), 250)
    page.acting.stop()


def _asked_at(requests: list, step: int) -> bool:  # type: ignore[type-arg]
    drawn = [str(request["model"]) for request in requests if request["do"] == "generate"]
    return bool(drawn) and drawn[-1].endswith(f"{step:08d}")


def test_inputs_are_locked_while_checkpoints_are_played(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    QTest.mouseClick(page.panel.checkpoint.play, LEFT)
    assert page.prompt.isReadOnly()
    assert not page.panel.seed.isEnabled()
    page.acting.stop()
    assert not page.prompt.isReadOnly()
    assert page.panel.seed.isEnabled()


def test_the_last_text_stays_where_the_model_goes_while_it_is_played(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.voice.playing._next.setInterval(0)
    page.acting.play()
    qtbot.waitUntil(lambda: _asked_at(dialogue.requests, 250))
    dialogue.answer("open", OPEN)
    dialogue.answer("generate", GENERATE)
    qtbot.waitUntil(lambda: _asked_at(dialogue.requests, 500))
    page.voice.models.current = None
    page.voice.models.gone.emit("sample")
    rest(qtbot, recorded)
    assert not page.voice.playing.running
    assert page.body.panes.text.head.caption.whole_text.startswith("sample, step 250: ")
    assert len(page.views.text.words) == 2 + MOST
    assert page.panel.about.isHidden()
    assert page.messages.shown[-1].startswith("warning: sample is no longer there. What it said stays")


def play_first(qtbot: QtBot, recorded: RecordedPage) -> Conversation:
    """Have all checkpoints played, of which the first has said its text and the second is to come."""
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.acting.play()
    qtbot.waitUntil(lambda: _asked_at(dialogue.requests, 250))
    dialogue.answer("open", OPEN)
    dialogue.answer("generate", GENERATE)
    rest(qtbot, recorded)
    assert page.voice.playing._next.isActive()
    assert page.voice.conversation is not None
    return page.voice.conversation


def test_what_was_said_is_removed_of_the_checkpoint_that_the_question_names(
    qtbot: QtBot, recorded: RecordedPage
) -> None:
    """Playing stops for the question; and whatever is shown since stays."""
    page, dialogue = recorded.page, recorded.dialogue
    first = play_first(qtbot, recorded)
    page.earlier.offer()
    listed = recorded.window.findChildren(CommandPalette)[-1]
    listed.type_text("remove all")
    QTest.keyClick(listed.focus_target(), Qt.Key.Key_Return)
    (question,) = recorded.window.findChildren(RemoveQuestion)
    assert question.text() == f"Remove all that was said of “{PROMPT}” by sample, step 250?"
    assert not page.voice.playing.running
    assert not page.voice.playing._next.isActive()
    page.panel.seed.setValue(7)
    page.acting.generate()
    page.panel.checkpoint.go_to(500)
    page.acting.generate()
    dialogue.answer("generate", GENERATE, last=5)
    stops = dialogue.stops
    QTest.mouseClick(question.go, LEFT)
    assert len(first.tree) == 0
    shown = page.voice.conversation
    assert shown is not None
    assert (shown.step, len(shown.tree), dialogue.stops) == (500, 1, stops)


def test_what_was_shown_as_a_place_was_asked_for_is_saved(
    qtbot: QtBot, recorded: RecordedPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint may be played while the dialog is open."""
    page, place = recorded.page, tmp_path / "tree.json"
    play_first(qtbot, recorded)

    def answer(*_: object) -> tuple[str, str]:
        page.panel.checkpoint.go_to(500)
        page.acting.generate()
        recorded.dialogue.answer("generate", GENERATE, last=5)
        return str(place), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    (save,) = [action for action in page.exporting.menu().actions() if action.text().startswith("Save all branches")]
    save.trigger()
    qtbot.waitUntil(place.exists)
    saved, about = keeping.load(place)
    assert (saved.model[-3:], len(saved.said), about["step"]) == ("250", MOST, 250)
    page.acting.stop()


def test_a_branch_that_is_taken_while_checkpoints_play_stays(qtbot: QtBot, recorded: RecordedPage) -> None:
    """By a digit, and by a click in the tree; also where the scrubber was just moved."""
    page, dialogue = recorded.page, recorded.dialogue
    first = play_first(qtbot, recorded)
    said = first.said[3]
    place = next(n for n, other in enumerate(said.alternatives[:9]) if other.token != said.token)
    page.views.choose(2 + 3)
    page.views.text.setFocus()
    QTest.keyClick(page.views.text, Qt.Key(Qt.Key.Key_1 + place))
    assert not page.voice.playing.running
    assert not page.voice.playing._next.isActive()
    dialogue.answer("generate", GENERATE)
    assert len(first.tree) == 2
    rest(qtbot, recorded)
    for begin in (page.acting.play, lambda: page.panel.checkpoint.go_to(500)):
        page.panel.checkpoint.go_to(250)
        page.acting.rest()
        begin()
        tree = page.views.tree
        leaf = next(n for n, node in enumerate(tree.nodes) if not node.parts and not node.shown)
        QTest.mouseClick(tree, LEFT, pos=tree.box(leaf).center().toPoint())
        assert not page.voice.playing.running
        assert not page.acting.waits
        assert page.voice.conversation is first
        rest(qtbot, recorded)


def test_another_model_is_not_played_with_the_steps_of_the_one_before(
    qtbot: QtBot, recorded: RecordedPage, tmp_path: Path
) -> None:
    page, field = recorded.page, recorded.page.panel.checkpoint
    play_first(qtbot, recorded)
    page.voice.models.choose(Model(tmp_path / "llama", "llama"))
    assert not page.voice.playing.running
    assert not page.voice.playing._next.isActive()
    assert (field.isVisible(), tuple(field.steps), field.step) == (False, (), -1)
    qtbot.waitUntil(lambda: str(recorded.dialogue.of("generate")["model"]).endswith("llama"))
    page.voice.models.go_to(500)
    assert page.voice.models.step == -1
    page.voice.models.choose(model_of(tmp_path / "run"))
    page.voice.models.go_to(400)
    assert page.voice.models.step == 600
    assert tuple(field.steps) == (250, 500, 600)
