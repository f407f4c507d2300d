"""How is a text shown with all that is known of it? Text, entropy, distribution and branches, over one state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.pages.generation import telling
from app.pages.generation.cards import CardContent, Cards
from app.pages.generation.conversation import Conversation
from app.pages.generation.panes import Panes
from app.pages.generation.tokens import SaidToken
from app.pages.generation.wording import columns_of, distribution_caption, text_caption
from app.pages.generation.words import Words

NOWHERE: Final = -1
BRANCHES, SURPRISES = range(2)
ENTROPY: Final = ("Entropy", "bits, token by token: where the model hesitates")
LOSS: Final = ("Loss", "bits, token by token, −log₂ p: what the model did not foresee")
TAKE: Final = "A click on a token says it in this place, and goes on from there"


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

    def __init__(self, panes: Panes) -> None:
        super().__init__(panes.text)
        self.shown = Shown()
        self.text, self.strip, self.table = panes.text.text, panes.strip.strip, panes.table.table
        self.tree, self.surprises = panes.side.tree, panes.side.surprises
        self.cards = Cards(self.text, self._card_of)
        self._panes = panes
        self._words = Words()
        self._places: tuple[int, ...] = ()
        self._seen: tuple[int | None, int] = (None, 0)
        self._hovered = NOWHERE
        self._connect()

    def _connect(self) -> None:
        for source in (self.text, self.strip):
            source.pointed.connect(self._point_at)
        self.text.chosen.connect(self.choose)
        self.strip.chosen.connect(self.choose)
        self.cards.taken.connect(self._take)
        self.surprises.chosen.connect(lambda row: self.choose(self._places[row]))
        self.table.taken.connect(lambda place: self._take(self.focus, place))

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
        self._panes.show_side(BRANCHES)
        if conversation is None or not conversation.tree:
            self._show(Shown(vocab_size=vocab_size), "", live=live)
            self.tree.show_tree(None)
            self._panes.side.caption.set_text("")
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
                self._panes.side.tree_area.see_shown_soon()
            self._panes.side.caption.set_text(telling.tree_caption(conversation))
        self._panes.side.remove.setEnabled(conversation is not None and len(conversation.tree) > 0)

    def show_scored(self, tokens: Sequence[SaidToken], caption: str, vocab_size: int | None) -> None:
        """Show a text that was scored."""
        if tokens is not self.shown.tokens:
            self._places = tuple(telling.surprising(tokens))
            self.surprises.show_rows(telling.surprise_rows(tokens, self._places))
        self._panes.show_side(SURPRISES)
        self._show(Shown(tokens, vocab_size=vocab_size, scored=True), caption, live=False)

    def _show(self, shown: Shown, caption: str, *, live: bool) -> None:
        same = shown.tokens is self.shown.tokens
        self.shown = shown
        if self._hovered >= len(shown.tokens):
            self._hovered = NOWHERE
        self.text.set_live(live)
        self._panes.text.head.say(caption)
        if not same:
            self.text.show_words(self._words.of(shown.tokens, shown.given))
            self.strip.show_bits(_heights(shown))
        self._panes.strip.show_title(*(LOSS if shown.scored else ENTROPY))
        self.show_focus()
        self.cards.refresh()

    def show_focus(self) -> None:
        """Show what is known of the token in question."""
        self.strip.mark(self.text.current, self._hovered)
        number = self.focus
        token = self.token(number)
        if token is None:
            self._panes.table.title.setText("Distribution")
            self._panes.table.head.say("")
            self.table.show_lines(("Model",), ())
            return
        self._panes.table.title.setText(f"Distribution at token {number + 1:,}")
        self._panes.table.head.say(distribution_caption(token, self.shown.vocab_size, given=number < self.shown.given))
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
