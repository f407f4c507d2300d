"""Which words does a text that grows have? Those of its tokens; what it began with is not made anew."""

from collections.abc import Sequence

from app.pages.generation.telling import words_of
from app.pages.generation.tokens import SaidToken
from app.widgets.said_text import Word
from lmcore.text.utf8 import is_continuation


class Words:
    """The words of the text that was asked for last are kept."""

    def __init__(self) -> None:
        self._tokens: Sequence[SaidToken] = ()
        self._given = 0
        self._words: list[Word] = []

    def of(self, tokens: Sequence[SaidToken], given: int) -> list[Word]:
        """What `words_of` says."""
        kept = self._kept(tokens) if given == self._given else 0
        self._words = [*self._words[:kept], *words_of(tokens[kept:], max(0, given - kept))]
        self._tokens, self._given = tokens, given
        return self._words

    def _kept(self, tokens: Sequence[SaidToken]) -> int:
        """How many words stay: those in front of the last character that tokens to come may make whole."""
        number = min(len(self._tokens), len(tokens))
        if self._tokens[:number] != tokens[:number]:
            return 0
        while number and not _begins(tokens[number - 1].raw):
            number -= 1
        return max(0, number - 1)


def _begins(raw: bytes) -> bool:
    """Whether a character begins with these bytes, so that nothing in front of them can become whole by them."""
    return bool(raw) and not is_continuation(raw[0])
