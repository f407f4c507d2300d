"""Does the Generation page say what a model says, branch where it is told to, and stay usable when something breaks?"""

import json
from csv import DictReader
from io import StringIO
from math import log
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.page_stack import Frame
from app.pages.generation.page import GenerationPage
from app.pages.generation.panes import LARGE_TEXT
from app.pages.generation.tokens import text_of
from app.pages.generation.work import Model
from app.session import TRAIN_SAMPLE, Activity, Session
from app.theme import LIGHT
from app.widgets.alternatives_card import AlternativesCard
from lmcore import figures, paths
from tests.gui.generation import (
    GENERATE,
    MOST,
    OPEN,
    PROMPT,
    SCORE,
    SCORED,
    SPEED,
    TOO_LONG,
    RecordedDialogue,
    RecordedPage,
    answers,
)

LEFT = Qt.MouseButton.LeftButton


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


def activities_of_a_text(recorded: RecordedPage) -> list[Activity]:
    """Have the model speak, which is opened: what the status bar is told of it, from now on too."""
    activities: list[Activity] = []
    recorded.page.session.activity_changed.connect(activities.append)
    recorded.page.prompt.setPlainText(PROMPT)
    recorded.page.acting.generate()
    recorded.dialogue.answer("open", OPEN)
    return activities


def click_token(page: RecordedPage, number: int) -> None:
    port = page.page.views.text.viewport()
    centre = page.page.views.text.box_of(number).center()
    QTest.mouseMove(port, centre)
    page.page.views.text._go_to(number)
    QTest.mouseClick(port, LEFT, pos=centre)


def test_a_text_streams_in_with_its_figures(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    QTest.keyClick(page.prompt, Qt.Key.Key_Return)
    assert [request["do"] for request in dialogue.requests] == ["open", "generate"]
    assert dialogue.of("generate")["sampling"]["seed"] == 1337
    assert page.body.generate_button.text() == "Stop"
    dialogue.answer("open", OPEN)
    dialogue.answer("generate", GENERATE, last=9)
    rest(qtbot, recorded)
    assert len(page.views.text.words) == 2 + 8
    assert [word.level for word in page.views.text.words][:2] == [-1, -1]
    dialogue.answer("generate", GENERATE, first=9)
    rest(qtbot, recorded)
    said = [bytes.fromhex(event["bytes"]) for event in answers(GENERATE) if event["event"] == "token"]
    assert [word.raw for word in page.views.text.words[2:]] == said
    assert page.body.generate_button.text() == "Generate"
    logs = [event["log_probability"] for event in answers(GENERATE) if event["event"] == "token"]
    nats = -sum(logs) / MOST
    assert page.body.panes.text.head.caption.whole_text.startswith(f"{nats:.2f} nats a token, perplexity ")
    assert page.body.panes.text.head.caption.whole_text.endswith(f"; {MOST} tokens behind 2 tokens of the prompt")
    assert len(page.views.strip.bits) == 2 + MOST
    assert recorded.window.status_text.startswith(f"{MOST} tokens in ")


def test_the_speed_is_measured_after_the_first_text_and_not_again(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    qtbot.waitUntil(lambda: dialogue.requests[-1]["do"] == "speed")
    dialogue.answer("speed", SPEED)
    event = answers(SPEED)[-1]
    assert page.panel.speeds["With cache"].text() == f"{figures.significant(event['cached'])} tokens/s"
    assert page.panel.speeds["FLOPs a token, cached"].text().endswith(" M")
    page.panel.seed.setValue(7)
    recorded.generate()
    rest(qtbot, recorded)
    assert [request["do"] for request in dialogue.requests].count("speed") == 1


def test_a_click_on_an_alternative_branches_there(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    rest(qtbot, recorded)
    before = page.voice.conversation.said if page.voice.conversation else ()
    click_token(recorded, 2 + 6)
    card = card_of(recorded)
    assert card.isVisible()
    assert card.foot.startswith("Click one to branch here. ")
    other = next(n for n in range(5) if n != card.said)
    QTest.mouseClick(card, LEFT, pos=card.row_box(other).center().toPoint())
    request = dialogue.of("generate")
    assert request["continuation"] == [*(one.token for one in before[:6]), before[6].alternatives[other].token]
    dialogue.answer("generate", GENERATE, last=5)
    rest(qtbot, recorded)
    assert page.voice.conversation is not None
    assert [one.token for one in page.voice.conversation.said[:7]] == request["continuation"]
    assert len(page.views.tree.nodes) == 3
    assert page.body.panes.side.caption.whole_text == "2 of this prompt"
    assert [node.shown for node in page.views.tree.nodes if not node.parts].count(True) == 1


def test_the_keys_reach_an_alternative(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    rest(qtbot, recorded)
    text = page.views.text
    text.setFocus()
    for key in (Qt.Key.Key_Home, *[Qt.Key.Key_Right] * 4):
        QTest.keyClick(text, key)
    assert text.current == 4
    QTest.keyClick(text, Qt.Key.Key_Return)
    card = card_of(recorded)
    assert QGuiApplication.focusObject() is card
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert QGuiApplication.focusObject() is text
    assert page.voice.conversation is not None
    token = page.voice.conversation.text[4]
    place = next(n for n in range(9) if token.alternatives[n].token != token.token)
    QTest.keyClick(text, Qt.Key(Qt.Key.Key_1 + place))
    assert dialogue.of("generate")["continuation"][-1] == token.alternatives[place].token


def test_branches_are_shown_and_removed(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    recorded.generate()
    rest(qtbot, recorded)
    assert page.voice.conversation is not None
    first = page.voice.conversation.said
    place = next(n for n in range(9) if first[3].alternatives[n].token != first[3].token)
    page.voice.speaking.branch(3, place)
    recorded.dialogue.answer("generate", GENERATE)
    rest(qtbot, recorded)
    tree = page.views.tree
    leaf = next(n for n, node in enumerate(tree.nodes) if not node.parts and not node.shown)
    QTest.mouseClick(tree, LEFT, pos=tree.box(leaf).center().toPoint())
    assert page.voice.conversation.said == first
    QTest.mouseClick(page.body.panes.side.remove, LEFT)
    assert len(page.voice.conversation.tree) == 1
    assert page.voice.conversation.said[3].taken
    rest(qtbot, recorded)
    assert len(tree.nodes) == 1


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


def test_a_token_of_the_prompt_is_looked_up_once_it_is_chosen(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    recorded.generate()
    qtbot.waitUntil(lambda: dialogue.requests[-1]["do"] == "speed")
    dialogue.answer("speed", SPEED)
    rest(qtbot, recorded)
    page.views.choose(1)
    asked = dialogue.of("look")
    assert page.voice.conversation is not None
    token = page.voice.conversation.prompt_tokens[1]
    assert asked["ids"] == [one.token for one in page.voice.conversation.prompt_tokens[:2]]
    assert asked["places"] == [1]
    row = [token.token, token.raw.hex(), 1.0, 0.25, 0.25, 0.25]
    known = {"token": token.token, "bytes": token.raw.hex(), "log_probability": -1.386294, "entropy": 2.0}
    position = {**known, "place": 1, "remaining": 9, "alternatives": [row]}
    dialogue.line.emit({"event": "look", "id": asked["id"], "positions": [position]})
    rest(qtbot, recorded)
    assert [line.shares for line in page.views.table.lines] == [(0.25,)]
    assert "was given by the prompt" in page.body.panes.table.head.caption.whole_text
    looks = [request["do"] for request in dialogue.requests].count("look")
    page.views.choose(1)
    assert [request["do"] for request in dialogue.requests].count("look") == looks


def _asked_at(requests: list, step: int) -> bool:  # type: ignore[type-arg]
    drawn = [str(request["model"]) for request in requests if request["do"] == "generate"]
    return bool(drawn) and drawn[-1].endswith(f"{step:08d}")


def test_escape_stops(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    dialogue.answer("generate", GENERATE, last=5)
    stops = dialogue.stops
    QTest.keyClick(page.views.text, Qt.Key.Key_Escape)
    assert dialogue.stops == stops + 1
    dialogue.line.emit(
        {"event": "done", "id": dialogue.of("generate")["id"], "tokens": 4, "seconds": 1.0, "ended": "asked"}
    )
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.said) == 4
    assert recorded.window.status_text.endswith("stopped.")


def test_a_text_that_was_stopped_goes_on_behind_what_is_there(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    activities = activities_of_a_text(recorded)
    assert dialogue.of("generate")["drawn"] == []
    dialogue.answer("generate", GENERATE, last=9)
    done = {"event": "done", "id": dialogue.of("generate")["id"], "tokens": 8, "seconds": 1.0, "ended": "asked"}
    dialogue.line.emit(done)
    assert page.voice.conversation is not None
    there = page.voice.conversation.said
    page.acting.generate()
    request = dialogue.of("generate")
    assert (request["continuation"], request["drawn"]) == ([], [one.token for one in there])
    dialogue.line.emit({"event": "working", "id": request["id"], "done": 4, "total": 12})
    page.showing.now()
    assert activities[-1].title == "Reading the text"
    dialogue.answer("generate", GENERATE, first=9, last=12)
    page.showing.now()
    assert activities[-1].words.startswith(f"11 of at most {MOST} tokens")
    assert page.voice.conversation.said[:8] == there
    dialogue.answer("generate", GENERATE, first=12)
    assert len(page.voice.conversation.said) == MOST
    assert len(page.voice.conversation.tree) == 1


def test_a_prompt_is_read_and_a_stop_told_until_it_has_its_effect(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    activities = activities_of_a_text(recorded)
    number = dialogue.of("generate")["id"]
    dialogue.line.emit({"event": "working", "id": number, "done": 1_024, "total": 2_402})
    page.showing.now()
    assert activities[-1] == Activity("generation", "Reading the prompt", "1,024 of 2,402 tokens", 1_024 / 2_402)
    dialogue.answer("generate", GENERATE, last=5)
    page.showing.now()
    assert activities[-1].title == "Generating"
    page.body.generate_button.click()
    page.showing.now()
    assert activities[-1].title == "Stopping …"
    assert (page.body.generate_button.text(), page.body.generate_button.isEnabled()) == ("Stopping …", False)
    dialogue.line.emit({"event": "done", "id": number, "tokens": 4, "seconds": 1.0, "ended": "asked"})
    assert (page.body.generate_button.text(), page.body.generate_button.isEnabled()) == ("Generate", True)


def test_a_worker_that_does_not_stop_leaves_what_it_said_and_what_was_asked_since(
    qtbot: QtBot, recorded: RecordedPage
) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    dialogue.answer("open", OPEN)
    dialogue.answer("generate", GENERATE, last=5)
    said = page.voice.conversation
    page.prompt.setPlainText("Another")
    page.acting.generate()
    dialogue.killed.emit("It did not stop.")
    assert page.messages.shown == ["info: It did not stop."]
    assert said is not None
    assert (len(said.said), said.branch and said.branch.ended) == (4, "asked")
    dialogue.answer("generate", GENERATE)
    assert page.voice.conversation is not said
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.said) == MOST


def test_a_lost_worker_is_told_and_the_page_goes_on(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    dialogue.answer("generate", GENERATE, last=5)
    dialogue.failed.emit("The worker was ended from outside.")
    assert page.messages.shown == ["error: The worker was ended from outside."]
    assert page.body.generate_button.text() == "Generate"
    recorded.generate()
    assert page.messages.shown == []
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.said) == MOST


def test_what_cannot_be_done_is_said(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText("word " * 400)
    page.acting.generate()
    dialogue.answer("open", OPEN)
    dialogue.answer("generate", TOO_LONG)
    (message,) = page.messages.shown
    assert "402 tokens, which leaves no room" in message
    assert page.body.generate_button.text() == "Generate"
    assert page.body.generate_button.isEnabled()


def test_a_text_is_scored_and_its_surprises_lead_to_it(qtbot: QtBot, recorded: RecordedPage) -> None:
    page, dialogue = recorded.page, recorded.dialogue
    page.prompt.setPlainText(PROMPT)
    QTest.mouseClick(page.body.score_button, LEFT)
    page.prompt.setPlainText(SCORED)
    QTest.keyClick(page.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialogue.of("score")["text"] == SCORED
    dialogue.answer("score", SCORE)
    rest(qtbot, recorded)
    assert "bits a byte" in page.body.panes.text.head.caption.whole_text
    losses = [one["log_probability"] for one in answers(SCORE)[-2]["tokens"][1:]]
    assert page.views.strip.bits[1:] == pytest.approx([-one / log(2) for one in losses])
    assert not page.panel.temperature.isEnabled()
    page.exporting.copy_scored()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().startswith("number,"))
    rows = list(DictReader(StringIO(QGuiApplication.clipboard().text())))
    assert [float(row["loss_nats"]) for row in rows[1:]] == pytest.approx([-one for one in losses])
    worst = min(answers(SCORE)[-2]["tokens"][1:], key=lambda one: one["log_probability"])
    page.views.surprises.chosen.emit(0)
    assert page.views.text.words[page.views.text.current].raw.hex() == worst["bytes"]
    assert dialogue.requests[-1]["do"] == "look"
    assert dialogue.requests[-1]["ids"][-1] == worst["token"]
    QTest.mouseClick(page.body.score_button, LEFT)
    assert page.prompt.text == PROMPT
    QTest.mouseClick(page.body.score_button, LEFT)
    assert page.prompt.text == SCORED


def test_a_score_goes_with_its_text(qtbot: QtBot, recorded: RecordedPage) -> None:
    """It stays while the same text is scored by another model."""
    page, dialogue = recorded.page, recorded.dialogue
    QTest.mouseClick(page.body.score_button, LEFT)
    page.prompt.setPlainText(SCORED)
    page.acting.score()
    dialogue.answer("score", SCORE)
    rest(qtbot, recorded)
    page.acting.score()
    assert page.voice.scoring.has_result
    page.prompt.setPlainText("")
    rest(qtbot, recorded)
    assert page.body.panes.text.head.caption.whole_text.startswith("before it was changed: ")
    page.acting.score()
    number = dialogue.of("score")["id"]
    dialogue.line.emit({"event": "refused", "id": number, "do": "score", "model": "", "why": "Two tokens are needed."})
    rest(qtbot, recorded)
    assert page.messages.shown == ["error: Two tokens are needed."]
    assert (len(page.views.text.words), page.body.panes.text.head.caption.whole_text) == (0, "")
    assert not page.body.copy_button.isEnabled()


def test_the_marked_row_of_the_card_takes_nothing(qtbot: QtBot, recorded: RecordedPage) -> None:
    """A token that is none of the six likeliest stands below them in its card, in the place of the seventh."""
    page = recorded.page
    recorded.generate()
    rest(qtbot, recorded)
    assert page.voice.conversation is not None
    ids = [[other.token for other in one.alternatives[:6]] for one in page.voice.conversation.said]
    at = next(n for n, one in enumerate(page.voice.conversation.said) if one.token not in ids[n])
    click_token(recorded, 2 + at)
    card = card_of(recorded)
    assert card.said == 6
    QTest.mouseClick(card, LEFT, pos=card.row_box(6).center().toPoint())
    card.open_for_keys()
    QTest.keyClick(card, Qt.Key.Key_Return)
    QTest.keyClick(card, Qt.Key.Key_7)
    assert len(page.voice.conversation.tree) == 1
    QTest.mouseClick(card, LEFT, pos=card.row_box(0).center().toPoint())
    assert page.voice.conversation.said[at].token == ids[at][0]


def test_what_is_not_seen_is_neither_copied_nor_removed(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    recorded.generate()
    QGuiApplication.clipboard().setText("before")
    page.acting.toggle_scoring()
    page.exporting.copy_text()
    page.exporting.copy_whole()
    page.acting.remove_shown()
    assert QGuiApplication.clipboard().text() == "before"
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 1


def test_a_seed_has_no_part_at_temperature_0(recorded: RecordedPage) -> None:
    page = recorded.page
    page.panel.temperature.set_value(0)
    recorded.generate()
    page.panel.seed.setValue(7)
    page.panel.top_k.set_value(3)
    page.acting.generate()
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.tree) == 1
    assert "whatever the seed" in recorded.window.status_text


def test_inputs_are_locked_while_checkpoints_are_played(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    QTest.mouseClick(page.panel.checkpoint.play, LEFT)
    assert page.prompt.isReadOnly()
    assert not page.panel.seed.isEnabled()
    page.acting.stop()
    assert not page.prompt.isReadOnly()
    assert page.panel.seed.isEnabled()


def test_a_top_k_comes_back_with_the_vocabulary_that_has_it(recorded: RecordedPage) -> None:
    panel = recorded.page.panel
    panel.top_k.set_value(9_000)
    for size, shown in ((10_000, 9_000), (512, 512), (10_000, 9_000), (300, 300)):
        panel.show_vocabulary(size)
        assert panel.sampling.top_k == shown
    panel.top_k.set_value(20)
    panel.show_vocabulary(10_000)
    assert panel.sampling.top_k == 20


def test_whose_text_is_seen_is_said_where_another_model_is_chosen(
    qtbot: QtBot, recorded: RecordedPage, tmp_path: Path
) -> None:
    page = recorded.page
    recorded.generate()
    page.voice.models.choose(Model(tmp_path / "other", "other"))
    page.acting.stop()
    rest(qtbot, recorded)
    assert page.body.panes.text.head.caption.whole_text.startswith("sample, step 600: ")
    page.views.choose(4)
    assert " of 10,000" in page.body.panes.table.head.caption.whole_text
    assert page.voice.about(page.voice.conversation)["name"] == "sample"


def test_the_text_leaves_the_page(qtbot: QtBot, recorded: RecordedPage, tmp_path: Path) -> None:
    page = recorded.page
    recorded.generate()
    assert page.voice.conversation is not None
    page.exporting.copy_text()
    assert QGuiApplication.clipboard().text() == text_of(page.voice.conversation.said)
    page.exporting.copy_whole()
    assert QGuiApplication.clipboard().text() == PROMPT + text_of(page.voice.conversation.said)
    page.exporting.copy_json()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().startswith("{"))
    assert len(json.loads(QGuiApplication.clipboard().text())["tokens"]) == MOST
    page.exporting.save(tmp_path / "tree.json")
    qtbot.waitUntil((tmp_path / "tree.json").exists)
    page.exporting.save(tmp_path / "tree.json" / "below.json")
    qtbot.waitUntil(lambda: bool(page.messages.shown))
    assert "tree.json" in page.messages.shown[0]
    assert json.loads((tmp_path / "tree.json").read_text())["about"]["step"] == 600


def test_saved_branches_come_back(qtbot: QtBot, recorded: RecordedPage, tmp_path: Path) -> None:
    page = recorded.page
    recorded.generate()
    rest(qtbot, recorded)
    assert page.voice.conversation is not None
    said = page.voice.conversation.said
    page.exporting.save(tmp_path / "tree.json")
    qtbot.waitUntil((tmp_path / "tree.json").exists)
    page.panel.seed.setValue(7)
    page.acting.toggle_scoring()
    assert page.voice.models.folder is not None
    page.voice.models.folder.rmdir()
    assert page.accepts([tmp_path / "tree.json"])
    page.open_paths([tmp_path / "tree.json"])
    qtbot.waitUntil(lambda: not page.voice.scoring.on)
    assert page.voice.conversation.said == said
    assert (page.prompt.text, page.panel.sampling.seed) == (PROMPT, 1337)
    assert "no longer there" in page.messages.shown[0]
    (tmp_path / "tree.json").write_text('{"format": "another"}')
    page.open_paths([tmp_path / "tree.json"])
    qtbot.waitUntil(lambda: any("holds no conversation" in said for said in page.messages.shown))
    assert page.voice.conversation.said == said


def test_the_same_token_is_marked_in_text_and_strip(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    recorded.generate()
    rest(qtbot, recorded)
    strip = page.views.strip
    QTest.mouseClick(strip, LEFT, pos=strip.box(7).center().toPoint())
    assert page.views.text.current == 7
    assert strip.current == 7
    assert page.body.panes.table.title.text() == "Distribution at token 8"
    assert "the 10 best are listed" in page.body.panes.table.head.caption.whole_text
    click_token(recorded, 5)
    assert strip.current == 5


def test_closing_the_window_closes_the_worker(recorded: RecordedPage) -> None:
    recorded.page.close_jobs()
    assert recorded.dialogue.closed


def test_the_first_day_has_two_ways_on(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    page.voice.models.fix(None)
    shown: list[str] = []
    page.session.handed_over.connect(shown.append)
    assert page.places.train_button.isVisible()
    assert page.places.open_button.isVisible()
    assert not page.body.generate_button.isEnabled()
    QTest.mouseClick(page.places.train_button, LEFT)
    assert shown == ["training"]
    assert page.session.take_handed("training") == TRAIN_SAMPLE


def test_folders_of_models_are_welcome_and_others_are_not(recorded: RecordedPage, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    assert not recorded.page.accepts([folder])
    (folder / "config.json").write_text("{}")
    assert recorded.page.accepts([folder])
    assert not recorded.page.accepts([folder / "weights.bin"])
    assert not recorded.page.accepts([paths.resource("sample"), folder])


def test_the_list_of_models_names_what_speaks_while_a_folder_is_chosen(recorded: RecordedPage) -> None:
    panel, said = recorded.page.panel, list[str]()
    before, last = panel.models.currentText(), panel.models.count() - 1
    panel.folder_asked.disconnect()  # a dialog that waits for somebody
    panel.folder_asked.connect(lambda: said.append(panel.models.currentText()))
    panel.models.setCurrentIndex(last)
    assert panel.models.currentText().startswith("Open")
    panel.models.activated.emit(last)
    assert said == [before]


def test_the_text_may_get_another_size_while_the_page_is_made(
    qtbot: QtBot, dressed: QApplication, session: Session
) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    place.resize(1160, 800)
    making = GenerationPage.making(session, place, RecordedDialogue())  # type: ignore[arg-type]
    for turn, _ in enumerate(making):
        style.apply(dressed, LIGHT, 1.0 + turn % 2 / 2)
    page = place.findChild(GenerationPage)
    assert page is not None
    style.apply(dressed, LIGHT, 1.5)
    page.resize(place.size())
    assert page.prompt.font().pixelSize() == fonts.MONO_BODY.font().pixelSize()
    assert page.prompt.minimumHeight() >= fonts.scaled(30)
    page.close_jobs()
    qtbot.waitUntil(lambda: not session.jobs.running)


def test_in_a_small_window_distribution_and_branches_are_seen_one_at_a_time(
    qtbot: QtBot, recorded: RecordedPage
) -> None:
    recorded.generate()
    views, beside = recorded.page.views, recorded.page.body.panes.beside
    rest(qtbot, recorded)
    assert not beside.is_narrow
    assert views.table.isVisible()
    assert views.tree.isVisible()
    recorded.window.resize(960, 600)
    qtbot.waitUntil(lambda: beside.is_narrow)
    assert (views.table.isVisible(), views.tree.isVisible(), beside.switch.isVisible()) == (True, False, True)
    qtbot.keyClick(beside.switch, Qt.Key.Key_Right)
    assert (views.table.isVisible(), views.tree.isVisible()) == (False, True)
    recorded.window.resize(1440, 900)
    qtbot.waitUntil(lambda: views.table.isVisible() and views.tree.isVisible())
    assert not beside.switch.isVisible()


def test_the_shown_branch_is_seen_when_the_branches_are(qtbot: QtBot, recorded: RecordedPage) -> None:
    """With what tells it apart; it was branched to while the pane was hidden. The arrows bring others."""
    page, panes = recorded.page, recorded.page.body.panes
    recorded.window.resize(960, 600)
    qtbot.waitUntil(lambda: panes.beside.is_narrow)
    recorded.generate()
    for at in (3, 6, 9):
        assert page.voice.conversation is not None
        said = page.voice.conversation.said[at]
        page.voice.speaking.branch(at, next(n for n in range(9) if said.alternatives[n].token != said.token))
        recorded.dialogue.answer("generate", GENERATE)
    rest(qtbot, recorded)
    tree, area = panes.side.tree, panes.side.tree_area

    def is_seen(number: int) -> bool:
        place = tree.place_of(number).toAlignedRect().translated(tree.pos())
        return area.viewport().rect().contains(place)

    shown = next(n for n, node in enumerate(tree.nodes) if node.shown)
    panes.beside.show_second(True)
    qtbot.waitUntil(lambda: tree.width() > area.viewport().width() and is_seen(shown))
    tree.setFocus()
    for _ in range(4):
        QTest.keyClick(tree, Qt.Key.Key_Left)
    assert is_seen(0)


def test_what_a_gone_model_said_is_not_branched_in(qtbot: QtBot, recorded: RecordedPage) -> None:
    page = recorded.page
    recorded.generate()
    assert page.voice.models.folder is not None
    page.voice.models.folder.rmdir()
    asked = len(recorded.dialogue.requests)
    page.voice.speaking.branch(3, 1)
    assert page.voice.conversation is not None
    assert (len(page.voice.conversation.tree), len(recorded.dialogue.requests)) == (1, asked)
    (message,) = page.messages.shown
    assert message.endswith("is no longer there: what it said can be read, and not be continued.")


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


def test_the_smallest_window_does_not_scroll_with_a_text(qtbot: QtBot, recorded: RecordedPage) -> None:
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    frame = recorded.window.stack.currentWidget()
    assert isinstance(frame, Frame)
    qtbot.waitUntil(
        lambda: recorded.page.body.panes.text.head.below.isVisible() and recorded.page.size() == frame.size()
    )


def test_large_text_in_a_small_window_scrolls_once(qtbot: QtBot, recorded: RecordedPage) -> None:
    """The page scrolls; each share of the ten rows and five lines of the text are seen at once."""
    views = recorded.page.views
    recorded.window.resize(960, 600)
    recorded.window.appearance.zoom(5)
    recorded.generate()
    rest(qtbot, recorded)
    choose_of_ten(recorded)
    area, table = recorded.page.body.panes.table.area, views.table
    qtbot.waitUntil(lambda: views.text.height() >= fonts.scaled(LARGE_TEXT))
    qtbot.waitUntil(lambda: area.viewport().height() >= table.minimumSizeHint().height())
    assert table.width() <= area.viewport().width()
    page = recorded.page
    qtbot.waitUntil(lambda: area.mapTo(page, area.rect().bottomLeft()).y() <= page.height())
    assert not table.has_logs
    assert all(right <= table.width() for _left, right in table._columns())
    recorded.window.resize(1440, 900)
    frame = recorded.window.stack.currentWidget()
    assert isinstance(frame, Frame)
    qtbot.waitUntil(lambda: recorded.page.height() == frame.height())
    qtbot.waitUntil(lambda: table.has_logs)


def test_ten_rows_are_seen_at_the_usual_size(qtbot: QtBot, recorded: RecordedPage) -> None:
    """As many as there are where the token that was drawn is none of the nine best."""
    recorded.generate()
    rest(qtbot, recorded)
    choose_of_ten(recorded)
    area = recorded.page.body.panes.table.area
    qtbot.waitUntil(lambda: area.isVisible() and area.verticalScrollBar().maximum() == 0)


def test_captions_are_whole_in_a_small_window(qtbot: QtBot, recorded: RecordedPage) -> None:
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    head = recorded.page.body.panes.text.head
    qtbot.waitUntil(head.below.isVisible)
    assert not head.caption.isVisible()
    assert head.words in head.below.text()
    assert head.words.endswith("2 tokens of the prompt")
    assert head.below.height() >= head.below.heightForWidth(head.below.width())


def test_nothing_is_cut_in_a_small_window(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Every part keeps the width that it needs at the smallest size."""
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    views = recorded.page.views
    parts: list[QWidget] = [views.table, views.strip, views.text]
    for part in parts:
        assert part.width() >= part.minimumSizeHint().width()
        assert part.mapTo(recorded.window, QPoint(0, 0)).x() + part.width() <= recorded.window.width()
