"""Does the Generation page say what a model says, branch where it is told to, and stay usable when something breaks?"""

import json
from csv import DictReader
from io import StringIO
from math import log
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.generation.tokens import text_of
from app.pages.generation.work import Model
from app.session import TRAIN_SAMPLE, Activity
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
    RecordedPage,
    answers,
    card_of,
    click_token,
    rest,
)

LEFT = Qt.MouseButton.LeftButton


def activities_of_a_text(recorded: RecordedPage) -> list[Activity]:
    """Have the model speak, which is opened: what the status bar is told of it, from now on too."""
    activities: list[Activity] = []
    recorded.page.session.activity_changed.connect(activities.append)
    recorded.page.prompt.setPlainText(PROMPT)
    recorded.page.acting.generate()
    recorded.dialogue.answer("open", OPEN)
    return activities


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
    page.exporting.save(page.voice.conversation, tmp_path / "tree.json")
    qtbot.waitUntil((tmp_path / "tree.json").exists)
    page.exporting.save(page.voice.conversation, tmp_path / "tree.json" / "below.json")
    qtbot.waitUntil(lambda: bool(page.messages.shown))
    assert "tree.json" in page.messages.shown[0]
    assert json.loads((tmp_path / "tree.json").read_text())["about"]["step"] == 600


def test_saved_branches_come_back(qtbot: QtBot, recorded: RecordedPage, tmp_path: Path) -> None:
    page = recorded.page
    recorded.generate()
    rest(qtbot, recorded)
    assert page.voice.conversation is not None
    said = page.voice.conversation.said
    page.exporting.save(page.voice.conversation, tmp_path / "tree.json")
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
