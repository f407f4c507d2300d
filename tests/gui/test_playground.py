"""Does the Playground show how its text is cut: by each tokenizer, after each merge, and where they differ?"""

import base64
from collections.abc import Generator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.jobs import Job, JobState
from app.main_window import MainWindow
from app.pages.playground.columns import MOST
from app.pages.playground.page import PlaygroundPage
from app.pages.playground.studies import QUIET
from app.pages.playground.wording import SAMPLE
from app.session import TokenizerInfo
from app.widgets.choice import Choice
from app.widgets.long_texts import LONGEST_LINE
from lmcore import figures
from lmcore.bpe.tokenizer import Tokenizer
from tests.gui.bpe_page import PATIENCE
from tests.gui.playground import at_rest, bundled, compare, cut_of, wait

SPECIAL = "<|endoftext|>"


def shown(page: PlaygroundPage, number: int = 0) -> list[int]:
    """The ids that a column shows, in its chips and below."""
    column = page.columns.all[number]
    assert column.tokens.cut is column.ids.cut is column.cut
    assert column.cut is not None
    return [int(token_id) for token_id in column.cut.ids]


def shows(page: PlaygroundPage, ids: list[int]) -> bool:
    """Whether the first column shows these ids."""
    return shown(page) == ids


def ids_of(text: str, merges: int | None = None, specials: bool = True) -> list[int]:
    tokenizer = bundled() if merges is None else bundled().prefix(merges)
    return tokenizer.encode(text, specials=specials)


def test_it_begins_with_a_text_and_the_bundled_tokenizer(playground: PlaygroundPage) -> None:
    assert playground.box.toPlainText() == SAMPLE
    assert shown(playground) == ids_of(SAMPLE)
    column = playground.columns.all[0]
    assert column.count.text == f"{len(ids_of(SAMPLE)):,}"
    assert column.ratio.text == f"{len(SAMPLE.encode()) / len(ids_of(SAMPLE)):.2f}"
    assert not column.only_here.isVisible()
    assert column.choice.currentText() == "moby-dick-and-speeches"
    assert playground.messages.shown == []


def test_it_says_what_it_reads_first(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("playground")
    page = window.stack.page("playground")
    assert isinstance(page, PlaygroundPage)
    assert page.columns.waiting == ["Reading moby-dick-and-speeches …"]
    assert page.session.is_busy("playground")
    wait(qtbot, page)
    assert page.columns.waiting == []
    assert not page.session.is_busy("playground")


def test_typing_is_followed_key_by_key(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.box.set_text("")
    assert shown(playground) == []
    assert playground.columns.all[0].ratio.text == "–"
    assert playground.columns.all[0].tokens.said.startswith("Type or paste a text")
    text = "the whale, the WHALE's 1234\n\ntwo  spaces"
    for place, letter in enumerate(text, 1):
        if letter == "\n":
            qtbot.keyClick(playground.box, Qt.Key.Key_Return)
        else:
            qtbot.keyClicks(playground.box, letter)
        assert shown(playground) == ids_of(text[:place])
    qtbot.keyClick(playground.box, Qt.Key.Key_Backspace)
    assert shown(playground) == ids_of(text[:-1])


def test_lines_stay_as_breaking_all_of_them_gives_them(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.box.set_text("one two three four five six, seven\n\n" * 60)
    column, cursor = playground.columns.all[0], playground.box.textCursor()
    for place, word in ((700, "incomprehensibilities"), (350, "\n"), (0, "x"), (710, "")):
        cursor.setPosition(place)
        cursor.setPosition(place + 5, cursor.MoveMode.KeepAnchor)
        cursor.insertText(word)
        qtbot.waitUntil(lambda: column.tokens.settled)
        for view in (column.tokens, column.ids):
            kept = view.lines, view.placed()
            view.lay_out()
            assert (view.lines, view.placed()) == kept


def test_control_characters_are_counted(qtbot: QtBot, playground: PlaygroundPage) -> None:
    window = playground.window()
    assert isinstance(window, MainWindow)
    playground.box.set_text("a\tb\nc\0\x1b\x7f\x85é\u00a0")
    qtbot.waitUntil(lambda: "14 bytes · 4 control characters · encoded" in window.status_text, timeout=PATIENCE)
    playground.box.set_text("a\tb\nc")
    qtbot.waitUntil(lambda: "5 bytes · encoded" in window.status_text, timeout=PATIENCE)


def test_special_tokens_can_be_switched_off(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.box.set_text(f"one{SPECIAL}two")
    assert bundled().special_ids[SPECIAL] in shown(playground)
    qtbot.mouseClick(playground.specials, Qt.MouseButton.LeftButton)
    assert shown(playground) == ids_of(f"one{SPECIAL}two", specials=False)
    qtbot.keyClicks(playground.box, SPECIAL)
    assert shown(playground) == ids_of(f"{SPECIAL}one{SPECIAL}two", specials=False)


def test_a_smaller_vocabulary_cuts_anew_and_ids_stay(qtbot: QtBot, playground: PlaygroundPage) -> None:
    column = playground.columns.all[0]
    for merges in (0, 17, 3000):
        column.vocabulary.set_merges(merges)
        qtbot.waitUntil(partial(shows, playground, ids_of(SAMPLE, merges)))
        assert column.vocabulary.spin.value() == 257 + merges
    column.vocabulary.slider.setValue(column.vocabulary.slider.maximum())
    qtbot.waitUntil(lambda: shown(playground) == ids_of(SAMPLE))
    column.vocabulary.spin.setValue(300)
    qtbot.waitUntil(lambda: shown(playground) == ids_of(SAMPLE, 43))
    assert column.title == "moby-dick-and-speeches, first 300"


def test_pieces_that_are_cut_otherwise_are_marked(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.box.set_text("the whales of the sea")
    compare(qtbot, playground, 100)
    left, right = playground.columns.all
    first, second = ([*pairwise(cut_of("the whales of the sea", n).starts.tolist())] for n in (None, 100))
    for column, own, other in ((left, first, second), (right, second, first)):
        wanted = [span not in other for span in own]
        assert column.tokens.marks_of(0, len(own)).tolist() == wanted
        assert column.only_here.text == str(sum(wanted))
    assert left.only_here.text != right.only_here.text


def test_columns_come_and_go(qtbot: QtBot, playground: PlaygroundPage) -> None:
    for number in range(1, MOST + 2):
        compare(qtbot, playground, 100 * number)
    assert len(playground.columns.all) == MOST
    assert not playground.add_button.isEnabled()
    second, kept = playground.columns.all[1], [shown(playground, number) for number in (0, 2, 3)]
    second.remove_asked.emit()
    wait(qtbot, playground)
    assert [shown(playground, number) for number in range(3)] == kept
    assert playground.add_button.isEnabled()
    for _ in range(3):
        playground.columns.all[-1].remove_asked.emit()
    assert len(playground.columns.all) == 1
    qtbot.waitUntil(lambda: not playground.columns.all[0].only_here.isVisible())


def test_columns_scroll_sideways_rather_than_squeeze(qtbot: QtBot, playground: PlaygroundPage) -> None:
    for number in range(1, MOST):
        compare(qtbot, playground, 100 * number)
    playground.window().resize(960, 600)
    qtbot.waitUntil(lambda: playground.window().width() == 960)
    columns = playground.columns.all
    qtbot.waitUntil(lambda: all(column.width() >= column.minimumSizeHint().width() > 200 for column in columns))
    room = playground.columns
    assert sum(column.width() for column in columns) > room.width()
    assert playground.minimumSizeHint().width() <= 960 - 56
    assert all(column.ids.geometry().bottom() < room.height() for column in columns)


def test_ids_and_chips_point_at_each_other(qtbot: QtBot, playground: PlaygroundPage) -> None:
    column = playground.columns.all[0]
    qtbot.mouseMove(column.tokens.viewport(), column.tokens.box_of(7).center())
    assert column.ids.current == 7
    column.ids.setFocus()
    qtbot.keyClick(column.ids, Qt.Key.Key_End)
    assert column.tokens.current == len(shown(playground)) - 1
    qtbot.keyClick(column.ids, Qt.Key.Key_Escape)
    assert column.tokens.current == -1


def seen(page: PlaygroundPage, number: int) -> list[str]:
    """The texts of the tokens that are wholly on the screen in a column."""
    view, data = page.columns.all[number].tokens, page.box.data.tobytes()
    cut, bottom = view.cut, view.viewport().height()
    assert cut is not None
    spans = [cut.starts[piece.number : piece.number + 2].tolist() for piece in view.placed() if 0 <= piece.top < bottom]
    return [data[start:end].decode() for start, end in spans]


def test_the_tokens_of_the_caret_are_seen(qtbot: QtBot, playground: PlaygroundPage) -> None:
    compare(qtbot, playground, 100)
    playground.box.set_text("one two three\n" * 7000)
    wait(qtbot, playground)
    assert "one" in seen(playground, 0)
    qtbot.keyClick(playground.box, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(playground.box, "over ZZ")
    for number in range(2):
        assert "".join(seen(playground, number)).endswith("ZZ")
        ids = playground.columns.all[number].ids
        assert ids.placed()[-1].number == len(shown(playground, number)) - 1
    qtbot.keyClick(playground.box, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert all(playground.columns.all[number].tokens.verticalScrollBar().value() == 0 for number in range(2))


def test_a_click_on_a_token_selects_it_in_the_text(qtbot: QtBot, playground: PlaygroundPage) -> None:
    text = "Привет 🎉 the lighthouse\n" * 9
    playground.box.set_text(text)
    wait(qtbot, playground)
    column = playground.columns.all[0]
    assert column.cut is not None
    number = column.cut.at(len("Привет 🎉 the lig".encode()))
    start, end = column.cut.starts[number : number + 2].tolist()
    qtbot.mouseClick(column.tokens.viewport(), Qt.MouseButton.LeftButton, pos=column.tokens.box_of(number).center())
    assert playground.box.textCursor().selectedText() == text.encode()[start:end].decode()
    half = column.cut.at(len("Привет ".encode()) + 2)
    qtbot.mouseClick(column.tokens.viewport(), Qt.MouseButton.LeftButton, pos=column.tokens.box_of(half).center())
    assert playground.box.textCursor().selectedText() == "🎉"


def test_the_same_bytes_are_marked_in_all_columns(qtbot: QtBot, playground: PlaygroundPage) -> None:
    compare(qtbot, playground, 0)
    first, second = playground.columns.all
    assert first.cut is not None
    number = first.cut.at(SAMPLE.index("lighthouse") + 7)
    span = range(*first.cut.starts[number : number + 2].tolist())
    assert len(span) > 1
    qtbot.mouseMove(first.tokens.viewport(), first.tokens.box_of(number).center())
    assert second.tokens.marked == second.ids.marked == span
    assert first.tokens.marked == range(0)
    qtbot.mouseMove(first.tokens.viewport(), QPoint(first.tokens.viewport().width() - 2, 2))
    assert second.tokens.marked == range(0)
    playground.box.select_bytes(3, 9)
    assert second.tokens.marked == range(3, 9)
    qtbot.keyClick(playground.box, Qt.Key.Key_Left)
    assert second.tokens.marked == range(0)


def test_the_text_is_merged_step_by_step(qtbot: QtBot, playground: PlaygroundPage) -> None:
    text = "the whale and the whales"
    playground.box.set_text(text)
    wait(qtbot, playground)
    bar, steps = playground.bar, playground.bar.total
    ranks = {join.rank for word in bundled().explain(text) for join in word.joins}
    assert steps == bar.value == len(ranks)
    for done in (0, 3, steps - 1):
        bar.slider.setValue(done)
        merges = sorted(ranks)[done - 1] + 1 if done else 0
        qtbot.waitUntil(partial(shows, playground, ids_of(text, merges)))
        assert bar.spin.value() == done
    last = sorted(ranks)[steps - 2]
    left, right = bundled().merges[last]
    assert (left + right).decode().replace(" ", "·") in bar.merge.text
    assert f"merge {last + 1:,}, seen" in bar.merge.text
    bar.spin.setValue(steps)
    qtbot.waitUntil(lambda: shown(playground) == ids_of(text))


def test_a_play_ends_with_all_merges(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.box.set_text("the whale")
    wait(qtbot, playground)
    playground.bar.play()
    assert playground.bar.playing
    qtbot.waitUntil(lambda: shown(playground) == ids_of("the whale", 0), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not playground.bar.playing, timeout=PATIENCE)
    assert playground.bar.value == playground.bar.total
    qtbot.waitUntil(lambda: shown(playground) == ids_of("the whale"))


def test_an_edit_ends_the_steps_until_they_are_known_anew(qtbot: QtBot, playground: PlaygroundPage) -> None:
    playground.bar.slider.setValue(2)
    qtbot.waitUntil(lambda: shown(playground) != ids_of(SAMPLE))
    qtbot.keyClicks(playground.box, "x")
    assert shown(playground) == ids_of("x" + SAMPLE)
    assert playground.bar.value == playground.bar.total
    wait(qtbot, playground)
    assert playground.bar.total == len({j.rank for word in bundled().explain("x" + SAMPLE) for j in word.joins})


def test_another_column_can_be_shown_step_by_step(qtbot: QtBot, playground: PlaygroundPage) -> None:
    compare(qtbot, playground, 50)
    playground.bar.column.setCurrentIndex(1)
    playground.bar.column.activated.emit(1)
    wait(qtbot, playground)
    playground.bar.go_to(0)
    qtbot.waitUntil(lambda: shown(playground, 1) == ids_of(SAMPLE, 0))
    assert shown(playground, 0) == ids_of(SAMPLE)


def test_compression_and_speed_are_told(qtbot: QtBot, playground: PlaygroundPage) -> None:
    qtbot.waitUntil(lambda: "÷" in playground.side.times[0][1], timeout=PATIENCE)
    rows = {row.name: row.values for row in playground.side.chart.rows}
    assert len(rows) == 8
    assert (rows["Chinese"][0] or 0) == pytest.approx(1.0, abs=0.05)
    assert (rows["Children’s stories"][0] or 0) > 3
    speed = playground.studies.speed(playground.columns.all[0].subject.info)  # type: ignore[union-attr]
    assert speed is not None
    for size in (825, 10):
        playground.side.corpus.setValue(size)
        time, division = playground.side.times[0]
        assert time == figures.rough_duration(size * 1e9 / speed.all)
        assert division.startswith(f"{size} GB ÷ {figures.rate(speed.one, 'bytes')} on 1 thread = ")
    compare(qtbot, playground, 0)
    qtbot.waitUntil(lambda: len(playground.side.chart.rows[0].values) == 2)
    assert [row.values[1] for row in playground.side.chart.rows] == [1.0] * 8


def test_two_tokenizers_of_one_name_have_a_speed_each(qtbot: QtBot, playground: PlaygroundPage) -> None:
    name = playground.columns.all[0].title
    other = Tokenizer({byte: bytes([255 - byte]) for byte in range(256)}, [])
    playground.add(TokenizerInfo(name, 256, other))
    compare(qtbot, playground, 5)
    qtbot.waitUntil(lambda: len(playground.side.times) == 2, timeout=PATIENCE)
    qtbot.waitUntil(lambda: all("÷" in why for _, why in playground.side.times), timeout=PATIENCE)
    assert len(playground.columns.all) == 3


def test_no_speed_is_measured_while_anything_else_runs(qtbot: QtBot, playground: PlaygroundPage) -> None:
    jobs, going = playground.session.jobs, [True]

    def other() -> Generator[int, None, None]:
        while going:
            yield 0

    beside = Job(other)
    jobs.start(beside)
    info = TokenizerInfo("other", 256, Tokenizer({byte: bytes([255 - byte]) for byte in range(256)}, []))
    playground.add(info)
    qtbot.waitUntil(lambda: len(playground.columns.all) == 2, timeout=PATIENCE)
    with qtbot.assertNotEmitted(playground.studies.measured, wait=2 * QUIET):
        pass
    with qtbot.waitSignal(jobs.started, timeout=PATIENCE) as begun:
        going.clear()
    measuring = begun.args[0]
    again = Job(other)
    jobs.start(again)
    assert measuring.state is JobState.CANCELLING
    assert playground.studies.speed(info) is None
    wait(qtbot, playground)
    assert playground.studies.speed(info) is not None


def test_the_ids_are_copied(qtbot: QtBot, playground: PlaygroundPage) -> None:
    qtbot.mouseClick(playground.copy_button, Qt.MouseButton.LeftButton)
    wanted = ", ".join(map(str, ids_of(SAMPLE)))
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == wanted, timeout=PATIENCE)


def test_a_large_text_is_cut_in_the_background(qtbot: QtBot, playground: PlaygroundPage) -> None:
    text = SAMPLE.replace(SPECIAL, "") * 1000
    playground.box.set_text(text)
    assert playground.columns.all[0].cutting.working
    wait(qtbot, playground)
    assert shown(playground) == ids_of(text)
    qtbot.keyClicks(playground.box, "abc ")
    assert shown(playground) == ids_of("abc " + text)


def test_changes_while_a_large_text_is_being_cut_are_not_lost(qtbot: QtBot, playground: PlaygroundPage) -> None:
    text = "one two three four\n" * 40_000
    playground.box.set_text(text)
    playground.columns.all[0].vocabulary.set_merges(5)
    playground.specials.setChecked(False)
    wait(qtbot, playground)
    qtbot.waitUntil(lambda: at_rest(playground) and shown(playground) == ids_of(text, 5), timeout=PATIENCE)


def test_a_line_that_is_too_long_is_cut_whole(qtbot: QtBot, playground: PlaygroundPage) -> None:
    text = "whale " * LONGEST_LINE
    playground.box.set_text(text)
    wait(qtbot, playground)
    assert shown(playground) == ids_of(text)
    assert any("too long to type in" in words for words in playground.notes.shown)
    playground.box.set_text("short\rlines")
    assert [words for words in playground.notes.shown if "too long" in words] == []
    assert any("became LF" in words for words in playground.notes.shown)
    playground.box.selectAll()
    playground.box.textCursor().insertText("another text")
    assert playground.notes.shown == []


def test_another_tokenizer_of_the_session_is_in_the_first_column(qtbot: QtBot, playground: PlaygroundPage) -> None:
    compare(qtbot, playground, 10)
    other = Tokenizer({byte: bytes([255 - byte]) for byte in range(256)}, [])
    playground.session.set_tokenizer(TokenizerInfo("other", 256, other))
    qtbot.waitUntil(lambda: playground.columns.all[0].title == "other", timeout=PATIENCE)
    wait(qtbot, playground)
    assert shown(playground) == other.encode(SAMPLE)
    assert shown(playground, 1) == ids_of(SAMPLE, 10)
    choice = playground.columns.all[1].choice
    place = choice.findText("other")
    choice.setCurrentIndex(place)
    choice.activated.emit(place)
    qtbot.waitUntil(lambda: playground.columns.all[1].title == "other", timeout=PATIENCE)


def test_a_dropped_tokenizer_is_another_column(qtbot: QtBot, playground: PlaygroundPage, tmp_path: Path) -> None:
    Tokenizer({byte: bytes([byte]) for byte in range(256)}, []).save(tmp_path / "plain")
    assert playground.accepts([tmp_path / "plain"])
    playground.open_paths([tmp_path / "plain"])
    qtbot.waitUntil(lambda: len(playground.columns.all) == 2, timeout=PATIENCE)
    wait(qtbot, playground)
    assert shown(playground, 1) == [*SAMPLE.encode()]
    assert playground.columns.all[0].title == "moby-dick-and-speeches"


def test_what_is_being_read_is_said(qtbot: QtBot, playground: PlaygroundPage, tmp_path: Path) -> None:
    session, columns = playground.session, playground.columns
    Tokenizer({byte: bytes([byte]) for byte in range(256)}, []).save(tmp_path / "plain")
    playground.opening.open(tmp_path / "plain")
    assert columns.waiting == ["Reading plain …"]
    assert session.is_busy("playground")
    qtbot.waitUntil(lambda: len(columns.all) == 2, timeout=PATIENCE)
    assert not columns.all[1].isVisible() or columns.waiting == []  # said until the column is there
    qtbot.waitUntil(lambda: columns.waiting == [], timeout=PATIENCE)
    assert columns.all[1].isVisible()
    assert not session.is_busy("playground")
    playground.opening.open(tmp_path / "plain" / "tokenizer.json", columns.all[0])
    assert columns.all[0].tokens.said == "Reading tokenizer.json …"
    qtbot.waitUntil(lambda: columns.all[0].title == "plain", timeout=PATIENCE)
    assert columns.all[0].tokens.said == ""
    playground.opening.open(tmp_path / "missing.json")
    assert columns.waiting == ["Reading missing.json …"]
    qtbot.waitUntil(lambda: columns.waiting == [], timeout=PATIENCE)
    assert not session.is_busy("playground")
    wait(qtbot, playground)


def test_what_changes_while_a_column_comes_is_in_it(qtbot: QtBot, playground: PlaygroundPage) -> None:
    columns, box = playground.columns, playground.box
    box.set_text("a rose<|endoftext|>")
    wait(qtbot, playground)
    subject, seen = columns.all[0].subject, list[tuple[bool, bool]]()
    assert subject is not None
    columns.arrived.connect(lambda _name: seen.append((columns.all[-1].isVisible(), columns.all[-1].cut is not None)))
    playground.add(subject.info)
    assert [column.isVisible() for column in columns.all] == [True, False]
    qtbot.keyClicks(box, "is ")
    playground.specials.toggle()
    wait(qtbot, playground)
    assert seen == [(True, True)]
    assert shown(playground, 1) == shown(playground, 0)
    assert columns.all[1].cut is not None
    assert int(columns.all[1].cut.starts[-1]) == len(box.data)


def test_a_pattern_can_be_chosen_where_the_file_says_none(
    qtbot: QtBot, playground: PlaygroundPage, tmp_path: Path
) -> None:
    words = [bytes([byte]) for byte in range(256)] + [b"th", b"the"]
    ranks = b"".join(base64.b64encode(word) + b" %d\n" % rank for rank, word in enumerate(words))
    (tmp_path / "own.tiktoken").write_bytes(ranks)
    playground.opening.open(tmp_path / "own.tiktoken", playground.columns.all[0])
    qtbot.waitUntil(lambda: any("Give the pattern" in words for words in playground.messages.shown), timeout=PATIENCE)
    chooser = playground.messages.findChild(Choice)
    assert chooser is not None
    assert [chooser.itemText(place) for place in (1, 2, 3)] == ["gpt2", "cl100k", "o200k"]
    chooser.activated.emit(2)
    qtbot.waitUntil(lambda: playground.columns.all[0].title == "own", timeout=PATIENCE)
    assert playground.messages.shown == []
    subject = playground.columns.all[0].subject
    assert subject is not None
    assert subject.info.tokenizer.pattern.name == "cl100k"
    assert len(playground.columns.all) == 1
    wait(qtbot, playground)


def test_a_dropped_text_is_the_text(qtbot: QtBot, playground: PlaygroundPage, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("dropped 人\n", encoding="utf-8")
    playground.open_paths([tmp_path / "a.txt"])
    qtbot.waitUntil(lambda: playground.box.toPlainText() == "dropped 人\n", timeout=PATIENCE)
    playground.open_paths([tmp_path / "missing.txt"])
    qtbot.waitUntil(lambda: any("cannot be read" in words for words in playground.messages.shown), timeout=PATIENCE)


def test_what_is_no_tokenizer_is_told(qtbot: QtBot, playground: PlaygroundPage, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    playground.open_paths([tmp_path / "tokenizer.json"])
    qtbot.waitUntil(lambda: any("not JSON" in words for words in playground.messages.shown), timeout=PATIENCE)
    assert len(playground.columns.all) == 1
