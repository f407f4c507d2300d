"""Do the pieces of a text stand, join and part as they should, and does the paragraph tell of them?"""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.theme import LIGHT, Theme
from app.widgets.token_face import TokenFace
from app.widgets.token_layout import GAP, lay_out, line_count, lines_needed, lines_of_bytes
from app.widgets.token_motion import LEFT, RIGHT, ROUND_LEFT, ROUND_RIGHT, still, transition
from app.widgets.token_text import MOTION_MS, TokenText
from lmcore.bpe.display import Kind
from lmcore.bpe.sample_text import PieceRef
from tests.gui.shots import ALLOWED, Shot, pixels

TEXT = b"the lower lowest\xc3\xa9"


def cut(*ends: int, text: bytes = TEXT) -> tuple[PieceRef, ...]:
    """Pieces that end at these bytes; ids above 256 for those of several bytes."""
    starts = (0, *ends[:-1])
    return tuple(
        PieceRef(a, b, text[a] if b - a == 1 else 300 + a, 0 if b - a == 1 else 10 + a)
        for a, b in zip(starts, ends, strict=True)
    )


def single(text: bytes = TEXT) -> tuple[PieceRef, ...]:
    return cut(*range(1, len(text) + 1), text=text)


@pytest.fixture
def face() -> TokenFace:
    return TokenFace()


@pytest.fixture
def paragraph(qtbot: QtBot) -> TokenText:
    widget = TokenText()
    widget.resize(400, 120)
    widget.show_text(TEXT, single())
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def test_a_piece_that_does_not_fit_goes_to_the_next_line_whole(face: TokenFace) -> None:
    pieces = cut(3, 9, 16, 18)
    width = face.form(b"the").width + face.form(b" lower").width + 2 * GAP + 2
    parts = lay_out(TEXT, pieces, face, width)
    assert [(part.piece, part.line) for part in parts] == list(zip(pieces, (0, 0, 1, 1), strict=True))
    assert parts[2].x == 0


def test_pieces_stand_one_pixel_apart(face: TokenFace) -> None:
    parts = lay_out(TEXT, cut(3, 9, 16, 18), face, 1000)
    assert [b.x - a.right for a, b in pairwise(parts)] == [GAP] * 3
    rows = still(parts, LIGHT, 1.0).places
    assert (rows[1:, LEFT] - rows[:-1, RIGHT]).tolist() == [GAP] * 3
    assert np.array_equal(rows[:, :2], rows[:, :2].round())


def test_single_bytes_fill_the_line(face: TokenFace) -> None:
    text = b"a" * 50
    parts = lay_out(text, single(text), face, 10 * (face.form(b"a").width + GAP))
    assert [part.line for part in parts] == [place // 10 for place in range(50)]


def test_a_piece_wider_than_a_line_is_divided_between_characters(face: TokenFace) -> None:
    text = b"x" + "é".encode() * 20
    parts = lay_out(text, (PieceRef(0, 1, 120), PieceRef(1, 41, 300, 1)), face, 8 * face.form(b"a").width)
    assert [part.line for part in parts] == [0, 0, 1, 2]
    assert b"".join(text[part.start : part.end] for part in parts) == text
    assert all(cell.kind == "text" for part in parts for cell in part.form.cells)
    assert [(part.opens, part.closes) for part in parts[1:]] == [(True, False), (False, False), (False, True)]


@pytest.mark.parametrize("width", [120, 121.5, 200, 333, 560, 1200])
def test_the_lines_needed_are_those_of_the_layout(face: TokenFace, width: float) -> None:
    text = "It was the best of times; où, 你好, and a pneumonoultramicroscopicsilicovolcanoconiosis. ".encode() * 9
    for pieces in (single(text), cut(*range(3, len(text), 3), len(text), text=text), (PieceRef(0, len(text), 300, 1),)):
        assert lines_needed(text, pieces, face, width) == line_count(lay_out(text, pieces, face, width))
    assert lines_of_bytes(text, face, width) == line_count(lay_out(text, single(text), face, width))


def test_a_line_narrower_than_a_character_still_holds_one(face: TokenFace) -> None:
    assert [part.line for part in lay_out(b"ab", (PieceRef(0, 2, 300, 1),), face, 4)] == [0, 1]


def test_a_character_cut_in_two_is_hex_until_it_is_whole(face: TokenFace) -> None:
    def kinds(pieces: tuple[PieceRef, ...]) -> list[Kind]:
        return [cell.kind for part in lay_out(TEXT, pieces, face, 1000)[-2:] for cell in part.form.cells]

    assert kinds(single()) == ["hex", "hex"]
    assert kinds(cut(15, 16, 18)) == ["text", "text"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (single(), cut(3, 9, 16, 18)),
        (cut(3, 9, 16, 18), single()),
        (cut(2, 5, 18), cut(4, 6, 17, 18)),
        (single(), (PieceRef(0, 18, 300, 1),)),
    ],
)
def test_a_transition_leads_from_what_is_seen_to_the_layout(
    face: TokenFace, before: tuple[PieceRef, ...], after: tuple[PieceRef, ...]
) -> None:
    seen = still(lay_out(TEXT, before, face, 90), LIGHT, 1.0)
    parts = lay_out(TEXT, after, face, 90)
    moving = transition(seen, parts, face, TEXT, LIGHT, 1.0)
    covered = b"".join(TEXT[fragment.start : fragment.end] for fragment in moving.fragments)
    assert covered == TEXT
    goal = still(parts, LIGHT, 1.0).places
    ends = moving.at(1.0).places
    assert set(goal[:, LEFT]) <= set(ends[:, LEFT])
    assert set(goal[:, RIGHT]) <= set(ends[:, RIGHT])
    drawn = sum(len(cell.text) for fragment in moving.fragments for cell in fragment.form.cells)
    whole = sum(len(cell.text) for part in parts for cell in part.form.cells)
    assert drawn >= whole


def test_joining_pieces_close_their_gap_and_lose_their_inner_corners(face: TokenFace) -> None:
    seen = still(lay_out(b"ab", single(b"ab"), face, 90), LIGHT, 1.0)
    moving = transition(seen, lay_out(b"ab", (PieceRef(0, 2, 300, 1),), face, 90), face, b"ab", LIGHT, 1.0)
    gaps = [float(moving.at(s).places[1, LEFT] - moving.at(s).places[0, RIGHT]) for s in (0.0, 0.5, 1.0)]
    assert gaps[0] == GAP
    assert 0 < gaps[1] < GAP
    assert gaps[2] == 0
    half = moving.at(0.5).places
    assert half[0, ROUND_LEFT] == half[1, ROUND_RIGHT] == 1
    assert half[0, ROUND_RIGHT] == half[1, ROUND_LEFT] == 0.5


def test_a_transition_ends_in_the_picture_without_one(qtbot: QtBot, paragraph: TokenText) -> None:
    with qtbot.waitSignal(paragraph.motion.valueChanged):
        paragraph.set_pieces(cut(3, 9, 16, 18), animate=True)
    qtbot.waitUntil(lambda: not paragraph.moving, timeout=20 * MOTION_MS)
    moved = pixels(paragraph.grab().toImage())
    paragraph.set_pieces(single(), animate=False)
    paragraph.set_pieces(cut(3, 9, 16, 18), animate=False)
    assert np.array_equal(moved, pixels(paragraph.grab().toImage()))


def test_the_next_batch_begins_where_the_last_has_come_to(paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 18))
    paragraph.motion.setCurrentTime(MOTION_MS // 10)
    seen = paragraph.picture
    paragraph.set_pieces((PieceRef(0, 18, 400, 99),))
    assert paragraph.picture.places[0, LEFT] == seen.places[0, LEFT]
    assert np.allclose(paragraph.picture.places[:, LEFT], seen.places[:, LEFT])


def test_pieces_that_have_all_but_joined_are_no_longer_divided(paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 18))
    assert len(paragraph.picture.fragments) == len(TEXT)
    paragraph.motion.setCurrentTime(MOTION_MS * 9 // 10)
    paragraph.set_pieces(cut(9, 16, 18))
    assert [(part.start, part.end) for part in paragraph.picture.fragments] == [(0, 3), (3, 9), (9, 16), (16, 18)]


def test_reduced_motion_and_hidden_widgets_do_not_move(qtbot: QtBot, paragraph: TokenText) -> None:
    paragraph.set_reduced_motion(True)
    paragraph.set_pieces(cut(3, 9, 16, 18))
    assert not paragraph.moving
    paragraph.set_reduced_motion(False)
    paragraph.hide()
    paragraph.set_pieces(single())
    assert not paragraph.moving


def test_the_height_stays_while_pieces_join(paragraph: TokenText) -> None:
    width = 130
    before = paragraph.heightForWidth(width)
    paragraph.set_pieces((PieceRef(0, 18, 400, 99),), animate=False)
    assert paragraph.heightForWidth(width) == before > paragraph.heightForWidth(1000)


def test_a_paragraph_that_gets_more_room_shows_all_of_its_lines(qtbot: QtBot) -> None:
    long = TEXT * 8
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.show()
    pictures = []
    for heights in ((120,), (30, 120)):
        paragraph = TokenText(holder)
        paragraph.show_text(long, single(long))
        paragraph.show()
        for height in heights:
            paragraph.resize(400, height)
            paragraph.grab()
        pictures.append(pixels(paragraph.grab().toImage()))
    assert len(np.unique(pictures[0][60:].reshape(-1, 3), axis=0)) > 10, "there are lines so far down"
    assert np.array_equal(pictures[0], pictures[1])


def test_a_piece_tells_its_bytes_id_and_merge(paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 17, 18), animate=False)
    whole, byte = paragraph.pieces[1], paragraph.pieces[3]
    assert paragraph.describe(whole).splitlines()[1:] == ["id 303, merge 13", "20 6C 6F 77 65 72"]
    assert "·lower" in paragraph.describe(whole)
    assert paragraph.describe(byte).splitlines()[1:] == ["id 195, a byte", "C3"]
    assert "a special token" in paragraph.describe(PieceRef(0, 3, 50256))


def test_the_pointer_shows_spaces(qtbot: QtBot, paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 18), animate=False)
    before = pixels(paragraph.grab().toImage())
    qtbot.mouseMove(paragraph, QPoint(50, 10))
    assert paragraph.current == paragraph.pieces[1]
    assert not np.array_equal(before, pixels(paragraph.grab().toImage()))
    qtbot.mouseMove(paragraph, QPoint(390, 110))
    assert paragraph.current is None


def test_keys_walk_through_the_pieces(qtbot: QtBot, paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 18), animate=False)
    walked = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home):
        qtbot.keyClick(paragraph, key)
        assert paragraph.current is not None
        walked.append(paragraph.pieces.index(paragraph.current))
    assert walked == [0, 1, 3, 3, 2, 0]


def test_the_text_is_there_for_those_who_do_not_see_it(paragraph: TokenText) -> None:
    paragraph.set_pieces(cut(3, 9, 16, 17, 18), animate=False)
    assert paragraph.accessibleDescription() == "18 bytes in 5 tokens: the| lower| lowest|<C3>|<A9>"


def test_another_text_forgets_the_last(paragraph: TokenText) -> None:
    paragraph.show_text(b"", ())
    assert not paragraph.pieces
    paragraph.show_text(b"ab", single(b"ab"))
    assert [piece.token_id for piece in paragraph.pieces] == [97, 98]


def test_strings_are_shaped_once(face: TokenFace) -> None:
    assert face.form(b"low") is face.form(b"low")
    assert face.text.shape("low") is face.text.shape("low")


def test_it_looks_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    text = b"Once upon a time, the lowest caf\xc3\xa9\r\xe2\x80\xa6 \xf0\x9f"
    for row, pieces in enumerate((single(text), cut(4, 9, 11, 16, 17, 21, 28, 32, 34, 35, 37, 38, 41, text=text))):
        widget = TokenText(host)
        widget.setGeometry(8, 8 + 76 * row, 240, 72)
        widget.show_text(text, single(text))
        widget.set_pieces(pieces, animate=False)
    host.resize(256, 160)
    assert shot(host, f"token-text-{theme.name}") < ALLOWED
