"""Do the widgets of the Generation page show what they are given, and nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import fonts
from app.pages.generation.cards import CardContent, Cards
from app.pages.generation.checkpoint_field import CheckpointField
from app.pages.generation.prompt_box import LONGEST, PromptBox
from app.pages.generation.wording import large
from app.theme import LIGHT
from app.widgets.alternatives_card import AlternativesCard, Offer
from app.widgets.branch_tree import MOST, BranchNode, BranchTree
from app.widgets.decimal_spin import DecimalSpin
from app.widgets.distribution_table import DistributionTable, Line, percent
from app.widgets.entropy_strip import EntropyStrip
from app.widgets.said_layout import SaidLayout, Word
from app.widgets.said_text import SaidText
from app.widgets.scaled_field import ScaledField
from app.widgets.surprise import level_of
from app.widgets.token_face import TokenFace

LEFT = Qt.MouseButton.LeftButton
RAW = st.sampled_from([b" the", b"a", b"\n", b" whale", b"\xc3", b".\n", "é".encode(), b" " * 40, b"x" * 300])
WORDS = st.lists(st.builds(Word, RAW, st.integers(-2, 4)), max_size=60)


def test_the_steps_of_surprise_are_those_of_the_legend() -> None:
    assert [level_of(share) for share in (1.0, 0.5, 0.49, 0.2, 0.05, 0.01, 0.0099, 0.0)] == [0, 0, 1, 1, 2, 3, 4, 4]


@given(words=WORDS, parts=st.lists(st.integers(1, 9), max_size=9), room=st.integers(60, 400))
def test_a_text_that_grows_stands_where_it_stands_at_once(words: list[Word], parts: list[int], room: int) -> None:
    face = TokenFace()
    whole, grown = SaidLayout(face, room), SaidLayout(face, room)
    whole.add(words)
    done = 0
    for part in parts:
        grown.add(words[done : done + part])
        done += part
    grown.add(words[done:])
    assert grown.places == whole.places
    assert [n for line in range(whole.lines) for n in whole.on_line(line)] == list(range(len(words)))
    assert all(place.right <= room + 1e-6 for place in whole.places)


@given(before=WORDS, after=WORDS, room=st.integers(60, 400))
def test_what_two_texts_share_is_kept(before: list[Word], after: list[Word], room: int) -> None:
    face = TokenFace()
    layout, whole = SaidLayout(face, room), SaidLayout(face, room)
    layout.add(before)
    layout.keep(after)
    layout.add(after[len(layout.places) :])
    whole.add(after)
    assert layout.places == whole.places
    assert [*map(layout.on_line, range(layout.lines))] == [*map(whole.on_line, range(whole.lines))]


@pytest.fixture
def text(qtbot: QtBot, dressed: QApplication) -> SaidText:
    made = SaidText("Text")
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    return made


def test_surprise_is_painted_and_certainty_is_not(text: SaidText) -> None:
    text.show_words([Word(b" sure", 0), Word(b" odd", 4), Word(b" given", -1)])
    picture = text.viewport().grab().toImage()
    colours = [picture.pixelColor(text.box_of(n).topLeft() + QPoint(3, 4)).name() for n in range(3)]
    assert colours == [LIGHT.surface.lower(), LIGHT.surprise[4].lower(), LIGHT.surface.lower()]


def test_a_live_text_is_followed_and_one_that_is_read_is_not(qtbot: QtBot, text: SaidText) -> None:
    words = [Word(b" whale", 0)] * 400
    text.set_live(True)
    for end in range(40, 401, 40):
        text.show_words(words[:end])
    bar = text.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    text.show_words([*words, *words[:50]])
    assert bar.value() == 0


def test_a_card_goes_where_its_token_is_not_seen_any_more(text: SaidText) -> None:
    text.show_words([Word(b" word", 0)] * 40)
    cards = Cards(text, lambda _number: CardContent((), -1, ""))
    cards.show(39)
    assert cards.card is not None
    assert cards.card.isVisible()
    text.resize(150, 200)
    assert not cards.card.isVisible()
    assert cards.number == -1


def test_a_token_that_there_is_not_stands_nowhere(text: SaidText) -> None:
    for words in ([], [Word(b"a", 0)]):
        text.show_words(words)
        assert text.box_of(-1).isEmpty()
        assert text.box_of(len(words)).isEmpty()


def test_keys_go_from_token_to_token_and_line_to_line(text: SaidText) -> None:
    text.show_words([Word(b" whale", 0)] * 40)
    heard: list[int] = []
    text.chosen.connect(heard.append)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Escape):
        QTest.keyClick(text, key)
    below = heard[2]
    assert heard == [0, 1, below, 1, 39, -1]
    assert text.box_of(below).left() == text.box_of(1).left()
    assert text.box_of(below).top() > text.box_of(1).top()


TITLES = ("Model", "Temperature 0.80", "Top-k 40, top-p 0.95, min-p 0.20")
LONG = b"concerning-original"


@pytest.fixture
def distribution(qtbot: QtBot, dressed: QApplication) -> DistributionTable:
    made = DistributionTable("Distribution")
    qtbot.addWidget(made)
    made.show_lines(TITLES, [Line(LONG, -1.0, (0.5, 0.5, 0.5)), Line(b" a", -2.0, (0.2, 0.2, 0.2))])
    made.show()
    return made


def test_titles_go_on_in_the_next_line(qtbot: QtBot, distribution: DistributionTable) -> None:
    distribution.resize(1_200, 200)
    low = distribution.row_box(0).top()
    assert distribution.whole_at(QPointF(1_150, 5)) == ""
    distribution.resize(520, 200)
    assert distribution.row_box(0).top() > low
    assert distribution.whole_at(QPointF(500, 5)) == ""
    clicked: list[int] = []
    distribution.taken.connect(clicked.append)
    QTest.mouseClick(distribution, LEFT, pos=distribution.row_box(1).center().toPoint())
    assert clicked == [1]
    distribution.resize(distribution.minimumSizeHint().width(), 200)
    assert distribution.whole_at(QPointF(distribution.width() - 20, 5)) == TITLES[2]


def test_a_token_has_more_room_in_a_wide_table_and_is_told_where_it_is_cut(distribution: DistributionTable) -> None:
    distribution.resize(distribution.minimumSizeHint().width(), 200)
    first, second = (QPointF(20, distribution.row_box(row).center().y()) for row in (0, 1))
    assert distribution.whole_at(first) == LONG.decode()
    assert distribution.whole_at(second) == ""
    distribution.resize(1_200, 200)
    assert distribution.whole_at(QPointF(20, distribution.row_box(0).center().y())) == ""


def test_a_card_stays_in_the_window(qtbot: QtBot, dressed: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    card = AlternativesCard(window)
    for corner in (QRect(0, 0, 20, 24), QRect(480, 0, 20, 24), QRect(0, 370, 20, 24), QRect(480, 370, 20, 24)):
        card.show_offers([Offer(b" a", 0.5), Offer(b" b", 0.25)], 0, "1.50 bits", corner)
        assert window.rect().contains(card.geometry())
        assert not card.geometry().intersects(corner)


def test_a_row_of_the_card_is_taken(qtbot: QtBot, dressed: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    card = AlternativesCard(window)
    card.show_offers([Offer(bytes([97 + n]), 0.1) for n in range(5)], 1, "", QRect(0, 0, 9, 9), takes=4)
    with qtbot.waitSignal(card.taken) as taken:
        QTest.mouseClick(card, LEFT, pos=card.row_box(3).center().toPoint())
    assert taken.args == [3]
    card.open_for_keys()
    with qtbot.waitSignal(card.taken) as taken:
        QTest.keyClick(card, Qt.Key.Key_Down)
        QTest.keyClick(card, Qt.Key.Key_Return)
    assert taken.args == [2]


def test_twenty_thousand_bars_share_the_pixels(qtbot: QtBot, dressed: QApplication) -> None:
    strip = EntropyStrip("Entropy")
    qtbot.addWidget(strip)
    strip.resize(600, 80)
    bits: list[float | None] = [0.1] * 20_000
    bits[10_000] = 9.0
    strip.show_bits(bits)
    strip.show()
    place = strip.box(10_000)
    picture = strip.grab().toImage()
    column = [
        picture.pixelColor(int(place.left()), y).name() for y in range(int(place.top()) + 10, int(place.bottom()))
    ]
    assert len(set(column)) == 1, "the one high bar is hidden by its low neighbours"
    assert strip._at(place.center()) == 10_000


@pytest.mark.parametrize(("typed", "value"), [("0.8", 80), ("1,25", 125), (".5", 50), ("9", 200), ("0", 0)])
def test_decimals_are_typed(qtbot: QtBot, dressed: QApplication, typed: str, value: int) -> None:
    spin = DecimalSpin("Temperature", 0, 200)
    qtbot.addWidget(spin)
    spin.selectAll()
    QTest.keyClicks(spin, typed)
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert spin.value() == value


@given(st.integers(0, 9_000))
def test_a_bent_slider_and_its_spin_agree(value: int) -> None:
    field = ScaledField("Top-k", 0, 10_000, bent=True)
    field.set_value(value)
    assert field.value == value
    assert (field.slider.value() == 0) == (value == 0)
    told: list[float] = []
    field.value_changed.connect(told.append)
    field.slider.setValue(field.slider.maximum())
    assert field.value == 10_000
    assert told == [10_000]
    field.deleteLater()


def test_only_steps_that_there_are_can_be_chosen(qtbot: QtBot, dressed: QApplication) -> None:
    field = CheckpointField()
    qtbot.addWidget(field)
    field.show_steps([100, 250, 1000], 1000)
    heard: list[int] = []
    field.step_changed.connect(heard.append)
    field.spin.setValue(240)
    field.spin.stepUp()
    field.slider.setValue(0)
    assert heard == [250, 1000, 100]
    assert (field.spin.value(), field.slider.value(), field.step) == (100, 0, 100)
    field.spin.setValue(120)
    assert field.spin.value() == 100


def test_a_prompt_takes_lines_and_no_more_than_it_can_hold(qtbot: QtBot, dressed: QApplication) -> None:
    box = PromptBox()
    qtbot.addWidget(box)
    box.show()
    low = box.height()
    asked: list[bool] = []
    box.asked.connect(lambda: asked.append(True))
    QTest.keyClicks(box, "one")
    QTest.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(box, "two")
    assert box.text == "one\ntwo"
    assert box.height() > low
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert asked == [True]
    QApplication.clipboard().setText("x" * (LONGEST + 10))
    with qtbot.waitSignal(box.shortened) as left_out:
        box.paste()
    assert len(box.text) <= LONGEST
    assert left_out.args is not None
    assert left_out.args[0] >= 10


def test_a_pasted_text_keeps_its_ends_of_lines_until_it_is_changed(qtbot: QtBot, dressed: QApplication) -> None:
    box, pasted, told = PromptBox(), "a\r\nb\u2028c\u2029d\n", []
    qtbot.addWidget(box)
    box.unified.connect(lambda: told.append(box.text))
    QApplication.clipboard().setText("other")
    box.paste()
    box.selectAll()
    data = QMimeData()
    data.setText(pasted)
    box.insertFromMimeData(data)
    assert (box.toPlainText(), box.text, told) == ("a\nb\nc\nd\n", pasted, [])
    box.setPlainText(pasted)
    assert box.text == pasted
    QTest.keyClick(box, Qt.Key.Key_Delete)
    assert told == [box.text] == [box.toPlainText()]
    box.setPlainText("")
    box.insertFromMimeData(data)
    box.insertFromMimeData(data)
    assert len(told) == 2
    assert box.text == "a\nb\nc\nd\n" * 2


def test_figures_are_never_written_as_what_they_are_not() -> None:
    assert [percent(share) for share in (None, 0.0, 1e-5, 0.00021, 0.0551, 1.0)] == [
        *("?", "–", "< 0.01 %", "0.02 %", "5.5 %", "100.0 %")
    ]
    assert [large(number) for number in (999, 36_214_000, 999_950_000, 2_000)] == ["999", "36.2 M", "1.00 G", "2.00 k"]


def test_the_caption_of_a_branch_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    """What tells branches apart stands at its end; no column is wider for it than its boxes may be."""
    caption = "16.2 %, 126 tokens, context full, seed 1337131313"
    leaves = tuple(BranchNode(key, b"and I", caption, False, False) for key in (1, 2))
    tree = BranchTree("Branches")
    qtbot.addWidget(tree)
    tree.show_tree(BranchNode(0, b"The whale", "", True, False, leaves))
    assert " ".join(tree.caption_lines(1)) == caption
    assert tree.place_of(1).width() <= fonts.scaled(MOST)
    assert not tree.place_of(1).intersects(tree.place_of(2))
    assert tree.sizeHint().height() >= tree.place_of(2).bottom()
