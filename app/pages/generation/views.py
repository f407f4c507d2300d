"""How is a text shown with all that is known of it? Text, entropy, distribution and branches, over one state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import fonts
from app.pages.generation import telling
from app.pages.generation.beside import FIRST, SECOND, Beside
from app.pages.generation.captioned import CaptionedTitle
from app.pages.generation.cards import CardContent, Cards
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import SaidToken
from app.pages.generation.tree_area import Area, TreeArea
from app.pages.generation.wording import columns_of, distribution_caption, text_caption
from app.pages.generation.words import Words
from app.widgets.branch_tree import BranchTree
from app.widgets.buttons import Button
from app.widgets.distribution_table import DistributionTable
from app.widgets.entropy_strip import EntropyStrip
from app.widgets.fact_table import Column, FactTable
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.said_text import SaidText
from app.widgets.surprise import SurpriseLegend

MARGIN: Final = 24
BRANCHES_WIDTH: Final = 420
BRANCHES_LEAST: Final = 190
UPPER, LOWER = 352, 456
TEXT, LARGE_TEXT = 90, 160
"""Pixels of the text: three lines and five."""
FITS: Final = 500
"""Pixels, at the drawn text size, from which on a page can do without scrolling."""
NOWHERE: Final = -1
TEXT_HEAD, TABLE_HEAD = 700, 500
"""Pixels from which on a caption stands beside its title."""
READABLE_BAR: Final = 36
"""Pixels that the bars of each column need for their lengths to be compared."""
STEPS: Final = ("Model", "Temperature", "Kept")
TABLE, TREE, PLACES = "Distribution", "Branches", "Surprising places"
SURPRISE_COLUMNS: Final = (
    Column("Token", stretch=True, least=80),
    Column("Number", number=True, spare=2),
    Column("p", number=True),
    Column("Rank", number=True, spare=1),
)
ENTROPY: Final = ("Entropy", "bits, token by token: where the model hesitates")
LOSS: Final = ("Loss", "bits, token by token, −log₂ p: what the model did not foresee")
TAKE: Final = "A click on a token says it in this place, and goes on from there"
HINT: Final = "What the model says appears here, token by token."


@dataclass(frozen=True)
class Shown:
    """What is on the screen: tokens, of which the first `given` are the prompt's; of how many they were drawn."""

    tokens: Sequence[SaidToken] = ()
    given: int = 0
    vocab_size: int | None = None
    scored: bool = False


class Views(QObject):
    """The panes and what they show. Which token is in question: that under the pointer, the chosen one, or the last."""

    taken = Signal(int, int)
    """A token's number behind the prompt, and the place of the alternative that the user took."""
    chosen = Signal(int)
    """The user has chosen a token of the whole text, or none: -1."""
    pointed = Signal(int)
    """The pointer is over a token of the whole text, or over none: -1."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shown = Shown()
        self.text = SaidText("Text")
        self._head = CaptionedTitle(label("Text", "section"), (SurpriseLegend(),), least=TEXT_HEAD)
        self.caption = self._head.caption
        self.strip = EntropyStrip(ENTROPY[0])
        self._strip_title, self._strip_words = label("", "section"), ElidedLabel("", "caption")
        self.table = DistributionTable("Distribution")
        self.table_title = label("Distribution", "section")
        self._table_head = CaptionedTitle(self.table_title, least=TABLE_HEAD)
        self.table_caption = self._table_head.caption
        self.tree = BranchTree("Branches")
        self.tree_caption = ElidedLabel("", "caption")
        self.surprises = FactTable(SURPRISE_COLUMNS, "Surprising places", leads=True, row=24)
        self._words = Words()
        self._places: tuple[int, ...] = ()
        self._side = QStackedWidget()
        self._tree_area = TreeArea(self.tree)
        self._table_area, self._places_area = _scrolling(self.table), _scrolling(self.surprises)
        self._seen: tuple[int | None, int] = (None, 0)
        self.remove = Button(icon="trash-2", kind="bare", small=True, name="Remove the shown branch")
        self.cards = Cards(self.text, self._card_of)
        self._hovered = NOWHERE
        self.text.set_hint(HINT)
        self._connect()

    def _connect(self) -> None:
        for source in (self.text, self.strip):
            source.pointed.connect(self._point_at)
        self.text.chosen.connect(self.choose)
        self.strip.chosen.connect(self.choose)
        self.cards.taken.connect(self._take)
        self.surprises.chosen.connect(lambda row: self.choose(self._places[row]))
        self.table.taken.connect(lambda place: self._take(self.focus, place))

    def upper(self) -> QWidget:
        """The text below its title."""
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(MARGIN, 10, MARGIN - 8, 8)
        column.setSpacing(8)
        self._head.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self._head)
        column.addWidget(self.text, 1)
        return made

    def fit(self, room: int) -> None:
        """Have heights for so many pixels. Large text for which the page scrolls gets panes that do not scroll too."""
        roomy = fonts.factor() > 1 and room < fonts.scaled(FITS)
        self.text.setMinimumHeight(fonts.scaled(LARGE_TEXT if roomy else TEXT))
        for area in (self._table_area, self._tree_area, self._places_area):
            area.fit(roomy=roomy)
        for head in (self._head, self._table_head):
            head.reserve(2 if roomy else 0)

    def lower(self) -> QWidget:
        """The entropy, and below it the distribution beside the branches."""
        made = QWidget()
        entropy = QVBoxLayout()
        entropy.setContentsMargins(MARGIN, 10, MARGIN, 6)
        entropy.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._strip_title)
        head.addWidget(self._strip_words, 1)
        entropy.addLayout(head)
        entropy.addWidget(self.strip)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(entropy)
        column.addWidget(Hairline())
        self.beside = Beside(self._distribution(), self._branches(), (TABLE, TREE), self._least_beside)
        column.addWidget(self.beside, 1)
        return made

    def _least_beside(self) -> int:
        """Pixels from which on the bars of the distribution tell something with the branches beside them."""
        bars = fonts.scaled(READABLE_BAR) * len(STEPS)
        needed = self.table.least_width(len(STEPS)) + bars + 2 * MARGIN
        return needed + min(needed * SECOND // FIRST, BRANCHES_WIDTH)

    def _distribution(self) -> QWidget:
        return _titled((self._table_head,), self._table_area, MARGIN - 10)

    def _branches(self) -> QWidget:
        title = label(TREE, "section")
        self._side.addWidget(_titled((title, self.tree_caption, self.remove), self._tree_area, 14))
        title = label(PLACES, "section")
        words = ElidedLabel("the least probable tokens", "caption")
        self._side.addWidget(_titled((title, words), self._places_area, 14))
        self._side.setMinimumWidth(BRANCHES_LEAST)
        self._side.setMaximumWidth(BRANCHES_WIDTH)
        return self._side

    @property
    def focus(self) -> int:
        """The token that is in question, or -1."""
        if self._hovered != NOWHERE:
            return self._hovered
        return self.text.current if self.text.current != NOWHERE else len(self.shown.tokens) - 1

    def token(self, number: int) -> SaidToken | None:
        """A token of the whole text."""
        return self.shown.tokens[number] if 0 <= number < len(self.shown.tokens) else None

    def show_conversation(
        self, conversation: Conversation | None, *, live: bool, vocab_size: int | None, other: bool = False
    ) -> None:
        """Show the branch that a conversation shows, and its tree; an `other` model than the chosen one said it."""
        self._show_side(0, TREE)
        if conversation is None or not conversation.tree:
            self._show(Shown(vocab_size=vocab_size), "", live=live)
            self.tree.show_tree(None)
            self.tree_caption.set_text("")
        else:
            given = len(conversation.prompt_tokens)
            words = text_caption(conversation.prompt_tokens, conversation.said)
            if other and conversation.by:
                words = f"{conversation.by}: {words}"
            self._show(Shown(conversation.text, given, vocab_size), words, live=live)
            self.tree.show_tree(telling.tree_of(conversation))
            seen = conversation.shown, len(self.tree.nodes)
            if self._seen != seen:
                self._seen = seen
                self._tree_area.see_shown_soon()
            self.tree_caption.set_text(telling.tree_caption(conversation))
        self.remove.setEnabled(conversation is not None and len(conversation.tree) > 0)

    def show_scored(self, tokens: Sequence[SaidToken], caption: str, vocab_size: int | None) -> None:
        """Show a text that was scored."""
        if tokens is not self.shown.tokens:
            self._places = tuple(telling.surprising(tokens))
            self.surprises.show_rows(telling.surprise_rows(tokens, self._places))
        self._show_side(1, PLACES)
        self._show(Shown(tokens, vocab_size=vocab_size, scored=True), caption, live=False)

    def _show_side(self, place: int, name: str) -> None:
        self._side.setCurrentIndex(place)
        self.beside.switch.rename(1, name)

    def _show(self, shown: Shown, caption: str, *, live: bool) -> None:
        same = shown.tokens is self.shown.tokens
        self.shown = shown
        if self._hovered >= len(shown.tokens):
            self._hovered = NOWHERE
        self.text.set_live(live)
        self._head.say(caption)
        if not same:
            self.text.show_words(self._words.of(shown.tokens, shown.given))
            self.strip.show_bits(_heights(shown))
        self._show_strip_title(*(LOSS if shown.scored else ENTROPY))
        self.show_focus()
        self.cards.refresh()

    def _show_strip_title(self, title: str, words: str) -> None:
        self._strip_title.setText(title)
        self._strip_words.set_text(words)
        self.strip.setAccessibleName(f"{title}, {words}")

    def show_focus(self) -> None:
        """Show what is known of the token in question."""
        self.strip.mark(self.text.current, self._hovered)
        number = self.focus
        token = self.token(number)
        if token is None:
            self.table_title.setText("Distribution")
            self._table_head.say("")
            self.table.show_lines(("Model",), ())
            return
        self.table_title.setText(f"Distribution at token {number + 1:,}")
        self._table_head.say(distribution_caption(token, self.shown.vocab_size, given=number < self.shown.given))
        titles, lines = columns_of(token.sampling), telling.lines_of(token)
        given = self.shown.scored or number < self.shown.given
        self.table.setToolTip("" if given else TAKE)
        if given:  # nothing was drawn
            titles, lines = titles[:1], [line._replace(shares=line.shares[:1]) for line in lines]
        self.table.show_lines(titles, lines)

    def choose(self, number: int) -> None:
        """Choose a token of the whole text, as the user does."""
        self.text.choose(number)
        self.show_focus()
        self.chosen.emit(number)

    def _point_at(self, number: int) -> None:
        self._hovered = number
        self.text.point_at(number)
        self.show_focus()
        self.pointed.emit(number)

    def _take(self, number: int, place: int) -> None:
        """An alternative was taken; not for a token of the prompt, or of a text that was given."""
        token = self.token(number)
        fixed = token is None or self.shown.scored or number < self.shown.given
        if token is not None and not fixed and 0 <= place < len(token.alternatives):
            self.taken.emit(number - self.shown.given, place)

    def _card_of(self, number: int) -> CardContent | None:
        token = self.token(number)
        if token is None:
            return None
        given, size = number < self.shown.given, self.shown.vocab_size
        return telling.card_of(token, number, scored=self.shown.scored, given=given, vocab_size=size)


def _heights(shown: Shown) -> list[float | None]:
    """What the strip shows of each token: its loss in a text that was scored, else the entropy of what was drawn."""
    if shown.scored:
        return [one.loss_bits for one in shown.tokens]
    return [None] * shown.given + [one.bits for one in shown.tokens[shown.given :]]


def splitter(upper: QWidget, lower: QWidget) -> QSplitter:
    """The two above one another; the user says how high each is."""
    made = QSplitter(Qt.Orientation.Vertical)
    made.setHandleWidth(1)
    made.setChildrenCollapsible(False)
    made.addWidget(upper)
    made.addWidget(lower)
    made.setStretchFactor(0, 1)
    made.setSizes([UPPER, LOWER])
    return made


def _titled(heads: Sequence[QWidget], content: QWidget, margin: int) -> QWidget:
    made = QWidget()
    head = QHBoxLayout()
    head.setContentsMargins(10, 0, 10, 0)
    head.setSpacing(10)
    for widget in heads:
        head.addWidget(widget, int(isinstance(widget, ElidedLabel | CaptionedTitle)))
    column = QVBoxLayout(made)
    column.setContentsMargins(margin, 10, margin, 8)
    column.setSpacing(4)
    column.addLayout(head)
    column.addWidget(content, 1)
    return made


def _scrolling(content: QWidget) -> Area:
    """What scrolls; at the top of its place where it is lower than that."""
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(content)
    column.addStretch(1)
    return Area(inner)
