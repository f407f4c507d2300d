"""Does the page come back as it was, with all that was said, and does nobody go on with what another model said?"""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.generation import keeping
from app.pages.generation.page import GenerationPage
from app.pages.generation.remembered import name_of
from app.settings import Settings
from app.widgets.buttons import Button
from app.widgets.command_palette import CommandPalette
from app.widgets.dialogs import RemoveQuestion
from tests.gui.generation import GENERATE, MOST, OPEN, PROMPT, SPEED, Opens, RecordedPage, answers, model_of

PATIENCE = 20_000
HALF = 11


def begin(page: RecordedPage, prompt: str) -> None:
    """Have a text grow, of which some tokens have come."""
    page.page.prompt.setPlainText(prompt)
    page.page.acting.generate()
    page.dialogue.answer("generate", GENERATE, last=1 + HALF)


def branch(page: GenerationPage, at: int) -> None:
    """Ask for another token in the place of one that is said."""
    assert page.voice.conversation is not None
    said = page.voice.conversation.said[at]
    page.voice.speaking.branch(at, next(n for n, one in enumerate(said.alternatives) if one.token != said.token))


def said_of(page: GenerationPage, prompt: str) -> int:
    """How many tokens are seen where a prompt is typed."""
    page.prompt.setPlainText(prompt)
    assert page.voice.conversation is not None
    assert page.voice.conversation.prompt == prompt
    return len(page.voice.conversation.said)


def test_a_text_that_grows_and_those_of_other_prompts_come_back(open_recorded: Opens) -> None:
    first = open_recorded()
    first.generate()
    begin(first, "Another prompt")
    first.window.leave()
    page = open_recorded().page
    assert page.prompt.text == "Another prompt"
    assert page.voice.conversation is not None
    assert page.voice.conversation.branch is not None
    assert (page.voice.conversation.prompt, len(page.voice.conversation.said)) == ("Another prompt", HALF)
    assert page.voice.conversation.branch.ended == "lost"
    assert said_of(page, PROMPT) == MOST


def test_a_text_is_kept_while_it_grows(qtbot: QtBot, open_recorded: Opens, settings: Settings) -> None:
    """So that a window that is killed loses some seconds of it."""
    opened = open_recorded()
    begin(opened, PROMPT)
    assert opened.page.voice.conversation is not None
    file = settings.path.parent / "generation" / "1" / name_of(opened.page.voice.conversation)
    qtbot.waitUntil(file.exists, timeout=PATIENCE)
    assert len(keeping.load(file)[0].said) == HALF
    opened.dialogue.answer("generate", GENERATE, first=1 + HALF)
    qtbot.waitUntil(lambda: len(keeping.load(file)[0].said) == MOST, timeout=PATIENCE)


def test_what_was_set_comes_back_without_a_text(open_recorded: Opens) -> None:
    first = open_recorded()
    panel = first.page.panel
    panel.temperature.set_value(0.3)
    panel.top_k.set_value(7)
    panel.seed.setValue(5)
    panel.most.spin.setValue(99)  # as the user does
    first.page.prompt.setPlainText("long thought of")
    first.page.acting.toggle_scoring()
    first.page.prompt.setPlainText("to be scored")
    set_so = panel.sampling
    first.window.leave()
    page = open_recorded().page
    assert (page.panel.sampling, page.panel.most_tokens) == (set_so, 99)
    assert page.prompt.text == "long thought of"
    assert page.voice.conversation is None
    page.acting.toggle_scoring()
    assert page.prompt.text == "to be scored"


def test_a_text_that_was_removed_does_not_come_back(
    qtbot: QtBot, open_recorded: Opens, settings: Settings, tmp_path: Path
) -> None:
    first = open_recorded()
    first.generate()
    folder = settings.path.parent / "generation" / "1"
    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 2, timeout=PATIENCE)
    first.page.acting.remove_shown()
    first.window.leave()
    assert [path.name for path in folder.glob("*.json")] == ["page.json"]
    assert open_recorded().page.voice.conversation is None


def test_a_window_beside_another_one_keeps_its_own(open_recorded: Opens) -> None:
    first = open_recorded()
    first.generate()
    second = open_recorded()
    second.generate("B text")
    first.page.acting.remove_shown()
    second.window.leave()
    first.window.leave()
    page = open_recorded().page
    assert said_of(page, "B text") == MOST
    page.voice.speaking.recall(PROMPT)
    assert page.voice.conversation is not None
    assert page.voice.conversation.prompt == "B text"


def test_a_model_that_was_replaced_between_two_windows_does_not_go_on(open_recorded: Opens, tmp_path: Path) -> None:
    folder = model_of(tmp_path / "run").folder_at(600)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(b"one")
    first = open_recorded()
    first.generate()
    first.window.leave()
    same = open_recorded()
    branch(same.page, 4)
    assert len(same.dialogue.of("generate")["continuation"]) == 5
    same.window.leave()
    (folder / "model.safetensors").write_bytes(b"another")
    opened = open_recorded()
    page = opened.page
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 2
    branch(page, 2)
    assert "were replaced since" in page.messages.shown[-1]
    assert not opened.dialogue.requests
    opened.generate()
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 1
    branch(page, 2)
    assert len(page.voice.conversation.tree) == 2


def test_a_file_that_does_not_say_which_model_spoke_is_read_only(
    qtbot: QtBot, recorded: RecordedPage, tmp_path: Path
) -> None:
    page = recorded.page
    folder = model_of(tmp_path / "run").folder_at(600)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(b"one")
    recorded.generate()
    assert page.voice.conversation is not None
    content = keeping.content_of(page.voice.conversation, page.voice.about(page.voice.conversation))
    del content["model_files"]
    (tmp_path / "old.json").write_text(json.dumps(content))
    page.acting.remove_shown()
    asked = len(recorded.dialogue.requests)
    page.open_paths([tmp_path / "old.json"])
    qtbot.waitUntil(lambda: page.voice.conversation is not None and page.voice.conversation.version is None)
    assert len(page.voice.conversation.said) == MOST
    branch(page, 2)
    assert "is not known" in page.messages.shown[-1]
    assert not [one for one in recorded.dialogue.requests[asked:] if one["do"] == "generate"]


def test_figures_of_a_token_say_at_which_place_they_hold(qtbot: QtBot, recorded: RecordedPage) -> None:
    """The same at the end of the context before and after a measurement; others where it was made earlier."""
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    flops = page.panel.speeds["FLOPs a token, uncached"]
    before = flops.text(), page.panel.place.text()
    assert before[1].count(f"behind {answers(OPEN)[0]['context_length'] - 1} tokens") == 1
    qtbot.waitUntil(lambda: dialogue.requests[-1]["do"] == "speed")
    dialogue.answer("speed", SPEED)
    assert (flops.text(), page.panel.place.text()) == before
    page.voice.speaking.facts.take_speed(str(page.voice.models.folder), {**answers(SPEED)[-1], "position": 16})
    page.voice.speaking.facts.show(page.panel, str(page.voice.models.folder))
    assert "behind 16 tokens" in page.panel.place.text()


def test_what_was_said_of_other_prompts_is_listed_and_gone_to(
    qtbot: QtBot, open_recorded: Opens, settings: Settings
) -> None:
    """By what is typed of it, with the settings that it was drawn with; and all of it can be removed."""
    first = open_recorded()
    assert not first.page.body.earlier_button.isEnabled()
    first.page.panel.most.set_value(MOST)
    first.page.panel.seed.setValue(5)
    first.generate("B text")
    first.page.panel.seed.setValue(6)
    first.generate()
    first.window.leave()
    opened = open_recorded()
    page = opened.page
    qtbot.waitUntil(page.body.earlier_button.isEnabled)
    QTest.mouseClick(page.body.earlier_button, Qt.MouseButton.LeftButton)
    listed = opened.window.findChildren(CommandPalette)[-1]
    assert listed.isVisible()
    assert [(row.title, row.page) for row in page.earlier.rows()] == [
        (f"“{prompt}”", f"sample, step 600, {MOST} tokens") for prompt in (PROMPT, "B text")
    ]
    listed.type_text("b te")
    QTest.keyClick(listed.focus_target(), Qt.Key.Key_Return)
    assert page.voice.conversation is not None
    assert (page.prompt.text, page.voice.conversation.prompt, len(page.voice.conversation.said)) == (
        "B text",
        "B text",
        MOST,
    )
    assert page.panel.sampling.seed == 5
    page.earlier.offer()
    for way in ("stay", "go"):
        listed.type_text("remove all")
        QTest.keyClick(listed.focus_target(), Qt.Key.Key_Return)
        (question,) = [one for one in opened.window.findChildren(RemoveQuestion) if one.isVisible()]
        assert question.text() == "Remove all that was said of “B text” by sample, step 600?"
        assert question.defaultButton() is question.stay, "one Return takes nothing away"
        QTest.mouseClick(getattr(question, way), Qt.MouseButton.LeftButton)
        assert len(page.earlier.rows()) == (2 if way == "stay" else 1)
        page.earlier.offer()
    assert [row.title for row in page.earlier.rows()] == [f"“{PROMPT}”"]
    opened.window.leave()
    files = (settings.path.parent / "generation" / "1").glob("*.json")
    assert sum(file.name != "page.json" for file in files) == 1


def test_files_that_cannot_be_read_are_told_of_once_and_can_be_put_away(
    qtbot: QtBot, open_recorded: Opens, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = settings.path.parent / "generation" / "1"
    torn = [folder / "torn.json", folder.with_name("2") / "other.json"]
    for file in torn:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"\xff{")
    page = open_recorded().page
    (message,) = page.messages.shown
    assert message.startswith("info: Part of what was said before cannot be read: ")
    assert message.endswith(" and 1 more.")
    (button,) = [one for one in page.messages.findChildren(Button) if one.text() == "Move to the bin"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert page.messages.shown == []
    assert not any(file.exists() for file in torn)


def test_what_a_checkpoint_that_is_gone_said_is_shown_again_and_nothing_is_said_by_itself(
    qtbot: QtBot, open_recorded: Opens, tmp_path: Path
) -> None:
    """The run has removed it, and another one was to speak next."""
    run = model_of(tmp_path / "run")
    first = open_recorded()
    first.page.voice.models.go_to(500)
    first.generate()
    first.page.voice.models.go_to(600)
    first.page.acting.rest()
    run.folder_at(500).rmdir()
    (run.folder_at(600) / "config.json").write_text("{}")
    first.window.leave()
    opened = open_recorded(looking=True)
    page, models = opened.page, opened.page.voice.models
    qtbot.waitUntil(lambda: models.folder == run.folder_at(600))
    assert not page.acting.waits
    assert not opened.dialogue.requests
    shown = page.voice.conversation
    assert shown is not None
    assert (shown.step, len(shown.said)) == (500, MOST)
    (message,) = page.messages.shown
    assert "no longer there" in message
