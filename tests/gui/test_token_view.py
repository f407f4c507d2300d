"""Are the tokens of a text of any length where they should be, and does one find one's way among them?"""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.theme import LIGHT, Theme
from app.widgets.flow_keys import NOWHERE
from app.widgets.flow_view import FlowView
from app.widgets.id_view import IdView
from app.widgets.token_face import TokenFace
from app.widgets.token_view import TokenView
from app.widgets.token_widths import TokenWidths
from lmcore.bpe.live_text import EMPTY
from tests.gui.playground import bundled, cut_of, vocab
from tests.gui.shots import ALLOWED, Shot

TEXT = "It was the best of times,\nit was the worst of times; naïve café, 人类. " * 3

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.fixture
def tokens(qtbot: QtBot) -> TokenView:
    view = TokenView()
    qtbot.addWidget(view)
    view.resize(360, 200)
    view.show_cut(cut_of(TEXT), vocab())
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.settled)
    return view


@pytest.fixture
def ids(qtbot: QtBot) -> IdView:
    view = IdView()
    qtbot.addWidget(view)
    view.resize(360, 54)
    view.show_cut(cut_of(TEXT), len(vocab().lengths))
    with qtbot.waitExposed(view):
        view.show()
    return view


def boxes(view: FlowView) -> list[tuple[int, int, int]]:
    """Line top, left and right of every piece."""
    assert view.cut is not None
    found = [view.box_of(number) for number in range(len(view.cut))]
    return [(box.top(), box.left(), box.right()) for box in found]


def test_pieces_follow_one_another_and_lines_end_where_they_should(tokens: TokenView) -> None:
    assert tokens.cut is not None
    placed = boxes(tokens)
    assert placed == sorted(placed)
    assert all(right <= tokens.viewport().width() + 1 for _, _, right in placed)
    for number, token_id in enumerate(tokens.cut.ids.tolist()[:-1]):
        if b"\n" in bundled().vocab[token_id]:
            assert placed[number + 1][0] > placed[number][0]
            assert placed[number + 1][1] == 0


def test_the_width_of_a_plain_token_is_that_of_its_letters(qtbot: QtBot) -> None:
    face = TokenFace()
    widths = TokenWidths(vocab(), face)
    plain = np.flatnonzero(vocab().plain)
    for token_id in plain[:: len(plain) // 200].tolist():
        form = face.form(vocab()[token_id])
        assert widths.pixels[token_id] == pytest.approx(form.width + 2 * form.pad, abs=0.02)


def test_other_tokens_are_measured_when_they_are_met(qtbot: QtBot) -> None:
    face = TokenFace()
    widths, cut = TokenWidths(vocab(), face), cut_of("naïve café\n")
    qtbot.waitUntil(lambda: widths.learn(cut))
    for token_id in cut.ids.tolist():
        form = face.form(vocab()[token_id])
        assert widths.pixels[token_id] == pytest.approx(form.width + 2 * form.pad, abs=0.02)


def test_the_pointer_finds_a_piece_and_loses_it(qtbot: QtBot, tokens: TokenView) -> None:
    middle = tokens.box_of(5).center()
    with qtbot.waitSignal(tokens.pointed) as told:
        qtbot.mouseMove(tokens.viewport(), middle)
    assert told.args == [5]
    assert tokens.piece_at(QPointF(middle)) == tokens.current == 5
    with qtbot.waitSignal(tokens.pointed) as told:
        qtbot.mouseMove(tokens.viewport(), QPoint(300, tokens.viewport().height() - 1))
    assert told.args == [NOWHERE] or told.args != [5]


def test_keys_go_from_piece_to_piece(qtbot: QtBot, tokens: TokenView) -> None:
    assert tokens.cut is not None
    last = len(tokens.cut) - 1
    tokens.setFocus()
    for key, wanted in (("Right", 0), ("Right", 1), ("Left", 0), ("Left", 0), ("End", last), ("Right", last)):
        qtbot.keyClick(tokens, getattr(Qt.Key, f"Key_{key}"))
        assert tokens.current == wanted, key
    assert tokens.verticalScrollBar().value() > 0
    qtbot.keyClick(tokens, Qt.Key.Key_Home)
    below = next(n for n in range(last) if tokens.box_of(n).top() > 0)
    qtbot.keyClick(tokens, Qt.Key.Key_Down)
    assert tokens.current == below
    qtbot.keyClick(tokens, Qt.Key.Key_Up)
    assert tokens.current == 0
    qtbot.keyClick(tokens, Qt.Key.Key_Escape)
    assert tokens.current == NOWHERE


def test_a_piece_tells_its_bytes_and_its_id(tokens: TokenView) -> None:
    assert tokens.cut is not None
    number = tokens.cut.at(TEXT.encode().index("é".encode()))
    described = tokens.describe(number)
    assert f"id {tokens.cut.ids[number]}" in described
    assert "C3" in described


def test_what_is_pointed_at_elsewhere_is_scrolled_to(ids: IdView) -> None:
    assert ids.cut is not None
    last = len(ids.cut) - 1
    ids.point_at(last)
    assert ids.current == last
    assert ids.viewport().rect().contains(ids.box_of(last).center())
    assert ids.describe(last) == f"id {ids.cut.ids[last]}"


def test_the_ids_stand_in_lines_with_room_between_them(ids: IdView) -> None:
    assert ids.cut is not None
    placed = boxes(ids)
    assert placed == sorted(placed)
    digit = ids.box_of(0).width() / (len(str(ids.cut.ids[0])) + 1)
    for number, token_id in enumerate(ids.cut.ids.tolist()):
        assert ids.box_of(number).width() == pytest.approx((len(str(token_id)) + 1) * digit, abs=2)


def test_a_wider_view_takes_fewer_lines_and_keeps_its_place(qtbot: QtBot, tokens: TokenView) -> None:
    tokens.show_cut(cut_of(TEXT * 20), vocab())
    lines = tokens.lines
    tokens.point_at(150)
    first = tokens.placed()[0].number
    tokens.resize(700, 200)
    assert tokens.lines < lines
    seen = [piece.number for piece in tokens.placed()]
    assert seen[0] <= first <= seen[-1]


def test_megabytes_are_laid_out_in_turns_and_only_what_is_seen_is_placed(qtbot: QtBot, tokens: TokenView) -> None:
    tokens.show_cut(cut_of(TEXT * 5000), vocab())
    first = tokens.lines
    assert first > 0
    assert not tokens.settled
    qtbot.waitUntil(lambda: tokens.settled)
    assert tokens.lines > max(15_000, 2 * first)
    bar = tokens.verticalScrollBar()
    bar.setValue(bar.maximum())
    placed = tokens.placed()
    assert tokens.cut is not None
    assert placed[-1].number == len(tokens.cut) - 1
    assert len(placed) < 200


def test_a_piece_far_behind_is_scrolled_to_once_its_line_is_known(qtbot: QtBot, tokens: TokenView) -> None:
    cut = cut_of(TEXT * 5000)
    tokens.show_cut(cut, vocab())
    tokens.scroll_to(len(cut) - 1)
    assert tokens.verticalScrollBar().value() == 0
    qtbot.waitUntil(lambda: tokens.settled)
    assert tokens.verticalScrollBar().value() == tokens.verticalScrollBar().maximum()
    seen = [piece.number for piece in tokens.placed()]
    tokens.resize(tokens.width() + 100, tokens.height())
    assert [piece.number for piece in tokens.placed()][-1] == seen[-1]
    qtbot.waitUntil(lambda: tokens.settled)
    assert set(seen) & {piece.number for piece in tokens.placed()}


def test_a_piece_whose_line_is_not_known_can_be_asked_for(tokens: TokenView) -> None:
    cut = cut_of(TEXT * 5000)
    tokens.show_cut(cut, vocab())
    assert tokens.box_of(len(cut) - 1).width() > 0
    assert tokens.settled


def test_another_cut_forgets_what_was_marked(tokens: TokenView) -> None:
    tokens.point_at(60)
    tokens.show_cut(cut_of("one"), vocab())
    assert tokens.current == NOWHERE
    tokens.show_cut(EMPTY, vocab())
    assert tokens.lines == 0
    assert tokens.placed() == []
    assert tokens.piece_at(QPointF(3, 3)) == NOWHERE


def test_larger_letters_take_more_room(qtbot: QtBot, tokens: TokenView, dressed: object) -> None:
    before = tokens.box_of(3)
    style.apply(dressed, LIGHT, 1.5)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: tokens.box_of(3).width() > before.width() * 1.3)
    assert tokens.pitch == fonts.scaled(27) > 27 * 1.4


def test_tokens_look_as_they_did(qtbot: QtBot, tokens: TokenView, theme: Theme, shot: Shot) -> None:
    tokens.show_cut(cut_of("It was the best of times,\n\ta na\u00efve caf\u00e9 \x00 9,600 tokens. \u2028"), vocab())
    qtbot.waitUntil(lambda: not tokens.verticalScrollBar().isVisible())
    tokens.mark_differing(lambda cut, first, last: np.arange(first, last) % 3 == 0)
    assert shot(tokens, f"token-view-{theme.name}") < ALLOWED
    tokens.point_at(2)
    assert shot(tokens, f"token-view-current-{theme.name}") < ALLOWED


def test_ids_look_as_they_did(ids: IdView, theme: Theme, shot: Shot) -> None:
    ids.point_at(4)
    assert shot(ids, f"id-view-{theme.name}") < ALLOWED
