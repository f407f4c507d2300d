"""Can a user say what to train on, and is told at once what is wrong with it? The inputs of the BPE training page."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.pages.bpe_training.wording import around
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox, Choice
from app.widgets.corpus_section import CorpusSection, sample_paths
from app.widgets.labels import ElidedLabel
from app.widgets.message import MessageStrip
from app.widgets.messages import split
from lmcore.bpe.patterns import EXPRESSIONS
from tests import naive
from tests.gui.bpe_page import PATIENCE, page_of, take_corpus, train, wait_for, write_large, write_story


def words(corpus: CorpusSection) -> list[str]:
    """The lines of the section from the top: names, then the size."""
    lines = [shown for shown in corpus.findChildren(ElidedLabel) if shown.isVisible()]
    return [shown.whole_text for shown in sorted(lines, key=lambda line: line.mapTo(corpus, QPoint()).y())]


def offered(page: BpeTrainingPage, name: str) -> list[Button]:
    return [one for one in page.findChildren(Button) if one.accessibleName() == name and one.isVisible()]


def button(page: BpeTrainingPage, name: str) -> Button:
    return offered(page, name)[0]


def visible_line(page: BpeTrainingPage, name: str) -> QLineEdit:
    return next(one for one in page.findChildren(QLineEdit) if one.accessibleName() == name)


def told(qtbot: QtBot, page: BpeTrainingPage, part: str) -> str:
    """Wait for the one message that has these words in it."""
    qtbot.waitUntil(lambda: any(part in shown for shown in page.messages.shown), timeout=PATIENCE)
    assert len(page.messages.shown) == 1
    return page.messages.shown[0]


def test_the_first_run_shows_the_sample_in_single_bytes(page: BpeTrainingPage) -> None:
    assert page.panel.corpus.is_sample
    assert page.live.passage.startswith(b"Call me Ishmael. ")
    assert [piece.end - piece.start for piece in page.live.text.pieces] == [1] * len(page.live.passage)
    assert "nothing is merged yet" in page.live.caption.text
    assert page.messages.shown[0].startswith("info: A sample corpus is loaded")
    assert "into 10,000 tokens in" in page.messages.shown[0]
    assert words(page.panel.corpus) == ["moby-dick-and-speeches.txt", "1.75 MB · 166 special tokens"]


def test_a_banner_closed_is_closed_for_good(qtbot: QtBot, page: BpeTrainingPage) -> None:
    QTest.mouseClick(button(page, "Close this message"), Qt.MouseButton.LeftButton)
    assert page.messages.shown == []
    with qtbot.waitSignal(page.panel.changed, timeout=PATIENCE):
        page.panel.set_vocab_size(500)
    qtbot.waitUntil(lambda: page.forecast is not None, timeout=PATIENCE)
    assert page.messages.shown == []
    assert page.session.settings.dismissed("bpe-sample")


def test_a_dropped_file_becomes_the_corpus(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    story = write_story(tmp_path / "story.txt")
    take_corpus(qtbot, page, story)
    assert page.messages.shown == []
    assert words(page.panel.corpus) == ["story.txt", "7.21 kB · 39 special tokens"]
    assert page.live.passage.startswith(b"Ann said 0 times: the cat")
    assert page.forecast is not None
    assert page.forecast.corpus_bytes == story.stat().st_size
    assert page.panel.corpus.recent_menu().actions()[0].text() == "story.txt"


def test_files_are_added_and_left_out(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    files = [write_story(tmp_path / f"part-{n}.txt", n + 1) for n in range(6)]
    corpus = page.panel.corpus
    corpus.add_paths(files[:1])
    corpus.add_paths(files[1:])
    assert corpus.paths == tuple(files)
    names = ["part-0.txt", "part-1.txt", "part-2.txt", "part-3.txt", "and 2 more"]
    qtbot.waitUntil(lambda: words(corpus)[:5] == names)
    QTest.mouseClick(button(page, "Leave part-1.txt out"), Qt.MouseButton.LeftButton)
    assert corpus.paths == (files[0], *files[2:])
    with qtbot.waitSignal(page.panel.changed, timeout=PATIENCE):
        corpus.set_paths([])
    assert corpus.paths == sample_paths()


def test_a_missing_file_is_named_until_another_is_chosen(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    page.open_paths([tmp_path / "nothing.txt"])
    assert told(qtbot, page, "nothing.txt: no such file. Check the name").startswith("error: ")
    assert page.forecast is None
    page.start()
    wait_for(qtbot, page, State.IDLE)
    assert told(qtbot, page, "nothing.txt: no such file").startswith("error: ")
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    assert page.messages.shown == []


def test_a_bad_line_has_a_button_that_leaves_it_out(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"text": "the cat sat on the cat"}\n{"text": \n{"text": "the end"}\n', encoding="utf-8")
    page.panel.set_vocab_size(260)
    page.open_paths([lines])
    assert "lines.jsonl, line 2: not JSON" in told(qtbot, page, "not JSON")
    QTest.mouseClick(button(page, "Leave out bad lines"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.forecast is not None, timeout=PATIENCE)
    assert page.messages.shown == []
    assert page.live.passage == b"the cat sat on the cat"
    assert next(box for box in page.findChildren(CheckBox) if box.isVisible()).isChecked()


def test_a_field_without_text_names_those_there_are(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"body": "the cat sat on the cat", "id": 1}\n', encoding="utf-8")
    page.open_paths([lines])
    assert "(the line has: body, id). Name another field." in told(qtbot, page, "no text in the field")
    field = next(one for one in page.findChildren(QLineEdit) if one.text() == "text")
    field.setText("body")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.forecast is not None, timeout=PATIENCE)
    assert page.live.passage == b"the cat sat on the cat"


def choose_expression(page: BpeTrainingPage, expression: str) -> None:
    choice = next(one for one in page.findChildren(Choice) if one.accessibleName() == "Pre-token pattern")
    choice.setCurrentText("custom …")
    line = visible_line(page, "Custom pre-token expression")
    line.setText(expression)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_an_expression_is_read_or_refused(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    choose_expression(page, "[a-z")
    assert told(qtbot, page, "nor a valid expression").startswith("error: The pre-token pattern '[a-z'")
    page.start()
    assert page.state is State.IDLE
    choose_expression(page, "[a-z]+")
    qtbot.waitUntil(lambda: page.forecast is not None, timeout=PATIENCE)
    assert page.messages.shown == []
    assert page.panel.options().pattern == "[a-z]+"


def test_special_tokens_come_and_go(qtbot: QtBot, page: BpeTrainingPage) -> None:
    QTest.mouseClick(button(page, "Add a special token"), Qt.MouseButton.LeftButton)
    line = visible_line(page, "Another special token")
    QTest.keyClicks(line, "<|pad|>")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert page.panel.options().special_tokens == ("<|endoftext|>", "<|pad|>")
    qtbot.waitUntil(lambda: bool(offered(page, "Take <|endoftext|> away")))
    QTest.mouseClick(button(page, "Take <|endoftext|> away"), Qt.MouseButton.LeftButton)
    assert page.panel.options().special_tokens == ("<|pad|>",)


def test_only_the_newest_look_is_shown(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    """A large corpus, and at once a small one: the large one's forecast must not come late over the other's."""
    large = write_large(tmp_path / "large.txt")
    with qtbot.waitSignal(page.panel.changed, timeout=PATIENCE):
        page.open_paths([large])
    story = write_story(tmp_path / "story.txt")
    take_corpus(qtbot, page, story)
    qtbot.waitUntil(lambda: page.session.jobs.running == 0, timeout=PATIENCE)
    assert page.forecast is not None
    assert page.forecast.corpus_bytes == story.stat().st_size
    assert page.live.passage.startswith(b"Ann said 0 times")


def test_passages_are_cut_as_the_pattern_says(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    story = write_story(tmp_path / "story.txt")
    with qtbot.waitSignal(page._preview.passages, timeout=PATIENCE) as looked:
        page.open_paths([story])
    first = looked.args[0].pretokens[3]
    text = b"".join(first)
    assert text.decode().startswith("李雷 said 3 times")
    assert list(first) == naive.pretokens(text, EXPRESSIONS["gpt2"])


def test_a_page_visited_for_the_first_time_needs_no_file(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("bpe")
    page = page_of(window)
    page.start()  # before the first look has ended
    wait_for(qtbot, page, State.FINISHED)
    assert len(page.live.received) == 10_000 - 257


@pytest.mark.parametrize(
    ("text", "bold", "rest"),
    [
        ("a.txt: no such file; check the name.", "a.txt: no such file.", "Check the name."),
        ("a.txt, line 2: not JSON. Mend the line.", "a.txt, line 2: not JSON.", "Mend the line."),
        ("2 bytes are odd; the first is at 3. They are kept.", "2 bytes are odd; the first is at 3.", "They are kept."),
        ("The pattern is wrong.", "The pattern is wrong.", ""),
    ],
)
def test_what_is_bold_and_what_is_the_remedy(text: str, bold: str, rest: str) -> None:
    assert split(text) == (bold, rest)


def test_a_time_and_its_spread_have_one_unit() -> None:
    assert around(0.86, 0.215) == "0.9 s ± 0.2"
    assert around(0.2, 0.01) == "0.2 s ± 0.1"
    assert around(0.04, 0.01) == "40 ms ± 10"
    assert around(38.2, 9.6) == "38 s ± 10"
    assert around(125, 31) == "2 min 5 s ± 31 s"


def test_strips_go_one_by_one(qtbot: QtBot, page: BpeTrainingPage) -> None:
    page.messages.tell("warning", "One. Mend it.")
    page.messages.tell("warning", "Two. Mend it.")
    page.messages.hide_banner()
    assert page.messages.shown == ["warning: One. Mend it.", "warning: Two. Mend it."]
    strips = [strip for strip in page.messages.findChildren(MessageStrip) if strip.isVisible()]
    cross = next(one for one in strips[0].findChildren(Button) if one.accessibleName() == "Close this message")
    QTest.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert page.messages.shown == ["warning: Two. Mend it."]


def test_the_corpus_stays_while_a_training_runs(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    large = write_large(tmp_path / "large.txt")
    take_corpus(qtbot, page, large, 32_000)
    page.start()
    commands = {command.title: command.run for command in page.commands()}
    commands["Take the bundled sample as corpus"]()
    page.live.corpus_asked.emit()
    page.panel.corpus.set_paths([tmp_path / "other.txt"])
    assert page.panel.corpus.paths == (large,)
    page.cancel()
    wait_for(qtbot, page, State.IDLE)
    commands["Take the bundled sample as corpus"]()
    assert page.panel.corpus.is_sample


def test_files_of_a_folder_that_are_left_out_are_told_before_and_after(
    qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path
) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_story(folder / "story.txt")
    (folder / "picture.txt").write_bytes(b"\x89PNG" + bytes(100))
    take_corpus(qtbot, page, folder)
    said = told(qtbot, page, "left out")
    assert said.startswith("warning: 1 file of 2 was left out. It is ")
    assert "picture.txt: a binary file (the first zero byte is at offset 4)" in said
    train(qtbot, page)
    assert told(qtbot, page, "left out") == said
